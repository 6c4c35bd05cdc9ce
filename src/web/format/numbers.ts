/** Counts, shares and sizes as strings. `null` reads as "not reported", unless the caller passes another label, such as "none". */

const COUNT = new Intl.NumberFormat('en');
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const CHANGE = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0, signDisplay: 'exceptZero' });
const PERCENT = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });

type Maybe = number | null | undefined;

export const NOT_REPORTED = 'not reported';

export const formatCount = (value: Maybe): string => (value == null ? NOT_REPORTED : COUNT.format(value));

/** `1 run`, `2 runs`. */
export const countOf = (count: number, noun: string): string =>
  `${COUNT.format(count)} ${noun}${count === 1 ? '' : 's'}`;

export const formatCompact = (value: Maybe): string => (value == null ? NOT_REPORTED : COMPACT.format(value));

/** `value` is a share from 0 to 1. */
export const formatShare = (value: Maybe, missing = NOT_REPORTED): string =>
  value == null ? missing : PERCENT.format(value);

/** `+12%` for 0.12. */
export const formatChange = (change: number): string => CHANGE.format(change).replace('-', '−');

export function formatSigned(value: Maybe): string {
  if (value == null) return NOT_REPORTED;
  return value > 0 ? `+${COUNT.format(value)}` : COUNT.format(value).replace('-', '−');
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${(bytes / 1000).toFixed(bytes < 9950 ? 1 : 0)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Amounts below ten cents have two significant digits: a call may cost a fraction of a cent. */
export function formatCost(amount: number | null, currency: string): string {
  if (amount === null) return 'not priced';
  const digits = amount > 0 && amount < 0.1 ? { maximumSignificantDigits: 2 } : {};
  return new Intl.NumberFormat('en', { style: 'currency', currency, ...digits }).format(amount);
}
