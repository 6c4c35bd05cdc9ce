import { beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import type { Script } from '../harness/upstream.ts';
import type { Wire } from '../harness/wire.ts';
import { createScriptedHistory } from '../harness/workflows.ts';

const LIVE_TTL_MS = 1000;
const RUNNING = { status: 'running', end_time: null };

const isThird = ({ id }: Wire) => Number(String(id).slice('run-'.length)) % 3 === 0;
const history = createScriptedHistory(230);

describe('the runs of a list', () => {
  const clock = createManualClock();
  /** Fields of every third run in lists. Its own record says that it has ended. */
  let thirds: Wire;

  const script: Script = async (call) => {
    const reply = await history.script(call);
    if (call.endpoint !== 'runs') return reply;
    // The previous page is no longer fresh.
    clock.advance(LIVE_TTL_MS);
    return { json: (reply.json as Wire[]).map((record) => (isThird(record) ? { ...record, ...thirds } : record)) };
  };

  const gateway = perTest(
    new TestGateway({ script, env: { LIVE_TTL_MS: String(LIVE_TTL_MS) }, clock: { now: clock.now } }),
  );
  const { upstream } = gateway;
  const start = (liveTtlMs: number) => gateway.restart({ env: { LIVE_TTL_MS: String(liveTtlMs) } });
  beforeEach(() => {
    thirds = RUNNING;
  });

  describe.each([LIVE_TTL_MS, 0])('data that is fresh for %i ms', (liveTtlMs) => {
    it.each([
      ['runs(first: 100) { nodes { id status } }', 1, 0],
      ['runs(first: 100, filter: { status: [RUNNING] }) { nodes { id status } }', 3, 0],
      ['runs(first: 100, filter: { status: [RUNNING] }) { edges { node { freshness { isFinal } } } }', 3, 0],
      ['runs(first: 100, filter: { status: [RUNNING] }) { nodes { totalElapsedTime } }', 3, 76],
      ['statistics(last: 110) { nodes { nodeId } }', 2, 110],
      ['trend(last: 110) { nodes { nodeId } }', 2, 110],
    ])('loads runs of a list from its records: %s', async (selection, pages, stepLists) => {
      await start(liveTtlMs);
      const { errors } = await gateway.query(`{ workflow(id: "wf") { ${selection} } }`);
      expect(errors).toEqual([]);
      const counts = (['runs', 'run', 'steps'] as const).map((endpoint) => upstream.count(endpoint));
      expect(counts).toEqual([pages, 0, stepLists]);
    });

    it("loads runs over several workflows from the lists' records", async () => {
      await start(liveTtlMs);
      const { errors } = await gateway.query('{ recentRuns(workflowIds: ["a", "b", "c"]) { nodes { id status } } }');
      expect([errors, upstream.calls.length]).toEqual([[], 3]);
    });

    it("loads failed runs of a group from the list's records", async () => {
      thirds = { status: 'failed', end_time: null };
      await start(liveTtlMs);
      const { errors } = await gateway.query(
        '{ workflow(id: "wf") { failureGroups(last: 110) { nodes { runs(first: 100) { id status } } } } }',
      );
      expect([errors, upstream.count('run')]).toEqual([[], 0]);
    });
  });

  it('match the filter of their list even if they ended since', async () => {
    const { data } = await gateway.query(
      '{ workflow(id: "wf") { runs(first: 100, filter: { status: [RUNNING] }) { nodes { status } } } }',
    );
    const nodes = Array.from({ length: 76 }, () => ({ status: 'RUNNING' }));
    expect(data).toEqual({ workflow: { runs: { nodes } } });
  });

  it('are filtered by newer known records if the list lags behind', async () => {
    const list = '{ workflow(id: "wf") { runs(first: 2, filter: { status: [RUNNING] }) { nodes { id } } } }';
    const listed = async () => (await gateway.query(list)).data;
    expect(await listed()).toEqual({ workflow: { runs: { nodes: [{ id: 'run-228' }, { id: 'run-225' }] } } });
    clock.advance(LIVE_TTL_MS);
    await gateway.query('{ run(workflowId: "wf", id: "run-228") { status } }');
    expect(await listed()).toEqual({ workflow: { runs: { nodes: [{ id: 'run-225' }, { id: 'run-222' }] } } });
  });

  it('have the same values wherever an operation reads them', async () => {
    const { data } = await gateway.query(`{
      run(workflowId: "wf", id: "run-228") { status }
      workflow(id: "wf") { runs(first: 3) { nodes { id status } edges { node { status } } } }
    }`);
    const [, , edge] = (data as { workflow: { runs: { edges: unknown[] } } }).workflow.runs.edges;
    expect(data).toMatchObject({ run: { status: 'COMPLETED' } });
    expect(edge).toEqual({ node: { status: 'COMPLETED' } });
  });

  it('are stale if their list is', async () => {
    const list = '{ workflow(id: "wf") { runs(first: 3) { nodes { status freshness { isStale } } } } }';
    await gateway.query(list);
    clock.advance(LIVE_TTL_MS);
    upstream.script = (call) => (call.endpoint === 'runs' ? { status: 501 } : history.script(call));
    const { data } = await gateway.query(list);
    expect(upstream.count('run')).toBe(0);
    expect(data).toMatchObject({
      workflow: { runs: { nodes: [{ status: 'COMPLETED' }, {}, { status: 'RUNNING', freshness: { isStale: true } }] } },
    });
  });
});
