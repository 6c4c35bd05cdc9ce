/** A moment as the upstream wrote it: the text for the client, whole microseconds for exact arithmetic. */
export interface Timestamp {
  /** RFC 3339, with the digits that the upstream sent. */
  readonly text: string;
  /** Microseconds since 1970: an integer, exact below 2^53 (the year 2255), so differences carry no rounding noise. */
  readonly epochMicros: number;
  /** True when the text has no fraction: the moment is only known to the second. `.000000` is a fraction. */
  readonly isWholeSecond: boolean;
}

// Date, `T` or a space, time, fraction, zone. The upstream sends both `2025-03-13T02:41:15.144470Z` and
// `2025-03-12 00:59:55.465508+00:00`; a missing zone is read as UTC, in which the upstream writes.
const SHAPE =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))[Tt ]((?:[01]\d|2[0-3]):[0-5]\d):([0-5]\d|60)(?:[.,](\d{1,9})\d*)?\s?([Zz]|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?$/;

/** Characters: with more digits of a fraction, to find that a text is no moment takes long. */
const MAX_LENGTH = 100;

/** Null for anything that is no moment, 30 February too: an unknown time is no reason to refuse a run. */
export function parseTimestamp(value: string | null | undefined): Timestamp | null {
  const match = value && value.length <= MAX_LENGTH ? SHAPE.exec(value.trim()) : null;
  if (!match) return null;
  const [, date = '', time = '', seconds = '', fraction = '', zone = 'Z'] = match;
  if (!isOnCalendar(date)) return null;
  const offset = zone.toUpperCase() === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  if (seconds === '60') return leapSecond(Date.parse(`${date}T${time}:59${offset}`) + 1000, fraction);
  const wholeSeconds = Date.parse(`${date}T${time}:${seconds}${offset}`);
  const text = `${date}T${time}:${seconds}${fraction && `.${fraction}`}${offset}`;
  // Mostly the text is in that form already, and then there is no need to hold another.
  return timestampFrom(text === value ? value : text, wholeSeconds, fraction);
}

const ZONE = /(?:[Zz]|[+-]\d\d:?\d\d)\s*$/;

/** True if a text that `parseTimestamp` reads names its zone: where it does not, UTC is a guess. */
export const hasZone = (text: string): boolean => text.endsWith('Z') || ZONE.test(text);

/** `Date` takes 30 February for 2 March. Every month has 28 days. */
const isOnCalendar = (date: string): boolean =>
  date.slice(8) <= '28' || new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);

/** Told as the next second, since hardly a client reads `23:59:60`. Null where it is not the last second of a day in UTC. */
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

/** Of seconds since 1970: 2001 to 2255. The same in milliseconds is a thousand times as much, so the two can't be confused. */
const EPOCH_SECONDS = { first: 1e9, last: Math.floor(Number.MAX_SAFE_INTEGER / 1e6) };

/** The timestamp of seconds or milliseconds since 1970, whichever gives a year from 2001 to 2255; else null. */
export function timestampOfEpoch(value: number): Timestamp | null {
  const isIn = (seconds: number) => seconds >= EPOCH_SECONDS.first && seconds < EPOCH_SECONDS.last;
  const isSeconds = isIn(value);
  if (!isSeconds && !isIn(value / 1000)) return null;
  const epochMicros = Math.round(value * (isSeconds ? 1e6 : 1000));
  const { text } = timestampOfMicros(epochMicros);
  if (!Number.isInteger(value)) return { text, epochMicros, isWholeSecond: false };
  // As many digits as the upstream sent.
  return {
    text: isSeconds ? text.replace('.000000', '') : text.replace('000Z', 'Z'),
    epochMicros,
    isWholeSecond: isSeconds,
  };
}

/** The timestamp of a clock reading, in milliseconds since 1970. */
export function timestampOf(epochMs: number): Timestamp {
  return { text: new Date(epochMs).toISOString(), epochMicros: Math.floor(epochMs * 1000), isWholeSecond: false };
}

/** RFC 3339 has four digits for the year. */
const FIRST_MICROS = Date.UTC(-1, 12) * 1000;
const LAST_MICROS = Date.UTC(9999, 11, 31, 23, 59, 59) * 1000;

/** The timestamp of a computed moment, with six digits. One that the calendar can't write has its nearest moment as text. */
export function timestampOfMicros(epochMicros: number): Timestamp {
  const micros = Math.min(Math.max(epochMicros, FIRST_MICROS), LAST_MICROS);
  const fraction = ((micros % 1_000_000) + 1_000_000) % 1_000_000;
  const wholeSeconds = new Date((micros - fraction) / 1000).toISOString().slice(0, -'.000Z'.length);
  return { text: `${wholeSeconds}.${String(fraction).padStart(6, '0')}Z`, epochMicros, isWholeSecond: false };
}

/** Milliseconds from one moment to another, to the microsecond; negative if `to` is earlier. */
export const millisBetween = (from: Timestamp, to: Timestamp): number => (to.epochMicros - from.epochMicros) / 1000;

/** The first one of equals, and of one and none the one. */
export const earlier = (a: Timestamp | null, b: Timestamp | null): Timestamp | null =>
  a && b ? (b.epochMicros < a.epochMicros ? b : a) : (a ?? b);

export const later = (a: Timestamp | null, b: Timestamp | null): Timestamp | null =>
  a && b ? (b.epochMicros > a.epochMicros ? b : a) : (a ?? b);

export const earliest = (moments: readonly (Timestamp | null)[]): Timestamp | null => moments.reduce(earlier, null);

export const latest = (moments: readonly (Timestamp | null)[]): Timestamp | null => moments.reduce(later, null);
