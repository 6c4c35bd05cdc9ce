/**
 * A run by the definitions in SCHEMA. Steps are identified by index. Durations in milliseconds, times in
 * microseconds.
 */
import * as executions from './executions.ts';
import { attemptOf, byPlace, byStart, latestOf, type Duration, type Execution } from './executions.ts';
import { stretchesOf } from './paths.ts';
import { layoutOf } from './layouts.ts';
import { progressOf } from './progress.ts';
import type { RawRun } from './raw.ts';
import { runUsage, usageOf } from './tokens.ts';
import { covered, covers, readMoment } from './times.ts';

export interface Timed extends Execution {
  readonly duration: Duration;
}

export const indexes = (steps: readonly Execution[]): number[] => steps.map(({ index }) => index);
const sum = (micros: readonly (number | null)[]): number => micros.reduce<number>((a, b) => a + (b ?? 0), 0) / 1000;
const extreme = (pick: 'min' | 'max', values: readonly number[]): number | null =>
  values.length > 0 ? Math[pick](...values) : null;
const known = (values: readonly (number | null | undefined)[]): number[] => values.filter((value) => value != null);

function statusOf(run: RawRun, all: readonly Execution[]): string {
  if (run.record) {
    const status = executions.statusOf(run.record.word);
    return status === 'SKIPPED' ? 'UNKNOWN' : status;
  }
  const latest = latestOf(all, false);
  if (latest.length === 0) return 'UNKNOWN';
  const unfinished = latest.filter(({ isFinished }) => !isFinished).map((execution) => execution.status);
  if (unfinished.includes('RUNNING') || unfinished.includes('UNKNOWN')) return 'RUNNING';
  if (unfinished.length > 0) return unfinished.includes('WAITING') ? 'WAITING' : 'RUNNING';
  const has = (status: string) => latest.some((execution) => execution.status === status);
  return ['FAILED', 'CANCELLED', 'UNKNOWN'].find(has) ?? 'COMPLETED';
}

export function referenceRun(run: RawRun) {
  const now = run.nowMs * 1000;
  const all = executions.executionsOf(run);
  const recorded = { start: readMoment(run.record?.start ?? null), end: readMoment(run.record?.end ?? null) };
  const status = statusOf(run, all);
  const isFinished =
    executions.FINISHED.includes(status) ||
    (status === 'UNKNOWN' && (run.record ? recorded.end !== null : all.length > 0));
  // A record with a waiting status has priority over started steps.
  const firstStart = status === 'PENDING' ? null : extreme('min', known(all.map(({ start }) => start?.micros)));
  const startedAt = recorded.start?.micros ?? firstStart;
  const endedAt = isFinished ? (recorded.end?.micros ?? extreme('max', known(all.map(executions.endOf)))) : null;
  const until = endedAt ?? (isFinished ? null : now);
  const wallClock = startedAt !== null && until !== null ? Math.max(0, until - startedAt) : null;
  const wallClockMs = wallClock === null ? null : wallClock / 1000;

  const latest = latestOf(all, isFinished);
  const liveUntil = isFinished ? endedAt : now;
  const steps: Timed[] = all
    .map((execution) => ({ ...execution, duration: executions.durationOf(execution, now, liveUntil) }))
    .sort(byStart);
  const stretches = stretchesOf(steps);
  const busy = covered(stretches);
  const waits = steps.flatMap(({ duration }) => duration.waited);
  const idle = Math.max(0, (wallClock ?? 0) - covered([...stretches, ...waits]));
  const atOnce = stretches.map(({ from }) => stretches.filter((stretch) => covers(stretch, from)).length);
  const durationMs = (some: readonly Timed[]) => sum(some.map(({ duration }) => duration.micros));
  const superseded = steps.filter((step) => attemptOf(step, all).isSuperseded);
  const { placements, timeline, longestGap } = layoutOf(steps, startedAt, until);

  const failed = steps
    .filter((step) => step.status === 'FAILED')
    .map((step) => ({ step, end: executions.endOf(step) ?? Infinity }))
    .sort((a, b) => (a.end === b.end ? byStart(a.step, b.step) : a.end - b.end))
    .map(({ step }) => step);
  const repeated = [...new Set([...steps].sort(byPlace).map(({ raw }) => raw.node))]
    .map((node) => steps.filter(({ raw }) => raw.node === node).sort(byPlace))
    .filter((attempts) => attempts.length > 1);

  const notRepeated = failed.filter((step) => !attemptOf(step, all).isSuperseded);
  const hasNoReason = run.record !== null && status === 'FAILED' && executions.errorOf(run.record.error) === null;
  const timed = steps.filter(({ duration }) => duration.micros !== null);
  const startsLater = (step: Execution) =>
    executions.isUnderWay(step) && step.start !== null && step.start.micros > now;
  const countOf = (word: string) => all.filter((step) => step.status === word).length;

  const derived = {
    status,
    rawStatus: run.record?.word ?? null,
    statusIsInferred: run.record === null,
    isFinished,
    dependsOnNow: !isFinished || all.some(startsLater),
    stepCounts: {
      total: all.length,
      pending: countOf('PENDING'),
      running: countOf('RUNNING'),
      waiting: countOf('WAITING'),
      completed: countOf('COMPLETED'),
      failed: countOf('FAILED'),
      cancelled: countOf('CANCELLED'),
      skipped: countOf('SKIPPED'),
      unknown: countOf('UNKNOWN'),
    },
    startedAt,
    endedAt,
    lastActivityAt: extreme(
      'max',
      known(
        [recorded.start, recorded.end, ...all.flatMap(({ start, end }) => [start, end])].map(
          (moment) => moment?.micros,
        ),
      ),
    ),
    wallClockMs,
    error: executions.errorOf(run.record?.error ?? null),
    steps: steps.map((step) => ({
      index: step.index,
      status: step.status,
      isFinished: step.isFinished,
      startTime: step.start?.micros ?? null,
      endTime: step.end?.micros ?? null,
      durationMs: step.duration.micros === null ? null : step.duration.micros / 1000,
      waitingMs: sum(step.duration.waited.map(({ from, to }) => to - from)),
      waitingSince: executions.waitingSinceOf(step),
      durationSource: step.duration.source,
      clockSkewDetected: step.duration.isSkewed,
      ...placements.get(step),
      shareOfRun:
        wallClockMs && step.duration.micros !== null ? Math.min(1, step.duration.micros / 1000 / wallClockMs) : null,
      error: executions.errorOf(step.raw.error),
      attempt: attemptOf(step, all).number,
      attemptCount: attemptOf(step, all).count,
      attemptKind: attemptOf(step, all).kind,
      itemAttempt: attemptOf(step, all).ofItem,
      previousAttempt: attemptOf(step, all).previous?.index ?? null,
      isSuperseded: attemptOf(step, all).isSuperseded,
      isLatest: latest.some(({ index }) => index === step.index),
      tokenUsage: usageOf(step.raw),
    })),
    failedSteps: indexes(failed),
    stillFailed: indexes(notRepeated.length === 0 && hasNoReason ? failed : notRepeated),
    slowestSteps: indexes(timed.toSorted((a, b) => (b.duration.micros ?? 0) - (a.duration.micros ?? 0))),
    totalElapsedTime: all.reduce(
      (total, { raw }) => total + (raw.elapsed !== null && raw.elapsed > 0 ? Math.floor(raw.elapsed) : 0),
      0,
    ),
    timing: {
      totalDurationMs: durationMs(steps),
      wallClockMs,
      busyMs: busy / 1000,
      waitingMs: covered(waits) / 1000,
      idleMs: idle / 1000,
      idleShare: wallClockMs ? idle / 1000 / wallClockMs : null,
      wastedMs: durationMs(superseded),
      maxConcurrency: Math.max(Math.min(1, stretches.length), ...atOnce),
      parallelism: busy > 0 ? durationMs(steps) / (busy / 1000) : null,
      longestGap,
    },
    timeline,
    progress: progressOf(run.graph, all, isFinished),
    repeatedNodes: repeated.map((attempts) => ({
      nodeId: attempts[0]?.raw.node,
      attempts: indexes(attempts),
      retryCount: attempts.filter((step) => attemptOf(step, all).kind === 'RETRY').length,
      wastedMs: durationMs(attempts.filter((step) => attemptOf(step, all).isSuperseded)),
    })),
    tokenUsage: runUsage(run.steps),
  };
  return { derived, steps };
}
