/** Times in the reader's time zone, with the zone and the exact time in UTC as their title, and running durations. */
import { formatDuration } from '../format/duration.ts';
import { NOT_REPORTED } from '../format/numbers.ts';
import { formatAgo } from './ago.ts';
import { useNow, useTicking } from './now.ts';

const SHORT: Intl.DateTimeFormatOptions = {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
};
const OF_THIS_YEAR = new Intl.DateTimeFormat('en-GB', SHORT);
const OF_ANOTHER_YEAR = new Intl.DateTimeFormat('en-GB', { ...SHORT, year: 'numeric' });
const WITH_ZONE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY_AND_CLOCK = new Intl.DateTimeFormat('en-GB', { ...SHORT, second: undefined });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const HOUR_MS = 3_600_000;

/** Up to yesterday, the phrase leaves no doubt about the day. */
function clockText(then: Date, nowMs: number): string {
  const yesterday = new Date(nowMs).setHours(-24, 0, 0, 0);
  if (then.getTime() >= yesterday) return CLOCK.format(then);
  return (then.getFullYear() === new Date(nowMs).getFullYear() ? DAY_AND_CLOCK : DAY).format(then);
}

export function momentText(at: string): string {
  const date = new Date(at);
  const isOfThisYear = date.getFullYear() === new Date().getFullYear();
  return (isOfThisYear ? OF_THIS_YEAR : OF_ANOTHER_YEAR).format(date);
}

interface TimeProps {
  readonly at: string;
  readonly children: string;
}

function Time({ at, children }: TimeProps) {
  const date = new Date(at);
  // A `Date` loses the microseconds.
  const utc = at.endsWith('Z') ? at : date.toISOString();
  return (
    <time dateTime={at} title={`Local: ${WITH_ZONE.format(date)}\nUTC: ${utc}`}>
      {children}
    </time>
  );
}

export const Moment = ({ at }: { readonly at: string | null | undefined }) =>
  at == null ? NOT_REPORTED : <Time at={at}>{momentText(at)}</Time>;

/** UTC time to the millisecond, as in logs: the same for every reader. */
export const UtcMoment = ({ at }: { readonly at: string }) => (
  <Time at={at}>{new Date(at).toISOString().slice(0, 23).replace('T', ' ')}</Time>
);

interface AgoProps {
  readonly at: string | null | undefined;
  /** Whether the exact moment is shown next to it. */
  readonly hasMoment?: boolean;
}

/** From an hour on, includes the moment: "5 hours ago, 09:41". */
export function Ago({ at, hasMoment = false }: AgoProps) {
  const nowMs = useNow();
  if (at == null) return NOT_REPORTED;
  const thenMs = Date.parse(at);
  const ago = formatAgo(thenMs, nowMs);
  return (
    <Time at={at}>{hasMoment || nowMs - thenMs < HOUR_MS ? ago : `${ago}, ${clockText(new Date(at), nowMs)}`}</Time>
  );
}

interface TickingProps {
  /** Milliseconds at the latest response. */
  readonly ms: number | null;
  readonly isTicking: boolean;
}

/** Duration that keeps growing between responses. */
export const Ticking = ({ ms, isTicking }: TickingProps) => formatDuration(useTicking(ms, isTicking));
