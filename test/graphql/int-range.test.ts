import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { createScriptedHistory } from '../harness/scripted-history.ts';
import { wireStep } from '../harness/wire.ts';

const usage = (tokens: number) => ({ model: 'm', usage: { prompt_tokens: tokens, completion_tokens: 1 } });

/** Run "big" has two steps of two billion seconds and tokens each, run "huge" one of four billion, "small" one of one. */
const STEPS = {
  big: [2e9, 2e9],
  huge: [4e9],
  small: [1],
} as Readonly<Record<string, readonly number[]>>;

const TOKENS = 'inputTokens outputTokens totalTokens cachedInputTokens reasoningTokens';

describe('counts that an Int can not hold', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    const { script } = createScriptedHistory(0);
    upstream = await startFaultyUpstream((call) => {
      if (call.endpoint === 'runs') return { json: Object.keys(STEPS).map((id) => ({ id, status: 'completed' })) };
      if (call.endpoint !== 'steps') return script(call);
      const counts = STEPS[call.runId] ?? [];
      return {
        json: counts.map((count, index) =>
          wireStep({ id: `s${index}`, elapsed_time: count, tokens: count === 4e9 ? count : 0, outputs: usage(count) }),
        ),
      };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  /** Twice, since the second time another executor may answer. */
  async function ask(document: string) {
    const [first, second] = [await gateway.query(document), await gateway.query(document)];
    expect(second.data).toEqual(first.data);
    const pathsOf = (errors: typeof first.errors) => errors.map(({ path = [] }) => path.join('.')).sort();
    expect(pathsOf(second.errors)).toEqual(pathsOf(first.errors));
    for (const { extensions } of [...first.errors, ...second.errors]) {
      expect(extensions).toMatchObject({ code: 'NUMBER_OUT_OF_RANGE', retryable: false });
    }
    return { data: first.data, paths: pathsOf(first.errors) };
  }

  it('are null in a run, each with an error of its own, beside what can be told', async () => {
    const { data, paths } = await ask(`{
      run(workflowId: "wf", id: "big") {
        totalElapsedTime
        tokenUsage { ${TOKENS} byModel { model ${TOKENS} } }
        steps { elapsedTime tokenUsage { totalTokens } }
      }
    }`);
    const sums = {
      inputTokens: null,
      outputTokens: 2,
      totalTokens: null,
      cachedInputTokens: null,
      reasoningTokens: null,
    };
    const step = { elapsedTime: 2e9, tokenUsage: { totalTokens: 2e9 + 1 } };
    expect(data).toEqual({
      run: { totalElapsedTime: null, tokenUsage: { ...sums, byModel: [{ model: 'm', ...sums }] }, steps: [step, step] },
    });
    expect(paths).toEqual([
      'run.tokenUsage.byModel.0.inputTokens',
      'run.tokenUsage.byModel.0.totalTokens',
      'run.tokenUsage.inputTokens',
      'run.tokenUsage.totalTokens',
      'run.totalElapsedTime',
    ]);
  });

  it('are null in a step', async () => {
    const { data, paths } = await ask(`{
      run(workflowId: "wf", id: "huge") { steps { elapsedTime tokens tokenUsage { ${TOKENS} } } }
    }`);
    const usageOfStep = {
      inputTokens: null,
      outputTokens: 1,
      totalTokens: null,
      cachedInputTokens: null,
      reasoningTokens: null,
    };
    expect(data).toEqual({ run: { steps: [{ elapsedTime: null, tokens: null, tokenUsage: usageOfStep }] } });
    expect(paths).toEqual([
      'run.steps.0.elapsedTime',
      'run.steps.0.tokenUsage.inputTokens',
      'run.steps.0.tokenUsage.totalTokens',
      'run.steps.0.tokens',
    ]);
  });

  it('are null in a comparison, where a difference of such counts may well be told', async () => {
    const compare = (base: string, head: string) =>
      ask(`{ compareRuns(workflowId: "wf", baseId: "${base}", headId: "${head}") { elapsedTimeDelta tokenDelta } }`);
    expect(await compare('small', 'big')).toEqual({
      data: { compareRuns: { elapsedTimeDelta: null, tokenDelta: null } },
      paths: ['compareRuns.elapsedTimeDelta', 'compareRuns.tokenDelta'],
    });
    expect(await compare('big', 'huge')).toEqual({
      data: { compareRuns: { elapsedTimeDelta: 0, tokenDelta: -2 } },
      paths: [],
    });
  });

  it('are null in statistics', async () => {
    const { data, paths } = await ask('{ workflow(id: "wf") { statistics { nodes { executionCount totalTokens } } } }');
    expect(data).toEqual({ workflow: { statistics: { nodes: [{ executionCount: 4, totalTokens: null }] } } });
    expect(paths).toEqual(['workflow.statistics.nodes.0.totalTokens']);
  });
});
