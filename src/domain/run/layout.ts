/** The steps of a run on one axis of time. */
import { gapsOf } from './gaps.ts';
import { intervalsOf, type Interval } from './intervals.ts';
import { spanOf, type RunBounds, type RunSpan } from './span.ts';
import type { RunGap, Step } from '../types.ts';

export interface Layout {
  /** Of all steps that have a start. */
  readonly intervals: readonly Interval[];
  /** Those in the span. */
  readonly placed: readonly Interval[];
  /** Null where nothing has started. */
  readonly span: RunSpan | null;
  readonly gaps: readonly RunGap[];
}

/** Made for each figure that needs it: to keep it would take a third of the room of the steps. */
export function layoutOf(steps: readonly Step[], bounds: RunBounds): Layout {
  const intervals = intervalsOf(steps);
  const placed = intervals.filter(({ step }) => step.offsetMs !== null);
  const span = spanOf(bounds, placed);
  return { intervals, placed, span, gaps: gapsOf(placed, span) };
}
