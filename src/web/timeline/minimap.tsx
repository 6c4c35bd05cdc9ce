/** Minimap of the whole run with the visible part marked. It is for the pointer; the keyboard has the cursor. */
import { useMemo, type PointerEvent } from 'react';
import type { StepStatus } from '../__generated__/graphql.ts';
import { statusClass } from '../status/status.tsx';
import type { Bar, Window } from './bars/bars.ts';
import type { Scale } from './time/scale.ts';

export interface MinimapProps {
  readonly bars: readonly Bar[];
  readonly laneCount: number;
  readonly scale: Scale;
  readonly window: Window;
  /** The visible part from top to bottom, as fractions of the whole (0 to 1). */
  readonly seen: { readonly from: number; readonly part: number };
  /** Centers the view on a point of the whole; both coordinates are from 0 to 1. */
  readonly onPan: (x: number, y: number) => void;
}

const HEIGHT_PX = 40;
/** Minimum height, so that a failed step is visible among a thousand others. */
const FAILED_PX = 4;

export default function Minimap({ bars, laneCount, scale, window, seen, onPan }: MinimapProps) {
  const { widthPx, leftPx, viewPx } = window;
  const paths = useMemo(() => drawWhole(bars, laneCount, scale, viewPx), [bars, laneCount, scale, viewPx]);

  function pan(event: PointerEvent<SVGSVGElement>): void {
    if (event.buttons !== 1) return;
    const box = event.currentTarget.getBoundingClientRect();
    onPan((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }

  return (
    <svg
      className="minimap"
      width={viewPx}
      height={HEIGHT_PX}
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        pan(event);
      }}
      onPointerMove={pan}
    >
      {[...paths].map(([status, path]) => (
        <path key={status} className={`bars ${statusClass(status)}`} d={path} />
      ))}
      <rect
        className="seen"
        x={(leftPx / widthPx) * viewPx + 1}
        width={Math.max(4, (viewPx / widthPx) * viewPx - 2)}
        y={seen.from * HEIGHT_PX + 1}
        height={Math.max(4, seen.part * HEIGHT_PX - 2)}
      />
    </svg>
  );
}

/** One path for each status; failed steps are drawn last, on top. */
function drawWhole(bars: readonly Bar[], laneCount: number, scale: Scale, widthPx: number): Map<StepStatus, string> {
  const paths = new Map<StepStatus, string>();
  const lanePx = HEIGHT_PX / Math.max(1, laneCount);
  for (const { status, lane, offsetMs, durationMs } of bars) {
    const x = scale.placeOf(offsetMs) * widthPx;
    const width = Math.max(1, scale.placeOf(offsetMs + durationMs) * widthPx - x);
    const height = Math.max(status === 'FAILED' ? FAILED_PX : 1, lanePx * 0.8);
    const y = Math.min(lane * lanePx, HEIGHT_PX - height);
    const box = `M${x.toFixed(1)} ${y.toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h${(-width).toFixed(1)}z`;
    paths.set(status, (paths.get(status) ?? '') + box);
  }
  const failed = paths.get('FAILED');
  paths.delete('FAILED');
  if (failed !== undefined) paths.set('FAILED', failed);
  return paths;
}
