/** The bars as a few SVG paths. The bar at the cursor is a real element for assistive technology. */
import { useRef } from 'react';
import type { StepStatus } from '../../__generated__/graphql.ts';
import { formatDuration } from '../../format/duration.ts';
import { statusClass, statusWord } from '../../status/status.tsx';
import type { Scale } from '../time/scale.ts';
import type { TimelineCursor } from '../timeline-cursor.ts';
import { BAR_PX, boxOf, LANE_PX, shownMs, type Bar, type Box, type Drawing, type Window } from './bars.ts';
import type { Row } from './layout.ts';
import { Patterns } from './patterns.tsx';
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

/** Statuses with a pattern over their colour. */
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
        <path className="critical" d={drawing.criticalPath} />
        <path className="usual" d={drawing.usualPath} />
        {nowX !== null && <line className="now" x1={nowX} x2={nowX} y1="0" y2={heightPx} />}
      </svg>
      {drawing.labels.map(({ bar, text, isInside, hasRoomForDuration, x, y, width }) => (
        <span
          key={bar.stepId}
          className={isInside ? 'bar-label inside' : 'bar-label'}
          aria-hidden="true"
          style={{ left: x, top: y, width, height: BAR_PX }}
        >
          {text !== '' && <bdi>{text}</bdi>}
          {hasRoomForDuration && <span className="took">{formatDuration(shownMs(bar))}</span>}
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
    formatDuration(shownMs(bar)),
    bar.attemptCount > 1 ? `execution ${bar.attempt} of ${bar.attemptCount}` : '',
    bar.isCritical ? 'on the critical path' : '',
  ]
    .filter(Boolean)
    .join(', ');
