/** A snapshot of a run for its subscribers, and the comparison that decides whether a poll brought a change. */
import { isDeepStrictEqual } from 'node:util';
import type { RunRecord, StepFacts } from '../../domain/types.ts';
import type { RunRef } from '../../upstream/client.ts';
import type { GatewayError } from '../../upstream/errors.ts';
import type { MaybeRecord, StepList } from '../finality.ts';
import type { Served } from '../resource-cache.ts';
import type { RunParts } from '../run-store.ts';

export interface Snapshot {
  readonly ref: RunRef;
  readonly parts: RunParts;
  /** True if nothing of the run will ever change. */
  readonly isFinal: boolean;
  /** The error of a poll for which even the store had no stale answer; null otherwise. */
  readonly staleBecause: GatewayError | null;
  /** What that poll did bring: what a new subscriber gets, since it may not be given what is older. */
  readonly current: RunParts | null;
}

/** Compares the upstream's data; neither bytes, order nor the time of the fetch count as a change. */
export function isSameState(one: Snapshot, another: Snapshot): boolean {
  return (
    one.isFinal === another.isFinal &&
    isStale(one) === isStale(another) &&
    isSame(one.parts.record, another.parts.record, areSameRecords) &&
    isSame(one.parts.steps, another.parts.steps, areSameSteps) &&
    textOf(one.parts.stepsError) === textOf(another.parts.stepsError)
  );
}

export const isStale = ({ parts: { record, steps } }: Snapshot): boolean =>
  [record, steps].some((part) => part !== null && part.staleReason !== null);

/** True if both come from the same upstream calls. */
export const isSameFetch = (one: Snapshot, another: Snapshot): boolean =>
  one.parts.record?.cached === another.parts.record?.cached &&
  one.parts.steps?.cached === another.parts.steps?.cached &&
  one.parts.stepsError === another.parts.stepsError;

/** True if a part of it was requested then or later. */
export const wasRequestedSince = ({ parts: { record, steps } }: Snapshot, ms: number): boolean =>
  [record, steps].some((part) => part !== null && part.cached.sentAt >= ms);

const textOf = (error: GatewayError | null): string | null => error && `${error.code}: ${error.message}`;

/** Parts that were requested within this time belong to one poll. */
const ONE_POLL_MS = 50;

/**
 * When the next poll is due. Parts that were requested together stay together: the one that came first waits until the
 * other is due, too. Otherwise each would have polls of its own.
 */
export function dueMs({ parts: { record, steps } }: Snapshot, untilMs: number, liveTtlMs: number): number {
  if (!record || !steps || Math.abs(record.cached.sentAt - steps.cached.sentAt) > ONE_POLL_MS) return untilMs;
  return Math.max(untilMs, Math.max(record.cached.fetchedAt, steps.cached.fetchedAt) + liveTtlMs);
}

/** The last snapshot in place of one that could not be fetched, or of which only the record could (stale-if-error). */
export function asStale(snapshot: Snapshot, error: GatewayError, current: RunParts | null = null): Snapshot {
  const staleReason = `${error.code}: ${error.message}`;
  const mark = <T>(part: Served<T> | null) => part && { ...part, staleReason: part.staleReason ?? staleReason };
  const { record, steps, stepsError, graph } = snapshot.parts;
  return {
    ...snapshot,
    parts: { record: current?.record ?? mark(record), steps: mark(steps), stepsError, graph },
    isFinal: false,
    staleBecause: error,
    current,
  };
}

function isSame<T extends MaybeRecord | StepList>(
  one: Served<T> | null,
  another: Served<T> | null,
  isEqual: (one: T, another: T) => boolean,
): boolean {
  if (!one || !another) return one === another;
  return one.cached === another.cached || isEqual(one.cached.value, another.cached.value);
}

const areSameRecords = (one: MaybeRecord, another: MaybeRecord): boolean =>
  isDeepStrictEqual(one && withPayload(one), another && withPayload(another));

/**
 * The payload by value: each fetch has a text, and so a function, of its own. It is nested at most MAX_JSON_DEPTH levels
 * deep, so the recursion of the comparison is bounded.
 */
const withPayload = <T extends RunRecord | StepFacts>(facts: T) => ({ ...facts, payload: facts.payload() });

/** The upstream promises no order of its list, so a step's position is ignored. */
const areSameSteps = (one: StepList, another: StepList): boolean =>
  one.length === another.length && isDeepStrictEqual(inOrder(one), inOrder(another));

const inOrder = (steps: StepList) =>
  steps
    .map((step) => ({ ...withPayload(step), index: 0 }))
    .sort((one, another) => compare(one.id, another.id) || startOf(one) - startOf(another));

const compare = (one: string, another: string): number => (one < another ? -1 : one > another ? 1 : 0);

const startOf = ({ startTime }: Pick<StepFacts, 'startTime'>): number => startTime?.epochMicros ?? 0;
