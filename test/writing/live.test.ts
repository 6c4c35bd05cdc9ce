import { expect, it } from '@jest/globals';
import { cutAfterTest, perTest } from '../harness/lasting.ts';
import { type LiveClient, subscribe } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';

const WATCH = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { status stepCounts { total } } } }';
const event = (status: string, total: number) => ({ runUpdated: { run: { status, stepCounts: { total } } } });
const run = perTest(new LiveRun());
const keep = cutAfterTest<LiveClient>();

it.each(['graphql-ws', 'graphql-sse'] as const)(
  'sends each change, and completes with the run: %s',
  async (transport) => {
    const client = keep(await subscribe(transport, run.gateway.url, WATCH));
    expect(await client.nextData()).toEqual(event('RUNNING', 1));
    await run.feeds(1);
    run.steps = 2;
    await run.poll();
    expect(await client.nextData()).toEqual(event('RUNNING', 2));
    run.status = 'completed';
    // `poll` would wait for another poll, which a finished run has not.
    run.clock.advance(5000);
    expect(await client.nextData()).toEqual(event('COMPLETED', 2));
    expect(await client.next()).toEqual({ type: 'complete' });
  },
);
