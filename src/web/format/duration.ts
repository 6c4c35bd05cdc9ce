/** Durations as strings: about three significant digits, in units that fit. */
import { NOT_REPORTED } from './numbers.ts';

/** `null` reads as "not reported", unless the caller passes another label. A negative duration has a minus sign. */
export function formatDuration(ms: number | null | undefined, missing = NOT_REPORTED): string {
  if (ms === null || ms === undefined) return missing;
  if (ms < 0) return `−${formatDuration(-ms)}`;
  if (ms < 999.5) return `${ms < 10 && ms > 0 ? trimmed(ms, 1) : Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return pair(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return pair(minutes, 60, 'h', 'min');
  return pair(Math.round(minutes / 60), 24, 'd', 'h');
}

export function formatDelta(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NOT_REPORTED;
  return ms > 0 ? `+${formatDuration(ms)}` : formatDuration(ms);
}

const pair = (count: number, size: number, large: string, small: string): string =>
  `${Math.floor(count / size)} ${large} ${String(count % size).padStart(2, '0')} ${small}`;

const trimmed = (value: number, digits: number): string => String(Number(value.toFixed(digits)));
