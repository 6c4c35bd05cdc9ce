/** A moment as sent by the upstream: a string for the client, and whole microseconds for exact arithmetic. */
export interface Timestamp {
  /** RFC 3339, with the upstream's digits. */
  readonly text: string;
  /** Microseconds since 1970. An exact integer below 2^53 (the year 2255). */
  readonly epochMicros: number;
  /** Whether the time has no fraction, so it is exact only to the second. `.000000` is a fraction. */
  readonly isWholeSecond: boolean;
}

// Date, `T` or space, time, fraction, zone. The upstream sends both `2025-03-13T02:41:15.144470Z` and
// `2025-03-12 00:59:55.465508+00:00`. A missing zone means UTC, which the upstream uses.
const SHAPE =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))[Tt ]((?:[01]\d|2[0-3]):[0-5]\d):([0-5]\d|60)(?:[.,](\d{1,9})\d*)?\s?([Zz]|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?$/;

/** Maximum number of characters. Rejecting a string with a longer fraction would take long. */
const MAX_LENGTH = 100;

/** Returns null for an invalid moment, such as February 30. An unknown time doesn't invalidate a run. */
export function parseTimestamp(value: string | null | undefined): Timestamp | null {
  const match = value && value.length <= MAX_LENGTH ? SHAPE.exec(value.trim()) : null;
  if (!match) return null;
  const [, date = '', time = '', seconds = '', fraction = '', zone = 'Z'] = match;
  if (!isOnCalendar(date)) return null;
  const offset = zone.toUpperCase() === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  if (seconds === '60') return leapSecond(Date.parse(`${date}T${time}:59${offset}`) + 1000, fraction);
  const text = `${date}T${time}:${seconds}${fraction && `.${fraction}`}${offset}`;
  const wholeSeconds = Math.floor(Date.parse(text) / 1000) * 1000;
  // Most values already have this format. Reusing them saves memory.
  return timestampFrom(text === value ? value : text, wholeSeconds, fraction);
}

const ZONE = /(?:[Zz]|[+-]\d\d:?\d\d)\s*$/;

/** Whether a string accepted by `parseTimestamp` has a zone. Without one, UTC is a guess. */
export const hasZone = (text: string): boolean => text.endsWith('Z') || ZONE.test(text);

/** `Date` reads February 30 as March 2. Every month has 28 days. */
const isOnCalendar = (date: string): boolean =>
  date.slice(8) <= '28' || new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);

/** Becomes the next second, because few clients read `23:59:60`. Null unless it is the last second of a UTC day. */
function leapSecond(nextSecond: number, fraction: string): Timestamp | null {
  if (nextSecond % 86_400_000 !== 0 || nextSecond * 1000 > LAST_MICROS) return null;
  const text = new Date(nextSecond).toISOString().replace('.000Z', `${fraction && `.${fraction}`}Z`);
  return timestampFrom(text, nextSecond, fraction);
}

const timestampFrom = (text: string, wholeSeconds: number, fraction: string): Timestamp => ({
  text,
  epochMicros: wholeSeconds * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6)),
  isWholeSecond: fraction === '',
});

/** From 2001 to 2255. Milliseconds are a thousand times as large, so the two can't be confused. */
const EPOCH_SECONDS = { first: 1e9, last: Math.floor(Number.MAX_SAFE_INTEGER / 1e6) };

/** Takes seconds or milliseconds since 1970, whichever gives a year from 2001 to 2255. Returns null otherwise. */
export function timestampOfEpoch(value: number): Timestamp | null {
  const isIn = (seconds: number) => seconds >= EPOCH_SECONDS.first && seconds < EPOCH_SECONDS.last;
  const isSeconds = isIn(value);
  if (!isSeconds && !isIn(value / 1000)) return null;
  const epochMicros = Math.round(value * (isSeconds ? 1e6 : 1000));
  const { text } = timestampOfMicros(epochMicros);
  if (!Number.isInteger(value)) return { text, epochMicros, isWholeSecond: false };
  // The string has as many digits as the upstream sent.
  return {
    text: isSeconds ? text.replace('.000000', '') : text.replace('000Z', 'Z'),
    epochMicros,
    isWholeSecond: isSeconds,
  };
}

/** Takes a clock reading in milliseconds since 1970. */
export function timestampOf(epochMs: number): Timestamp {
  return { text: new Date(epochMs).toISOString(), epochMicros: Math.floor(epochMs * 1000), isWholeSecond: false };
}

/** RFC 3339 has four digits for the year. */
const FIRST_MICROS = Date.UTC(-1, 12) * 1000;
const LAST_MICROS = Date.UTC(9999, 11, 31, 23, 59, 59) * 1000;

/** Has six fractional digits. Outside the range of RFC 3339, the string is the nearest moment within it. */
export function timestampOfMicros(epochMicros: number): Timestamp {
  const micros = Math.min(Math.max(epochMicros, FIRST_MICROS), LAST_MICROS);
  const fraction = ((micros % 1_000_000) + 1_000_000) % 1_000_000;
  const wholeSeconds = new Date((micros - fraction) / 1000).toISOString().slice(0, -'.000Z'.length);
  return { text: `${wholeSeconds}.${String(fraction).padStart(6, '0')}Z`, epochMicros, isWholeSecond: false };
}

/** Milliseconds, exact to the microsecond. Negative if `to` is earlier. */
export const millisBetween = (from: Timestamp, to: Timestamp): number => (to.epochMicros - from.epochMicros) / 1000;

/** Returns the first of equal moments, or null if both are null. */
export const earlier = (a: Timestamp | null, b: Timestamp | null): Timestamp | null =>
  a && b ? (b.epochMicros < a.epochMicros ? b : a) : (a ?? b);

export const later = (a: Timestamp | null, b: Timestamp | null): Timestamp | null =>
  a && b ? (b.epochMicros > a.epochMicros ? b : a) : (a ?? b);

export const earliest = (moments: readonly (Timestamp | null)[]): Timestamp | null => moments.reduce(earlier, null);

export const latest = (moments: readonly (Timestamp | null)[]): Timestamp | null => moments.reduce(later, null);
