import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

/** A run as the upstream really sends one, shuffled; what SCHEMA defines of it is worked out by hand below. */
const STEPS = [
  // Skew: it ends before it starts. 3 s as the upstream says.
  wireStep({
    id: 'skewed',
    node_id: 'skewed',
    start_time: '2026-11-24T10:00:09Z',
    end_time: '2026-11-24T10:00:08Z',
    elapsed_time: 3,
    outputs: null,
  }),
  // The retry of a node that failed; its usage is in the outputs, and cached tokens are a part of the input.
  wireStep({
    id: 'second',
    node_id: 'model',
    status: 'SUCCESS',
    start_time: '2026-11-24T10:00:03.500000Z',
    end_time: '2026-11-24T10:00:05.737692Z',
    elapsed_time: 2,
    outputs: {
      model: 'm',
      usage: { prompt_tokens: 100, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 60 } },
    },
  }),
  // An unknown word, but it has ended.
  wireStep({
    id: 'odd',
    node_id: 'odd',
    status: 'archived',
    start_time: '2026-11-24T10:00:06+00:00',
    end_time: '2026-11-24 10:00:06.900000+00:00',
    elapsed_time: 0,
    outputs: null,
    error: '',
  }),
  // The first attempt: floored to 2, an error that holds JSON, tokens that are no count.
  wireStep({
    id: 'first',
    node_id: 'model',
    status: 'Error',
    start_time: '2026-11-24T10:00:00.250000Z',
    end_time: '2026-11-24T10:00:03.000000Z',
    elapsed_time: 2,
    error: '{"error":{"message":"too long","code":"context_length"}}',
    outputs: { usage: { prompt_tokens: -5, completion_tokens: 1.5 } },
  }),
  // It runs still; no end, and nulls wherever nulls may stand.
  wireStep({
    id: 'running',
    node_id: 'send',
    status: 'in-progress',
    start_time: '2026-11-24T10:00:07.000000Z',
    end_time: null,
    elapsed_time: 0,
    outputs: null,
    inputs: null,
    user_id: null,
    step_metadata: null,
    tokens: 0,
  }),
  // Known, not started, and its times are no times.
  wireStep({
    id: 'waiting',
    node_id: 'wait',
    status: 'queued',
    start_time: '',
    end_time: 'soon',
    elapsed_time: null,
    outputs: null,
  }),
];

const NOW = Date.parse('2026-11-24T10:00:10Z');

describe('steps as the upstream really sends them', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (endpoint === 'steps') return { json: STEPS };
      if (endpoint !== 'run') return { status: 404 };
      return { json: [wireRun(runId, { status: 'running', start_time: '2026-11-24T10:00:00Z', end_time: '' })] };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url }, { now: createManualClock(NOW).now });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const ask = async (fields: string) => {
    const { data, errors } = await gateway.query(`{ run(workflowId: "wf", id: "r1") { ${fields} } }`);
    expect(errors).toEqual([]);
    return (data as { run: unknown }).run;
  };

  it('have the order, status, duration and attempts that are defined', async () => {
    const step = (id: string, ...rest: readonly unknown[]) => [id, ...rest];
    const { steps } = (await ask(
      'steps { id status isFinished durationMs durationSource clockSkewDetected offsetMs attemptKind attemptCount }',
    )) as { steps: Record<string, unknown>[] };
    expect(steps.map((fields) => Object.values(fields))).toEqual([
      step('first', 'FAILED', true, 2750, 'TIMESTAMPS', false, 250, 'FIRST', 2),
      step('second', 'COMPLETED', true, 2237.692, 'TIMESTAMPS', false, 3500, 'RETRY', 2),
      step('odd', 'UNKNOWN', true, 900, 'TIMESTAMPS', false, 6000, 'FIRST', 1),
      step('running', 'RUNNING', false, 3000, 'LIVE', false, 7000, 'FIRST', 1),
      step('skewed', 'COMPLETED', true, 3000, 'ELAPSED_SECONDS', true, 9000, 'FIRST', 1),
      step('waiting', 'PENDING', false, null, 'NONE', false, null, 'FIRST', 1),
    ]);
  });

  it('have the totals, failures and tokens that are defined', async () => {
    expect(
      await ask(`status totalElapsedTime stepCounts { total pending running completed failed unknown }
        failedSteps { id errorInfo { message code type } } latest: failedSteps(latestAttemptOnly: true) { id }
        repeatedNodes { nodeId retryCount wastedMs } tokenUsage { inputTokens outputTokens totalTokens cachedInputTokens stepsReporting }
        steps(filter: { nodeId: ["odd", "running", "send"] }) { rawStatus error tokens tokenUsage { totalTokens } startTime endTime }`),
    ).toEqual({
      status: 'RUNNING',
      totalElapsedTime: 7,
      stepCounts: { total: 6, pending: 1, running: 1, completed: 2, failed: 1, unknown: 1 },
      failedSteps: [{ id: 'first', errorInfo: { message: 'too long', code: 'context_length', type: null } }],
      latest: [],
      repeatedNodes: [{ nodeId: 'model', retryCount: 1, wastedMs: 2750 }],
      tokenUsage: { inputTokens: 100, outputTokens: 20, totalTokens: 120, cachedInputTokens: 60, stepsReporting: 1 },
      steps: [
        {
          rawStatus: 'archived',
          error: null,
          tokens: 0,
          tokenUsage: null,
          startTime: '2026-11-24T10:00:06+00:00',
          endTime: '2026-11-24T10:00:06.900000+00:00',
        },
        {
          rawStatus: 'in-progress',
          error: null,
          tokens: 0,
          tokenUsage: null,
          startTime: '2026-11-24T10:00:07.000000Z',
          endTime: null,
        },
      ],
    });
  });

  it('have the timing and the timeline that are defined', async () => {
    // Busy: 0.25–3, 3.5–5.737692, 6–6.9, 7–12 (the skewed step reaches from 9 to 12, past now): 2.75 + 2.237692 + 0.9 + 5.
    expect(
      await ask(
        'timing { totalDurationMs wallClockMs busyMs wastedMs maxConcurrency longestGap { durationMs after { id } before { id } } }',
      ),
    ).toEqual({
      timing: {
        totalDurationMs: 11_887.692,
        wallClockMs: 10_000,
        busyMs: 10_887.692,
        wastedMs: 2750,
        maxConcurrency: 2,
        longestGap: { durationMs: 500, after: { id: 'first' }, before: { id: 'second' } },
      },
    });
    const { timeline } = (await ask(
      'timeline { durationMs laneCount bars { step { id } lane offsetPercent widthPercent } }',
    )) as {
      timeline: { bars: { offsetPercent: number; widthPercent: number }[] };
    };
    const percent = (seconds: number): unknown => expect.closeTo((100 * seconds) / 12, 9);
    expect(timeline).toMatchObject({
      // Until 12 s, where the skewed step ends.
      durationMs: 12_000,
      laneCount: 2,
      bars: [
        { step: { id: 'first' }, lane: 0, offsetPercent: percent(0.25), widthPercent: percent(2.75) },
        { step: { id: 'second' }, lane: 0, offsetPercent: percent(3.5) },
        { step: { id: 'odd' }, lane: 0, offsetPercent: percent(6), widthPercent: percent(0.9) },
        { step: { id: 'running' }, lane: 0, offsetPercent: percent(7), widthPercent: percent(3) },
        { step: { id: 'skewed' }, lane: 1, offsetPercent: percent(9), widthPercent: percent(3) },
      ],
    });
  });
});
