/** Steps of a run that have changed since an earlier state of it. */
import { isDeepStrictEqual } from 'node:util';
import type { Payload, Step, StepAttempt, StepFacts } from '../types.ts';
import { executionsOf, latestAttempts } from './attempts.ts';
import { shownError } from './step-error.ts';

/** State number of the latest change, by step id. States are numbered from 1. */
export type StepChanges = ReadonlyMap<string, number>;

export const NO_CHANGES: StepChanges = new Map();

type Steps = readonly StepFacts[];

export interface StepsOfRun {
  readonly steps: Steps;
  /** Whether the record, and not only the steps, shows that the run is over. */
  readonly isRunOver: boolean;
}

export interface ComparedSteps {
  /** Ids of new and changed steps. */
  readonly changed: ReadonlySet<string>;
  /** Whether a step has disappeared. */
  readonly hasFewer: boolean;
}

type IsSamePayload = (one: Payload, another: Payload) => boolean;

/**
 * Ignores positions in the list, whose order the upstream doesn't guarantee. A new position among a node's executions
 * is a change, and so is a new latest execution. Yields often, since payloads may be large.
 */
export function* compareSteps(
  before: StepsOfRun,
  after: StepsOfRun,
  isSamePayload: IsSamePayload,
): Generator<void, ComparedSteps, void> {
  const [was, is] = [byId(before.steps, (step) => step), byId(after.steps, (step) => step)];
  yield;
  const areSameSteps = (some: Steps, others: Steps): boolean =>
    some.length === others.length && some.every((step, index) => isSameStep(step, others[index], isSamePayload));
  const changed = yield* differingIds(was, is, areSameSteps);
  const hasFewer = [...was.keys()].some((id) => !is.has(id));
  if (changed.size > 0 || hasFewer || before.isRunOver !== after.isRunOver) {
    const attempts = [byId(before.steps, attemptIn(before)), byId(after.steps, attemptIn(after))] as const;
    for (const id of yield* differingIds(...attempts, isDeepStrictEqual)) changed.add(id);
  }
  return { changed, hasFewer };
}

/** Changes up to `state`, which has these steps. */
export const changesUpTo = (
  known: StepChanges,
  steps: Steps,
  changed: ReadonlySet<string>,
  state: number,
): StepChanges => new Map(steps.map(({ id }) => [id, changed.has(id) ? state : (known.get(id) ?? state)]));

/** Steps that have changed since state `since`, or all steps if it is 0. */
export const changedSteps = (steps: readonly Step[], changes: StepChanges, since: number): readonly Step[] =>
  steps.filter(({ id }) => (changes.get(id) ?? Infinity) > since);

type Groups<T> = ReadonlyMap<string, readonly T[]>;

function* differingIds<T>(
  was: Groups<T>,
  is: Groups<T>,
  areSame: (some: readonly T[], others: readonly T[]) => boolean,
): Generator<void, Set<string>, void> {
  const differing = new Set<string>();
  for (const [id, group] of is) {
    if (!areSame(was.get(id) ?? [], group)) differing.add(id);
    yield;
  }
  return differing;
}

/** Groups steps by id. Steps with equal ids are sorted by start. */
function byId<T>(steps: Steps, valueOf: (step: StepFacts) => T): Groups<T> {
  const groups = Map.groupBy(steps, ({ id }) => id);
  const startOf = ({ startTime }: StepFacts): number => startTime?.epochMicros ?? 0;
  return new Map([...groups].map(([id, group]) => [id, group.sort((a, b) => startOf(a) - startOf(b)).map(valueOf)]));
}

/**
 * Facts that are compared unchanged: errors as shown, reported tokens with their payload. Either list may contain
 * derived steps, which have more properties.
 */
const COMPARED: Readonly<
  Record<
    Exclude<
      keyof StepFacts,
      'id' | 'index' | 'error' | 'errorHash' | 'isRedacted' | 'payload' | 'inputsHash' | 'reportedTokens'
    >,
    true
  >
> = {
  nodeId: true,
  userId: true,
  organizationId: true,
  rawStatus: true,
  status: true,
  startTime: true,
  endTime: true,
  elapsedTime: true,
  itemKey: true,
  reportedAttempt: true,
  waits: true,
  tokens: true,
  problem: true,
};
const COMPARED_NAMES = Object.keys(COMPARED) as readonly (keyof typeof COMPARED)[];

function isSameStep(one: StepFacts, another: StepFacts | undefined, isSamePayload: IsSamePayload): boolean {
  if (!another) return false;
  // Payloads last, because comparing them takes longest.
  return (
    COMPARED_NAMES.every((name) => isDeepStrictEqual(one[name], another[name])) &&
    shownError(one) === shownError(another) &&
    isSamePayload(one.payload, another.payload)
  );
}

function attemptIn({ steps, isRunOver }: StepsOfRun): (step: StepFacts) => unknown {
  const executions = executionsOf(steps);
  const latest = new Set(latestAttempts(executions, isRunOver));
  const attempts = new Map<number, Partial<StepAttempt>>();
  for (const step of executions) {
    const { index, attempt, attemptCount, attemptKind, itemAttempt } = step;
    attempts.set(index, { attempt, attemptCount, attemptKind, itemAttempt, isLatest: latest.has(step) });
  }
  return ({ index }) => attempts.get(index);
}
