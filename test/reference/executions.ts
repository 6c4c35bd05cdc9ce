/** Status, duration, end and attempt of each step, as SCHEMA's definitions have them. */
import type { RawRun, RawStep } from './raw.ts';
import { readMoment, type Moment } from './times.ts';

export const WORDS: Readonly<Record<string, readonly string[]>> = {
  COMPLETED: ['completed', 'success', 'succeeded', 'done'],
  FAILED: ['failed', 'error', 'errored', 'timeout', 'timedout'],
  RUNNING: ['running', 'inprogress', 'started'],
  PENDING: ['pending', 'queued', 'waiting', 'scheduled'],
  CANCELLED: ['cancelled', 'canceled', 'stopped', 'aborted'],
  SKIPPED: ['skipped'],
};

export const FINISHED = ['COMPLETED', 'FAILED', 'CANCELLED', 'SKIPPED'];

export function statusOf(word: string): string {
  const plain = word.toLowerCase().replace(/[-_]/g, '');
  return Object.keys(WORDS).find((status) => WORDS[status]?.includes(plain)) ?? 'UNKNOWN';
}

/** Null where there is no error: blank, or JSON that holds nothing. */
export function errorOf(text: string | null): string | null {
  if (text === null || text.trim() === '') return null;
  let json: unknown = text;
  try {
    json = JSON.parse(text);
  } catch {
    return text;
  }
  const isNothing = ['null', '{}', '[]'].includes(JSON.stringify(json)) || (typeof json === 'string' && !json.trim());
  return isNothing ? null : text;
}

export interface Execution {
  readonly raw: RawStep;
  readonly index: number;
  readonly status: string;
  readonly isFinished: boolean;
  readonly start: Moment | null;
  readonly end: Moment | null;
}

export const executionsOf = (run: RawRun): Execution[] =>
  run.steps.map((raw, index) => {
    const status = statusOf(raw.word);
    const [start, end] = [readMoment(raw.start), readMoment(raw.end)];
    const isFinished = FINISHED.includes(status) || (status === 'UNKNOWN' && end !== null);
    return { raw, index, status, isFinished, start, end };
  });

export interface Duration {
  readonly micros: number | null;
  readonly source: string;
  readonly isSkewed: boolean;
}

export const saysItRuns = ({ status, isFinished }: Execution): boolean => !isFinished && status !== 'PENDING';

export const runs = (execution: Execution): boolean => saysItRuns(execution) && execution.end === null;

/** `liveUntil`: until when what runs is counted; null where nothing tells. */
export function durationOf(execution: Execution, now: number, liveUntil: number | null): Duration {
  const { raw, start, end, isFinished } = execution;
  const endsEarly = start !== null && end !== null && end.micros < start.micros;
  const startsLate = start !== null && saysItRuns(execution) && start.micros > now;
  const isSkewed = endsEarly || startsLate;
  const lasts = (micros: number | null, source: string) => ({ micros, source, isSkewed });
  if (start && end && !isSkewed) return lasts(end.micros - start.micros, 'TIMESTAMPS');
  if (start && runs(execution) && !isSkewed && liveUntil !== null) {
    return lasts(Math.max(0, liveUntil - start.micros), 'LIVE');
  }
  if (raw.elapsed !== null && raw.elapsed > 0 && raw.elapsed <= Number.MAX_SAFE_INTEGER)
    return lasts(raw.elapsed * 1_000_000, 'ELAPSED_SECONDS');
  if (isFinished && raw.elapsed === 0) return lasts(0, 'ELAPSED_SECONDS');
  return lasts(null, 'NONE');
}

/** Its `end_time`; for a skewed or missing one start + duration. What still counts up has no end yet. */
export function endOf(execution: Execution): number | null {
  const { start, end } = execution;
  if (end && (!start || end.micros >= start.micros)) return end.micros;
  const { micros } = durationOf(execution, Infinity, null);
  return start && micros !== null ? start.micros + micros : null;
}

export const placeOf = ({ start, end }: Execution): number => (start ?? end)?.micros ?? Infinity;

const inOrder = (key: (execution: Execution) => number) => (a: Execution, b: Execution) =>
  key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.index - b.index;

/** The order of lists. */
export const byStart = inOrder(({ start }) => start?.micros ?? Infinity);

/** The order of a node's executions. */
export const byPlace = inOrder(placeOf);

export interface Attempt {
  readonly number: number;
  readonly count: number;
  readonly kind: string;
  readonly previous: Execution | null;
  readonly isSuperseded: boolean;
}

export function attemptOf(execution: Execution, all: readonly Execution[]): Attempt {
  const ofNode = all.filter(({ raw }) => raw.node === execution.raw.node).sort(byPlace);
  const position = ofNode.findIndex(({ index }) => index === execution.index);
  const isRetry = (at: number): boolean => {
    const [before, one] = [ofNode[at - 1], ofNode[at]];
    const end = before?.status === 'FAILED' ? endOf(before) : null;
    return one !== undefined && end !== null && end <= placeOf(one);
  };
  return {
    number: position + 1,
    count: ofNode.length,
    kind: position === 0 ? 'FIRST' : isRetry(position) ? 'RETRY' : 'ITERATION',
    previous: isRetry(position) ? (ofNode[position - 1] ?? null) : null,
    isSuperseded: isRetry(position + 1),
  };
}

/** True for an execution that had ended when the last one of its node began. */
export function isPassed(execution: Execution, all: readonly Execution[]): boolean {
  const later = all.filter((other) => other.raw.node === execution.raw.node && byPlace(other, execution) > 0);
  const last = later.find((one) => later.every((other) => byPlace(other, one) <= 0));
  if (!last) return false;
  // What runs has no end yet, whatever its `elapsed_time` says.
  const end = execution.isFinished || execution.end ? endOf(execution) : null;
  return end === null ? execution.isFinished : end <= placeOf(last);
}

/** The latest execution of each node. */
export function latestOf(all: readonly Execution[], isRunOver: boolean): Execution[] {
  const remaining = all.filter((one) => !isPassed(one, all));
  const rank = ({ isFinished, status }: Execution) => (!isFinished && !isRunOver ? 2 : status === 'FAILED' ? 1 : 0);
  const outranks = (one: Execution, other: Execution) =>
    rank(one) === rank(other) ? byPlace(one, other) > 0 : rank(one) > rank(other);
  return remaining.filter((one) =>
    remaining.every((other) => other === one || other.raw.node !== one.raw.node || outranks(one, other)),
  );
}
