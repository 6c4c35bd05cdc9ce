/** Times in the reader's time zone, with the upstream's exact text on hover. */

import { useNow } from '../timing/now.ts';

const SHORT: Intl.DateTimeFormatOptions = {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
};
const OF_THIS_YEAR = new Intl.DateTimeFormat('en-GB', SHORT);
const OF_ANOTHER_YEAR = new Intl.DateTimeFormat('en-GB', { ...SHORT, year: 'numeric' });
const AGO = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

export function momentText(at: string): string {
  const date = new Date(at);
  const isOfThisYear = date.getFullYear() === new Date().getFullYear();
  return (isOfThisYear ? OF_THIS_YEAR : OF_ANOTHER_YEAR).format(date);
}

export function Moment({ at }: { readonly at: string | null | undefined }) {
  if (at == null) return <span>–</span>;
  return (
    <time dateTime={at} title={at}>
      {momentText(at)}
    </time>
  );
}

/** UTC time to the millisecond, as in logs: the same text for every reader. */
export function UtcMoment({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={at}>
      {new Date(at).toISOString().slice(0, 23).replace('T', ' ')}
    </time>
  );
}

export function Ago({ at }: { readonly at: string | null | undefined }) {
  const nowMs = useNow();
  if (at == null) return <span>–</span>;
  return (
    <time dateTime={at} title={at}>
      {formatAgo(Date.parse(at), nowMs)}
    </time>
  );
}

export function formatAgo(thenMs: number, nowMs: number): string {
  const passed = Math.max(0, nowMs - thenMs);
  const [unit, size] = UNITS.find(([, unitMs]) => passed >= unitMs) ?? ['second', 1000];
  return AGO.format(-Math.floor(passed / size), unit);
}
