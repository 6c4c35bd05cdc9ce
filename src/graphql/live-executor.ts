/**
 * Subscriptions as Apollo executes them: the events are handed to the transport, through the context, and each is executed
 * when its reader is ready for it, as of then. Readers of one operation over one state share what comes of it.
 */
import { hash } from 'node:crypto';
import {
  createSourceEventStream,
  execute,
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { createPullIterator } from '../runs/live/pull-iterator.ts';
import type { Snapshot } from '../runs/live/snapshot.ts';
import { createContext, type ContextSource } from './context.ts';
import type { ErrorReporter } from './errors.ts';
import { noteTitle, titleOf, type ExecutableOperation, type Executor } from './executor.ts';
import { OperationRefused, type LiveEvent, type LiveEvents } from './live-event.ts';

export interface LiveExecutorOptions {
  readonly schema: GraphQLSchema;
  /** For everything but subscriptions. */
  readonly executor: Executor;
  readonly contextSource: ContextSource;
  readonly report: ErrorReporter;
}

/** What counts up to now may be given to the next reader of the same state this long. */
const SHARED_MS = 1000;

interface Shared {
  readonly atMs: number;
  readonly event: Promise<LiveEvent>;
}

export function createLiveExecutor({ schema, executor, contextSource, report }: LiveExecutorOptions): Executor {
  const shared = new WeakMap<Snapshot, Map<string, Shared>>();

  async function subscribe(operation: ExecutableOperation): Promise<ExecutionResult> {
    const { document, operationName, variables, context } = operation;
    noteTitle(operation, titleOf(operation));
    const source = await createSourceEventStream({
      schema,
      document,
      operationName,
      variableValues: variables,
      contextValue: context,
    });
    if (isResult(source)) return source;
    // The schema's only subscription is one to snapshots.
    const snapshots = source as AsyncIterable<Snapshot, undefined>;
    context.request.takeEvents?.(eventsOf(snapshots[Symbol.asyncIterator](), operation), operation);
    return { data: null };
  }

  function eventsOf(source: AsyncIterator<Snapshot, undefined>, operation: ExecutableOperation): LiveEvents {
    const key = keyOf(operation);
    const { context } = operation;
    let isLast = false;

    async function next(): Promise<IteratorResult<LiveEvent, undefined>> {
      if (isLast) {
        await end();
        return { done: true, value: undefined };
      }
      const { done, value: snapshot } = await source.next().catch(refuse);
      if (done) return { done, value: undefined };
      const event = await share(snapshot, key, () => executeEvent(snapshot, operation)).catch(refuse);
      // Without any data the run could not be told: nor will it be the next time.
      isLast = event.data == null;
      return { done: false, value: event };
    }

    /** Whatever has no place in the document is a defect, which the report masks. */
    function refuse(error: unknown): never {
      const originalError = error instanceof Error ? error : new Error(String(error));
      const errors = [error instanceof GraphQLError ? error : new GraphQLError('defect', { originalError })];
      throw new OperationRefused(report(errors, context));
    }

    async function end(): Promise<void> {
      isLast = true;
      await source.return?.();
    }

    return createPullIterator({ next, end });
  }

  /** Each with a context, and so a snapshot of the clock, of its own. */
  async function executeEvent(snapshot: Snapshot, operation: ExecutableOperation): Promise<LiveEvent> {
    const { document, operationName, variables } = operation;
    // Others share it, so it is not given up when the client goes whose reader came first.
    const request = { ...operation.context.request, signal: () => new AbortController().signal, takeEvents: null };
    const context = createContext(contextSource, request);
    const result = await execute({
      schema,
      document,
      operationName,
      variableValues: variables,
      rootValue: snapshot,
      contextValue: context,
    });
    const data = result.data ?? null;
    return result.errors ? { errors: report(result.errors, context), data } : { data };
  }

  async function share(snapshot: Snapshot, key: string, make: () => Promise<LiveEvent>): Promise<LiveEvent> {
    const ofReading = shared.get(snapshot) ?? new Map<string, Shared>();
    shared.set(snapshot, ofReading);
    const known = ofReading.get(key);
    const nowMs = contextSource.now();
    if (known && nowMs - known.atMs < SHARED_MS) return known.event;
    const event = make();
    ofReading.set(key, { atMs: nowMs, event });
    return event;
  }

  return (operation) =>
    isSubscription(operation.document, operation.operationName) ? subscribe(operation) : executor(operation);
}

export const isSubscription = (document: DocumentNode, operationName: string | null): boolean =>
  getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION;

/** All that decides what an event tells, beside its state. */
const keyOf = ({ queryHash, operationName, variables }: ExecutableOperation): string =>
  hash('sha256', JSON.stringify([queryHash, operationName, variables]), 'base64url');

const isResult = (source: AsyncIterable<unknown> | ExecutionResult): source is ExecutionResult =>
  !(Symbol.asyncIterator in source);
