/** Executes a subscription's events. Subscribers with the same operation, state and known steps share an event. */
import { hash } from 'node:crypto';
import { execute, type GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';
import { measureAnswer } from '../budgets.ts';
import type { Ticket } from '../../admission/ticket.ts';
import { createContext, type ContextSource } from '../context.ts';
import { sharedError, type ErrorFormatting, type SharedError } from '../operations/error-formatting.ts';
import type { PreparedDocument } from '../operations/documents.ts';
import type { Operation } from '../operations/operation.ts';
import { executionArgs } from '../operations/execution-args.ts';
import type { LiveEvent, SourceEvent } from './live-events.ts';

/** A subscription with a valid document. */
export type Subscription = Pick<Operation, 'request' | 'ticket' | 'params' | 'record'> & {
  readonly document: PreparedDocument;
};

export type SharedEvents = ReturnType<typeof createSharedEvents>;

interface SharedEvent {
  readonly data: NonNullable<LiveEvent['data']> | null;
  readonly errors: readonly SharedError[];
  readonly size: number;
}

export interface SizedEvent {
  readonly event: LiveEvent;
  readonly size: number;
}

export interface SharedEventsOptions {
  readonly schema: GraphQLSchema;
  readonly contextSource: ContextSource;
  readonly errors: ErrorFormatting;
  readonly maxAnswerBytes: number;
}

/** Lifetime of a shared event, because some values depend on the clock. */
const SHARED_MS = 1000;
/** Limit for all shared events, in characters of JSON. */
const MAX_SHARED_LENGTH = 8 * 2 ** 20;
/** Added for each event, even while it is executed. */
const ENTRY_LENGTH = 1000;

/** Events of the newest states. */
interface Shared {
  readonly states: readonly object[];
  readonly atMs: number;
  /** Events by the state that the subscribers have. */
  readonly events: Map<string, Promise<SharedEvent>>;
  readonly size: number;
}

export function createSharedEvents(options: SharedEventsOptions) {
  const { schema, contextSource, errors, maxAnswerBytes } = options;
  /** By viewer, operation and topic. */
  const shared = new LRUCache<string, Shared>({
    maxSize: MAX_SHARED_LENGTH,
    ttl: SHARED_MS,
    perf: contextSource,
    ttlResolution: 0,
    // States and events keep upstream responses in memory, so they must go once their lifetime is over.
    ttlAutopurge: true,
  });

  /** Sets a copy, because the cache measures only new values. */
  function grow(key: string, slot: Shared, by: number): void {
    const size = slot.size + by;
    shared.set(key, { ...slot, size }, { size, start: slot.atMs });
  }

  /** Each event has its own context and time. */
  async function executeEvent(source: SourceEvent, subscription: Subscription, ticket: Ticket): Promise<SharedEvent> {
    const { document, request, params, record } = subscription;
    const context = createContext(contextSource, {
      caller: request.caller,
      requestId: request.requestId,
      requester: request.requester,
      signal: () => new AbortController().signal,
      operationRecord: record,
      ticket,
    });
    const result = await execute({ ...executionArgs(schema, document, params, context), rootValue: source });
    const excess = context.budgets.excess();
    const data = excess ? null : (result.data ?? null);
    const found = excess ? [excess] : [...(result.errors ?? []), ...context.reported.all()];
    const shared = found.map(sharedError);
    const measured = { data, errors: shared.map(({ formatted }) => formatted) };
    return { data, errors: shared, size: ENTRY_LENGTH + measureAnswer(measured, maxAnswerBytes) };
  }

  /** Other subscribers share the event, so it is executed even if this one leaves. */
  async function executeInTurn(source: SourceEvent, subscription: Subscription): Promise<SharedEvent> {
    const ticket = await subscription.request.admitEvent(0, () => false);
    try {
      await ticket.turn();
      return await executeEvent(source, subscription, ticket);
    } finally {
      ticket.end();
    }
  }

  async function sharedEvent(change: SourceEvent, readers: string, subscription: Subscription): Promise<SharedEvent> {
    const key = `${readers} ${change.topic}`;
    const newest = shared.get(key);
    const slot =
      newest && areSame(newest.states, change.states)
        ? newest
        : {
            states: change.states,
            atMs: contextSource.now(),
            events: new Map<string, Promise<SharedEvent>>(),
            size: 0,
          };
    const known = slot.events.get(change.since);
    if (known) return known;
    const executed = executeInTurn(change, subscription);
    slot.events.set(change.since, executed);
    grow(key, slot, ENTRY_LENGTH);
    const { size } = await executed;
    const now = shared.peek(key);
    if (now?.events === slot.events) grow(key, now, size - ENTRY_LENGTH);
    return executed;
  }

  return {
    /** Returns the event of this change for one subscriber, with its own errors. */
    async eventOf(change: SourceEvent, readers: string, subscription: Subscription): Promise<SizedEvent> {
      const { data, errors: found, size } = await sharedEvent(change, readers, subscription);
      const event = found.length > 0 ? { errors: errors.read(found, subscription.record), data } : { data };
      return { event, size };
    },
  };
}

const areSame = (some: readonly object[], others: readonly object[]): boolean =>
  some.length === others.length && some.every((state, index) => state === others[index]);

/** Hash of everything that an event depends on, except its source. */
export function readersOf({ request: { caller }, params, record: { queryHash } }: Subscription): string {
  const { operationName = null, variables = null } = params;
  const text = JSON.stringify([caller.viewer?.id, caller.mayExecute, queryHash, operationName, variables]);
  return hash('sha256', text, 'base64url');
}
