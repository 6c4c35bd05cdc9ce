/** A live poller whose polls the test answers by hand. */
import { createLivePoller, type LivePoller, type PollResult } from '../../src/runs/live/live-poller.ts';
import type { RunReading, Snapshot } from '../../src/runs/live/snapshot.ts';
import type { TurnsListener } from '../../src/runs/live/turns.ts';
import type { GatewayError } from '../../src/upstream/errors.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { createComparedStates } from './compared-states.ts';
import { ran } from './facts.ts';
import { settle } from './operations.ts';

export interface Poll {
  readonly atMs: number;
  readonly isAnnounced: boolean;
  readonly signal: AbortSignal;
  /** Answers with a run of so many steps, as of now. */
  answer(steps: number, fields?: SnapshotFields): Promise<void>;
  /** Answers with what the poll before was answered with. */
  answerCached(): Promise<void>;
  /** Answers with what the record tells alone, as the steps call has failed. */
  answerWithout(stepsError: GatewayError): Promise<void>;
  fail(error: Error): Promise<void>;
}

export interface SnapshotFields {
  readonly isFinal?: boolean;
  readonly staleReason?: string | null;
  readonly sentAt?: number;
  readonly fetchedAt?: number;
  readonly isReversed?: boolean;
}

export interface PollerHarness {
  readonly poller: LivePoller<Snapshot>;
  readonly clock: ManualClock;
  readonly polls: readonly Poll[];
  /** The poll under way; throws if there is none. */
  underWay(): Poll;
  isRightKnown: boolean;
  readonly overs: number;
  readonly turns: ManualTurns;
}

/** Turns that the test gives: they are the poller's own until it says otherwise. */
export interface ManualTurns {
  areOurs: boolean;
  /** How many times the poller has announced. */
  readonly announced: number;
  /** Whether it has handed over; null until it has left. */
  readonly hasHandedOver: boolean | null;
  /** To be called only after the poller is there. */
  readonly listener: TurnsListener;
}

const ref = { workflowId: 'wf', runId: 'r1' };

export function readingOf(steps: number, polledAt: number, fields: SnapshotFields = {}): RunReading {
  const { isFinal = false, staleReason = null, sentAt = polledAt, fetchedAt = sentAt, isReversed = false } = fields;
  const value = Array.from({ length: steps }, (_, index) =>
    ran('node', index, index + 1, 'completed', { id: `s${index}` }),
  );
  if (isReversed) value.reverse();
  const listed = value.map((step, index) => ({ ...step, index }));
  const cached = { value: listed, sentAt, fetchedAt, sizeBytes: 1 };
  const parts = { record: null, steps: { cached, staleReason }, stepsError: null, graph: null };
  return { ref, parts, isFinal, staleBecause: null, current: null };
}

export const stepsIn = ({ parts }: RunReading): number => parts.steps?.cached.value.length ?? 0;

export function createPollerHarness(liveTtlMs = 1000): PollerHarness {
  const clock = createManualClock();
  const polls: Poll[] = [];
  const open = new Set<Poll>();
  const answers: PollResult<RunReading>[] = [];
  const listeners: TurnsListener[] = [];
  let overs = 0;
  let announced = 0;
  let hasHandedOver: boolean | null = null;
  const turns: ManualTurns = {
    areOurs: true,
    get announced() {
      return announced;
    },
    get hasHandedOver() {
      return hasHandedOver;
    },
    get listener() {
      const [listener] = listeners;
      if (!listener) throw new Error('expected a poller that has joined');
      return listener;
    },
  };

  const { states, compared } = createComparedStates();

  const harness: PollerHarness = {
    clock,
    polls,
    isRightKnown: true,
    underWay() {
      const [poll, ...others] = open;
      if (poll && others.length === 0) return poll;
      throw new Error(`expected one poll under way, got ${open.size}`);
    },
    get overs() {
      return overs;
    },
    turns,
    poller: createLivePoller({
      states,
      read({ signal, isAnnounced }) {
        const { promise, resolve, reject } = Promise.withResolvers<PollResult<RunReading>>();
        const sentAt = clock.now();
        const poll: Poll = {
          atMs: sentAt,
          isAnnounced,
          signal,
          answer(steps, fields) {
            const reading = readingOf(steps, sentAt, { fetchedAt: clock.now(), ...fields });
            answers.push({ reading, untilMs: reading.isFinal ? Infinity : clock.now() + liveTtlMs });
            return poll.answerCached();
          },
          answerCached() {
            open.delete(poll);
            const answer = answers.at(-1);
            if (!answer) throw new Error('expected a poll before this one, got none');
            resolve(answer);
            return compared();
          },
          answerWithout(stepsError) {
            open.delete(poll);
            const { parts, ...reading } = readingOf(0, sentAt);
            resolve({ reading: { ...reading, parts: { ...parts, steps: null, stepsError } }, untilMs: 0 });
            return compared();
          },
          fail(error) {
            open.delete(poll);
            reject(error);
            return compared();
          },
        };
        polls.push(poll);
        open.add(poll);
        return promise;
      },
      joinTurns(listener) {
        listeners.push(listener);
        return {
          get areOurs() {
            return turns.areOurs;
          },
          announce: () => void (announced += 1),
          leave: (handsOver) => void (hasHandedOver ??= handsOver),
        };
      },
      isRightKnown: () => harness.isRightKnown,
      liveTtlMs,
      now: clock.now,
      after: clock.after,
      onOver: () => void (overs += 1),
    }),
  };
  return harness;
}

/** A subscriber, and the snapshots that it was given. */
export interface Watching {
  readonly given: readonly Snapshot[];
  readonly outcome: 'WAITING' | 'READY' | 'DONE' | 'FAILED';
  readonly error: unknown;
  /** Asks for the next snapshot. */
  pull(): Promise<void>;
  leave(): Promise<void>;
}

export function watch(poller: LivePoller<Snapshot>, onLeft: () => void = () => undefined): Watching {
  const iterator = poller.watch(onLeft);
  const given: Snapshot[] = [];
  let outcome: Watching['outcome'] = 'READY';
  let error: unknown = null;
  return {
    given,
    get outcome() {
      return outcome;
    },
    get error() {
      return error;
    },
    pull() {
      if (outcome !== 'READY') return settle();
      outcome = 'WAITING';
      iterator.next().then(
        (result) => {
          outcome = result.done ? 'DONE' : 'READY';
          if (!result.done) given.push(result.value);
        },
        (reason: unknown) => {
          outcome = 'FAILED';
          error = reason;
        },
      );
      return settle();
    },
    async leave() {
      await iterator.return?.();
      await settle();
    },
  };
}
