/** Counts, shares and sizes as text. Null is a dash. */

const COUNT = new Intl.NumberFormat('en');
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const CHANGE = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0, signDisplay: 'exceptZero' });
const PERCENT = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });

type Maybe = number | null | undefined;

const orDash = (value: Maybe, format: (known: number) => string): string => (value == null ? '–' : format(value));

export const formatCount = (value: Maybe): string => orDash(value, (known) => COUNT.format(known));

/** `1 run`, `2 runs`. */
export const countOf = (count: number, noun: string): string =>
  `${COUNT.format(count)} ${noun}${count === 1 ? '' : 's'}`;

export const formatCompact = (value: Maybe): string => orDash(value, (known) => COMPACT.format(known));

/** `value` is a share from 0 to 1. */
export const formatShare = (value: Maybe): string => orDash(value, (known) => PERCENT.format(known));

/** `+12%` for 0.12. */
export const formatChange = (change: number): string => CHANGE.format(change).replace('-', '−');

export const formatSigned = (value: Maybe): string =>
  orDash(value, (known) => (known > 0 ? `+${COUNT.format(known)}` : COUNT.format(known).replace('-', '−')));

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
