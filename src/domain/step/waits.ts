/** Waits of a step for a person or an event. They are neither work nor idle time. */
import { earliest, later, latest, type Timestamp } from '../timestamp.ts';
import type { StepFacts } from '../types.ts';

type WaitingStep = Pick<StepFacts, 'status' | 'startTime' | 'waits'>;

/** In microseconds since 1970. */
export interface Period {
  readonly start: number;
  readonly end: number;
}

const NO_WAITS: readonly Period[] = [];

/** Waits between start and end, in order, without overlaps. An open wait ends at `end`. */
export function waitsWithin(step: WaitingStep, start: number, end: number): readonly Period[] {
  const since = waitingSince(step);
  if (step.waits.length === 0 && !since) return NO_WAITS;
  const waits = step.waits.map(({ from, to }) => ({ from: from.epochMicros, to: to?.epochMicros ?? end }));
  if (since) waits.push({ from: since.epochMicros, to: end });
  const periods: { start: number; end: number }[] = [];
  for (const { from, to } of waits.sort((a, b) => a.from - b.from)) {
    const period = { start: Math.max(from, start), end: Math.min(to, end) };
    if (period.end <= period.start) continue;
    const last = periods.at(-1);
    if (last && period.start <= last.end) last.end = Math.max(last.end, period.end);
    else periods.push(period);
  }
  return periods;
}

/** Periods between start and end in which the step didn't wait, in order. */
export function workWithin(step: WaitingStep, start: number, end: number): readonly Period[] {
  const waits = waitsWithin(step, start, end);
  const starts = [start, ...waits.map((wait) => wait.end)];
  const ends = [...waits.map((wait) => wait.start), end];
  return starts.map((from, at) => ({ start: from, end: ends[at] ?? end })).filter((part) => part.end > part.start);
}

/** Start of the current wait. If not reported, the end of the last wait, or the start. */
export function waitingSince({ status, startTime, waits }: WaitingStep): Timestamp | null {
  if (status !== 'WAITING') return null;
  const lasting = earliest(waits.flatMap(({ from, to }) => (to === null ? from : [])));
  return later(startTime, lasting ?? latest(waits.map(({ to }) => to)));
}
