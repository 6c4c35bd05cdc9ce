/** Topics of all viewers, one per viewer and name. The first reader opens a topic, and the last one ends it. */
import { AbandonedError, GatewayError, isNotFound } from '../../upstream/errors.ts';
import { AnswerLifetime, CallBudget, type ReadContext } from '../read-context.ts';
import type { After } from '../../runtime/clock.ts';
import type { ViewerCache } from '../viewer-cache.ts';
import { createTopic, type LiveState, type LiveStates, type PollResult, type Topic } from './topic.ts';

/** The request that subscribed. */
export type Watcher = Pick<ReadContext, 'viewer' | 'requester' | 'requestId' | 'reader' | 'operationRecord'>;

export interface TopicsOptions {
  readonly viewers: ViewerCache;
  readonly liveTtlMs: number;
  readonly maxUpstreamCalls: number;
  readonly maxSubscriptionsPerViewer: number;
  /** Current time, in ms since 1970. */
  readonly now: () => number;
  readonly after: After;
}

export type Topics = ReturnType<typeof createTopics>;

export interface TopicSubject<State extends LiveState, Reading> {
  readonly workflowId: string;
  /** Run id, or null if it has several runs. */
  readonly runId: string | null;
  /** Unique per viewer. Determines the type of the states. */
  readonly name: string;
  /** Called if the viewer has no topic with this name. */
  readonly open: () => Polled<State, Reading>;
}

/** A topic for one reader. */
export interface Joined<State> extends Pick<Topic<State>, 'hasNews' | 'next'> {
  /** Call it once. */
  leave(): void;
}

/** Data source of one topic. */
export interface Polled<State extends LiveState, Reading> {
  readonly states: LiveStates<State, Reading>;
  /** Makes one poll, as an operation with its own budget. `latest` is null for the first one. */
  read(operation: ReadContext, latest: State | null): Promise<Reading>;
  /** Called after a 404. Returns true while the run is still expected to appear. */
  isAwaited?(): Promise<boolean>;
  /** Bytes that the state keeps in memory, which are reserved. */
  bytesOf(reading: Reading): number;
}

interface Opened {
  readonly workflowId: string;
  readonly runId: string | null;
  /** In order of subscription. */
  readonly watchers: Set<Watcher>;
  readonly topic: Topic<unknown>;
}

/** Interval of polls for a run that is expected to appear. A 404 is cached for as long. */
const AWAITED_EVERY_MS = 1000;

export function createTopics(options: TopicsOptions) {
  const { viewers, liveTtlMs, maxUpstreamCalls, maxSubscriptionsPerViewer, now, after } = options;
  /** Topics by viewer id and name. */
  const topics = new Map<string, Map<string, Opened>>();
  /** Number of readers by owner. */
  const readers = new Map<string, number>();

  function checkLimit(owner: string): void {
    if ((readers.get(owner) ?? 0) < maxSubscriptionsPerViewer) return;
    const limit = `A caller may watch at most ${maxSubscriptionsPerViewer} runs and workflows`;
    throw new GatewayError('RATE_LIMITED', `${limit}. End another subscription first.`);
  }

  function countReader(owner: string, by: 1 | -1): void {
    const count = (readers.get(owner) ?? 0) + by;
    if (count > 0) readers.set(owner, count);
    else readers.delete(owner);
  }

  function open<State extends LiveState, Reading>(
    { viewer }: Watcher,
    { workflowId, runId, name, open }: TopicSubject<State, Reading>,
  ): Opened {
    const polled = open();
    const watchers = new Set<Watcher>();
    let reserved = 0;
    let hasEnded = false;

    function reserve(bytes: number): void {
      viewers.reserve(bytes - reserved);
      reserved = bytes;
    }

    async function readOnce(latest: State | null, signal: AbortSignal): Promise<PollResult<Reading>> {
      const budget = new CallBudget(maxUpstreamCalls);
      const lifetime = new AnswerLifetime();
      // A poll belongs to the watcher that has subscribed longest.
      const [watcher] = watchers;
      if (!watcher) throw new AbandonedError();
      const reading = await polled.read({ ...watcher, isPoll: true, signal: () => signal, budget, lifetime }, latest);
      if (!hasEnded) reserve(polled.bytesOf(reading));
      return { reading, untilMs: lifetime.untilMs };
    }

    async function readAwaited(latest: State | null, signal: AbortSignal): Promise<PollResult<Reading>> {
      for (;;) {
        try {
          return await readOnce(latest, signal);
        } catch (error) {
          // After an abort, `pause` doesn't wait, so a cached 404 would repeat endlessly.
          if (signal.aborted || !isNotFound(error) || !(await polled.isAwaited?.())) throw error;
          await pause(AWAITED_EVERY_MS, signal);
        }
      }
    }

    const topic = createTopic({
      states: polled.states,
      read: readAwaited,
      isRightKnown: () => viewers.mayServe(viewers.rightOf(viewer.id)),
      liveTtlMs,
      now,
      after,
      onOver() {
        if (own.get(name) !== opened) return;
        own.delete(name);
        if (own.size === 0) topics.delete(viewer.id);
      },
      onLeft() {
        hasEnded = true;
        reserve(0);
      },
    });
    const opened = { workflowId, runId, watchers, topic };
    const own = topics.get(viewer.id) ?? new Map<string, Opened>();
    topics.set(viewer.id, own.set(name, opened));
    return opened;
  }

  /** Resolves after `ms`, or as soon as `signal` fires. */
  const pause = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const end = () => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = after(ms, end);
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    });

  return {
    /** Adds a reader. Throws RATE_LIMITED if its owner has reached the limit of subscriptions. */
    join<State extends LiveState, Reading>(
      { viewer, requester, requestId, reader, operationRecord }: Watcher,
      subject: TopicSubject<State, Reading>,
      onNews: () => void,
    ): Joined<State> {
      const { owner } = requester;
      checkLimit(owner);
      countReader(owner, 1);
      // Without the operation's other data, because the topic lives longer.
      const watcher = { viewer, requester, requestId, reader, operationRecord };
      const { topic, watchers } = topics.get(viewer.id)?.get(subject.name) ?? open(watcher, subject);
      watchers.add(watcher);
      const leave = topic.join(onNews);
      return {
        // The name determines the type of the states.
        ...(topic as Topic<State>),
        leave() {
          watchers.delete(watcher);
          leave();
          countReader(owner, -1);
        },
      };
    },
    get count(): number {
      let count = 0;
      for (const { size } of topics.values()) count += size;
      return count;
    },
    /**
     * Makes the viewer's topics with this run, of this workflow, or all of them, poll now, because a right is in doubt
     * or a run has changed.
     */
    recheck(viewerId: string, workflowId: string | null, runId: string | null = null): void {
      for (const opened of topics.get(viewerId)?.values() ?? []) {
        const isOfWorkflow = workflowId === null || workflowId === opened.workflowId;
        if (isOfWorkflow && (runId === null || opened.runId === null || runId === opened.runId)) opened.topic.recheck();
      }
    },
    close(): void {
      for (const own of [...topics.values()]) for (const { topic } of [...own.values()]) topic.close();
    },
  };
}
