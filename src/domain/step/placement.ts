/** Offset of each step in the run's span, and idle time before it. */
import { isRunning, spanMicrosOf } from './duration.ts';
import type { StepDraft } from './execution.ts';
import { isWithinReach, type RunBounds } from '../run/span.ts';

/**
 * Milliseconds. The gap lasts from the latest end of earlier steps (or the span's start, if unknown). It is 0 if an
 * earlier step still runs or waits. Takes measured steps sorted by start.
 */
export function placeSteps(steps: readonly StepDraft[], bounds: RunBounds): void {
  let spanStart: number | null = null;
  let placedAt: number | null = null;
  let latestEnd = -Infinity;
  let gapBeforeMs = 0;
  for (const step of steps) {
    const start = step.startTime?.epochMicros ?? null;
    if (start === null || !isWithinReach(start, bounds)) continue;
    spanStart ??= Math.min(start, bounds.startedAt?.epochMicros ?? start);
    // Steps that start together have the same gap: none of them started before another.
    if (start !== placedAt) gapBeforeMs = Math.max(0, start - (latestEnd === -Infinity ? spanStart : latestEnd)) / 1000;
    placedAt = start;
    step.offsetMs = (start - spanStart) / 1000;
    step.gapBeforeMs = gapBeforeMs;
    latestEnd = Math.max(latestEnd, knownEnd(step, start));
  }
}

/** Infinity for a running or waiting step. -Infinity if the end is unknown. */
function knownEnd(step: StepDraft, start: number): number {
  if (step.durationMs !== null) return start + spanMicrosOf(step);
  return isRunning(step) ? Infinity : -Infinity;
}
