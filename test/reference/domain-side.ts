/** The domain's values in the form of the reference. */
import { compareRuns } from '../../src/domain/run/comparison.ts';
import { createRun } from '../../src/domain/run/run.ts';
import { nodeStatistics, runStatistics } from '../../src/domain/workflow/statistics.ts';
import { parseTimestamp, type Timestamp } from '../../src/domain/timestamp.ts';
import type { Gap, JsonValue, Run, RunFacts, Step, TokenUsage, Wait } from '../../src/domain/types.ts';
import { runFacts, runRecord, stepFacts } from '../domain/facts.ts';
import type { RawRun, RawStep } from './raw.ts';

const factsOf = ({ steps, record, graph }: RawRun): RunFacts =>
  runFacts({
    steps: steps.map((step, index) =>
      stepFacts({
        id: `step-${index}`,
        index,
        nodeId: step.node,
        rawStatus: step.word,
        startTime: parseTimestamp(step.start),
        endTime: parseTimestamp(step.end),
        elapsedTime: step.elapsed,
        error: step.error,
        itemKey: step.item,
        reportedAttempt: step.attempt,
        waits: step.waits.flatMap(waitOf),
        tokens: step.tokens,
        inputs: step.inputs as JsonValue,
        outputs: step.outputs as JsonValue,
      }),
    ),
    record: record && recordOf(record),
    graph: graph && {
      nodes: graph.nodes.map((id) => ({ id, type: null, description: null })),
      edges: graph.edges.map(([from, to]) => ({ from, to })),
      entry: graph.entry,
      finish: null,
    },
  });

function waitOf([start, end]: RawStep['waits'][number]): Wait[] {
  const [from, to] = [parseTimestamp(start), parseTimestamp(end)];
  return from && (to || end === null) ? [{ from, to }] : [];
}

const recordOf = ({ word, start, end, error }: NonNullable<RawRun['record']>) =>
  runRecord({ rawStatus: word, startTime: parseTimestamp(start), endTime: parseTimestamp(end), error });

export const domainRun = (raw: RawRun): Run => createRun(factsOf(raw), raw.nowMs);

const micros = (moment: Timestamp | null): number | null => moment?.epochMicros ?? null;
const indexOf = (step: Step | null): number | null => step?.index ?? null;
const gapOf = ({ startedAt, endedAt, offsetMs, durationMs, after, before }: Gap) => ({
  ...{ startedAt: micros(startedAt), endedAt: micros(endedAt), offsetMs, durationMs },
  ...{ after: indexOf(after), before: indexOf(before) },
});
const indexes = (steps: readonly Step[]): number[] => steps.map(({ index }) => index);

export function derivedBy(run: Run) {
  const { timing, timeline } = run;
  const { longestGap } = timing;
  return {
    status: run.status,
    rawStatus: run.rawStatus,
    statusIsInferred: run.statusIsInferred,
    isFinished: run.isFinished,
    dependsOnNow: run.dependsOnNow,
    stepCounts: run.stepCounts,
    startedAt: micros(run.startedAt),
    endedAt: micros(run.endedAt),
    lastActivityAt: micros(run.lastActivityAt),
    wallClockMs: run.wallClockMs,
    error: run.error,
    steps: run.steps.map((step) => ({
      index: step.index,
      status: step.status,
      isFinished: step.isFinished,
      startTime: micros(step.startTime),
      endTime: micros(step.endTime),
      durationMs: step.durationMs,
      waitingMs: step.waitingMs,
      waitingSince: micros(step.waitingSince),
      durationSource: step.durationSource,
      clockSkewDetected: step.clockSkewDetected,
      offsetMs: step.offsetMs,
      gapBeforeMs: step.gapBeforeMs,
      shareOfRun: step.shareOfRun,
      error: step.error,
      attempt: step.attempt,
      attemptCount: step.attemptCount,
      attemptKind: step.attemptKind,
      itemAttempt: step.itemAttempt,
      previousAttempt: indexOf(step.previousAttempt),
      isSuperseded: step.isSuperseded,
      isLatest: step.isLatest,
      tokenUsage: step.tokenUsage && answeredUsage(step.tokenUsage),
    })),
    failedSteps: indexes(run.failedSteps),
    stillFailed: indexes(run.remainingFailures),
    slowestSteps: indexes(run.slowestSteps),
    totalElapsedTime: run.totalElapsedTime,
    timing: {
      ...timing,
      longestGap: longestGap && gapOf(longestGap),
    },
    timeline: {
      ...timeline,
      startedAt: micros(timeline.startedAt),
      endedAt: micros(timeline.endedAt),
      bars: timeline.bars.map((bar) => ({ ...bar, step: bar.step.index })),
      gaps: timeline.gaps.map(gapOf),
    },
    progress: run.progress,
    repeatedNodes: run.repeatedNodes.map((node) => ({ ...node, attempts: indexes(node.attempts) })),
    tokenUsage: run.tokenUsage,
  };
}

/** The fields that the schema has. */
function answeredUsage(usage: TokenUsage) {
  const { inputTokens, outputTokens, totalTokens, cachedInputTokens, reasoningTokens, model, source } = usage;
  return { inputTokens, outputTokens, totalTokens, cachedInputTokens, reasoningTokens, model, source };
}

export function comparisonBy(base: RawRun, head: RawRun) {
  const { nodes, wallClockDeltaMs, elapsedTimeDelta, tokenDelta } = compareRuns(domainRun(base), domainRun(head));
  return {
    wallClockDeltaMs,
    elapsedTimeDelta,
    tokenDelta,
    nodes: nodes.map((node) => ({ ...node, baseStep: indexOf(node.baseStep), headStep: indexOf(node.headStep) })),
  };
}

export const statisticsBy = (runs: readonly RawRun[]) =>
  runStatistics(runs.flatMap(({ record }) => (record ? [recordOf(record)] : [])));

export const nodeStatisticsBy = (runs: readonly RawRun[]) => nodeStatistics(runs.map(domainRun));
