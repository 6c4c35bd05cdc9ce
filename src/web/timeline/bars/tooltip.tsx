/** Tooltip of the bar at the pointer or the cursor. It is outside the scrolled elements, so nothing clips it. */
import { useLayoutEffect, useRef, type RefObject } from 'react';
import { createPortal } from 'react-dom';
import { formatDuration } from '../../format/duration.ts';
import { statusWord } from '../../status/status.tsx';
import { BAR_PX, durationText, labelText, type Bar, type Box } from './bars.ts';

export interface TooltipProps {
  readonly bar: Bar;
  readonly box: Box;
  readonly lanes: RefObject<HTMLElement | null>;
}

const GAP_PX = 6;
const EDGE_PX = 8;

export function Tooltip({ bar, box, lanes }: TooltipProps) {
  const ref = useRef<HTMLDivElement>(null);
  // The tooltip's size decides on which side of the bar it fits.
  useLayoutEffect(() => {
    const [element, origin] = [ref.current, lanes.current?.getBoundingClientRect()];
    if (!element || !origin) return;
    const { width, height } = element.getBoundingClientRect();
    const left = Math.min(origin.left + Math.max(0, box.x), window.innerWidth - width - EDGE_PX);
    const below = origin.top + box.y + BAR_PX + GAP_PX;
    const top = below + height <= window.innerHeight - EDGE_PX ? below : origin.top + box.y - height - GAP_PX;
    element.style.left = `${Math.max(EDGE_PX, left)}px`;
    element.style.top = `${Math.max(EDGE_PX, top)}px`;
  });
  return createPortal(
    <div ref={ref} className="bar-tooltip" aria-hidden="true">
      <strong className="clamp">
        <bdi>{labelText(bar)}</bdi>
      </strong>
      <span>
        {statusWord(bar.status)} · {durationText(bar)} · at {formatDuration(bar.offsetMs)}
      </span>
      {bar.attemptCount > 1 && (
        <span>
          Execution {bar.attempt} of {bar.attemptCount}
        </span>
      )}
      {bar.isCritical && <span>On the critical path</span>}
    </div>,
    document.body,
  );
}
