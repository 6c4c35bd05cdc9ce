/**
 * The one gate for the transports that carry events: their operations go through Apollo as those over HTTP do, so that
 * limits, plugins and the masking of errors are the same for all three.
 */
import type { ApolloServer, GraphQLResponse } from '@apollo/server';
import type { FormattedExecutionResult } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Logger } from '../observability/logger.ts';
import { noteErrorCode, type OperationNotes, type OperationStart } from '../observability/notes.ts';
import type { Observer } from '../observability/observer.ts';
import { INTERNAL } from '../observability/outcome.ts';
import { createContext, type Context, type ContextRequest, type ContextSource } from './context.ts';
import { MASKED_ERROR } from './errors.ts';
import type { Executor } from './executor.ts';
import { observeEvents } from './observed-events.ts';
import { OperationRefused, type LiveEvents, type Subscribed } from './live-event.ts';
import { isSubscription } from './live-executor.ts';

export interface OperationRequest
  extends
    Pick<ContextRequest, 'viewer' | 'refusal' | 'requestId' | 'signal' | 'mayAct'>,
    Pick<OperationStart, 'transport' | 'traceparent'> {
  /** When the caller's right to ask ends, in milliseconds since 1970; it does not where this is left out. */
  readonly untilMs?: number;
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

export interface Gate {
  /** A subscription's events, or any other operation's answer. Rejects with OperationRefused and nothing else. */
  open(request: OperationRequest): Promise<FormattedExecutionResult | LiveEvents>;
}

export const isEvents = (opened: FormattedExecutionResult | LiveEvents): opened is LiveEvents =>
  Symbol.asyncIterator in opened;

export interface GateOptions {
  readonly apollo: ApolloServer<Context>;
  /** That which Apollo was given. */
  readonly executor: Executor;
  readonly contextSource: ContextSource;
  readonly logger: Logger;
  readonly observer: Observer;
}

const MAX_KNOWN = 500;

export function createGate({ apollo, executor, contextSource, logger, observer }: GateOptions): Gate {
  /** Subscriptions that came through Apollo before, by their text: thousands begin at once when a gateway comes back. */
  const known = new LRUCache<string, Subscribed>({ max: MAX_KNOWN });

  async function execute(
    request: OperationRequest,
    notes: OperationNotes,
  ): Promise<FormattedExecutionResult | LiveEvents> {
    const { query, operationName = null, viewer, refusal = null, requestId, signal, mayAct } = request;
    const variables = request.variables ?? {};
    let taken: LiveEvents | undefined;
    const takeEvents = (events: LiveEvents, { document, queryHash }: Subscribed) => {
      taken = events;
      known.set(query, { document, queryHash });
    };
    const newContext = () =>
      createContext(contextSource, { viewer, refusal, requestId, signal, mayAct, takeEvents, notes });
    const opened = (): LiveEvents | undefined => taken;

    const subscribed = request.extensions ? undefined : known.get(query);
    if (subscribed && isSubscription(subscribed.document, operationName)) {
      await executor({ ...subscribed, operationName, variables, context: newContext() });
    }
    // Where nothing was opened Apollo says why.
    const result = opened() ? null : await askApollo({ ...request, variables }, newContext());
    return opened() ?? answerOf(result);
  }

  async function askApollo({ query, operationName, variables, extensions }: OperationRequest, contextValue: Context) {
    const { body } = await apollo.executeOperation(
      {
        query,
        ...(operationName != null && { operationName }),
        ...(variables && { variables }),
        ...(extensions && { extensions }),
      },
      { contextValue },
    );
    return body;
  }

  return {
    async open(request) {
      const notes = observer.begin({ ...request, viewerId: request.viewer?.id ?? null });
      try {
        const opened = await execute(request, notes);
        if (isEvents(opened)) return observeEvents(opened, notes, observer);
        observer.end(notes);
        return opened;
      } catch (error) {
        if (error instanceof OperationRefused) {
          observer.end(notes);
          throw error;
        }
        noteErrorCode(notes, INTERNAL);
        observer.end(notes);
        logger.error({ err: error, requestId: request.requestId }, 'an operation failed');
        const extensions = { ...MASKED_ERROR.extensions, requestId: request.requestId };
        throw new OperationRefused([{ ...MASKED_ERROR, extensions }]);
      }
    },
  };
}

function answerOf(body: GraphQLResponse['body'] | null): FormattedExecutionResult {
  if (body?.kind !== 'single') throw new Error('incremental delivery is not part of the schema');
  const { data, errors, extensions } = body.singleResult;
  if (data === undefined) throw new OperationRefused(errors ?? []);
  return { ...(errors && { errors }), data, ...(extensions && { extensions }) };
}
