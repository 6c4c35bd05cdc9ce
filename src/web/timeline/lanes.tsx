/** The bars themselves: drawn as a few paths, with the one at the cursor as a real element for the keyboard. */
import type { StepStatus } from '../__generated__/graphql.ts';
import { formatDuration } from '../format/duration.ts';
import { statusClass, statusWord } from '../status/status.tsx';
import { BAR_PX, boxOf, labelText, LANE_PX, type Bar, type Drawing, type Window } from './bars.ts';
import { Patterns } from './patterns.tsx';
import type { Scale } from './scale.ts';
import type { TimelineCursor } from './timeline-cursor.ts';

export interface LanesProps {
  readonly drawing: Drawing;
  readonly scale: Scale;
  readonly window: Window;
  readonly laneCount: number;
  readonly now: number | null;
  readonly cursor: TimelineCursor;
}

/** These have a pattern over their colour. */
const PATTERNED: readonly StepStatus[] = ['FAILED', 'RUNNING', 'CANCELLED', 'UNKNOWN'];

export function Lanes({ drawing, scale, window, laneCount, now, cursor }: LanesProps) {
  const height = laneCount * LANE_PX + 6;
  const { widthPx, leftPx, viewPx } = window;
  const nowX = now === null ? null : Math.min(scale.placeOf(now) * widthPx - leftPx, viewPx - 1);
  return (
    <div className="timeline-lanes" style={{ height }}>
      <svg width={viewPx} height={height} aria-hidden="true">
        <Patterns />
        {scale.folds.map(({ offsetMs, from, to }) => (
          <rect
            key={offsetMs}
            className="fold"
            x={from * widthPx - leftPx}
            width={(to - from) * widthPx}
            y="0"
            height={height}
          />
        ))}
        {[...drawing.paths].map(([status, path]) => (
          <g key={status} className={statusClass(status)}>
            <path className="bars" d={path} />
            {PATTERNED.includes(status) && <path d={path} fill={`url(#pattern-${status.toLowerCase()})`} />}
          </g>
        ))}
        <path className="critical" d={drawing.criticalPath} />
        {nowX !== null && <line className="now" x1={nowX} x2={nowX} y1="0" y2={height} />}
      </svg>
      {drawing.labels.map(({ bar, isInside, hasRoomForDuration, x, y, width }) => (
        <span
          key={bar.stepId}
          className={isInside ? 'bar-label inside' : 'bar-label'}
          aria-hidden="true"
          style={{ left: x, top: y, width, height: BAR_PX }}
        >
          {labelText(bar)}
          {hasRoomForDuration && <span className="took">{formatDuration(bar.durationMs)}</span>}
        </span>
      ))}
      {cursor.bar && <Option bar={cursor.bar} cursor={cursor} box={boxOf(cursor.bar, scale, window)} viewPx={viewPx} />}
      {cursor.hovered && <Tooltip bar={cursor.hovered} box={boxOf(cursor.hovered, scale, window)} viewPx={viewPx} />}
    </div>
  );
}

interface OnBarProps {
  readonly bar: Bar;
  readonly box: { readonly x: number; readonly y: number; readonly width: number };
  readonly viewPx: number;
}

function Option({ bar, box, viewPx, cursor }: OnBarProps & { readonly cursor: TimelineCursor }) {
  const x = Math.max(box.x - 2, -4);
  const width = Math.max(0, Math.min(box.x + box.width + 2, viewPx + 4) - x);
  return (
    <div
      id={cursor.optionId}
      role="option"
      aria-selected={cursor.isOpen}
      className="bar-cursor"
      style={{ left: x, top: box.y - 2, width, height: BAR_PX + 4 }}
    >
      <span className="visually-hidden">{describe(bar)}</span>
    </div>
  );
}

function Tooltip({ bar, box, viewPx }: OnBarProps) {
  const left = Math.max(0, Math.min(box.x, viewPx - 220));
  return (
    <div className="bar-tooltip" aria-hidden="true" style={{ left, top: box.y + BAR_PX + 6 }}>
      <strong>{labelText(bar)}</strong>
      <span>
        {statusWord(bar.status)} · {formatDuration(bar.durationMs)} · at {formatDuration(bar.offsetMs)}
      </span>
      {bar.attemptCount > 1 && (
        <span>
          Execution {bar.attempt} of {bar.attemptCount}
        </span>
      )}
      {bar.isCritical && <span>On the critical path</span>}
    </div>
  );
}

const describe = (bar: Bar): string =>
  [
    bar.nodeId,
    statusWord(bar.status),
    formatDuration(bar.durationMs),
    bar.attemptCount > 1 ? `execution ${bar.attempt} of ${bar.attemptCount}` : '',
    bar.isCritical ? 'on the critical path' : '',
  ]
    .filter(Boolean)
    .join(', ');
