/** Differences between two runs of a workflow, node by node. */
import { microsOf, totalMs } from '../step/duration.ts';
import { compareNullsLast, compareText } from '../order.ts';
import type { Run, Step } from '../types.ts';

export type NodeChange = 'BROKE' | 'FIXED' | 'STATUS_CHANGED' | 'ADDED' | 'REMOVED' | 'SLOWER' | 'FASTER' | 'UNCHANGED';

export interface NodeComparison {
  readonly nodeId: string;
  readonly change: NodeChange;
  /** Latest attempt in the base run, or null if the node didn't run there. */
  readonly baseStep: Step | null;
  readonly headStep: Step | null;
  /** Executions in the base run. */
  readonly baseAttempts: number;
  readonly headAttempts: number;
  /** Time of all executions in milliseconds, or null if there are none or one has an unknown duration. */
  readonly baseTotalMs: number | null;
  readonly headTotalMs: number | null;
  /** Head − base in milliseconds, or null if either is unknown. */
  readonly durationDeltaMs: number | null;
}

/** Deltas are head − base, or null if either value is unknown. */
export interface RunComparison {
  readonly base: Run;
  readonly head: Run;
  readonly wallClockDeltaMs: number | null;
  /** Difference of the total elapsed times, in seconds. */
  readonly elapsedTimeDelta: number;
  readonly tokenDelta: number | null;
  /** Sorted by change, then by size of the delta (unknown last), then by node id. */
  readonly nodes: readonly NodeComparison[];
}

/** Differences within either limit are noise. */
const NOISE_RATIO = 0.1;
const NOISE_MS = 100;

/** Slower and faster nodes share a rank, so the larger delta comes first. */
const RANKS: Readonly<Record<NodeChange, number>> = {
  BROKE: 0,
  FIXED: 1,
  STATUS_CHANGED: 2,
  ADDED: 3,
  REMOVED: 4,
  SLOWER: 5,
  FASTER: 5,
  UNCHANGED: 6,
};

/** Compares the status of latest attempts, and the time of all. The steps of both runs must be loaded. */
export function compareRuns(base: Run, head: Run): RunComparison {
  const inBase = nodesOf(base);
  const inHead = nodesOf(head);
  const nodeIds = [...new Set([...inBase.keys(), ...inHead.keys()])];
  const nodes = nodeIds.map((nodeId) =>
    compareNode(nodeId, inBase.get(nodeId) ?? NOT_EXECUTED, inHead.get(nodeId) ?? NOT_EXECUTED),
  );
  return {
    base,
    head,
    wallClockDeltaMs: millisFrom(base.timing.wallClockMs, head.timing.wallClockMs),
    elapsedTimeDelta: exactDifference(base.totalElapsedTime, head.totalElapsedTime),
    tokenDelta: differenceOf(base.tokenUsage.totalTokens, head.tokenUsage.totalTokens),
    nodes: nodes.sort(byImportance),
  };
}

/** A node in one run. */
interface ExecutedNode {
  readonly latest: Step | null;
  readonly attempts: number;
  readonly totalMs: number | null;
}

const NOT_EXECUTED: ExecutedNode = { latest: null, attempts: 0, totalMs: null };

function nodesOf(run: Run): Map<string, ExecutedNode> {
  const executions = Map.groupBy(run.steps, ({ nodeId }) => nodeId);
  return new Map(
    run.latestAttempts.map((latest) => {
      const steps = executions.get(latest.nodeId) ?? [];
      const isKnown = steps.every(({ durationMs }) => durationMs !== null);
      return [latest.nodeId, { latest, attempts: steps.length, totalMs: isKnown ? totalMs(steps) : null }];
    }),
  );
}

const compareNode = (nodeId: string, base: ExecutedNode, head: ExecutedNode): NodeComparison => ({
  nodeId,
  change: changeOf(base, head),
  baseStep: base.latest,
  headStep: head.latest,
  baseAttempts: base.attempts,
  headAttempts: head.attempts,
  baseTotalMs: base.totalMs,
  headTotalMs: head.totalMs,
  durationDeltaMs: millisFrom(base.totalMs, head.totalMs),
});

function byImportance(a: NodeComparison, b: NodeComparison): number {
  const sizeOf = ({ durationDeltaMs }: NodeComparison) =>
    durationDeltaMs === null ? null : -Math.abs(durationDeltaMs);
  return RANKS[a.change] - RANKS[b.change] || compareNullsLast(sizeOf(a), sizeOf(b)) || compareText(a.nodeId, b.nodeId);
}

/** Times are compared only for equal statuses: an early failure isn't a faster node. */
function changeOf(base: ExecutedNode, head: ExecutedNode): NodeChange {
  if (!base.latest) return 'ADDED';
  if (!head.latest) return 'REMOVED';
  const [was, is] = [base.latest.status, head.latest.status];
  if (was === is) return speedChange(base.totalMs, head.totalMs);
  if (was === 'FAILED' && is === 'COMPLETED') return 'FIXED';
  if (was === 'COMPLETED' && is === 'FAILED') return 'BROKE';
  return 'STATUS_CHANGED';
}

/** The ratio uses the shorter duration, so swapping the runs turns SLOWER into FASTER. */
function speedChange(baseMs: number | null, headMs: number | null): NodeChange {
  const delta = millisFrom(baseMs, headMs) ?? 0;
  const isNoise = Math.abs(delta) <= NOISE_MS || Math.abs(delta) <= NOISE_RATIO * Math.min(baseMs ?? 0, headMs ?? 0);
  if (isNoise) return 'UNCHANGED';
  return delta > 0 ? 'SLOWER' : 'FASTER';
}

const differenceOf = (base: number | null, head: number | null): number | null =>
  base === null || head === null ? null : exactDifference(base, head);

/** NaN beyond 2^53, where sums are rounded: better missing than wrong. */
const exactDifference = (base: number, head: number): number =>
  Number.isSafeInteger(base) && Number.isSafeInteger(head) ? head - base : NaN;

/** Exact to the microsecond. */
function millisFrom(baseMs: number | null, headMs: number | null): number | null {
  return baseMs === null || headMs === null ? null : (microsOf(headMs) - microsOf(baseMs)) / 1000;
}
