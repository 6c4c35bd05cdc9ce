/** Where in the run's span each step starts, and how long nothing ran before it. */
import { isRunning, microsOf } from './duration.ts';
import type { StepDraft } from './execution.ts';
import { isWithinReach, type RunBounds } from '../run/span.ts';

/**
 * Sets, of each step that starts within the span, in milliseconds: from the span's start, and from the latest end of those
 * that started before (from the span's start if no such end is known); 0 while one of them was still running. Takes measured steps
 * in order of start.
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
    // Those that start together see the same gap: none of them started before another.
    if (start !== placedAt) gapBeforeMs = Math.max(0, start - (latestEnd === -Infinity ? spanStart : latestEnd)) / 1000;
    placedAt = start;
    step.offsetMs = (start - spanStart) / 1000;
    step.gapBeforeMs = gapBeforeMs;
    latestEnd = Math.max(latestEnd, knownEnd(step, start));
  }
}

/** Infinity for a step that still runs, for nobody knows how long; -Infinity for one whose end is not known. */
function knownEnd(step: StepDraft, start: number): number {
  if (step.durationMs !== null) return start + microsOf(step.durationMs);
  return isRunning(step) ? Infinity : -Infinity;
}
