/** Steps of a run on one time axis. */
import { gapsOf } from './gaps.ts';
import { intervalsOf, type Interval } from './intervals.ts';
import { spanOf, type RunBounds, type RunSpan } from './span.ts';
import type { Gap, Step } from '../types.ts';

export interface Layout {
  /** All steps with a start. */
  readonly intervals: readonly Interval[];
  /** Intervals within the span. */
  readonly placed: readonly Interval[];
  /** Span, or null if nothing has started. */
  readonly span: RunSpan | null;
  readonly gaps: readonly Gap[];
}

/** Computed on each use: caching it would take a third of the memory of the steps. */
export function layoutOf(steps: readonly Step[], bounds: RunBounds): Layout {
  const intervals = intervalsOf(steps);
  const placed = intervals.filter(({ step }) => step.offsetMs !== null);
  const span = spanOf(bounds, placed);
  return { intervals, placed, span, gaps: gapsOf(placed, span) };
}
