/** Watched bytes count into CACHE_MAX_BYTES, and have their own limit in it. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { cutAfterTest, perTest } from '../harness/lasting.ts';
import { type LiveClient, subscribe } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import type { Reply } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';
import { createScriptedWorkflows } from '../harness/workflows.ts';

const MEBIBYTE = 2 ** 20;
/** Without the operations, a quarter of it is 7.5 MiB: space for seven runs of 1 MiB. */
const CACHE_MAX_BYTES = 32 * MEBIBYTE;
const ROOM = 7;

const RUN = 'subscription ($id: ID!) { runUpdated(workflowId: "wf", id: $id) { run { stepCounts { total } } } }';
const RUNS = 'subscription ($ids: [ID!]) { runsUpdated(workflowIds: $ids) { runs { id } } }';

/** Bytes of each run's steps. */
let bytesOf: (runId: string) => number;

const run = perTest(
  new LiveRun({
    env: { UPSTREAM_ENDPOINTS: 'steps,run,runs,workflows', CACHE_MAX_BYTES: String(CACHE_MAX_BYTES) },
  }),
);
beforeEach(() => {
  bytesOf = () => MEBIBYTE;
  run.upstream.script = ({ endpoint, runId }): Reply =>
    endpoint === 'run'
      ? { json: [wireRun(runId, { status: 'running', end_time: null })] }
      : { json: [wireStep({ status: 'running', end_time: null, outputs: 'x'.repeat(bytesOf(runId)) })] };
});
const keep = cutAfterTest<LiveClient>();

const open = async (query: string, variables: Readonly<Record<string, unknown>>): Promise<LiveClient> =>
  keep(await subscribe('graphql-sse', run.gateway.url, query, { variables }));

async function watch(count: number, from = 0): Promise<LiveClient[]> {
  const opened: LiveClient[] = [];
  for (let number = from; number < from + count; number += 1) {
    const client = await open(RUN, { id: `run-${number}` });
    expect(await client.nextData()).toEqual({ runUpdated: { run: { stepCounts: { total: 1 } } } });
    opened.push(client);
  }
  return opened;
}

const refused = async (client: LiveClient): Promise<void> => {
  expect(await client.next()).toMatchObject({
    type: 'error',
    errors: [
      { message: expect.stringContaining('exceed 7 MiB'), extensions: { code: 'RATE_LIMITED', retryable: false } },
    ],
  });
};

describe('watched runs', () => {
  it('are limited to a quarter of the cache', async () => {
    const [first] = await watch(ROOM);
    expect(run.gateway.cachedBytes()).toBeGreaterThan(ROOM * MEBIBYTE);
    await refused(await open(RUN, { id: 'run-7' }));
    // A second subscriber of the same run takes no more.
    await watch(1, ROOM - 1);
    first?.leave();
    await run.feeds(ROOM - 1);
    await watch(1, ROOM);
    await refused(await open(RUN, { id: 'run-8' }));
  });

  it('end if they grow beyond the limit, and the others continue', async () => {
    const [first, ...others] = await watch(ROOM);
    await run.feeds(ROOM);
    bytesOf = (runId) => (runId === 'run-0' ? 3 * MEBIBYTE : MEBIBYTE);
    await run.poll(ROOM - 1);
    if (first) await refused(first);
    bytesOf = () => MEBIBYTE / 2;
    run.upstream.script = (call) =>
      call.endpoint === 'run'
        ? { json: [wireRun(call.runId, { status: 'running', end_time: null })] }
        : { json: [wireStep(), wireStep({ id: 'new', outputs: 'x'.repeat(bytesOf(call.runId)) })] };
    await run.poll(ROOM - 1);
    for (const client of others) {
      expect(await client.nextData()).toEqual({ runUpdated: { run: { stepCounts: { total: 2 } } } });
    }
  });
});

describe('workflows with watched runs', () => {
  it('count their latest records, and are rejected beyond the limit', async () => {
    const workflows = createScriptedWorkflows(['wf-1', 'wf-2']);
    for (const id of ['wf-1', 'wf-2']) {
      workflows.start(id, `run of ${id}`, { outputs: 'x'.repeat(4 * MEBIBYTE) });
    }
    run.upstream.script = workflows.script;
    const client = await open(RUNS, { ids: ['wf-1'] });
    await client.nextData();
    expect(run.gateway.cachedBytes()).toBeGreaterThan(4 * MEBIBYTE);
    await refused(await open(RUNS, { ids: ['wf-2'] }));
    client.leave();
    await run.feeds(0);
    await (await open(RUNS, { ids: ['wf-2'] })).nextData();
  });
});
