import { beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { ofWorkflow, placesOf } from '../harness/operations.ts';
import type { Script } from '../harness/upstream.ts';
import { wireStep } from '../harness/wire.ts';
import { createScriptedWorkflows, type ScriptedWorkflows } from '../harness/workflows.ts';

const GROUPS = `query ($last: Int) { workflow(id: "wf") { failureGroups(last: $last, orderBy: COUNT) {
  nodes { workflow { id name } nodeId message latestMessage code count firstSeenAt lastSeenAt runs(first: 2) { id status stepCounts { total } } }
  runsExamined runsRequested runsNotLoaded
} } }`;
const TREND = `query ($last: Int, $buckets: Int) { workflow(id: "wf") { trend(last: $last, buckets: $buckets) {
  startedAt endedAt runCount failedCount wallClockMs { p50 } nodes { nodeId failureCount }
} } }`;

describe('the statistics of the runs of a workflow', () => {
  let workflows: ScriptedWorkflows;

  /** Failed runs fail at `send`, each with its own numbers. */
  const script: Script = (call) => {
    if (call.endpoint !== 'steps') return workflows.script(call);
    if (call.runId === 'gone') return { status: 404, json: {} };
    const error = JSON.stringify({ code: 'E7', message: `no answer from ${call.runId.length}000 hosts` });
    const isFailed = call.runId.startsWith('bad');
    return {
      json: [wireStep({ id: `${call.runId}-s`, node_id: 'send', ...(isFailed && { status: 'failed', error }) })],
    };
  };

  const gateway = perTest(new TestGateway({ script, clock: createManualClock() }));
  const { upstream } = gateway;

  beforeEach(() => {
    workflows = createScriptedWorkflows(['wf']);
    for (const id of ['old', 'bad', 'good', 'bad2', 'bad34', 'good2']) {
      workflows.start('wf', id, id.startsWith('bad') ? { status: 'failed' } : {});
    }
  });

  const failing =
    (runIds: readonly string[], status: number): Script =>
    (call) =>
      call.endpoint === 'steps' && runIds.includes(call.runId) ? { status } : script(call);
  const run = (id: string) => ({ id, status: 'FAILED', stepCounts: { total: 1 } });
  const group = {
    workflow: { id: 'wf', name: 'Workflow wf' },
    nodeId: 'send',
    message: 'no answer from <number> hosts',
    latestMessage: 'no answer from 5000 hosts',
    code: 'E7',
    count: 3,
    firstSeenAt: '2026-01-01T00:02:00.000Z',
    lastSeenAt: '2026-01-01T00:05:00.000Z',
    runs: [run('bad34'), run('bad2')],
  };

  it('group failed runs by steps, with one call per failed run', async () => {
    for (let time = 0; time < 3; time += 1) {
      const { data, errors } = await gateway.query(GROUPS);
      expect(errors).toEqual([]);
      const counts = { runsExamined: 6, runsRequested: 6, runsNotLoaded: 0 };
      expect(data).toEqual({ workflow: { failureGroups: { nodes: [group], ...counts } } });
    }
    expect([upstream.count('runs'), upstream.count('steps'), upstream.count('run')]).toEqual([1, 3, 0]);
  });

  it('group a failed run without steps by the error of its record', async () => {
    workflows.start('wf', 'gone', { status: 'failed', error: 'Cancelled after 30 s' });
    const { data, errors } = await gateway.query(
      '{ workflow(id: "wf") { failureGroups(orderBy: COUNT) { nodes { nodeId message count runs { id } } } } }',
    );
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      workflow: {
        failureGroups: {
          nodes: [
            { nodeId: 'send', count: 3 },
            { nodeId: null, message: 'Cancelled after <duration>', count: 1, runs: [{ id: 'gone' }] },
          ],
        },
      },
    });
  });

  it('make one call for a trend, and load steps for its nodes', async () => {
    const counts = await gateway.query(
      '{ workflow(id: "wf") { trend(buckets: 2) { startedAt endedAt runCount failedCount } } }',
    );
    expect(counts.data).toEqual({
      workflow: {
        trend: [
          {
            startedAt: '2026-01-01T00:01:00.000000Z',
            endedAt: '2026-01-01T00:03:30.000000Z',
            runCount: 3,
            failedCount: 1,
          },
          {
            startedAt: '2026-01-01T00:03:30.000000Z',
            endedAt: '2026-01-01T00:06:00.000000Z',
            runCount: 3,
            failedCount: 2,
          },
        ],
      },
    });
    expect([upstream.count('runs'), upstream.count('steps')]).toEqual([1, 0]);
    for (let time = 0; time < 3; time += 1) {
      const { data, errors } = await gateway.query(TREND, { variables: { buckets: 2 } });
      expect(errors).toEqual([]);
      expect(data).toMatchObject({
        workflow: {
          trend: [
            { wallClockMs: { p50: 2500 }, nodes: [{ nodeId: 'send', failureCount: 1 }] },
            { wallClockMs: { p50: 2500 }, nodes: [{ nodeId: 'send', failureCount: 2 }] },
          ],
        },
      });
    }
    expect([upstream.count('runs'), upstream.count('steps')]).toEqual([1, 6]);
  });

  it('start days at midnight of the time zone, 100 at most', async () => {
    for (const start_time of ['2026-11-01T04:00:00Z', '2026-11-02T04:59:59Z', '2026-11-02T05:00:00Z']) {
      workflows.start('wf', start_time, { start_time });
    }
    const daysOf = (startedAfter: string, startedBefore: string) => {
      const window = `startedAfter: "${startedAfter}", startedBefore: "${startedBefore}"`;
      const args = `interval: DAY, timeZone: "America/New_York", ${window}`;
      return gateway.query(ofWorkflow(`trend(${args}) { startedAt endedAt runCount isComplete }`));
    };
    const day = (startedAt: string, endedAt: string, runCount: number, isComplete: boolean) => ({
      ...{ startedAt: `${startedAt}:00.000000Z`, endedAt: `${endedAt}:00.000000Z`, runCount, isComplete },
    });
    const days = [
      day('2026-11-01T04:00', '2026-11-02T05:00', 2, true),
      day('2026-11-02T05:00', '2026-11-03T05:00', 1, false),
    ];
    const found = await daysOf('2026-11-01T04:00:00Z', '2026-11-03T00:00:00Z');
    expect(found.data).toEqual({ workflow: { trend: days } });
    expect(upstream.count('runs')).toBe(1);
    const today = day('2026-11-24T05:00', '2026-11-25T05:00', 0, false);
    const unfinished = await daysOf('2026-11-24T05:00:00Z', '2026-11-25T05:00:00Z');
    expect(unfinished.data).toEqual({ workflow: { trend: [today] } });
    const message =
      'interval must produce at most 100 buckets, got more. Choose a longer interval or a shorter window.';
    expect((await daysOf('2026-07-01T00:00:00Z', '2026-11-03T00:00:00Z')).errors).toMatchObject([{ message }]);
  });

  it('null only the nodes of the bucket whose steps fail', async () => {
    upstream.script = failing(['bad'], 500);
    const answer = await gateway.query(TREND, { variables: { buckets: 2 } });
    expect(answer.data).toMatchObject({
      workflow: {
        trend: [
          { runCount: 3, nodes: null },
          { runCount: 3, nodes: [{ nodeId: 'send' }] },
        ],
      },
    });
    expect(placesOf(answer)).toEqual(['workflow.trend.0.nodes: UPSTREAM_UNAVAILABLE']);
  });

  describe('windows of time', () => {
    const ask = (window: string) =>
      gateway.query(`{ workflow(id: "wf") {
        statistics(${window}) { runCount failedCount }
        failureGroups(${window}, orderBy: COUNT) { nodes { count runs { id } } }
        trend(buckets: 2, ${window}) { startedAt endedAt isComplete runCount }
      } }`);

    it('cover the runs that started in the window, each time', async () => {
      const window = 'startedAfter: "2026-01-01T00:02:00Z", startedBefore: "2026-01-01T00:05:00Z"';
      for (let time = 0; time < 3; time += 1) {
        const { data, errors } = await ask(window);
        expect(errors).toEqual([]);
        expect(data).toEqual({
          workflow: {
            statistics: { runCount: 3, failedCount: 2 },
            failureGroups: { nodes: [{ count: 2, runs: [{ id: 'bad2' }, { id: 'bad' }] }] },
            trend: [
              {
                startedAt: '2026-01-01T00:02:00.000000Z',
                endedAt: '2026-01-01T00:03:30.000000Z',
                isComplete: true,
                runCount: 2,
              },
              {
                startedAt: '2026-01-01T00:03:30.000000Z',
                endedAt: '2026-01-01T00:05:00.000000Z',
                isComplete: true,
                runCount: 1,
              },
            ],
          },
        });
      }
      expect([upstream.count('runs'), upstream.count('steps')]).toEqual([1, 2]);
    });

    it('read no older runs than the look-back, in one call', async () => {
      for (let count = 1; count <= 150; count += 1) workflows.start('wf', `later-${count}`);
      const window = 'last: 1000, startedAfter: "2026-01-01T02:00:00Z"';
      const { data, errors } = await ask(window);
      expect(errors).toEqual([]);
      expect(data).toMatchObject({ workflow: { statistics: { runCount: 37 }, failureGroups: { nodes: [] } } });
      expect(upstream.count('runs')).toBe(1);
    });

    it('skip runs after the window, and count `last` from its end', async () => {
      for (let count = 1; count <= 150; count += 1) workflows.start('wf', `later-${count}`);
      const before = 'startedBefore: "2026-01-01T00:05:00Z"';
      for (const window of [`last: 3, ${before}`, `startedAfter: "2026-01-01T00:02:00Z", ${before}`]) {
        const { data, errors } = await ask(window);
        expect(errors).toEqual([]);
        expect(data).toMatchObject({
          workflow: { statistics: { runCount: 3, failedCount: 2 }, failureGroups: { nodes: [{ count: 2 }] } },
        });
      }
      expect(upstream.count('runs')).toBe(2);
    });

    it('fail for a window behind more than a thousand runs', async () => {
      for (let count = 1; count <= 1001; count += 1) workflows.start('wf', `later-${count}`);
      const answer = await ask('startedBefore: "2026-01-01T00:05:00Z"');
      expect(placesOf(answer)).toEqual(
        ['failureGroups', 'statistics', 'trend'].map((field) => `workflow.${field}: BAD_USER_INPUT`),
      );
      expect(answer.data).toEqual({ workflow: { statistics: null, failureGroups: null, trend: null } });
    });

    it('mark a bucket incomplete if not all its runs were read', async () => {
      const { data } = await ask(
        'last: 2, startedAfter: "2026-01-01T00:01:00Z", startedBefore: "2026-01-01T01:00:00Z"',
      );
      expect(data).toMatchObject({
        workflow: {
          statistics: { runCount: 2 },
          trend: [
            { isComplete: false, runCount: 2 },
            { isComplete: true, runCount: 0 },
          ],
        },
      });
    });
  });

  describe('the last success before a run', () => {
    const ask = (id: string) =>
      gateway.query(
        `{ run(workflowId: "wf", id: "${id}") { rawStatus errorInfo { message } lastSuccessBefore { id status stepCounts { total } } } }`,
      );

    it('is the newest completed run before, with one call per hundred', async () => {
      for (const [id, before] of [
        ['bad34', 'good'],
        ['good2', 'good'],
        ['good', 'old'],
      ] as const) {
        const { data, errors } = await ask(id);
        expect(errors).toEqual([]);
        expect(data).toMatchObject({
          run: { lastSuccessBefore: { id: before, status: 'COMPLETED', stepCounts: { total: 1 } } },
        });
      }
      expect(upstream.count('runs')).toBe(1);
      expect((await ask('old')).data).toEqual({
        run: { rawStatus: 'completed', errorInfo: null, lastSuccessBefore: null },
      });
    });

    it('is searched in the latest 500 runs', async () => {
      for (let count = 1; count <= 600; count += 1)
        workflows.start('wf', `bad-${count}`, { status: 'failed', error: 'no 7' });
      const { data, errors } = await ask('bad-600');
      expect(errors).toEqual([]);
      expect(data).toEqual({ run: { rawStatus: 'failed', errorInfo: { message: 'no 7' }, lastSuccessBefore: null } });
      expect(upstream.count('runs')).toBe(6);
    });

    it('is null for a run that has not started', async () => {
      workflows.start('wf', 'waiting', { start_time: null, status: 'pending' });
      upstream.script = (call) => (call.endpoint === 'steps' ? { json: [] } : script(call));
      expect((await ask('waiting')).data).toMatchObject({ run: { rawStatus: 'pending', lastSuccessBefore: null } });
      expect(upstream.count('runs')).toBe(0);
    });
  });
});
