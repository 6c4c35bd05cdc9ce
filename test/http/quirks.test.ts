/** Unusual steps of an upstream, from the wire to the answer. The expected values are computed by hand. */
import { expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { startGateway } from '../harness/gateway.ts';
import { startUpstream } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

/** Seconds after 10:00, in the upstream's format. */
const at = (seconds: string) => `2026-11-24T10:00:0${seconds}Z`;
const step = (id: string, start: unknown, end: unknown, more: object) =>
  wireStep({ id, node_id: id, start_time: start, end_time: end, elapsed_time: 0, outputs: null, ...more });

const STEPS = [
  // Clock skew: it ends before it starts. The upstream says 3 s.
  step('skewed', at('9'), at('8'), { elapsed_time: 3 }),
  // The retry of a node that failed. Cached tokens are part of the input.
  step('second', at('3.500000'), at('5.737692'), {
    ...{ node_id: 'model', status: 'SUCCESS', elapsed_time: 2 },
    outputs: { usage: { prompt_tokens: 100, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 60 } } },
  }),
  // An unknown status with an end.
  step('odd', '2026-11-24T10:00:06+00:00', '2026-11-24 10:00:06.900000+00:00', { status: 'archived', error: '' }),
  // The first attempt: the error contains JSON, and the token counts are invalid.
  step('first', at('0.250000'), at('3.000000'), {
    ...{ node_id: 'model', status: 'Error', elapsed_time: 2 },
    error: '{"error":{"message":"too long","code":"context_length"}}',
    outputs: { usage: { prompt_tokens: -5, completion_tokens: 1.5 } },
  }),
  // It is running, and has null wherever null is allowed.
  step('running', at('7.000000'), null, { status: 'in-progress', inputs: null, user_id: null, step_metadata: null }),
  // It has not started, and its times are invalid.
  step('waiting', '', 'soon', { status: 'queued', elapsed_time: null }),
];

it('derives documented order, durations, attempts, totals and failures of unusual steps', async () => {
  const upstream = await startUpstream(({ endpoint, runId }) => {
    if (endpoint === 'steps') return { json: STEPS };
    return { json: [wireRun(runId, { status: 'running', start_time: at('0'), end_time: '' })] };
  });
  const { now } = createManualClock(Date.parse(at('9')) + 1000);
  const gateway = await startGateway({ upstream, clock: { now } });
  const { data, errors } = await gateway.query(`{ run(workflowId: "wf", id: "r1") {
    steps { id status isFinished durationMs durationSource clockSkewDetected offsetMs attemptKind attemptCount }
    status totalElapsedTime stepCounts { total pending running completed failed unknown }
    failedSteps { id errorInfo { message code type } } latest: failedSteps(latestAttemptOnly: true) { id }
    repeatedNodes { nodeId retryCount wastedMs }
    tokenUsage { counts { inputTokens outputTokens totalTokens cachedInputTokens } stepsReporting }
    some: steps(filter: { nodeId: ["odd", "running"] }) { rawStatus error tokenUsage { counts { totalTokens } } startTime endTime }
    timing { totalDurationMs wallClockMs busyMs wastedMs maxConcurrency longestGap { durationMs after { id } before { id } } }
  } }`);
  await gateway.close();
  await upstream.close();
  expect(errors).toEqual([]);
  const { steps, ...rest } = (data as { run: { steps: Record<string, unknown>[] } }).run;
  expect(steps.map((fields) => Object.values(fields))).toEqual([
    ['first', 'FAILED', true, 2750, 'TIMESTAMPS', false, 250, 'FIRST', 2],
    ['second', 'COMPLETED', true, 2237.692, 'TIMESTAMPS', false, 3500, 'RETRY', 2],
    ['odd', 'UNKNOWN', true, 900, 'TIMESTAMPS', false, 6000, 'FIRST', 1],
    ['running', 'RUNNING', false, 3000, 'LIVE', false, 7000, 'FIRST', 1],
    ['skewed', 'COMPLETED', true, 3000, 'ELAPSED_SECONDS', true, 9000, 'FIRST', 1],
    ['waiting', 'PENDING', false, null, 'NONE', false, null, 'FIRST', 1],
  ]);
  expect(rest).toEqual({
    status: 'RUNNING',
    totalElapsedTime: 7,
    stepCounts: { total: 6, pending: 1, running: 1, completed: 2, failed: 1, unknown: 1 },
    failedSteps: [{ id: 'first', errorInfo: { message: 'too long', code: 'context_length', type: null } }],
    latest: [],
    repeatedNodes: [{ nodeId: 'model', retryCount: 1, wastedMs: 2750 }],
    tokenUsage: {
      counts: { inputTokens: 100, outputTokens: 20, totalTokens: 120, cachedInputTokens: 60 },
      stepsReporting: 1,
    },
    some: [
      {
        ...{ rawStatus: 'archived', error: null, tokenUsage: null },
        ...{ startTime: '2026-11-24T10:00:06+00:00', endTime: '2026-11-24T10:00:06.900000+00:00' },
      },
      { rawStatus: 'in-progress', error: null, tokenUsage: null, startTime: at('7.000000'), endTime: null },
    ],
    // Busy: 0.25–3, 3.5–5.737692, 6–6.9 and 7–12, where the skewed step ends, after now.
    timing: {
      ...{ totalDurationMs: 11_887.692, wallClockMs: 10_000, busyMs: 10_887.692, wastedMs: 2750, maxConcurrency: 2 },
      longestGap: { durationMs: 500, after: { id: 'first' }, before: { id: 'second' } },
    },
  });
});
