/** Keyboard navigation between the bars of the timeline. */
import type { Bar } from './bars/bars.ts';

/** `bars` must be in order of start. Null for a key without a target. */
export function nextBar(bars: readonly Bar[], current: Bar, key: string): Bar | null {
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

/** The next failed step, continuing from the first bar after the last. `bars` must be in order of start. */
export function nextFailure(bars: readonly Bar[], current: Bar | undefined): Bar | undefined {
  const index = current ? bars.indexOf(current) + 1 : 0;
  return [...bars.slice(index), ...bars.slice(0, index)].find(({ status }) => status === 'FAILED');
}
