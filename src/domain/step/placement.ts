/** Offset of each step in the run's span, and idle time before it. */
import { isRunning, spanMicrosOf } from './duration.ts';
import type { StepDraft } from './execution.ts';
import { isWithinReach, type RunBounds } from '../run/span.ts';

/**
 * Milliseconds. The gap begins at the latest end of earlier steps, or at the span's start if that is unknown. It is 0
 * if an earlier step is still running or waiting. Takes measured steps sorted by start.
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
    // Steps that start together have equal gaps: none started before another.
    if (start !== placedAt) gapBeforeMs = Math.max(0, start - (latestEnd === -Infinity ? spanStart : latestEnd)) / 1000;
    placedAt = start;
    step.offsetMs = (start - spanStart) / 1000;
    step.gapBeforeMs = gapBeforeMs;
    latestEnd = Math.max(latestEnd, knownEnd(step, start));
  }
}

/** Infinity for a running or waiting step, -Infinity if the end is unknown. */
function knownEnd(step: StepDraft, start: number): number {
  if (step.durationMs !== null) return start + spanMicrosOf(step);
  return isRunning(step) ? Infinity : -Infinity;
}
