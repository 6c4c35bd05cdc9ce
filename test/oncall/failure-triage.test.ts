import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream, type Script } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { placesOf } from '../harness/operations.ts';
import { createScriptedWorkflows, type ScriptedWorkflows } from '../harness/scripted-workflows.ts';
import { wireStep } from '../harness/wire.ts';

type Group = Readonly<Record<'latestMessage', string>>;

describe('the failure groups of an incident', () => {
  let workflows: ScriptedWorkflows;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  const stepOf = (runId: string, nodeId: string, fields = {}) =>
    wireStep({ id: `${runId}-${nodeId}`, node_id: nodeId, ...fields });

  /** A run is named by how it failed: `e500-7` fails at `send` with HTTP 500. A run that skips has no node `send`. */
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
  const idOf = (name: string): string => workflows.ids().find((id) => id.startsWith(`${name}-`)) ?? '';
  /** The moment at which the run number started, by the scripted clock. */
  const startOf = (number: number): string =>
    new Date(Date.parse('2026-01-01T00:00:00Z') + number * 60_000).toISOString();

  beforeEach(async () => {
    const { now, after } = createManualClock();
    starts = 0;
    workflows = createScriptedWorkflows(['wf', 'other']);
    upstream = await startFaultyUpstream(script);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url }, { now, after });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  async function groupsOf(args = '(last: 100)', fields = 'latestMessage firstSeenIsExact isNew isResolved') {
    const { data, errors } = await gateway.query(`{ workflow(id: "wf") { failureGroups${args} { ${fields} } } }`);
    expect(errors).toEqual([]);
    const groups = (data as { workflow: { failureGroups: readonly Group[] } }).workflow.failureGroups;
    return groups.map(({ latestMessage, ...group }) => ({ failure: latestMessage.slice(0, 8), ...group }));
  }
  const group = (status: number, shows: { isExact?: boolean; isNew?: boolean; isResolved?: boolean } = {}) => ({
    failure: `HTTP ${status}`,
    firstSeenIsExact: shows.isExact ?? shows.isNew ?? false,
    isNew: shows.isNew ?? false,
    isResolved: shows.isResolved ?? false,
  });
  const calls = () => (['workflows', 'runs', 'run', 'steps'] as const).map((endpoint) => upstream.count(endpoint));

  it('are an old one and a new one, but none of nine days ago', async () => {
    start('wf', '30 ok', 'e429', 'ok', 'e429', '22 ok', 'e500', 'e500', 'e500');
    for (let time = 0; time < 3; time += 1) {
      expect(await groupsOf('(last: 28)')).toEqual([group(500, { isNew: true }), group(429, { isResolved: true })]);
    }
    // The records, the steps of failed runs, and of the completed run that shows that 429 is over.
    expect(calls()).toEqual([0, 1, 0, 6]);
  });

  it('cost what their runs cost where nothing is asked of other runs', async () => {
    start('wf', '10 ok', 'e429', '2 ok');
    await groupsOf('(last: 100)', 'latestMessage count');
    expect(calls()).toEqual([0, 1, 0, 1]);
  });

  it('are new in the whole history, however short it is', async () => {
    start('wf', 'e500', 'ok', 'e429');
    const found = [group(429, { isNew: true }), group(500, { isNew: true, isResolved: true })];
    expect(await groupsOf()).toEqual(found);
    expect(await groupsOf('(last: 3)')).toEqual([group(429, { isExact: true }), group(500, { isResolved: true })]);
  });

  it('are new in a window by up to 20 runs before it, and only failed ones cost a call', async () => {
    start('wf', '10 ok', 'e429', '18 ok', 'e500', 'ok', 'e429', 'e502');
    const window = `(last: 100, startedAfter: "${startOf(31)}")`;
    expect(await groupsOf(window)).toEqual([group(502, { isNew: true }), group(429)]);
    // Of the window 429 and 502, before it 500 and 429. No run completed since.
    expect(calls()).toEqual([0, 1, 0, 4]);
    expect(await groupsOf(`(last: 4, startedAfter: "${startOf(31)}")`)).toEqual([
      group(502, { isExact: true }),
      group(429, { isExact: true }),
    ]);
  });

  it('are not new where a failed run before them cannot be loaded, until it can', async () => {
    start('wf', '30 ok', 'e429', '3 ok', 'e500');
    upstream.script = failing(idOf('e429'));
    const window = `(last: 100, startedAfter: "${startOf(33)}")`;
    expect(await groupsOf(window)).toEqual([group(500, { isExact: true })]);
    upstream.script = script;
    expect(await groupsOf(window)).toEqual([group(500, { isNew: true })]);
  });

  it('are resolved by the node, not by the run: a failed run can show it, a run that skipped the node cannot', async () => {
    start('wf', '30 ok', 'e500', 'skip');
    expect(await groupsOf()).toEqual([group(500, { isNew: true })]);
    start('other', 'ok');
    start('wf', 'ok', '4 skip');
    await gateway.close();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '0' });
    expect(await groupsOf()).toEqual([group(500, { isNew: true, isResolved: true })]);
    start('wf', 'skip');
    // Five completed runs are looked at.
    expect(await groupsOf()).toEqual([group(500, { isNew: true })]);
  });

  it('of a closed window are resolved by runs after it', async () => {
    start('wf', '21 ok', 'e500', '2 ok', 'e429');
    const window = `(last: 100, startedBefore: "${startOf(23)}")`;
    expect(await groupsOf(window)).toEqual([group(500, { isNew: true, isResolved: true })]);
    expect(calls()).toEqual([0, 1, 0, 2]);
  });

  it('say that nothing is resolved where completed runs cannot be loaded', async () => {
    start('wf', '21 ok', 'e500', '2 ok');
    upstream.script = failing(...workflows.ids().filter((id) => id.startsWith('ok')));
    expect(await groupsOf()).toEqual([group(500, { isNew: true })]);
    upstream.script = script;
    expect(await groupsOf()).toEqual([group(500, { isNew: true, isResolved: true })]);
  });

  it('have their workflow, and the newest message as it came', async () => {
    start('wf', 'e500', 'e500');
    expect(
      await gateway.query(
        '{ workflow(id: "wf") { failureGroups { workflow { id name } message latestMessage count runs { id } } } }',
      ),
    ).toMatchObject({
      data: {
        workflow: {
          failureGroups: [
            {
              workflow: { id: 'wf', name: 'Workflow wf' },
              message: 'HTTP 500 of request <number>',
              latestMessage: 'HTTP 500 of request 60000',
              count: 2,
              runs: [{ id: 'e500-2' }, { id: 'e500-1' }],
            },
          ],
        },
      },
      errors: [],
    });
  });

  describe('of several workflows', () => {
    const FIELDS = 'workflow { id } latestMessage count isNew isResolved runs { id }';
    async function ask(args: string, fields = FIELDS) {
      const answer = await gateway.query(`{ failureGroups${args} { ${fields} } }`);
      return {
        groups: (answer.data as { failureGroups: readonly unknown[] | null }).failureGroups,
        errors: answer.errors.map(({ path, extensions }) => [path?.join('.'), extensions.code, extensions.workflowId]),
      };
    }
    const found = (workflowId: string, status: number, runs: readonly string[], isNew = false, isResolved = false) => ({
      workflow: { id: workflowId },
      latestMessage: expect.stringMatching(`^HTTP ${status} `) as unknown,
      count: runs.length,
      isNew,
      isResolved,
      runs: runs.map((id) => ({ id })),
    });

    it('are those of each, the largest first, by one call for each workflow and failed run', async () => {
      start('wf', '20 ok', 'e500');
      start('other', 'e500', '20 ok', 'e429', 'e429');
      start('wf', 'e500', 'ok');
      const expected = [
        found('wf', 500, ['e500-45', 'e500-21'], true, true),
        found('other', 429, ['e429-44', 'e429-43'], true),
        found('other', 500, ['e500-22'], true, true),
      ];
      for (const args of ['', '(workflowIds: ["other", "wf", "wf"])', '(workflowIds: ["wf", "other"])']) {
        expect(await ask(args)).toEqual({ groups: expected, errors: [] });
      }
      // The list of workflows, two histories, five failed runs, and one completed run of each workflow.
      expect(calls()).toEqual([1, 2, 0, 7]);
    });

    it('are the latest runs of all together: runs before these show which groups are new', async () => {
      start('wf', 'e500', '20 ok', 'e500');
      start('other', '20 ok', 'e429');
      start('wf', 'e502');
      // The newest 22: one of `wf`, and all of `other`.
      expect(await ask('(last: 22)')).toEqual({
        groups: [found('wf', 502, ['e502-44'], true), found('other', 429, ['e429-43'], true)],
        errors: [],
      });
      expect(await ask(`(last: 21, startedAfter: "${startOf(22)}", workflowIds: ["wf"])`)).toEqual({
        groups: [found('wf', 502, ['e502-44'], true), found('wf', 500, ['e500-22'])],
        errors: [],
      });
    });

    it('are without a workflow that cannot be read, and without a run that cannot be loaded, each with its error', async () => {
      start('wf', 'e500', 'e500');
      start('other', 'e429');
      upstream.script = (call) =>
        call.endpoint === 'runs' && call.workflowId === 'other' ? { status: 500 } : failing('e500-1')(call);
      for (let time = 0; time < 2; time += 1) {
        expect(await ask('', 'count')).toEqual({
          groups: [{ count: 1 }, null],
          errors: [
            ['failureGroups.1', 'UPSTREAM_UNAVAILABLE', 'wf'],
            ['failureGroups', 'UPSTREAM_UNAVAILABLE', 'other'],
          ],
        });
      }
    });

    it('stay within the calls of an operation: a failure beyond them loses its run, and nothing is claimed', async () => {
      await gateway.close();
      gateway = await startGateway({ UPSTREAM_URL: upstream.url, MAX_UPSTREAM_CALLS: '4' });
      start('wf', '20 ok', 'e500', 'e500', 'ok');
      expect(await ask('(workflowIds: ["wf"])')).toEqual({
        groups: [found('wf', 500, ['e500-22', 'e500-21'], true, true)],
        errors: [],
      });
      start('wf', '2 e500', '2 ok');
      await gateway.close();
      gateway = await startGateway({ UPSTREAM_URL: upstream.url, MAX_UPSTREAM_CALLS: '4' });
      expect(await ask('(workflowIds: ["wf"])')).toEqual({
        groups: [expect.objectContaining({ count: 3, isResolved: false }), null],
        errors: [['failureGroups.1', 'UPSTREAM_BUDGET_EXCEEDED', 'wf']],
      });
      expect(upstream.calls.length).toBe(8);
    });

    it.each([
      ['(last: 0)', 'last must be from 1 to 1000, got 0'],
      ['(last: 1001)', 'last must be from 1 to 1000, got 1001'],
      [`(workflowIds: ${JSON.stringify(Array(101).fill('a'))})`, 'workflowIds must have at most 100 ids, got 101'],
    ])('%s is refused before any call', async (args, message) => {
      const { errors } = await gateway.query(`{ failureGroups${args} { count } }`);
      expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
      expect(upstream.calls).toEqual([]);
    });
  });

  describe('the last success before them', () => {
    async function ask(runId: string) {
      const answer = await gateway.query(
        `{ run(workflowId: "wf", id: "${runId}") { lastSuccessBeforeFailures { id status stepCounts { total } } } }`,
      );
      const { run } = answer.data as { run: { lastSuccessBeforeFailures: { id: string } | null } };
      return [run.lastSuccessBeforeFailures?.id ?? null, ...placesOf(answer)];
    }

    it('is the newest completed run before the first run of the group, and not the one between two failures', async () => {
      start('wf', 'e429', '2 ok', 'e429', 'e500', 'ok', 'e500', 'ok', 'e429', 'ok', 'e500', 'e502');
      expect(await ask('e500-11')).toEqual(['ok-3']);
      // The run by its record and steps, the history, the steps of the five failed runs before it, and of the base.
      expect(calls()).toEqual([0, 1, 1, 7]);
      expect(await ask('e502-12')).toEqual(['ok-10']);
      expect(await ask('e500-5')).toEqual(['ok-3']);
      expect(await ask('e429-9')).toEqual([null]);
      expect(await ask('ok-10')).toEqual([null]);
    });

    it('is null with its error where an earlier failed run cannot be loaded, since it may be one of the group', async () => {
      start('wf', 'ok', 'e500', 'ok', 'e500');
      upstream.script = failing('e500-2');
      expect(await ask('e500-4')).toEqual([null, 'run.lastSuccessBeforeFailures: UPSTREAM_UNAVAILABLE']);
    });
  });

  it('are read like other figures over 900 runs that are not cached: no more calls wait than a viewer may have waiting', async () => {
    start('wf', '900 e500');
    const environment = { UPSTREAM_URL: upstream.url, MAX_UPSTREAM_CALLS: '2000' };
    const large = await startGateway(environment, createManualClock());
    const { data, errors } = await large.query(
      '{ workflow(id: "wf") { statistics(last: 900) { nodes { failureCount } } } }',
    );
    await large.close();
    expect([errors, upstream.count('steps')]).toEqual([[], 900]);
    const nodes = [{ failureCount: 0 }, { failureCount: 900 }];
    expect(data).toEqual({ workflow: { statistics: { nodes: expect.arrayContaining(nodes) } } });
  });
});
