/** The time, above the lanes. */
import { formatDuration } from '../../format/duration.ts';
import type { Window } from '../bars/bars.ts';
import type { Scale } from './scale.ts';
import { ticksOf } from './ticks.ts';

export interface AxisProps {
  readonly scale: Scale;
  readonly window: Window;
  /** Null once the run is over. */
  readonly now: number | null;
  /** What a clock shows at the left edge; null where the time is counted from there. */
  readonly clockMs: number | null;
}

/** A mark's text is centred on it, and must not run into another. */
const SPACING_PX = 84;
const NEAR_PX = 42;

export function Axis({ scale, window, now, clockMs }: AxisProps) {
  const { widthPx, leftPx, viewPx } = window;
  const xOf = (ms: number): number => scale.placeOf(ms) * widthPx - leftPx;
  const taken = [
    ...scale.folds.map(({ from, to }) => ((from + to) / 2) * widthPx - leftPx),
    ...(now === null ? [] : [xOf(now)]),
  ];
  const ticks = ticksOf(scale, {
    widthPx,
    spacingPx: SPACING_PX,
    fromMs: scale.msAt(leftPx / Math.max(1, widthPx)),
    toMs: scale.msAt((leftPx + viewPx) / Math.max(1, widthPx)),
    clockMs,
  });
  return (
    <div className="timeline-axis" aria-hidden="true">
      {ticks
        .map(({ ms, label }) => ({ ms, label, x: xOf(ms) }))
        .filter(({ x }) => x < viewPx - 24 && taken.every((place) => Math.abs(place - x) > NEAR_PX))
        .map(({ ms, label, x }) => (
          <span key={ms} className={x < 16 ? 'tick first' : 'tick'} style={{ left: x }}>
            {label}
          </span>
        ))}
      {scale.folds.map(({ offsetMs, durationMs, from, to }) => (
        <span key={offsetMs} className="tick idle" style={{ left: ((from + to) / 2) * widthPx - leftPx }}>
          idle {formatDuration(durationMs)}
        </span>
      ))}
      {now !== null && (
        <span className="tick now" style={{ left: Math.min(xOf(now), viewPx) }}>
          now
        </span>
      )}
    </div>
  );
}
