/** State of a run for its subscribers, and the comparison that detects changes. */
import { isDeepStrictEqual } from 'node:util';
import { isOver } from '../../domain/status.ts';
import {
  changesUpTo,
  compareSteps,
  NO_CHANGES,
  type ComparedSteps,
  type StepChanges,
  type StepsOfRun,
} from '../../domain/step/step-changes.ts';
import type { RunRef } from '../../upstream/client.ts';
import { isUpstreamFault, type GatewayError } from '../../upstream/errors.ts';
import { asStale, type MaybeRecord, type Snapshot, type StepList } from '../snapshot.ts';
import type { RunParts } from '../run-store.ts';
import { inPieces } from '../../runtime/in-pieces.ts';
import { createPayloadComparison } from '../../upstream/wire/payloads.ts';
import type { LiveState, LiveStates } from './topic.ts';

/** Result of one poll. */
export interface RunReading {
  readonly ref: RunRef;
  readonly parts: RunParts;
  /** Whether the parts will never change. */
  readonly isFinal: boolean;
  /** Error of a poll for which the store had not even a stale response, otherwise null. */
  readonly staleBecause: GatewayError | null;
  /** Parts that the failed poll loaded, or null. A new subscriber gets these, and no older ones. */
  readonly current: RunParts | null;
}

export interface RunState extends RunReading, LiveState {
  /** Changes of steps, empty if they aren't loaded. */
  readonly stepChanges: StepChanges;
}

export const runStates: LiveStates<RunState, RunReading> = {
  async follow(latest, read) {
    const { stepsError } = read.parts;
    // An upstream failure doesn't remove steps that were loaded before.
    if (stepsError && latest?.parts.steps && isUpstreamFault(stepsError)) {
      return next(latest, withFault(latest, stepsError, read.parts), SAME_STEPS);
    }
    return next(latest, read, await comparison(latest, read));
  },
  afterFault: (latest, error) => latest && next(latest, withFault(latest, error), SAME_STEPS),
  forNewcomer(state) {
    const { staleBecause, current } = state;
    if (staleBecause && !current) throw staleBecause;
    return current ? { ...state, parts: current } : state;
  },
  isSameFetch: (one, another) =>
    one.parts.record === another.parts.record &&
    one.parts.steps === another.parts.steps &&
    one.parts.stepsError === another.parts.stepsError,
  isWhole: (state) => !state.parts.stepsError && !isStale(state),
  isFinal: (state) => state.isFinal && !isStale(state),
  dueMs,
};

const SAME_STEPS: ComparedSteps = { changed: new Set(), hasFewer: false };

/** Compares the upstream's data. Formatting, order and fetch time don't count as changes. */
async function comparison(latest: RunState | null, reading: RunReading): Promise<ComparedSteps> {
  const [before, after] = [stepsOf(latest), stepsOf(reading)];
  if (before.steps === after.steps && before.isRunOver === after.isRunOver) return SAME_STEPS;
  return inPieces(compared(before, after));
}

const NO_STEPS: StepList = [];

function stepsOf(reading: RunReading | null): StepsOfRun {
  const record = reading?.parts.record?.value;
  return {
    steps: reading?.parts.steps?.value ?? NO_STEPS,
    isRunOver: record != null && isOver(record.status, record.endTime),
  };
}

function* compared(before: StepsOfRun, after: StepsOfRun): Generator<void, ComparedSteps, void> {
  const { prepare, isSame } = createPayloadComparison();
  const [[first], [other]] = [before.steps, after.steps];
  if (first && other) yield* prepare(first.payload, other.payload);
  return yield* compareSteps(before, after, isSame);
}

function next(latest: RunState | null, reading: RunReading, { changed, hasFewer }: ComparedSteps): RunState {
  const { steps } = reading.parts;
  const isSame =
    latest !== null &&
    changed.size === 0 &&
    !hasFewer &&
    latest.isFinal === reading.isFinal &&
    isStale(latest) === isStale(reading) &&
    isSameRecord(latest.parts.record, reading.parts.record) &&
    textOf(latest.parts.stepsError) === textOf(reading.parts.stepsError);
  const sequence = isSame ? latest.sequence : (latest?.sequence ?? 0) + 1;
  const known = latest?.stepChanges ?? NO_CHANGES;
  return { ...reading, sequence, stepChanges: changesUpTo(known, steps?.value ?? [], changed, sequence) };
}

function isStale({ parts: { record, steps } }: RunReading): boolean {
  return (record !== null && record.staleReason !== null) || (steps !== null && steps.staleReason !== null);
}

const textOf = (error: GatewayError | null): string | null => error && `${error.code}: ${error.message}`;

/** Parts requested within this time belong to one poll. */
const ONE_POLL_MS = 50;

/** Returns the time of the next poll. Parts requested together wait for each other, so they share polls. */
function dueMs({ parts: { record, steps } }: RunReading, untilMs: number, liveTtlMs: number): number {
  if (!record || !steps || Math.abs(record.sentAt - steps.sentAt) > ONE_POLL_MS) return untilMs;
  return Math.max(untilMs, Math.max(record.fetchedAt, steps.fetchedAt) + liveTtlMs);
}

/** Returns the latest state instead of a failed one (stale-if-error). `current` has the parts that were loaded. */
function withFault(latest: RunReading, error: GatewayError, current: RunParts | null = null): RunReading {
  const staleReason = `${error.code}: ${error.message}`;
  const mark = <T>(part: Snapshot<T> | null) => part && asStale(part, part.staleReason ?? staleReason);
  const { record, steps, stepsError, graph } = latest.parts;
  return {
    ...latest,
    parts: { record: current?.record ?? mark(record), steps: mark(steps), stepsError, graph },
    isFinal: false,
    staleBecause: error,
    current,
  };
}

/** Whether the records are equal, ignoring staleness. */
export function isSameRecord(one: Snapshot<MaybeRecord> | null, another: Snapshot<MaybeRecord> | null): boolean {
  if (!one || !another) return one === another;
  const [record, other] = [one.value, another.value];
  if (!record || !other || record === other) return record === other;
  // Node tokens aren't compared, because only trends read them.
  const apart = { payload: null, nodeTokens: null };
  const isAlike = isDeepStrictEqual({ ...record, ...apart }, { ...other, ...apart });
  return isAlike && createPayloadComparison().isSame(record.payload, other.payload);
}
