/** Maps milliseconds to positions on the timeline and back. The scale is linear except for folded stretches without work. */

export interface Stretch {
  readonly offsetMs: number;
  readonly durationMs: number;
  /** Whether a step waits in it. */
  readonly isWait: boolean;
}

/** A folded stretch, with its position as fractions of the width (0 to 1). */
export interface Fold extends Stretch {
  readonly from: number;
  readonly to: number;
}

export interface Scale {
  readonly totalMs: number;
  readonly folds: readonly Fold[];
  /** Position from 0 (left edge) to 1 (right edge), clamped. */
  placeOf(ms: number): number;
  msAt(place: number): number;
}

/** A stretch is folded from this fraction of the total time and this duration. */
const FOLDED_FROM_PART = 0.15;
const FOLDED_FROM_MS = 2000;
/** Width of a fold. At most six stretches are long enough, so folds never take more than 36 % of the width. */
const FOLD_WIDTH = 0.06;

/** A step works first, then it waits. */
interface Step {
  readonly offsetMs: number;
  /** Includes waits. */
  readonly durationMs: number;
  readonly waitingMs: number;
}

/** Stretches between or after the work of the steps, which are sorted by start time. */
export function foldable(steps: readonly Step[], totalMs: number): Stretch[] {
  const stretches: Stretch[] = [];
  const leastMs = Math.max(FOLDED_FROM_MS, FOLDED_FROM_PART * totalMs);
  let workedUntil = 0;
  function add(untilMs: number): void {
    const durationMs = untilMs - workedUntil;
    if (durationMs < leastMs) return;
    const isWait = steps.some(
      ({ offsetMs, durationMs, waitingMs }) =>
        waitingMs > 0 && offsetMs + durationMs > workedUntil && offsetMs + durationMs - waitingMs < untilMs,
    );
    stretches.push({ offsetMs: workedUntil, durationMs, isWait });
  }
  for (const { offsetMs, durationMs, waitingMs } of steps) {
    add(offsetMs);
    workedUntil = Math.max(workedUntil, offsetMs + durationMs - waitingMs);
  }
  add(steps.reduce((last, { offsetMs, durationMs }) => Math.max(last, offsetMs + durationMs), 0));
  return stretches;
}

/** `stretches` must be sorted by time. Nothing is folded if no other time would remain. */
export function createScale(totalMs: number, stretches: readonly Stretch[] = []): Scale {
  const leftMs = totalMs - stretches.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const folded = leftMs > 0 ? stretches : [];
  const shownMs = leftMs > 0 ? leftMs : totalMs;
  // A run may take no time: everything is then at its start.
  const perMs = shownMs > 0 ? (1 - FOLD_WIDTH * folded.length) / shownMs : 0;

  const folds: Fold[] = [];
  let [ms, place] = [0, 0];
  for (const stretch of folded) {
    const from = place + Math.max(0, stretch.offsetMs - ms) * perMs;
    folds.push({ ...stretch, from, to: from + FOLD_WIDTH });
    [ms, place] = [stretch.offsetMs + stretch.durationMs, from + FOLD_WIDTH];
  }

  function placeOf(at: number): number {
    let [lastMs, lastPlace] = [0, 0];
    for (const { offsetMs, durationMs, from, to } of folds) {
      if (at < offsetMs) break;
      if (at < offsetMs + durationMs) return from + ((at - offsetMs) / durationMs) * (to - from);
      [lastMs, lastPlace] = [offsetMs + durationMs, to];
    }
    return Math.min(1, Math.max(0, lastPlace + (at - lastMs) * perMs));
  }

  function msAt(at: number): number {
    let [lastMs, lastPlace] = [0, 0];
    for (const { offsetMs, durationMs, from, to } of folds) {
      if (at < from) break;
      if (at < to) return offsetMs + ((at - from) / (to - from)) * durationMs;
      [lastMs, lastPlace] = [offsetMs + durationMs, to];
    }
    return perMs > 0 ? Math.min(totalMs, Math.max(0, lastMs + (at - lastPlace) / perMs)) : 0;
  }

  return { totalMs, folds, placeOf, msAt };
}
