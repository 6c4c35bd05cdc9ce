/** One look at a run for those who watch it, and whether another look tells anything new. */
import { isDeepStrictEqual } from 'node:util';
import type { StepFacts } from '../domain/types.ts';
import type { RunRef } from '../upstream/client.ts';
import type { GatewayError } from '../upstream/errors.ts';
import type { MaybeRecord, StepList } from './finality.ts';
import type { Served } from './resource-cache.ts';
import type { RunParts } from './run-store.ts';

export interface Reading {
  readonly ref: RunRef;
  readonly parts: RunParts;
  /** True if nothing of it will ever change. */
  readonly isFinal: boolean;
  /** Why it stands in for a newer one where the store itself has nothing to stand in; null otherwise. */
  readonly standsInFor: GatewayError | null;
}

/** Compares what the upstream told, whatever bytes and order it came in, and never when it was asked. */
export function isSameState(one: Reading, another: Reading): boolean {
  return (
    one.isFinal === another.isFinal &&
    isStale(one) === isStale(another) &&
    isSame(one.parts.record, another.parts.record, isDeepStrictEqual) &&
    isSame(one.parts.steps, another.parts.steps, areSameSteps)
  );
}

export const isStale = ({ parts: { record, steps } }: Reading): boolean =>
  [record, steps].some((part) => part !== null && part.staleReason !== null);

/** True if both were made of the very same answers of the upstream. */
export const isSameFetch = (one: Reading, another: Reading): boolean =>
  one.parts.record?.held === another.parts.record?.held && one.parts.steps?.held === another.parts.steps?.held;

/** Parts that were asked for within this time were asked for by one look. */
const ONE_LOOK_MS = 50;

/**
 * When another look is due that finds one made at this moment out of date. Parts that were asked for together stay
 * together: the one that came first waits until the other is due too.
 */
export function dueMs({ parts: { record, steps } }: Reading, untilMs: number, liveTtlMs: number): number {
  if (!record || !steps || Math.abs(record.held.sentAt - steps.held.sentAt) > ONE_LOOK_MS) return untilMs;
  return Math.max(untilMs, Math.max(record.held.fetchedAt, steps.held.fetchedAt) + liveTtlMs);
}

/** The last reading in place of one that could not be had. */
export function standIn(reading: Reading, error: GatewayError): Reading {
  const staleReason = `${error.code}: ${error.message}`;
  const mark = <T>(part: Served<T> | null) => part && { ...part, staleReason: part.staleReason ?? staleReason };
  const { record, steps, graph } = reading.parts;
  return {
    ...reading,
    parts: { record: mark(record), steps: mark(steps), graph },
    isFinal: false,
    standsInFor: error,
  };
}

function isSame<T extends MaybeRecord | StepList>(
  one: Served<T> | null,
  another: Served<T> | null,
  isEqual: (one: T, another: T) => boolean,
): boolean {
  if (!one || !another) return one === another;
  return one.held === another.held || isEqual(one.held.value, another.held.value);
}

/** The upstream promises no order of its list, so a step's place in it says nothing. */
const areSameSteps = (one: StepList, another: StepList): boolean =>
  one.length === another.length && isDeepStrictEqual(inOrder(one), inOrder(another));

const inOrder = (steps: StepList): StepFacts[] =>
  steps
    .map((step) => ({ ...step, index: 0 }))
    .sort((one, another) => compare(one.id, another.id) || startOf(one) - startOf(another));

const compare = (one: string, another: string): number => (one < another ? -1 : one > another ? 1 : 0);

const startOf = ({ startTime }: StepFacts): number => startTime?.epochMicros ?? 0;
