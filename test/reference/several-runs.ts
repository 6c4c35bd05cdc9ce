/** Comparisons of two runs, and statistics of many runs. */
import { FINISHED, attemptOf, latestOf, statusOf } from './executions.ts';
import type { RawRun } from './raw.ts';
import { referenceRun } from './runs.ts';
import { readMoment } from './times.ts';
import { usageOf } from './tokens.ts';

const RANK = ['BROKE', 'FIXED', 'STATUS_CHANGED', 'ADDED', 'REMOVED', 'SLOWER FASTER', 'UNCHANGED'];
const rankOf = (change: string): number => RANK.findIndex((names) => names.split(' ').includes(change));
const minus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a - b);

/** NaN beyond 2^53, where sums are rounded. */
const minusExact = (a: number, b: number): number => (Number.isSafeInteger(a) && Number.isSafeInteger(b) ? a - b : NaN);

/** Exact to the microsecond. */
const minusMs = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : (Math.round(a * 1000) - Math.round(b * 1000)) / 1000;

export function referenceComparison(baseRun: RawRun, headRun: RawRun) {
  const [base, head] = [referenceRun(baseRun), referenceRun(headRun)];
  const find = ({ steps, derived }: typeof base, node: string) =>
    latestOf(steps, derived.isFinished).find(({ raw }) => raw.node === node);
  const nodeIds = [...new Set([...base.steps, ...head.steps].map(({ raw }) => raw.node))];
  const nodes = nodeIds.map((nodeId) => {
    const [before, after] = [find(base, nodeId), find(head, nodeId)];
    const [was, is] = [base, head].map(({ steps }) => steps.filter(({ raw }) => raw.node === nodeId));
    const [wasMicros, isMicros] = [totalOf(was ?? []), totalOf(is ?? [])];
    const delta = minus(isMicros, wasMicros);
    const isNoticed =
      delta !== null && Math.abs(delta) > 100_000 && Math.abs(delta) > 0.1 * Math.min(wasMicros ?? 0, isMicros ?? 0);
    const speed = isNoticed ? (delta > 0 ? 'SLOWER' : 'FASTER') : 'UNCHANGED';
    const statuses = `${before?.status ?? ''} ${after?.status ?? ''}`;
    const change = !before
      ? 'ADDED'
      : !after
        ? 'REMOVED'
        : before.status === after.status
          ? speed
          : ({ 'FAILED COMPLETED': 'FIXED', 'COMPLETED FAILED': 'BROKE' }[statuses] ?? 'STATUS_CHANGED');
    return {
      ...{ nodeId, change, baseStep: before?.index ?? null, headStep: after?.index ?? null },
      ...{ baseAttempts: was?.length, headAttempts: is?.length },
      ...{ baseTotalMs: millis(wasMicros), headTotalMs: millis(isMicros), durationDeltaMs: millis(delta) },
    };
  });
  nodes.sort((a, b) => {
    const size = ({ durationDeltaMs: delta }: typeof a) => (delta === null ? -1 : Math.abs(delta));
    return rankOf(a.change) - rankOf(b.change) || size(b) - size(a) || (a.nodeId < b.nodeId ? -1 : 1);
  });
  return {
    wallClockDeltaMs: minusMs(head.derived.wallClockMs, base.derived.wallClockMs),
    elapsedTimeDelta: minusExact(head.derived.totalElapsedTime, base.derived.totalElapsedTime),
    tokenDelta: minus(tokensOf(headRun), tokensOf(baseRun)),
    nodes,
  };
}

const millis = (micros: number | null): number | null => (micros === null ? null : micros / 1000);

/** Returns null without steps, or with one of unknown duration. */
function totalOf(steps: readonly { readonly duration: { readonly micros: number | null } }[]): number | null {
  const known = steps.flatMap(({ duration }) => duration.micros ?? []);
  return known.length === 0 || known.length < steps.length ? null : known.reduce((a, b) => a + b);
}

function tokensOf(run: RawRun): number | null {
  const totals = run.steps.map((step) => usageOf(step)?.totalTokens ?? null).filter((total) => total !== null);
  return totals.length > 0 ? totals.reduce((a, b) => a + b, 0) : null;
}

/** The smallest value that at least this percentage of the values do not exceed. */
function distributionOf(values: readonly number[]) {
  if (values.length === 0) return null;
  const rank = (percent: number) =>
    Math.min(...values.filter((value) => values.filter((v) => v <= value).length * 100 >= percent * values.length));
  return { p50: rank(50), p95: rank(95), max: Math.max(...values) };
}

export function referenceStatistics(runs: readonly RawRun[]) {
  const records = runs.flatMap(({ record }) => {
    if (!record) return [];
    const [start, end] = [readMoment(record.start), readMoment(record.end)];
    const word = statusOf(record.word);
    const status = word === 'SKIPPED' ? 'UNKNOWN' : word;
    return [{ status, start, end, isFinished: FINISHED.includes(status) || (status === 'UNKNOWN' && end !== null) }];
  });
  const finished = records.filter(({ isFinished }) => isFinished);
  const count = (status: string) => finished.filter((record) => record.status === status).length;
  return {
    runCount: records.length,
    finishedCount: finished.length,
    completedCount: count('COMPLETED'),
    failedCount: count('FAILED'),
    successRate: finished.length > 0 ? count('COMPLETED') / finished.length : null,
    wallClockMs: distributionOf(
      finished.flatMap(({ start, end }) => (start && end ? [Math.max(0, end.micros - start.micros) / 1000] : [])),
    ),
  };
}

export function referenceNodeStatistics(runs: readonly RawRun[]) {
  const steps = runs.flatMap((run) => {
    const all = referenceRun(run).steps;
    return all.map((step) => ({ ...step, kind: attemptOf(step, all).kind }));
  });
  return [...new Set(steps.map(({ raw }) => raw.node))].sort().map((nodeId) => {
    const own = steps.filter(({ raw }) => raw.node === nodeId);
    const timed = own.filter(({ isFinished, status }) => isFinished && status !== 'SKIPPED');
    const tokens = own.map(({ raw }) => usageOf(raw)?.totalTokens ?? null).filter((total) => total !== null);
    return {
      nodeId,
      executionCount: own.length,
      failureCount: own.filter(({ status }) => status === 'FAILED').length,
      retryCount: own.filter(({ kind }) => kind === 'RETRY').length,
      durationMs: distributionOf(timed.flatMap(({ duration: { micros } }) => (micros === null ? [] : [micros / 1000]))),
      totalTokens: tokens.length > 0 ? tokens.reduce((a, b) => a + b, 0) : null,
    };
  });
}
