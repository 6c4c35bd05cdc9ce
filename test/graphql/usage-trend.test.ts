import { beforeEach, describe, expect, it } from '@jest/globals';
import { ANTHROPIC, CHAT, RESPONSES } from '../domain/conversation/shapes.ts';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { ofWorkflow } from '../harness/operations.ts';
import { wireStep } from '../harness/wire.ts';
import { createScriptedWorkflows } from '../harness/workflows.ts';
import { temporaryFiles } from './temporary-files.ts';

const USAGE = `usage {
  runsReporting runsNotReporting counts { inputTokens outputTokens totalTokens cachedInputTokens } stepsReporting
  estimatedCost { amount stepsPriced stepsUnpriced }
  byModel { model counts { totalTokens } stepsReporting estimatedCost { amount } }
}`;
const trend = (fields: string, args = 'buckets: 2') => ofWorkflow(`trend(${args}) { ${fields} }`);

const PRICE = { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 };
const prices = temporaryFiles().write('prices.json', {
  'gpt-4.1-mini-2025-04-14': PRICE,
  'claude-sonnet-4-5-20250929': { ...PRICE, cache_read_input_token_cost: 1e-7 },
});

describe('the usage of a trend', () => {
  const workflows = createScriptedWorkflows(['wf']);
  const gateway = perTest(
    new TestGateway({ script: workflows.script, env: { TOKEN_PRICES: prices }, clock: createManualClock() }),
  );
  const { upstream } = gateway;
  beforeEach(() => {
    workflows.clear();
  });
  const run = (id: string, allOutputs: unknown) => {
    workflows.start('wf', id, { all_outputs: allOutputs });
  };
  const stream = 'data: {"choices":[{"delta":{}}],"model":"m","usage":{"prompt_tokens":3,"completion_tokens":4}}\n\n';

  it('is read from recorded outputs of each vendor, without extra calls', async () => {
    run('r1', { chat: CHAT.outputs, reply: 'a text', none: null, claude: ANTHROPIC.outputs });
    run('r2', null);
    run('r3', { responses: RESPONSES.outputs, stored: stream });
    run('r4', { chat: { ...(CHAT.outputs as object), error: 'failed' }, ['__proto__']: CHAT.outputs });
    for (let time = 0; time < 3; time += 1) {
      const { data, errors } = await gateway.query(trend(`runCount ${USAGE}`));
      expect(errors).toEqual([]);
      expect(data).toEqual({
        workflow: {
          trend: [
            {
              runCount: 2,
              usage: {
                ...{ runsReporting: 1, runsNotReporting: 1, stepsReporting: 2 },
                // 30 + 130, including 100 cached ones.
                counts: { inputTokens: 160, outputTokens: 16, totalTokens: 176, cachedInputTokens: 100 },
                // 30 × 1 + 8 × 2, and 30 × 1 + 100 × 0.1 + 8 × 2, in millionths.
                estimatedCost: { amount: 0.000102, stepsPriced: 2, stepsUnpriced: 0 },
                byModel: [
                  {
                    ...{ model: 'claude-sonnet-4-5-20250929', counts: { totalTokens: 138 }, stepsReporting: 1 },
                    estimatedCost: { amount: 0.000056 },
                  },
                  {
                    ...{ model: 'gpt-4.1-mini-2025-04-14', counts: { totalTokens: 38 }, stepsReporting: 1 },
                    estimatedCost: { amount: 0.000046 },
                  },
                ],
              },
            },
            {
              runCount: 2,
              usage: {
                ...{ runsReporting: 2, runsNotReporting: 0, stepsReporting: 4 },
                counts: { inputTokens: 93, outputTokens: 28, totalTokens: 121, cachedInputTokens: null },
                estimatedCost: { amount: 0.000092, stepsPriced: 2, stepsUnpriced: 2 },
                byModel: [
                  {
                    ...{ model: 'gpt-4.1-mini-2025-04-14', counts: { totalTokens: 76 }, stepsReporting: 2 },
                    estimatedCost: { amount: 0.000092 },
                  },
                  {
                    ...{ model: 'gpt-5-mini-2025-08-07', counts: { totalTokens: 38 }, stepsReporting: 1 },
                    estimatedCost: { amount: null },
                  },
                  { model: 'm', counts: { totalTokens: 7 }, stepsReporting: 1, estimatedCost: { amount: null } },
                ],
              },
            },
          ],
        },
      });
    }
    expect(upstream.calls.map(({ endpoint }) => endpoint)).toEqual(['runs']);
  });

  it('is cached as numbers, without the outputs', async () => {
    for (let number = 0; number < 100; number += 1) {
      const outputs = { ...(CHAT.outputs as object), choices: [{ message: { content: 'x'.repeat(40_000) } }] };
      run(`r${number}`, { one: outputs, other: { text: 'y'.repeat(40_000) } });
    }
    const { data } = await gateway.query(trend('usage { stepsReporting }', 'buckets: 1'));
    expect(data).toEqual({ workflow: { trend: [{ usage: { stepsReporting: 100 } }] } });
    expect(gateway.cachedBytes()).toBeLessThan(100 * 4000);
  });

  it('counts among the cached bytes', async () => {
    const outputs = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`n${at}`, CHAT.outputs]));
    run('r1', outputs);
    await gateway.query(trend('runCount'));
    expect(gateway.cachedBytes()).toBeGreaterThan(1000 * 100);
  });

  it('sums workflows next to the preceding period, and names unreadable ones', async () => {
    const several = createScriptedWorkflows(['wf', 'other', 'sick']);
    const outputs = { all_outputs: { chat: CHAT.outputs } };
    // The runs start a minute apart.
    several.start('wf', 'r1', outputs);
    several.start('other', 'o1', { ...outputs, status: 'failed' });
    several.start('wf', 'r2', outputs);
    upstream.script = (call) => (call.workflowId === 'sick' ? { status: 403 } : several.script(call));
    const USED = 'runCount failedCount usage { counts { totalTokens } estimatedCost { amount } failedCost { amount } }';
    const [start, between, end] = [0, 2, 4].map((minute) => `2026-01-01T00:0${minute}:00.000000Z`);
    const time = `startedAfter: "${between}", startedBefore: "${end}"`;
    const { data, errors } = await gateway.query(`{
      all: usage(${time}) { startedAt endedAt isComplete ${USED} before { startedAt endedAt ${USED} } }
      one: usage(${time}, workflowIds: ["wf"], interval: HOUR, timeZone: "Asia/Kolkata") { startedAt isComplete runCount }
    }`);
    const cost = { amount: 0.000046 };
    const none = { amount: 0 };
    expect(data).toEqual({
      all: [
        {
          ...{ startedAt: between, endedAt: end, isComplete: true },
          ...{ runCount: 2, failedCount: 1 },
          usage: { counts: { totalTokens: 76 }, estimatedCost: { amount: 0.000092 }, failedCost: cost },
          before: {
            ...{ startedAt: start, endedAt: between, runCount: 1, failedCount: 0 },
            usage: { counts: { totalTokens: 38 }, estimatedCost: cost, failedCost: none },
          },
        },
      ],
      one: [{ startedAt: '2025-12-31T23:30:00.000000Z', isComplete: false, runCount: 1 }],
    });
    expect(errors.map(({ extensions }) => [extensions.code, extensions.workflowId])).toEqual([
      ['FORBIDDEN', 'sick'],
      ['FORBIDDEN', 'sick'],
    ]);
    const before = await gateway.query(trend(`runCount before { runCount }`, `buckets: 1, ${time}`));
    expect(before.data).toEqual({ workflow: { trend: [{ runCount: 1, before: { runCount: 1 } }] } });
  });

  it('agrees with other statistics, even if the upstream changes between them', async () => {
    const changing = createScriptedWorkflows(['wf']);
    for (const id of ['r1', 'r2']) changing.start('wf', id, { status: 'running' });
    let nowMs = Date.parse('2026-11-24T12:00:00Z');
    // Nothing is fresh at the next look at the clock.
    await gateway.restart({ env: { LIVE_TTL_MS: '0' }, clock: { now: () => (nowMs += 1) } });
    upstream.script = (call) => {
      const reply = changing.script(call);
      // The next call would be answered differently.
      changing.change('r1', { status: 'failed' });
      return reply;
    };
    const [start, between, end] = ['00:01', '00:02', '00:03'].map((time) => `2026-01-01T${time}:00Z`);
    const usage = (from = '', to = '') => `usage(workflowIds: ["wf"], startedAfter: "${from}", startedBefore: "${to}")`;
    const { data } = await gateway.query(`{
      earlier: ${usage(start, between)} { failedCount }
      recent: ${usage(between, end)} { runCount before { failedCount } }
    }`);
    expect(data).toEqual({ earlier: [{ failedCount: 0 }], recent: [{ runCount: 1, before: { failedCount: 0 } }] });
  });

  describe('steps of runs whose record reports no usage', () => {
    const FROM_STEPS =
      'usage(loadSteps: true) { runsReporting runsFromSteps runsNotReporting runsNotLoaded counts { totalTokens } failedCost { amount } }';
    const calls = () =>
      ['runs', 'run', 'steps'].map((endpoint) => upstream.calls.filter((call) => call.endpoint === endpoint).length);
    /** Each run has two executions of 38 tokens. */
    const withSteps = (failing: readonly string[] = []) => {
      upstream.script = (call) => {
        if (call.endpoint !== 'steps') return workflows.script(call);
        if (failing.includes(call.runId)) return { status: 500 };
        return { json: ['s1', 's2'].map((id) => wireStep({ id, outputs: CHAT.outputs })) };
      };
    };
    const usageIn = async (document = trend(FROM_STEPS, 'buckets: 1')) => {
      const { data, errors } = await gateway.query(document);
      expect(errors).toEqual([]);
      return (data as { workflow: { trend: { usage: unknown }[] } }).workflow.trend.map(({ usage }) => usage);
    };
    const none = { runsReporting: 0, runsFromSteps: 0, runsNotReporting: 0, runsNotLoaded: 0 };

    it('are loaded once, and only if requested', async () => {
      withSteps();
      run('r1', { chat: CHAT.outputs });
      workflows.start('wf', 'r2', { status: 'failed', all_outputs: null });
      const both = trend(
        `${FROM_STEPS} records: usage { runsReporting runsNotReporting counts { totalTokens } }`,
        'buckets: 1',
      );
      for (let time = 0; time < 3; time += 1) {
        expect((await gateway.query(both)).data).toEqual({
          workflow: {
            trend: [
              {
                // 30 × 1 + 8 × 2 for each execution, in millionths.
                usage: {
                  ...none,
                  runsReporting: 1,
                  runsFromSteps: 1,
                  counts: { totalTokens: 114 },
                  failedCost: { amount: 0.000092 },
                },
                records: { runsReporting: 1, runsNotReporting: 1, counts: { totalTokens: 38 } },
              },
            ],
          },
        });
      }
      expect(calls()).toEqual([1, 0, 1]);
    });

    it('are loaded newest first within MAX_UPSTREAM_CALLS, and later more', async () => {
      withSteps();
      for (let number = 0; number < 10; number += 1) run(`r${number}`, null);
      await gateway.restart({ env: { MAX_UPSTREAM_CALLS: '5' } });
      const counts = async () =>
        (await usageIn(trend(FROM_STEPS, 'buckets: 2'))).map(
          (usage) => (usage as { runsFromSteps: number } | null)?.runsFromSteps ?? 0,
        );
      // One call is that of the records, while they are fresh.
      expect(await counts()).toEqual([0, 4]);
      expect(await counts()).toEqual([4, 5]);
      expect(await counts()).toEqual([5, 5]);
      expect(
        upstream.calls
          .flatMap(({ endpoint, runId }) => (endpoint === 'steps' ? runId : []))
          .slice(0, 4)
          .sort(),
      ).toEqual(['r6', 'r7', 'r8', 'r9']);
    });

    it('count as not loaded if missing, and are retried later', async () => {
      run('r1', null);
      run('r2', null);
      withSteps(['r1']);
      const partial = {
        ...none,
        runsFromSteps: 1,
        runsNotLoaded: 1,
        counts: { totalTokens: 76 },
        failedCost: { amount: 0 },
      };
      expect(await usageIn()).toEqual([partial]);
      withSteps();
      expect(await usageIn()).toEqual([
        { ...partial, runsFromSteps: 2, runsNotLoaded: 0, counts: { totalTokens: 152 } },
      ]);
    });

    it('are loaded only after the pages of 20 workflows', async () => {
      const ids = Array.from({ length: 20 }, (_, index) => `wf-${index}`);
      const many = createScriptedWorkflows(ids);
      for (const id of ids)
        for (let number = 0; number < 150; number += 1) many.start(id, `${id}-${number}`, { all_outputs: null });
      upstream.script = many.script;
      await gateway.restart({ env: { MAX_UPSTREAM_CALLS: '100' } });
      const { data, errors } = await gateway.query(
        `{ workflows { nodes { trend(buckets: 1, last: 200) { runCount ${FROM_STEPS} } } } }`,
      );
      expect(errors).toEqual([]);
      const { nodes } = (
        data as { workflows: { nodes: { trend: { runCount: number; usage: typeof none | null }[] }[] } }
      ).workflows;
      expect(nodes.map(({ trend: [bucket] }) => bucket?.runCount)).toEqual(ids.map(() => 150));
      // One call for the workflows, two for each history, and 59 for steps.
      expect(calls()).toEqual([40, 0, 59]);
      expect(nodes.reduce((sum, { trend: [bucket] }) => sum + (bucket?.usage?.runsFromSteps ?? 0), 0)).toBe(59);
    });
  });
});
