/** Time axis above the lanes. */
import { formatDuration } from '../../format/duration.ts';
import type { Window } from '../bars/bars.ts';
import type { Scale } from './scale.ts';
import { ticksOf } from './ticks.ts';

export interface AxisProps {
  readonly scale: Scale;
  readonly window: Window;
  /** `null` once the run is over. */
  readonly now: number | null;
  /** Clock time at the left edge in milliseconds; `null` for an axis that counts from the start. */
  readonly clockMs: number | null;
}

/** Minimum distance between two ticks. */
const SPACING_PX = 84;
/** Average width of a letter, and the gap between two labels. */
const LETTER_PX = 6.8;
const APART_PX = 4;
/** Extra width of the background behind a label. */
const GROUND_PX = { now: 16, idle: 0, first: 0, '': 0 } as const;

interface Mark {
  readonly look: 'now' | 'idle' | 'first' | '';
  readonly x: number;
  readonly text: string;
}

/** Fraction of a label that is left of its position. */
const ON_THE_LEFT = { now: 1, idle: 0.5, first: 0, '': 0.5 } as const;

export function Axis({ scale, window, now, clockMs }: AxisProps) {
  const { widthPx, leftPx, viewPx } = window;
  const xOf = (ms: number): number => scale.placeOf(ms) * widthPx - leftPx;
  const ticks = ticksOf(scale, {
    widthPx,
    spacingPx: SPACING_PX,
    fromMs: scale.msAt(leftPx / Math.max(1, widthPx)),
    toMs: scale.msAt((leftPx + viewPx) / Math.max(1, widthPx)),
    clockMs,
  });
  /** The mark of now is at the end of a running run. */
  const endX = now === null ? viewPx : Math.min(xOf(now), viewPx) - widthOf('now', 'now');
  const marks: Mark[] = [
    ...(now === null ? [] : [{ look: 'now', x: Math.min(xOf(now), viewPx), text: 'now' } as const]),
    ...scale.folds.flatMap(({ durationMs, isWait, from, to }) => {
      const [left, right] = [Math.max(0, from * widthPx - leftPx), Math.min(viewPx, to * widthPx - leftPx)];
      const text = `${isWait ? 'waiting' : 'idle'} ${formatDuration(durationMs)}`;
      // Near an edge the label isn't centered: the edge would cut it.
      const half = widthOf('idle', text) / 2;
      const x = Math.max(half, Math.min(endX - half, (left + right) / 2));
      return left < right ? ({ look: 'idle', x, text } as const) : [];
    }),
    ...ticks.map(({ ms, label }) => {
      const x = xOf(ms);
      return { look: x < 16 ? 'first' : '', x, text: label } as const;
    }),
  ];
  return (
    <div className="timeline-axis" aria-hidden="true">
      {withRoom(marks, viewPx).map(({ look, x, text }, index) => (
        <span key={index} className={`tick ${look}`} style={{ left: x }}>
          {text}
        </span>
      ))}
    </div>
  );
}

const widthOf = (look: Mark['look'], text: string): number => text.length * LETTER_PX + GROUND_PX[look] + APART_PX;

/** Marks that fit into the visible part without overlapping an earlier mark. */
function withRoom(marks: readonly Mark[], viewPx: number): Mark[] {
  const taken: { readonly from: number; readonly to: number }[] = [];
  return marks.filter(({ look, x, text }) => {
    const width = widthOf(look, text);
    const from = x - ON_THE_LEFT[look] * width;
    const to = from + width;
    const hasRoom = to <= viewPx + APART_PX && taken.every((other) => to <= other.from || from >= other.to);
    if (hasRoom) taken.push({ from, to });
    return hasRoom;
  });
}
