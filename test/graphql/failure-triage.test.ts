import { beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { ofWorkflow } from '../harness/operations.ts';
import type { Script } from '../harness/upstream.ts';
import { wireStep, wireWorkflow } from '../harness/wire.ts';
import { createScriptedHistory, createScriptedWorkflows, type ScriptedWorkflows } from '../harness/workflows.ts';

interface Group {
  readonly latestMessage: string;
}

describe('failure groups', () => {
  let workflows: ScriptedWorkflows;

  const stepOf = (runId: string, nodeId: string, fields = {}) =>
    wireStep({ id: `${runId}-${nodeId}`, node_id: nodeId, ...fields });

  /** A run is named by how it failed: `e500-7` fails at `send` with HTTP 500. A run that skips doesn't reach the node `send`. */
  const script: Script = (call) => {
    const { endpoint, runId } = call;
    if (endpoint !== 'steps') return workflows.script(call);
    const status = /^e(\d+)/.exec(runId)?.[1];
    const failed = { status: 'failed', error: `HTTP ${status} of request ${runId.length}0000` };
    if (runId.startsWith('skip')) return { json: [stepOf(runId, 'model')] };
    return { json: [stepOf(runId, 'model'), stepOf(runId, 'send', status === undefined ? {} : failed)] };
  };
  const failing =
    (...runIds: readonly string[]): Script =>
    (call) =>
      call.endpoint === 'steps' && runIds.includes(call.runId) ? { status: 500 } : script(call);

  let starts = 0;
  /** Runs in the order of their starts, a minute apart; `3 ok` are three that completed. */
  function start(workflowId: string, ...names: readonly string[]): void {
    for (const name of names) {
      const [, count = '1', kind = name] = /^(\d+) (\w+)$/.exec(name) ?? [];
      for (let number = 0; number < Number(count); number += 1) {
        const runId = `${kind}-${(starts += 1)}`;
        workflows.start(workflowId, runId, kind.startsWith('e') ? { status: 'failed' } : {});
      }
    }
  }
  /** The moment at which the run number started, by the scripted clock. */
  const startOf = (number: number): string =>
    new Date(Date.parse('2026-01-01T00:00:00Z') + number * 60_000).toISOString();

  const gateway = perTest(new TestGateway({ script, clock: createManualClock() }));
  const { upstream } = gateway;
  beforeEach(() => {
    starts = 0;
    workflows = createScriptedWorkflows(['wf', 'other']);
  });

  async function groupsOf(args = '(last: 100)', fields = 'latestMessage firstSeenIsExact state') {
    const { data, errors } = await gateway.query(
      `{ workflow(id: "wf") { failureGroups${args} { nodes { ${fields} } } } }`,
    );
    expect(errors).toEqual([]);
    const { nodes } = (data as unknown as { workflow: { failureGroups: { nodes: readonly Group[] } } }).workflow
      .failureGroups;
    return nodes.map(({ latestMessage, ...group }) => ({ failure: latestMessage.slice(0, 8), ...group }));
  }
  const group = (status: number, shows: { isExact?: boolean; state?: string } = {}) => ({
    failure: `HTTP ${status}`,
    firstSeenIsExact: shows.isExact ?? shows.state === 'NEW',
    state: shows.state ?? 'ONGOING',
  });
  const calls = () => (['workflows', 'runs', 'run', 'steps'] as const).map((endpoint) => upstream.count(endpoint));

  it('load only failed runs of the window for COUNT without claims', async () => {
    start('wf', '10 ok', 'e429', '20 ok', 'e500', '2 ok', 'e500', '5 ok');
    expect(await groupsOf('(last: 10, orderBy: COUNT)', 'latestMessage count')).toEqual([
      { failure: 'HTTP 500', count: 2 },
    ]);
    expect(calls()).toEqual([0, 1, 0, 2]);
  });

  it('need three completions of the node, not runs that skip it', async () => {
    start('wf', '30 ok', 'e500', '2 ok', '2 skip');
    expect(await groupsOf()).toEqual([group(500, { state: 'NEW' })]);
    start('wf', 'ok');
    await gateway.restart();
    expect(await groupsOf()).toEqual([group(500, { state: 'RESOLVED', isExact: true })]);
  });

  it('are resolved in a closed window by later runs', async () => {
    start('wf', '21 ok', 'e500', '2 ok', 'e429', '2 ok');
    const window = `(last: 100, startedBefore: "${startOf(23)}")`;
    expect(await groupsOf(window)).toEqual([group(500, { state: 'RESOLVED', isExact: true })]);
    start('wf', 'e500', '3 ok');
    await gateway.restart();
    // Four runs are between the two failures.
    expect(await groupsOf(window)).toEqual([group(500, { state: 'NEW' })]);
    start('wf', '3 ok');
    await gateway.restart();
    expect(await groupsOf(window)).toEqual([group(500, { state: 'RESOLVED', isExact: true })]);
  });

  it("stay unresolved if completed runs can't be loaded", async () => {
    start('wf', '21 ok', 'e500', '3 ok');
    upstream.script = failing(...workflows.ids().filter((id) => id.startsWith('ok')));
    expect(await groupsOf()).toEqual([group(500, { state: 'UNKNOWN', isExact: true })]);
    upstream.script = script;
    expect(await groupsOf()).toEqual([group(500, { state: 'RESOLVED', isExact: true })]);
  });

  it.each([
    // Since its first run: 500 in 4 of 5 runs, 429 in 5 of 26, 502 in 1 of 2.
    ['IMPACT', [500, 502, 429]],
    ['COUNT', [429, 500, 502]],
    ['RECENT', [502, 500, 429]],
    // Each failed run costs the same.
    ['COST', [429, 500, 502]],
  ])('are ordered by %s', async (order, statuses) => {
    await gateway.restart({ env: { TOKEN_PRICES: 'examples/operations/prices.json' } });
    const old = Array.from({ length: 12 }, () => ['20 ok', 'e429']).flat();
    start('wf', ...old, '4 e429', '16 ok', '4 e500', 'e502');
    const found = await groupsOf(
      `(last: 26, orderBy: ${order})`,
      'latestMessage count finishedCount affectedRate estimatedCost { stepsPriced stepsUnpriced }',
    );
    expect(found.map(({ failure }) => failure)).toEqual(statuses.map((status) => `HTTP ${status}`));
    expect(found).toContainEqual({
      failure: 'HTTP 500',
      ...{ count: 4, finishedCount: 5 },
      affectedRate: 0.8,
      estimatedCost: { stepsPriced: 0, stepsUnpriced: 8 },
    });
  });

  describe('several workflows', () => {
    interface Found {
      readonly nodes: readonly unknown[];
      readonly runsNotLoaded: number;
    }
    const FIELDS = 'workflow { id } latestMessage count state isNew isResolved runs { id }';
    async function ask(args: string, fields = FIELDS) {
      const answer = await gateway.query(`{ failureGroups${args} { nodes { ${fields} } runsNotLoaded } }`);
      const { nodes, runsNotLoaded } = (answer.data as unknown as { failureGroups: Found }).failureGroups;
      return {
        groups: nodes,
        ...(runsNotLoaded > 0 && { runsNotLoaded }),
        errors: answer.errors.map(({ path, extensions }) => [path?.join('.'), extensions.code, extensions.workflowId]),
      };
    }
    const found = (workflowId: string, status: number, runs: readonly string[], state = 'ONGOING') => ({
      workflow: { id: workflowId },
      latestMessage: expect.stringMatching(`^HTTP ${status} `) as unknown,
      count: runs.length,
      state,
      isNew: state === 'NEW',
      isResolved: state === 'RESOLVED',
      runs: runs.map((id) => ({ id })),
    });

    it('merge in one order, without extra calls', async () => {
      start('wf', '20 ok', 'e500');
      start('other', 'e500', '20 ok', 'e429', 'e429');
      start('wf', 'e500', '3 ok');
      const expected = [
        found('other', 429, ['e429-44', 'e429-43'], 'NEW'),
        found('wf', 500, ['e500-45', 'e500-21'], 'RESOLVED'),
        found('other', 500, ['e500-22'], 'RESOLVED'),
      ];
      for (const args of ['', '(workflowIds: ["other", "wf", "wf"])', '(workflowIds: ["wf", "other"])']) {
        expect(await ask(args)).toEqual({ groups: expected, errors: [] });
      }
      // The list of workflows, two histories, five failed runs, and three completed runs of each workflow.
      expect(calls()).toEqual([1, 2, 0, 11]);
    });

    it('count all runs unless `last` cuts the window', async () => {
      start('wf', '3 ok', 'e500');
      start('other', '2 ok');
      const isComplete = async (args: string) => {
        const { data } = await gateway.query(
          `{ failureGroups(${args}) { isComplete } workflow(id: "wf") { failureGroups(${args}) { isComplete } } }`,
        );
        const { failureGroups, workflow } = data as unknown as Record<'failureGroups' | 'workflow', object>;
        return [failureGroups, (workflow as { failureGroups: unknown }).failureGroups];
      };
      const [yes, no] = [{ isComplete: true }, { isComplete: false }];
      expect(await isComplete('last: 6')).toEqual([yes, yes]);
      expect(await isComplete('last: 4')).toEqual([no, yes]);
      expect(await isComplete('last: 3')).toEqual([no, no]);
      expect(await isComplete('last: 3, startedAfter: "2200-01-01T00:00:00Z"')).toEqual([yes, yes]);
    });

    it('use runs before the window to find new groups', async () => {
      start('wf', 'e500', '20 ok', 'e500');
      start('other', '20 ok', 'e429');
      start('wf', 'e502');
      // The newest 22: one of `wf`, and all of `other`.
      expect(await ask('(last: 22)')).toEqual({
        groups: [found('wf', 502, ['e502-44'], 'NEW'), found('other', 429, ['e429-43'], 'NEW')],
        errors: [],
      });
    });

    it('examine fewer runs of many workflows, within the call budget', async () => {
      const ids = Array.from({ length: 25 }, (_, number) => `wf-${number}`);
      upstream.script = createScriptedHistory(
        1000,
        ids.map((id) => wireWorkflow(id)),
      ).script;
      const { data, errors } = await gateway.query('{ failureGroups(last: 1000) { runsExamined runsRequested } }');
      expect(errors).toEqual([]);
      expect(data).toEqual({ failureGroups: { runsExamined: 1000, runsRequested: 1000 } });
    });

    it('exclude an unreadable workflow, and count a run not loaded', async () => {
      start('wf', 'e500', 'e500');
      start('other', 'e429');
      upstream.script = (call) =>
        call.endpoint === 'runs' && call.workflowId === 'other' ? { status: 500 } : failing('e500-1')(call);
      for (let time = 0; time < 2; time += 1) {
        expect(await ask('', 'count')).toEqual({
          groups: [{ count: 1 }],
          runsNotLoaded: 1,
          errors: [
            ['failureGroups', 'UPSTREAM_UNAVAILABLE', 'other'],
            ['failureGroups', 'UPSTREAM_UNAVAILABLE', 'wf'],
          ],
        });
      }
    });
  });

  it('read 900 uncached runs without exceeding the queue of a viewer', async () => {
    start('wf', '900 e500');
    await gateway.restart({ env: { MAX_UPSTREAM_CALLS: '2000' } });
    const { data, errors } = await gateway.query(ofWorkflow('statistics(last: 900) { nodes { failureCount } }'));
    expect([errors, upstream.count('steps')]).toEqual([[], 900]);
    const nodes = [{ failureCount: 0 }, { failureCount: 900 }];
    expect(data).toEqual({ workflow: { statistics: { nodes: expect.arrayContaining(nodes) } } });
  });
});
