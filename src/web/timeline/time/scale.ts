/** Maps milliseconds to positions on the timeline and back. The scale is linear except for folded idle stretches. */

export interface Stretch {
  readonly offsetMs: number;
  readonly durationMs: number;
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

export const foldable = (gaps: readonly Stretch[], totalMs: number): Stretch[] =>
  gaps.filter(({ durationMs }) => durationMs >= FOLDED_FROM_MS && durationMs >= FOLDED_FROM_PART * totalMs);

/** `stretches` must be in order of time. Nothing is folded if no other time would remain. */
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
