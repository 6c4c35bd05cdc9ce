import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient as createStreamClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { startLiveRun, type LiveRun } from '../harness/live-run.ts';

const query = 'subscription { runUpdated(workflowId: "wf", id: "r1") { stepCounts { total } } }';
const KEY = { authorization: 'Bearer key-1' };

/** What the packages' own clients make of it. */
describe('the clients of', () => {
  let run: LiveRun;
  beforeEach(async () => {
    run = await startLiveRun();
  });
  afterEach(() => run.close());

  async function readToEnd(events: AsyncIterableIterator<unknown>): Promise<void> {
    const told = { data: { runUpdated: { stepCounts: { total: 1 } } } };
    expect(await events.next()).toEqual({ done: false, value: told });
    await run.feeds(1);
    run.steps = 2;
    run.status = 'completed';
    await run.poll(0);
    expect(await events.next()).toEqual({ done: false, value: { data: { runUpdated: { stepCounts: { total: 2 } } } } });
    expect(await events.next()).toMatchObject({ done: true });
  }

  it('graphql-ws watch a run to its end', async () => {
    const url = `${run.gateway.url.replace('http', 'ws')}/graphql`;
    const client = createSocketClient({ url, webSocketImpl: WebSocket, connectionParams: KEY, retryAttempts: 0 });
    await readToEnd(client.iterate({ query }));
    await client.dispose();
  });

  it('graphql-sse watch a run to its end', async () => {
    const url = `${run.gateway.url}/graphql/stream`;
    const client = createStreamClient({ url, headers: KEY, retryAttempts: 0 });
    await readToEnd(client.iterate({ query }));
    client.dispose();
  });
});
