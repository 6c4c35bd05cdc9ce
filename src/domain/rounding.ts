/**
 * Numbers for readers who need no more digits than the run page shows, where a rounded number looks the same as the
 * exact one.
 */

/** Rounds milliseconds to about three significant digits, in the unit that fits. */
export function roundMs(value: number): number {
  if (value < 0) return -roundMs(-value);
  if (value < 10) return Number(value.toFixed(1));
  if (value < 999.5) return Math.round(value);
  if (value < 59_950) return Math.round(Number((value / SECOND_MS).toFixed(value < 9995 ? 2 : 1)) * SECOND_MS);
  // In steps, as on the page: 59.5 s become 60 s, and thus one minute.
  const seconds = rounded(value, SECOND_MS);
  if (seconds < HOUR_MS) return seconds;
  const minutes = rounded(seconds, MINUTE_MS);
  return minutes < DAY_MS ? minutes : rounded(minutes, HOUR_MS);
}

/** Rounds a share from 0 to 1 to a whole percentage. */
export const roundShare = (value: number): number => Number(HUNDREDTHS.format(value));

/** Rounds to whole cents, or to two significant digits below ten cents: a call may cost a fraction of a cent. */
export const roundAmount = (value: number): number =>
  Number((value > 0 && value < 0.1 ? TWO_DIGITS : HUNDREDTHS).format(value));

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Rounds decimal digits: 1.005 becomes 1.01, although the binary number is slightly smaller. */
const HUNDREDTHS = new Intl.NumberFormat('en', { maximumFractionDigits: 2, useGrouping: false });
const TWO_DIGITS = new Intl.NumberFormat('en', { maximumSignificantDigits: 2, useGrouping: false });

const rounded = (value: number, unit: number): number => Math.round(value / unit) * unit;
