/** When the completed runs of a workflow became slower, faster, more expensive or cheaper. */
import { attodollarsOf, createCostSum, stepCost } from '../cost/cost.ts';
import type { PriceList } from '../cost/prices.ts';
import { compareText } from '../order.ts';
import { wallClockMs } from '../run/span.ts';
import { sumOfKnown } from '../run/usage.ts';
import type { Timestamp } from '../timestamp.ts';
import type { Run, RunRecord, Step } from '../types.ts';
import { clearestSplit, median } from './pettitt.ts';

export type ShiftMetric = 'DURATION' | 'COST' | 'TOKENS';

export interface Shift {
  readonly metric: ShiftMetric;
  readonly since: Timestamp;
  /** First run after the shift. */
  readonly runId: string;
  /** Last run before it. */
  readonly previousRunId: string;
  /** Median since the previous shift, or the first run. */
  readonly before: number;
  /** Median until the next shift, or the last run. */
  readonly after: number;
  /** The nearest runs on each side of the shift, nearest first. */
  readonly runIdsBefore: readonly string[];
  readonly runIdsAfter: readonly string[];
}

export interface NodeShift {
  readonly nodeId: string;
  readonly before: number | null;
  readonly after: number | null;
}

const MAX_P = 0.001;
const LEAST_RUNS = 10;
const LEAST_FACTOR = 1.5;
/** With a cycle or trend, runs next to the split differ less. */
const LEAST_FACTOR_NEARBY = 1.35;
/** Number of runs on each side of the split whose medians and nodes are compared. */
const NEARBY_RUNS = 10;

interface Point {
  readonly id: string;
  readonly startedAt: Timestamp;
  readonly value: number;
}

/** Newest first. A run that fails early isn't cheaper, so only completed runs count. */
export function shiftsOf(records: readonly RunRecord[], prices: PriceList | null): Shift[] {
  const completed = records
    .filter(({ status, startTime }) => status === 'COMPLETED' && startTime !== null)
    .sort((a, b) => (a.startTime?.epochMicros ?? 0) - (b.startTime?.epochMicros ?? 0) || compareText(a.id, b.id));
  return METRICS.flatMap((metric) => shiftsOfMetric(completed, metric, prices)).sort(
    (a, b) => b.since.epochMicros - a.since.epochMicros,
  );
}

const METRICS: readonly ShiftMetric[] = ['DURATION', 'COST', 'TOKENS'];

function shiftsOfMetric(completed: readonly RunRecord[], metric: ShiftMetric, prices: PriceList | null): Shift[] {
  const points = completed.flatMap((record): Point[] => {
    const value = valueOf(record, metric, prices);
    return value === null || !record.startTime ? [] : [{ id: record.id, startedAt: record.startTime, value }];
  });
  const places = placesOf(points.map(({ value }) => value));
  return places.flatMap((place, index) => {
    const sides = [points.slice(places[index - 1] ?? 0, place), points.slice(place, places[index + 1])] as const;
    const [before, after] = [medianOf(sides[0]), medianOf(sides[1])];
    const [previous, first] = [sides[0].at(-1), sides[1][0]];
    if (!previous || !first || !isLarge(before, after)) return [];
    const idsOf = (some: readonly Point[]) => some.slice(0, NEARBY_RUNS).map(({ id }) => id);
    return [
      {
        ...{ metric, since: first.startedAt, runId: first.id, previousRunId: previous.id, before, after },
        runIdsBefore: idsOf(sides[0].toReversed()),
        runIdsAfter: idsOf(sides[1]),
      },
    ];
  });
}

/** Positions of shifts in ascending order: of the whole series, and of each side of the first one. */
function placesOf(values: readonly number[]): number[] {
  const first = placeIn(values);
  if (first === null) return [];
  const [before, after] = [placeIn(values.slice(0, first)), placeIn(values.slice(first))];
  return [...(before === null ? [] : [before]), first, ...(after === null ? [] : [first + after])];
}

function placeIn(values: readonly number[]): number | null {
  const split = clearestSplit(values, LEAST_RUNS);
  if (!split || split.p > MAX_P) return null;
  const [before, after] = [values.slice(0, split.at), values.slice(split.at)];
  const isSudden = isLarge(
    median(before.slice(-NEARBY_RUNS)),
    median(after.slice(0, NEARBY_RUNS)),
    LEAST_FACTOR_NEARBY,
  );
  return isSudden && isLarge(median(before), median(after)) ? split.at : null;
}

const isLarge = (before: number, after: number, factor = LEAST_FACTOR): boolean =>
  Math.max(before, after) >= factor * Math.min(before, after) && before !== after;

const medianOf = (points: readonly Point[]): number => median(points.map(({ value }) => value));

/** Returns null for a run that doesn't report the metric. */
function valueOf(record: RunRecord, metric: ShiftMetric, prices: PriceList | null): number | null {
  const { startTime, endTime, nodeTokens } = record;
  if (metric === 'DURATION') return wallClockMs({ startedAt: startTime, until: endTime });
  if (metric === 'TOKENS') return sumOfKnown(nodeTokens.map(({ totalTokens }) => totalTokens));
  if (!prices || nodeTokens.length === 0) return null;
  const cost = createCostSum();
  for (const tokens of nodeTokens) cost.add(attodollarsOf(tokens, tokens.model, prices));
  const { amount, stepsUnpriced } = cost.cost();
  // A run with a partly known cost would look cheaper.
  return stepsUnpriced > 0 ? null : amount;
}

/** Medians per run of what each node took, largest difference first. Null on a side where it didn't run. */
export function nodeShifts(
  before: readonly Run[],
  after: readonly Run[],
  metric: ShiftMetric,
  prices: PriceList | null,
): NodeShift[] {
  const [ofBefore, ofAfter] = [before, after].map((runs) => nodeMedians(runs, metric, prices));
  const nodeIds = new Set([...(ofBefore?.keys() ?? []), ...(ofAfter?.keys() ?? [])]);
  const difference = ({ before: was, after: is }: NodeShift): number => Math.abs((is ?? 0) - (was ?? 0));
  return [...nodeIds]
    .map((nodeId) => ({ nodeId, before: ofBefore?.get(nodeId) ?? null, after: ofAfter?.get(nodeId) ?? null }))
    .sort((a, b) => difference(b) - difference(a) || compareText(a.nodeId, b.nodeId));
}

function nodeMedians(runs: readonly Run[], metric: ShiftMetric, prices: PriceList | null): Map<string, number> {
  const values = new Map<string, number[]>();
  for (const { steps } of runs) {
    for (const [nodeId, ofNode] of Map.groupBy(steps, (step) => step.nodeId)) {
      const value = sumOfKnown(ofNode.map((step) => valueOfStep(step, metric, prices)));
      if (value !== null) values.set(nodeId, [...(values.get(nodeId) ?? []), value]);
    }
  }
  return new Map([...values].map(([nodeId, ofNode]) => [nodeId, median(ofNode)]));
}

function valueOfStep(step: Step, metric: ShiftMetric, prices: PriceList | null): number | null {
  if (metric === 'DURATION') return step.status === 'SKIPPED' ? null : step.durationMs;
  if (metric === 'TOKENS') return step.tokenUsage?.totalTokens ?? null;
  return prices && (stepCost(step, prices)?.amount ?? null);
}
