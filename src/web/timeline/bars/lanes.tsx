/** The bars as a few SVG paths. The bar at the cursor is a real element for assistive technology. */
import { useRef } from 'react';
import type { StepStatus } from '../../__generated__/graphql.ts';
import { statusClass, statusWord } from '../../status/status.tsx';
import type { Scale } from '../time/scale.ts';
import type { TimelineCursor } from '../timeline-cursor.ts';
import { BAR_PX, boxOf, durationText, LANE_PX, type Bar, type Box, type Drawing, type Window } from './bars.ts';
import type { Row } from './layout.ts';
import { Tooltip } from './tooltip.tsx';

export interface LanesProps {
  readonly drawing: Drawing;
  readonly scale: Scale;
  readonly window: Window;
  readonly rows: readonly Row[];
  readonly heightPx: number;
  readonly now: number | null;
  readonly cursor: TimelineCursor;
}

/** Statuses with a pattern over their color. */
const PATTERNED: readonly StepStatus[] = ['FAILED', 'RUNNING', 'WAITING', 'CANCELLED', 'UNKNOWN'];

export function Lanes({ drawing, scale, window, rows, heightPx, now, cursor }: LanesProps) {
  const ref = useRef<HTMLDivElement>(null);
  const { widthPx, leftPx, viewPx } = window;
  const nowX = now === null ? null : Math.min(scale.placeOf(now) * widthPx - leftPx, viewPx - 1);
  const hinted = cursor.hinted;
  return (
    <div ref={ref} className="timeline-lanes" style={{ height: heightPx }}>
      <svg width={viewPx} height={heightPx} aria-hidden="true">
        <Patterns />
        <path className="row-lines" d={rows.map(({ lane }) => `M0 ${lane * LANE_PX}.5H${viewPx}`).join('')} />
        {scale.folds.map(({ offsetMs, from, to }) => (
          <rect
            key={offsetMs}
            className="fold"
            x={from * widthPx - leftPx}
            width={(to - from) * widthPx}
            y="0"
            height={heightPx}
          />
        ))}
        {[...drawing.paths].map(([status, path]) => (
          <g key={status} className={statusClass(status)}>
            <path className="bars" d={path} />
            {PATTERNED.includes(status) && <path d={path} fill={`url(#pattern-${status.toLowerCase()})`} />}
          </g>
        ))}
        {drawing.waitingPath !== '' && (
          <g className="status-waiting">
            <path className="bars" d={drawing.waitingPath} />
            <path d={drawing.waitingPath} fill="url(#pattern-waiting)" />
          </g>
        )}
        <path className="critical" d={drawing.criticalPath} />
        <path className="usual" d={drawing.usualPath} />
        {nowX !== null && <line className="now" x1={nowX} x2={nowX} y1="0" y2={heightPx} />}
      </svg>
      {drawing.labels.map(({ bar, text, isInside, hasRoomForDuration, x, y, width }) => (
        <span
          key={bar.stepId}
          className={isInside ? 'bar-label ellipsis inside' : 'bar-label ellipsis'}
          aria-hidden="true"
          style={{ left: x, top: y, width, height: BAR_PX }}
        >
          {text !== '' && <bdi>{text}</bdi>}
          {hasRoomForDuration && <span className="took">{durationText(bar)}</span>}
        </span>
      ))}
      {cursor.bar && <Option bar={cursor.bar} cursor={cursor} box={boxOf(cursor.bar, scale, window)} viewPx={viewPx} />}
      {hinted && <Tooltip bar={hinted} box={boxOf(hinted, scale, window)} lanes={ref} />}
    </div>
  );
}

interface OptionProps {
  readonly bar: Bar;
  readonly box: Box;
  readonly viewPx: number;
  readonly cursor: TimelineCursor;
}

function Option({ bar, box, viewPx, cursor }: OptionProps) {
  const x = Math.max(box.x - 2, -4);
  const width = Math.max(0, Math.min(box.x + box.width + 2, viewPx + 4) - x);
  return (
    <div
      id={cursor.optionId}
      role="option"
      aria-selected={cursor.isOpen}
      aria-posinset={cursor.position}
      aria-setsize={cursor.count}
      className="bar-cursor"
      style={{ left: x, top: box.y - 2, width, height: BAR_PX + 4 }}
    >
      <span className="visually-hidden">{describe(bar)}</span>
    </div>
  );
}

const describe = (bar: Bar): string =>
  [
    bar.nodeId,
    statusWord(bar.status),
    durationText(bar),
    bar.itemKey === null ? '' : `item ${bar.itemKey}`,
    bar.attemptCount > 1 ? `execution ${bar.attempt} of ${bar.attemptCount}` : '',
    bar.isCritical ? 'on the critical path' : '',
  ]
    .filter(Boolean)
    .join(', ');

/** Patterns that distinguish the statuses without color. */
function Patterns() {
  return (
    <defs>
      <pattern id="pattern-failed" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path className="mark" d="M0 0v7" strokeWidth="2.5" />
      </pattern>
      <pattern id="pattern-running" width="8" height="20" patternUnits="userSpaceOnUse">
        <path className="mark" d="M1 0v20" strokeWidth="1.5" />
      </pattern>
      <pattern id="pattern-waiting" width="12" height={LANE_PX} patternUnits="userSpaceOnUse">
        <path className="mark" d={`M1 ${LANE_PX / 2}h6`} strokeWidth="2" />
      </pattern>
      <pattern id="pattern-cancelled" width="6" height="6" patternUnits="userSpaceOnUse">
        <circle className="dot" cx="2" cy="2" r="1.2" />
      </pattern>
      <pattern id="pattern-unknown" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path className="mark" d="M0 0v7M0 0h7" strokeWidth="1" />
      </pattern>
      <pattern id="pattern-fold" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path className="fold-mark" d="M0 0v8" strokeWidth="1" />
      </pattern>
    </defs>
  );
}
