/** Values relative to the run's span: offsets, gaps, and the timeline's bars in lanes. */
import { byStart, runs, type Execution } from './executions.ts';
import type { Timed } from './runs.ts';
import { covers, piecesOf, type Stretch } from './times.ts';

const DAY = 24 * 3600 * 1_000_000;

interface Placed extends Stretch {
  readonly step: Timed;
  /** Whether its end is also known. */
  readonly isTimed: boolean;
}

export interface Placement {
  readonly offsetMs: number | null;
  readonly gapBeforeMs: number | null;
}

const NO_TIMELINE = { startedAt: null, endedAt: null, durationMs: null, laneCount: 0, bars: [], gaps: [] };

export function layoutOf(steps: readonly Timed[], startedAt: number | null, until: number | null) {
  const placements = new Map<Execution, Placement>(steps.map((step) => [step, { offsetMs: null, gapBeforeMs: null }]));
  if (startedAt === null) return { placements, timeline: NO_TIMELINE, longestGap: null };

  const base = { from: startedAt, to: Math.max(startedAt, until ?? startedAt) };
  const placed = steps.flatMap((step): Placed[] => {
    const from = step.start?.micros;
    if (from === undefined || from < base.from - DAY || from > base.to + DAY) return [];
    const { span } = step.duration;
    return [{ step, from, to: span?.to ?? from, isTimed: span !== null }];
  });
  const from = Math.min(base.from, ...placed.map((one) => one.from));
  const to = Math.max(base.to, ...placed.map((one) => one.to));

  for (const one of placed) {
    placements.set(one.step, { offsetMs: (one.from - from) / 1000, gapBeforeMs: gapBefore(one, placed, from) / 1000 });
  }
  const gaps = gapsOf(placed, { from, to });
  const longest = Math.max(...gaps.map((gap) => gap.durationMs));
  const lanes = lanesOf(placed);
  const percent = (micros: number) => (to > from ? (100 * (micros - from)) / (to - from) : 0);
  return {
    placements,
    longestGap: gaps.find((gap) => gap.durationMs === longest) ?? null,
    timeline: {
      startedAt: from,
      endedAt: to,
      durationMs: (to - from) / 1000,
      laneCount: Math.max(0, ...[...lanes.values()].map((lane) => lane + 1)),
      bars: placed
        .toSorted((a, b) => byStart(a.step, b.step))
        .map((one) => ({
          step: one.step.index,
          lane: lanes.get(one) ?? null,
          offsetMs: (one.from - from) / 1000,
          durationMs: (one.to - one.from) / 1000,
          offsetPercent: percent(one.from),
          widthPercent: percent(one.to) - percent(one.from),
        })),
      gaps,
    },
  };
}

function gapBefore(one: Placed, placed: readonly Placed[], spanStart: number): number {
  const before = placed.filter((other) => other.from < one.from);
  const stillRuns = before.some(({ step, isTimed }) => !isTimed && runs(step));
  if (stillRuns) return 0;
  const ends = before.filter(({ isTimed }) => isTimed).map((other) => other.to);
  return Math.max(0, one.from - (ends.length > 0 ? Math.max(...ends) : spanStart));
}

/**
 * Pairs of timed steps: the last step that ends at a time, and the first step that starts there, in order of start, end
 * and index.
 */
function gapsOf(placed: readonly Placed[], span: Stretch) {
  const timed = placed
    .filter(({ isTimed }) => isTimed)
    .sort((a, b) => a.from - b.from || a.to - b.to || a.step.index - b.step.index);
  return piecesOf(timed, span.from, span.to)
    .filter((piece) => !timed.some((one) => covers(one, piece.from)))
    .map((piece) => ({
      startedAt: piece.from,
      endedAt: piece.to,
      offsetMs: (piece.from - span.from) / 1000,
      durationMs: (piece.to - piece.from) / 1000,
      after: timed.findLast((one) => one.to === piece.from)?.step.index ?? null,
      before: timed.find((one) => one.from === piece.to)?.step.index ?? null,
    }));
}

/** In order of start, end and index, each in the first lane without an overlap. */
function lanesOf(placed: readonly Placed[]): Map<Placed, number> {
  const lanes: Placed[][] = [];
  const laneOf = new Map<Placed, number>();
  for (const one of placed.toSorted((a, b) => a.from - b.from || a.to - b.to || a.step.index - b.step.index)) {
    const fits = lanes.findIndex((lane) => lane.every((other) => one.from >= other.to || other.from >= one.to));
    const lane = fits === -1 ? lanes.length : fits;
    (lanes[lane] ??= []).push(one);
    laneOf.set(one, lane);
  }
  return laneOf;
}
