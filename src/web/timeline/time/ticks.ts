/** Ticks of the time axis: at round times, as dense as their labels allow. */
import type { Params } from '../../url/params.ts';
import type { Scale } from './scale.ts';

export interface Tick {
  readonly ms: number;
  readonly label: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100].map((count) => count * DAY),
];

export interface TickWindow {
  /** Width of the whole timeline; only a part may be visible. */
  readonly widthPx: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly spacingPx: number;
  /** Clock time at the left edge in milliseconds; `null` for an axis that counts from the start. */
  readonly clockMs: number | null;
}

export function ticksOf(scale: Scale, { widthPx, fromMs, toMs, spacingPx, clockMs }: TickWindow): Tick[] {
  const stretchedMs = scale.totalMs - scale.folds.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const stepMs = STEPS_MS.find((ms) => (ms / Math.max(stretchedMs, 1)) * widthPx >= spacingPx) ?? 1000 * DAY;
  const ticks: Tick[] = [];
  const zeroMs = clockMs ?? 0;
  for (let index = Math.ceil((fromMs + zeroMs) / stepMs); index * stepMs - zeroMs <= toMs; index += 1) {
    const ms = index * stepMs - zeroMs;
    const fold = scale.folds.find(({ offsetMs, durationMs }) => ms > offsetMs && ms < offsetMs + durationMs);
    // Ticks inside a fold would overlap, so the loop continues at its end.
    if (fold) index = Math.ceil((fold.offsetMs + fold.durationMs + zeroMs) / stepMs) - 1;
    else ticks.push({ ms, label: clockMs === null ? labelOf(ms, stepMs) : timeOfDay(ms + clockMs, stepMs) });
  }
  return ticks;
}

/** Precision follows the tick distance. */
function labelOf(ms: number, stepMs: number): string {
  if (ms === 0) return '0';
  if (ms < SECOND) return `${ms} ms`;
  if (ms < MINUTE) return `${ms / SECOND} s`;
  const seconds = stepMs < SECOND ? twoDigits((ms % MINUTE) / SECOND, 3) : twoDigits((ms % MINUTE) / SECOND);
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}:${seconds} min`;
  if (ms >= DAY) return `${Math.floor(ms / DAY)} d ${twoDigits(Math.floor((ms % DAY) / HOUR))} h`;
  const hours = `${Math.floor(ms / HOUR)}:${twoDigits(Math.floor((ms % HOUR) / MINUTE))}`;
  return stepMs < MINUTE ? `${hours}:${seconds}` : `${hours} h`;
}

/** At least two digits before the point; trailing zeros after it are removed. */
function twoDigits(value: number, decimals = 0): string {
  const [whole = '', fraction = ''] = value.toFixed(decimals).split('.');
  const rest = fraction.replace(/0+$/, '');
  return whole.padStart(2, '0') + (rest === '' ? '' : `.${rest}`);
}

/**
 * Start of the run in milliseconds since 1970 on this clock; `null` for a clock that counts from the start. The
 * zone's offset at the start applies to the whole run, even across a change of daylight saving time.
 */
export function clockStart(clock: Params['clock'], startedAt: string): number | null {
  const startMs = Date.parse(startedAt);
  if (clock === 'elapsed' || Number.isNaN(startMs)) return null;
  return clock === 'utc' ? startMs : startMs - new Date(startMs).getTimezoneOffset() * 60_000;
}

const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Precision follows the tick distance; midnight shows the date. */
function timeOfDay(clockMs: number, stepMs: number): string {
  const date = new Date(clockMs);
  if (clockMs % DAY === 0) return DATE.format(date);
  const text = date.toISOString();
  if (stepMs < 1000) return text.slice(11, 23);
  return stepMs < 60_000 ? text.slice(11, 19) : text.slice(11, 16);
}
