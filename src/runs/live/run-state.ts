/** The state of a run for its subscribers, and the comparison that decides whether a poll brought a change. */
import { isDeepStrictEqual } from 'node:util';
import {
  changesUpTo,
  compareSteps,
  NO_CHANGES,
  type ComparedSteps,
  type StepChanges,
} from '../../domain/step/step-changes.ts';
import type { RunRef } from '../../upstream/client.ts';
import { isUpstreamFault, type GatewayError } from '../../upstream/errors.ts';
import { asStale, type MaybeRecord, type Snapshot, type StepList } from '../snapshot.ts';
import type { RunParts } from '../run-store.ts';
import { inPieces } from '../../upstream/transport/in-pieces.ts';
import { createPayloadComparison } from '../../upstream/wire/payloads.ts';
import type { LiveState, LiveStates } from './live-state.ts';

/** What one poll brought. */
export interface RunReading {
  readonly ref: RunRef;
  readonly parts: RunParts;
  /** True if none of the parts will ever change. */
  readonly isFinal: boolean;
  /** The error of a poll for which even the store had no stale answer; null otherwise. */
  readonly staleBecause: GatewayError | null;
  /** What that poll did bring: what a new subscriber gets, since it may not be given what is older. */
  readonly current: RunParts | null;
}

export interface RunState extends RunReading, LiveState {
  /** Empty where the steps are not there. */
  readonly stepChanges: StepChanges;
}

export const runStates: LiveStates<RunState, RunReading> = {
  async follow(latest, read) {
    const { stepsError } = read.parts;
    // Steps that were there are not taken away by a fault.
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
  requestedAt: ({ parts: { record, steps } }) => Math.max(record?.sentAt ?? -Infinity, steps?.sentAt ?? -Infinity),
  isStale,
  isWhole: (state) => !state.parts.stepsError && !isStale(state),
  isFinal: (state) => state.isFinal && !isStale(state),
  dueMs,
};

const SAME_STEPS: ComparedSteps = { changed: new Set(), hasFewer: false };

/** Compares the upstream's data; neither bytes, order nor the time of the fetch count as a change. */
async function comparison(latest: RunState | null, { parts: { steps } }: RunReading): Promise<ComparedSteps> {
  const before = latest?.parts.steps?.value;
  if (steps?.value === before) return SAME_STEPS;
  return inPieces(compared(before ?? [], steps?.value ?? []));
}

function* compared(before: StepList, after: StepList): Generator<void, ComparedSteps, void> {
  const { prepare, isSame } = createPayloadComparison();
  if (before[0] && after[0]) yield* prepare(before[0].payload, after[0].payload);
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

/** Parts that were requested within this time belong to one poll. */
const ONE_POLL_MS = 50;

/**
 * When the next poll is due. Parts that were requested together stay together: the one that came first waits until the
 * other is due, too. Otherwise each would have polls of its own.
 */
function dueMs({ parts: { record, steps } }: RunReading, untilMs: number, liveTtlMs: number): number {
  if (!record || !steps || Math.abs(record.sentAt - steps.sentAt) > ONE_POLL_MS) return untilMs;
  return Math.max(untilMs, Math.max(record.fetchedAt, steps.fetchedAt) + liveTtlMs);
}

/** The last state in place of one that could not be fetched, or of which only the record could (stale-if-error). */
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

/** Stale or not: see `isStale`. */
export function isSameRecord(one: Snapshot<MaybeRecord> | null, another: Snapshot<MaybeRecord> | null): boolean {
  if (!one || !another) return one === another;
  const [record, other] = [one.value, another.value];
  if (!record || !other || record === other) return record === other;
  // No field of a run reads the tokens of its nodes: trends do.
  const apart = { payload: null, nodeTokens: null };
  const isAlike = isDeepStrictEqual({ ...record, ...apart }, { ...other, ...apart });
  return isAlike && createPayloadComparison().isSame(record.payload, other.payload);
}
