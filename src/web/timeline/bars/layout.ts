/** Assigns bars to lanes: packed into the fewest lanes, or grouped by node. */
import type { StepStatus } from '../../__generated__/graphql.ts';
import type { Bar, TimelineStep } from './bars.ts';

/** The lanes of one node, with its name on the left. */
export interface Row {
  readonly nodeId: string;
  readonly lane: number;
  readonly laneCount: number;
  readonly count: number;
  readonly completedCount: number;
  readonly failedCount: number;
}

export interface Layout {
  /** Sorted by start time. */
  readonly bars: readonly Bar[];
  /** Empty if nodes share lanes. */
  readonly rows: readonly Row[];
  readonly laneCount: number;
}

export type Arrangement = 'nodes' | 'packed';

/** `steps` must be sorted by start time. Nodes are sorted by their first start. */
export function layOut(steps: readonly TimelineStep[], arrangement: Arrangement): Layout {
  const groups = Map.groupBy(steps, ({ nodeId }) => (arrangement === 'nodes' ? nodeId : ''));
  const lanes = new Map<TimelineStep, number>();
  const rows: Row[] = [];
  let laneCount = 0;
  for (const [nodeId, group] of groups) {
    const packed = packLanes(group);
    group.forEach((step, index) => lanes.set(step, laneCount + (packed[index] ?? 0)));
    const count = packed.reduce((most, lane) => Math.max(most, lane + 1), 0);
    const countOf = (wanted: StepStatus) => group.filter(({ status }) => status === wanted).length;
    const counts = { count: group.length, completedCount: countOf('COMPLETED'), failedCount: countOf('FAILED') };
    rows.push({ nodeId, lane: laneCount, laneCount: count, ...counts });
    laneCount += count;
  }
  return {
    bars: steps.map((step) => ({ ...step, lane: lanes.get(step) ?? 0 })),
    rows: arrangement === 'nodes' ? rows : [],
    laneCount,
  };
}

/** A waiting step does no work meanwhile. */
export function lengthened(step: TimelineStep, durationMs: number): TimelineStep {
  const workedMs = step.durationMs - step.waitingMs;
  return { ...step, durationMs, waitingMs: step.status === 'WAITING' ? durationMs - workedMs : step.waitingMs };
}

/** Puts each step into the lowest free lane. A lane is free from the moment its last bar ends. */
function packLanes(steps: readonly TimelineStep[]): number[] {
  const freeFrom: number[] = [];
  return steps.map(({ offsetMs, durationMs }) => {
    const free = freeFrom.findIndex((ms) => ms <= offsetMs);
    const lane = free === -1 ? freeFrom.length : free;
    freeFrom[lane] = offsetMs + durationMs;
    return lane;
  });
}
