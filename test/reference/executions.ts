/** Status, duration, end and attempt of each step, by the definitions in SCHEMA. */
import { isDeepStrictEqual } from 'node:util';
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

/** Null without an error: blank text, or empty JSON. */
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

/** `liveUntil`: the time until which unfinished steps are counted; null if unknown. */
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

/** Its `end_time`; start + duration if that is skewed or missing. Unfinished steps have no end. */
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

const isBlank = (inputs: unknown): boolean => ['null', '""', '[]', '{}'].includes(JSON.stringify(inputs ?? null));

/** An end that is known: an unfinished execution without an `end_time` has none. */
const knownEndOf = (execution: Execution): number | null =>
  execution.isFinished || execution.end ? endOf(execution) : null;

/** For each of a node's executions, in order, the position of the failure that it repeats. */
function repeatedBy(ofNode: readonly Execution[]): readonly (number | undefined)[] {
  const everOverlap = ofNode.some((one, at) =>
    ofNode.slice(at + 1).some((later) => (knownEndOf(one) ?? -Infinity) > placeOf(later)),
  );
  const repeats: (number | undefined)[] = [];
  for (const [at, execution] of ofNode.entries()) {
    const couldRepeat = ofNode.slice(0, at).flatMap((before, position) => {
      const hadEnded = (endOf(before) ?? Infinity) <= placeOf(execution);
      const isKnown = endOf(before) !== null;
      return before.status === 'FAILED' && isKnown && hadEnded && !repeats.includes(position) ? [position] : [];
    });
    const ofSameInputs = couldRepeat.filter(
      (position) =>
        !isBlank(execution.raw.inputs) && isDeepStrictEqual(ofNode[position]?.raw.inputs, execution.raw.inputs),
    );
    const directlyBefore = everOverlap ? undefined : couldRepeat.find((position) => position === at - 1);
    repeats.push(ofSameInputs.at(-1) ?? directlyBefore);
  }
  return repeats;
}

const ofNodeOf = (execution: Execution, all: readonly Execution[]): readonly Execution[] =>
  all.filter(({ raw }) => raw.node === execution.raw.node).sort(byPlace);

export function attemptOf(execution: Execution, all: readonly Execution[]): Attempt {
  const ofNode = ofNodeOf(execution, all);
  const repeats = repeatedBy(ofNode);
  const position = ofNode.findIndex(({ index }) => index === execution.index);
  const previous = ofNode[repeats[position] ?? -1] ?? null;
  return {
    number: position + 1,
    count: ofNode.length,
    kind: position === 0 ? 'FIRST' : previous ? 'RETRY' : 'ITERATION',
    previous,
    isSuperseded: repeats.includes(position),
  };
}

/** The latest execution of each node. */
export function latestOf(all: readonly Execution[], isRunOver: boolean): Execution[] {
  const nodes = [...new Set([...all].sort(byPlace).map(({ raw }) => raw.node))];
  return nodes.flatMap((node) => {
    const ofNode = all.filter(({ raw }) => raw.node === node).sort(byPlace);
    const last = ofNode.slice(-1);
    const considered = ofNode.filter((one) => {
      const end = saysItRuns(one) ? knownEndOf(one) : null;
      // As everywhere, an end comes before a start at the same moment.
      const hadEnded = end !== null && last.every((other) => other !== one && end <= placeOf(other));
      return !hadEnded && !attemptOf(one, all).isSuperseded;
    });
    const unfinished = considered.filter(({ isFinished }) => !isFinished && !isRunOver);
    const failed = considered.filter(({ status }) => status === 'FAILED');
    return (unfinished.length > 0 ? unfinished : failed.length > 0 ? failed : last).slice(-1);
  });
}
