import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Additions, Overrides } from '../../src/gateway.ts';
import type { ObservedOperation } from '../../src/observability/observed-operation.ts';
import { until } from '../harness/fleet.ts';
import { startLiveRun, type LiveRun } from '../harness/live-run.ts';
import { scrape } from '../support/observed.ts';

const WATCH = encodeURIComponent('subscription { runUpdated(workflowId: "wf", id: "r1") { status } }');
const BOTH = 'application/json, text/event-stream';

describe('a subscription that is authenticated late', () => {
  let run: LiveRun;
  let asked: PromiseWithResolvers<undefined>;
  let gate: PromiseWithResolvers<undefined>;
  let operations: ObservedOperation[];

  beforeEach(async () => {
    asked = Promise.withResolvers();
    gate = Promise.withResolvers();
    operations = [];
    const additions: Additions & Overrides = {
      async authenticate(credential) {
        asked.resolve(undefined);
        await gate.promise;
        return { upstreamKey: credential, workflowIds: 'all' };
      },
      onOperation: (operation) => operations.push(operation),
    };
    run = await startLiveRun({}, additions);
  });
  afterEach(() => run.close());

  async function open(path: string, accept: string) {
    const socket = connect(Number(new URL(run.gateway.url).port), '127.0.0.1');
    socket.write(
      `GET ${path}?query=${WATCH} HTTP/1.1\r\nhost: test\r\naccept: ${accept}\r\nauthorization: Bearer key-1\r\n\r\n`,
    );
    await asked.promise;
    return socket;
  }

  it.each([
    ['/graphql/stream', 'text/event-stream', 0],
    ['/graphql', 'text/event-stream', 0],
    ['/graphql', BOTH, 1],
  ])('leaves nothing behind where its client has left: %s, %s', async (path, accept, begun) => {
    const socket = await open(path, accept);
    socket.resetAndDestroy();
    // The gateway has noticed it before it reads what comes later.
    for (let time = 0; time < 2; time += 1) await fetch(`${run.gateway.url}/healthz`);
    gate.resolve(undefined);
    await run.gateway.query('{ __typename }');
    const ended = () => operations.filter(({ type }) => type === 'subscription');
    await until(() => ended().length === begun);
    const metrics = await scrape(run.gateway.url);
    expect(metrics.counts('stepgate_subscribers')).toEqual({});
    expect(metrics.value('stepgate_pollers')).toBe(0);
    await run.gateway.close();
    expect(ended()).toHaveLength(begun);
  });

  it('is refused and ended where the gateway stops meanwhile', async () => {
    const socket = await open('/graphql', BOTH);
    const closed = run.gateway.close();
    gate.resolve(undefined);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 503 /);
    socket.destroy();
    await closed;
    expect(operations.map(({ type }) => type)).toContain('subscription');
  });
});
