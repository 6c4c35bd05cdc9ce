/** A moment as the upstream wrote it: the text for the client, whole microseconds for exact arithmetic. */
export interface Timestamp {
  /** RFC 3339, with the digits that the upstream sent. */
  readonly text: string;
  /** Microseconds since 1970: an integer, exact below 2^53 (the year 2255), so differences carry no rounding noise. */
  readonly epochMicros: number;
  /** True when no fraction was sent: the moment is only known to the second. */
  readonly isWholeSecond: boolean;
}

// Date, `T` or a space, time, fraction, zone. The upstream sends both `2025-03-13T02:41:15.144470Z` and
// `2025-03-12 00:59:55.465508+00:00`; a missing zone is read as UTC, in which the upstream writes.
const SHAPE = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9})\d*)?\s?([Zz]|[+-]\d{2}:?\d{2})?$/;

/** Null for anything that is not a timestamp: an unknown time is no reason to refuse a run. */
export function parseTimestamp(value: string | null | undefined): Timestamp | null {
  const match = value ? SHAPE.exec(value.trim()) : null;
  if (!match) return null;
  const [, date = '', time = '', fraction = '', zone = 'Z'] = match;
  const offset = zone.toUpperCase() === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  const wholeSeconds = Date.parse(`${date}T${time}${offset}`);
  if (Number.isNaN(wholeSeconds)) return null;
  const text = `${date}T${time}${fraction && `.${fraction}`}${offset}`;
  return {
    // Mostly the text is in that form already, and then there is no need to hold another.
    text: text === value ? value : text,
    epochMicros: wholeSeconds * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6)),
    isWholeSecond: Number(fraction) === 0,
  };
}

/** The timestamp of a clock reading, in milliseconds since 1970. */
export function timestampOf(epochMs: number): Timestamp {
  return { text: new Date(epochMs).toISOString(), epochMicros: Math.floor(epochMs * 1000), isWholeSecond: false };
}

/** The timestamp of a computed moment, with six digits. */
export function timestampOfMicros(epochMicros: number): Timestamp {
  const fraction = ((epochMicros % 1_000_000) + 1_000_000) % 1_000_000;
  const wholeSeconds = new Date((epochMicros - fraction) / 1000).toISOString().slice(0, -'.000Z'.length);
  return { text: `${wholeSeconds}.${String(fraction).padStart(6, '0')}Z`, epochMicros, isWholeSecond: false };
}

/** Milliseconds from one moment to another, to the microsecond; negative if `to` is earlier. */
export const millisBetween = (from: Timestamp, to: Timestamp): number => (to.epochMicros - from.epochMicros) / 1000;

export const earliest = (moments: Iterable<Timestamp | null>): Timestamp | null =>
  pick(moments, (candidate, best) => candidate.epochMicros < best.epochMicros);

export const latest = (moments: Iterable<Timestamp | null>): Timestamp | null =>
  pick(moments, (candidate, best) => candidate.epochMicros > best.epochMicros);

function pick(
  moments: Iterable<Timestamp | null>,
  isBetter: (candidate: Timestamp, best: Timestamp) => boolean,
): Timestamp | null {
  let best: Timestamp | null = null;
  for (const moment of moments) if (moment && (!best || isBetter(moment, best))) best = moment;
  return best;
}
