/** A run feed whose every look at the run the test answers by hand. */
import { createLivePoller, type LivePoller } from '../../src/runs/live/live-poller.ts';
import type { Snapshot } from '../../src/runs/live/snapshot.ts';
import { createManualClock, type ManualClock } from './clock.ts';
import { ran } from './facts.ts';
import { settle } from './operations.ts';

export interface Look {
  readonly atMs: number;
  readonly signal: AbortSignal;
  /** As of now, a run of so many steps. */
  answer(steps: number, fields?: ReadingFields): Promise<void>;
  fail(error: Error): Promise<void>;
}

export interface ReadingFields {
  readonly isFinal?: boolean;
  readonly staleReason?: string | null;
  readonly fetchedAt?: number;
  readonly isReversed?: boolean;
}

export interface FeedHarness {
  readonly feed: LivePoller;
  readonly clock: ManualClock;
  readonly looks: readonly Look[];
  /** The look under way; an error if there is none. */
  underWay(): Look;
  isRightKnown: boolean;
  readonly overs: number;
}

const ref = { workflowId: 'wf', runId: 'r1' };

export function readingOf(steps: number, sentAt: number, fields: ReadingFields = {}): Snapshot {
  const { isFinal = false, staleReason = null, fetchedAt = sentAt, isReversed = false } = fields;
  const value = Array.from({ length: steps }, (_, index) =>
    ran('node', index, index + 1, 'completed', { id: `s${index}` }),
  );
  if (isReversed) value.reverse();
  const listed = value.map((step, index) => ({ ...step, index }));
  const cached = { value: listed, sentAt, fetchedAt, sizeBytes: 1 };
  return { ref, parts: { record: null, steps: { cached, staleReason }, graph: null }, isFinal, staleBecause: null };
}

export const stepsIn = ({ parts }: Snapshot): number => parts.steps?.cached.value.length ?? 0;

export function createFeedHarness(liveTtlMs = 1000): FeedHarness {
  const clock = createManualClock();
  const looks: Look[] = [];
  const open = new Set<Look>();
  let overs = 0;

  const harness: FeedHarness = {
    clock,
    looks,
    isRightKnown: true,
    underWay() {
      const [look, ...others] = open;
      if (look && others.length === 0) return look;
      throw new Error(`expected one look under way, got ${open.size}`);
    },
    get overs() {
      return overs;
    },
    feed: createLivePoller({
      read(signal) {
        const { promise, resolve, reject } = Promise.withResolvers<{ snapshot: Snapshot; untilMs: number }>();
        const sentAt = clock.now();
        const look: Look = {
          atMs: sentAt,
          signal,
          answer(steps, fields) {
            open.delete(look);
            const snapshot = readingOf(steps, sentAt, { fetchedAt: clock.now(), ...fields });
            resolve({ snapshot, untilMs: snapshot.isFinal ? Infinity : clock.now() + liveTtlMs });
            return settle();
          },
          fail(error) {
            open.delete(look);
            reject(error);
            return settle();
          },
        };
        looks.push(look);
        open.add(look);
        return promise;
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

/** What a reader has been given, if anything yet. */
export interface Watching {
  readonly given: readonly Snapshot[];
  readonly outcome: 'WAITING' | 'READY' | 'DONE' | 'FAILED';
  readonly error: unknown;
  /** Asks for the next state. */
  pull(): Promise<void>;
  leave(): Promise<void>;
}

export function watch(feed: LivePoller, onLeft: () => void = () => undefined): Watching {
  const iterator = feed.watch(onLeft);
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
