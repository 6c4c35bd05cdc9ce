/** Cursor of the timeline: the bar at the keyboard or the pointer, and the open step, which is stored in the URL. */
import { useId, useState, type KeyboardEvent, type PointerEvent, type MouseEvent, type RefObject } from 'react';
import { useUrl } from '../url/url.ts';
import { barAt, boxOf, LANE_PX, type Bar, type Window } from './bars/bars.ts';
import type { Scale } from './time/scale.ts';
import type { Zoom } from '../controls/zoom-buttons.tsx';

export interface TimelineCursor {
  /** Starting point of the arrow keys. */
  readonly bar: Bar | undefined;
  /** The bar whose tooltip is shown. */
  readonly hinted: Bar | undefined;
  readonly optionId: string;
  /** Position of `bar` among `count` bars, from 1. */
  readonly position: number;
  readonly count: number;
  readonly isOpen: boolean;
  readonly openNextFailure: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onBlur: () => void;
  readonly onPointerMove: (event: PointerEvent) => void;
  readonly onPointerLeave: () => void;
  readonly onClick: (event: MouseEvent) => void;
}

/** The page's keys for rows go from step to step here. */
const ROW_KEYS: Readonly<Record<string, string>> = { j: 'ArrowRight', k: 'ArrowLeft' };

interface Options {
  readonly ref: RefObject<HTMLElement | null>;
  readonly bars: readonly Bar[];
  readonly scale: Scale;
  readonly window: Window;
  readonly zoom: Zoom;
}

export function useTimelineCursor({ ref, bars, scale, window, zoom }: Options): TimelineCursor {
  const url = useUrl();
  const optionId = useId();
  const openId = url.params.step;
  const [at, setAt] = useState({ stepId: openId, openId });
  const [hintedId, setHintedId] = useState<string | null>(null);
  // A step that was opened elsewhere moves the cursor.
  if (at.openId !== openId) setAt({ stepId: openId ?? at.stepId, openId });
  const find = (id: string | null): Bar | undefined => bars.find(({ stepId }) => stepId === id);
  const bar = find(at.stepId) ?? find(openId) ?? bars[0];

  function open(id: string | null): void {
    url.go({ step: id });
  }

  function moveTo(next: Bar): void {
    setAt({ stepId: next.stepId, openId });
    const element = ref.current;
    if (!element) return;
    const { x, width } = boxOf(next, scale, window);
    if (x < 0 || x + width > window.viewPx) element.scrollLeft += x - window.viewPx / 4;
    const laneTop = next.lane * LANE_PX;
    if (laneTop < element.scrollTop) element.scrollTop = laneTop;
    const laneBottom = laneTop + 2 * LANE_PX;
    if (laneBottom > element.scrollTop + element.clientHeight) element.scrollTop = laneBottom - element.clientHeight;
  }

  function under({ clientX, clientY }: PointerEvent | MouseEvent): Bar | null {
    const lanes = ref.current?.querySelector('.timeline-lanes')?.getBoundingClientRect();
    if (!lanes || clientX < lanes.left) return null;
    return barAt(bars, scale, window, clientX - lanes.left, clientY - lanes.top);
  }

  function openNextFailure(): void {
    const next = nextFailure(bars, openId === null ? undefined : bar);
    if (!next) return;
    moveTo(next);
    open(next.stepId);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    // At its ends, `j` and `k` leave the timeline.
    const next = bar && nextBar(bars, bar, ROW_KEYS[event.key] ?? event.key);
    if (next) {
      moveTo(next);
      setHintedId(next.stepId);
    } else if ((event.key === 'Enter' || event.key === ' ') && bar) open(bar.stepId);
    else if (event.key === 'Escape' && openId !== null) open(null);
    else if (event.key === '+' || event.key === '=') zoom.by(1);
    else if (event.key === '-') zoom.by(-1);
    else if (event.key === '0') zoom.reset();
    else return;
    event.preventDefault();
  }

  return {
    bar,
    hinted: find(hintedId),
    optionId,
    position: bar ? bars.indexOf(bar) + 1 : 0,
    count: bars.length,
    isOpen: openId !== null && bar?.stepId === openId,
    openNextFailure,
    onKeyDown,
    onBlur() {
      setHintedId(null);
    },
    onPointerMove(event) {
      setHintedId(under(event)?.stepId ?? null);
    },
    onPointerLeave() {
      setHintedId(null);
    },
    onClick(event) {
      const clicked = under(event);
      if (!clicked) return;
      setAt({ stepId: clicked.stepId, openId });
      open(clicked.stepId);
    },
  };
}

/** `bars` must be sorted by start time. `null` for a key without a target. */
function nextBar(bars: readonly Bar[], current: Bar, key: string): Bar | null {
  const index = bars.indexOf(current);
  switch (key) {
    case 'ArrowRight':
      return bars[index + 1] ?? null;
    case 'ArrowLeft':
      return bars[index - 1] ?? null;
    case 'ArrowDown':
      return nearestInLane(bars, current, 1);
    case 'ArrowUp':
      return nearestInLane(bars, current, -1);
    case 'Home':
      return bars[0] ?? null;
    case 'End':
      return bars.at(-1) ?? null;
    default:
      return null;
  }
}

function nearestInLane(bars: readonly Bar[], { lane, offsetMs }: Bar, direction: 1 | -1): Bar | null {
  const distance = (bar: Bar): number => Math.abs(bar.offsetMs - offsetMs);
  return bars
    .filter((bar) => bar.lane === lane + direction)
    .reduce<Bar | null>((best, bar) => (best === null || distance(bar) < distance(best) ? bar : best), null);
}

/** The next failed step, continuing from the first bar after the last. `bars` must be sorted by start time. */
function nextFailure(bars: readonly Bar[], current: Bar | undefined): Bar | undefined {
  const index = current ? bars.indexOf(current) + 1 : 0;
  return [...bars.slice(index), ...bars.slice(0, index)].find(({ status }) => status === 'FAILED');
}
