/**
 * Executes a subscription's events, each when its reader is ready for it. Readers of the same operation and snapshot share
 * the event.
 */
import { hash } from 'node:crypto';
import { execute, type GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';
import { createPullIterator } from '../../runs/live/pull-iterator.ts';
import type { Snapshot } from '../../runs/live/snapshot.ts';
import { refKey } from '../../upstream/ids.ts';
import { createContext, type ContextSource } from '../context.ts';
import { measureAnswer } from '../operations/answer-size.ts';
import type { ErrorFormatting } from '../operations/error-formatting.ts';
import type { Execution } from '../operations/execution.ts';
import { SubscriptionError, type LiveEvent, type LiveEvents } from './live-events.ts';

export interface LiveExecution {
  eventsOf(source: AsyncIterator<Snapshot, undefined>, execution: Execution): LiveEvents;
}

export interface LiveExecutionOptions {
  readonly schema: GraphQLSchema;
  readonly contextSource: ContextSource;
  readonly errors: ErrorFormatting;
  readonly maxAnswerBytes: number;
}

/** An event is shared for this long, since some figures depend on the clock. */
const SHARED_MS = 1000;
/** For all events that are shared at one time, in characters of JSON. */
const MAX_SHARED_LENGTH = 8 * 2 ** 20;
/** Counted for an event while it is executed. */
const ENTRY_LENGTH = 1000;

interface Sized {
  readonly event: LiveEvent;
  readonly size: number;
}

interface Shared {
  readonly snapshot: Snapshot;
  readonly atMs: number;
  readonly sized: Promise<Sized>;
}

export function createLiveExecution(options: LiveExecutionOptions): LiveExecution {
  const { schema, contextSource, errors, maxAnswerBytes } = options;
  /** One event for each viewer, run and operation: the newest. */
  const shared = new LRUCache<string, Shared>({ maxSize: MAX_SHARED_LENGTH });

  async function share(snapshot: Snapshot, key: string, execution: Execution): Promise<Sized> {
    const known = shared.get(key);
    const atMs = contextSource.now();
    if (known?.snapshot === snapshot && atMs - known.atMs < SHARED_MS) return known.sized;
    const sized = executeEvent(snapshot, execution).then((event) => ({
      event,
      size: ENTRY_LENGTH + measureAnswer(event, maxAnswerBytes),
    }));
    const entry = { snapshot, atMs, sized };
    shared.set(key, entry, { size: ENTRY_LENGTH });
    const { size } = await sized;
    // A copy: the cache keeps the size of a value that it has already.
    if (shared.peek(key) === entry) shared.set(key, { ...entry }, { size });
    return sized;
  }

  /** Each event has its own context and clock reading. */
  async function executeEvent(snapshot: Snapshot, { document, request, record }: Execution): Promise<LiveEvent> {
    const { params, caller, requestId } = request;
    const context = createContext(contextSource, {
      viewer: caller.viewer,
      authError: caller.error,
      requestId,
      // Others share the event, so it is not abandoned when this reader goes.
      signal: () => new AbortController().signal,
      operationRecord: record,
    });
    const result = await execute({
      schema,
      document: document.ast,
      operationName: params.operationName ?? null,
      variableValues: params.variables ?? null,
      rootValue: snapshot,
      contextValue: context,
    });
    const data = result.data ?? null;
    return result.errors ? { errors: errors.format(result.errors, record), data } : { data };
  }

  return {
    eventsOf(source, execution) {
      const operationKey = keyOf(execution);
      let isLast = false;
      let release = (): void => undefined;

      async function next(): Promise<IteratorResult<LiveEvent, undefined>> {
        // The reader has taken the event before.
        release();
        if (isLast) {
          await end();
          return { done: true, value: undefined };
        }
        const { done, value: snapshot } = await source.next().catch(fail);
        if (done) return { done, value: undefined };
        const key = `${operationKey} ${refKey(snapshot.ref)}`;
        const event = await eventOf(snapshot, key).catch(fail);
        // Without data the run can't be answered, now or later.
        isLast = event.data == null;
        return { done: false, value: event };
      }

      /** Waits while too much is held for slow clients: an event may come late, but its subscription goes on. */
      async function eventOf(snapshot: Snapshot, key: string): Promise<LiveEvent> {
        const { event, size } = await share(snapshot, key, execution);
        release = await execution.request.client.holdWhenFree(size);
        return event;
      }

      function fail(error: unknown): never {
        throw new SubscriptionError(errors.format([error], execution.record));
      }

      async function end(): Promise<void> {
        isLast = true;
        release();
        await source.return?.();
      }

      return createPullIterator({ next, end });
    },
  };
}

/** Everything that an event depends on, apart from its snapshot. */
function keyOf({ document, request: { params, caller } }: Execution): string {
  const { operationName = null, variables = null } = params;
  const text = JSON.stringify([caller.viewer?.id, document.queryHash, operationName, variables]);
  return hash('sha256', text, 'base64url');
}
