/** Status, duration, end and attempt of each step, by the definitions in SCHEMA. */
import { isDeepStrictEqual } from 'node:util';
import type { RawRun, RawStep } from './raw.ts';
import { covers, piecesOf, readMoment, type Moment, type Stretch } from './times.ts';

export const WORDS: Readonly<Record<string, readonly string[]>> = {
  COMPLETED: ['completed', 'success', 'succeeded', 'done'],
  FAILED: ['failed', 'error', 'errored', 'timeout', 'timedout'],
  RUNNING: ['running', 'inprogress', 'started'],
  WAITING: ['waitingforinput', 'suspended', 'paused', 'blocked'],
  PENDING: ['pending', 'queued', 'waiting', 'scheduled'],
  CANCELLED: ['cancelled', 'canceled', 'stopped', 'aborted'],
  SKIPPED: ['skipped'],
};

export const FINISHED = ['COMPLETED', 'FAILED', 'CANCELLED', 'SKIPPED'];

export function statusOf(word: string): string {
  const plain = word.toLowerCase().replace(/[-_]/g, '');
  return Object.keys(WORDS).find((status) => WORDS[status]?.includes(plain)) ?? 'UNKNOWN';
}

/** Returns null without an error: blank, or empty JSON. */
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

/** Waits that have a start and, unless they last, an end. `to` is null while a wait lasts. */
const reportedWaits = ({ raw }: Execution) =>
  raw.waits.flatMap(([start, end]) => {
    const [from, to] = [readMoment(start)?.micros, readMoment(end)?.micros];
    return from !== undefined && (to !== undefined || end === null) ? [{ from, to: to ?? null }] : [];
  });

/** Returns null unless it waits: the start of the wait that lasts, else the end of the last wait, but not before its own start. */
export function waitingSinceOf(execution: Execution): number | null {
  if (execution.status !== 'WAITING') return null;
  const waits = reportedWaits(execution);
  const lasting = waits.filter(({ to }) => to === null).map(({ from }) => from);
  const over = waits.flatMap(({ to }) => to ?? []);
  const since = lasting.length > 0 ? [Math.min(...lasting)] : over.length > 0 ? [Math.max(...over)] : [];
  const candidates = [...since, ...(execution.start ? [execution.start.micros] : [])];
  return candidates.length > 0 ? Math.max(...candidates) : null;
}

/** The parts of a stretch in which the execution waited, and those in which it worked. */
function partsOf(execution: Execution, { from, to }: Stretch) {
  const since = waitingSinceOf(execution);
  const waits = [
    ...reportedWaits(execution).map((wait) => ({ from: wait.from, to: wait.to ?? to })),
    ...(since === null ? [] : [{ from: since, to }]),
  ].filter((wait) => wait.from < wait.to);
  const pieces = piecesOf(waits, from, to).filter((piece) => from <= piece.from && piece.to <= to);
  const waited = pieces.filter((piece) => waits.some((wait) => covers(wait, piece.from)));
  return { waited, worked: pieces.filter((piece) => !waited.includes(piece)) };
}

const lengthOf = (stretches: readonly Stretch[]): number => stretches.reduce((sum, { from, to }) => sum + to - from, 0);

export interface Duration {
  /** Without waits. */
  readonly micros: number | null;
  /** Parts; empty if its length or start is unknown. A step without waits has one part, which may be a point. */
  readonly worked: readonly Stretch[];
  readonly waited: readonly Stretch[];
  /** From the start to the end, with waits. */
  readonly span: Stretch | null;
  readonly source: string;
  readonly isSkewed: boolean;
}

export const isUnderWay = ({ status, isFinished }: Execution): boolean => !isFinished && status !== 'PENDING';

export const runs = (execution: Execution): boolean => isUnderWay(execution) && execution.end === null;

/** `liveUntil`: the time until which unfinished steps are counted; null if unknown. */
export function durationOf(execution: Execution, now: number, liveUntil: number | null): Duration {
  const { raw, start, end, isFinished } = execution;
  const endsEarly = start !== null && end !== null && end.micros < start.micros;
  const startsLate = start !== null && isUnderWay(execution) && start.micros > now;
  const isSkewed = endsEarly || startsLate;
  const lasts = (micros: number | null, source: string): Duration => {
    const span = start && micros !== null ? { from: start.micros, to: start.micros + micros } : null;
    return { micros, source, isSkewed, span, worked: span ? [span] : [], waited: [] };
  };
  const until = (from: number, to: number, source: string): Duration => {
    const { worked, waited } = partsOf(execution, { from, to });
    const all = lasts(to - from, source);
    return waited.length === 0 ? all : { ...all, micros: lengthOf(worked), worked, waited };
  };
  if (start && end && !isSkewed) return until(start.micros, end.micros, 'TIMESTAMPS');
  if (start && runs(execution) && !isSkewed && liveUntil !== null) {
    return until(start.micros, Math.max(start.micros, liveUntil), 'LIVE');
  }
  if (raw.elapsed !== null && raw.elapsed > 0 && raw.elapsed <= Number.MAX_SAFE_INTEGER)
    return lasts(raw.elapsed * 1_000_000, 'ELAPSED_SECONDS');
  if (isFinished && raw.elapsed === 0) return lasts(0, 'ELAPSED_SECONDS');
  return lasts(null, 'NONE');
}

/** Its `end_time`; start + duration if that is skewed or missing. Null for unfinished steps. */
export function endOf(execution: Execution): number | null {
  const { start, end } = execution;
  if (end && (!start || end.micros >= start.micros)) return end.micros;
  return durationOf(execution, Infinity, null).span?.to ?? null;
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
  /** Number of the attempt at its item. */
  readonly ofItem: number;
}

const isBlank = (inputs: unknown): boolean => ['null', '""', '[]', '{}'].includes(JSON.stringify(inputs ?? null));

/** An end that is known: an unfinished execution without an `end_time` has none. */
const knownEndOf = (execution: Execution): number | null =>
  execution.isFinished || execution.end ? endOf(execution) : null;

/** For each of a node's executions, in order, the position of the failure that it repeats. */
function repeatedBy(ofNode: readonly Execution[]): readonly (number | undefined)[] {
  const everOverlap = (item: string | null) => {
    const ofItem = ofNode.filter(({ raw }) => raw.item === item);
    return ofItem.some((one, at) =>
      ofItem.slice(at + 1).some((later) => (knownEndOf(one) ?? -Infinity) > placeOf(later)),
    );
  };
  const repeats: (number | undefined)[] = [];
  for (const [at, execution] of ofNode.entries()) {
    const { item, attempt } = execution.raw;
    const couldRepeat = ofNode.slice(0, at).flatMap((before, position) => {
      const hadEnded = endOf(before) !== null && (endOf(before) ?? Infinity) <= placeOf(execution);
      const isBefore = attempt === null ? hadEnded : before.raw.attempt === attempt - 1;
      const isFailureOfItem = before.status === 'FAILED' && before.raw.item === item;
      return isFailureOfItem && isBefore && !repeats.includes(position) ? [position] : [];
    });
    const ofSameInputs = couldRepeat.filter(
      (position) =>
        !isBlank(execution.raw.inputs) && isDeepStrictEqual(ofNode[position]?.raw.inputs, execution.raw.inputs),
    );
    const lastOfItem = ofNode.slice(0, at).findLastIndex(({ raw }) => raw.item === item);
    const isBlankOne = (position: number) => isBlank(execution.raw.inputs) || isBlank(ofNode[position]?.raw.inputs);
    const directlyBefore = everOverlap(item)
      ? undefined
      : couldRepeat.find((position) => position === lastOfItem && isBlankOne(position));
    repeats.push(ofSameInputs.at(-1) ?? (attempt === null ? directlyBefore : couldRepeat.at(-1)));
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
    ofItem: execution.raw.attempt ?? (previous ? attemptOf(previous, all).ofItem + 1 : 1),
  };
}

/** The latest execution of each node. */
export function latestOf(all: readonly Execution[], isRunOver: boolean): Execution[] {
  const nodes = [...new Set([...all].sort(byPlace).map(({ raw }) => raw.node))];
  return nodes.flatMap((node) => {
    const ofNode = all.filter(({ raw }) => raw.node === node).sort(byPlace);
    const last = ofNode.slice(-1);
    const considered = ofNode.filter((one) => {
      const end = isUnderWay(one) ? knownEndOf(one) : null;
      // As everywhere, an end comes before a start at the same moment.
      const hadEnded = end !== null && last.every((other) => other !== one && end <= placeOf(other));
      return !hadEnded && !attemptOf(one, all).isSuperseded;
    });
    const unfinished = considered.filter(({ isFinished }) => !isFinished && !isRunOver);
    const failed = considered.filter(({ status }) => status === 'FAILED');
    return (unfinished.length > 0 ? unfinished : failed.length > 0 ? failed : last).slice(-1);
  });
}
