/**
 * The one gate for the transports that carry events: their operations go through Apollo as those over HTTP do, so that
 * limits, plugins and the masking of errors are the same for all three.
 */
import type { ApolloServer, GraphQLResponse } from '@apollo/server';
import { GraphQLError, type FormattedExecutionResult } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Logger } from '../observability/logger.ts';
import { recordErrorCode, type OperationRecord, type OperationStart } from '../observability/operation-record.ts';
import type { Observer } from '../observability/observer.ts';
import { INTERNAL } from '../observability/outcome.ts';
import type { GatewayError } from '../upstream/errors.ts';
import { createContext, type Context, type ContextRequest, type ContextSource } from './context.ts';
import type { CostLimit } from './cost-limit.ts';
import { MASKED_ERROR } from './errors.ts';
import type { Executor } from './executor.ts';
import { observeEvents } from './observed-events.ts';
import { OperationRefused, type LiveEvents, type Subscribed } from './live-event.ts';
import { isSubscription } from './live-executor.ts';
import { withoutPersistedQuery, type PersistedDocuments } from './persisted-documents.ts';
import { rateLimited, type RateLimit } from './rate-limit.ts';
import { refusalOf } from './refusal.ts';

export interface OperationRequest
  extends
    Pick<ContextRequest, 'viewer' | 'refusal' | 'requestId' | 'signal' | 'mayAct'>,
    Pick<OperationStart, 'transport' | 'traceparent'> {
  /** When the caller's right to ask ends, in milliseconds since 1970; it does not where this is left out. */
  readonly untilMs?: number;
  /** Empty or left out where the operation is named instead. */
  readonly query?: string | null | undefined;
  readonly documentId?: string | null | undefined;
  readonly id?: string | null | undefined;
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
  readonly costLimit: CostLimit;
  readonly documents: PersistedDocuments;
  /** Null: none. */
  readonly rateLimit: RateLimit | null;
  readonly logger: Logger;
  readonly observer: Observer;
}

type AdmittedRequest = OperationRequest & { readonly query: string };

const MAX_KNOWN = 500;

export function createGate(options: GateOptions): Gate {
  const { apollo, executor, contextSource, costLimit, documents, rateLimit, logger, observer } = options;
  /** Subscriptions that came through Apollo before, by their text: thousands begin at once when a gateway comes back. */
  const known = new LRUCache<string, Subscribed>({ max: MAX_KNOWN });

  /** With its text, however it was named. */
  function admit(request: OperationRequest, operationRecord: OperationRecord): AdmittedRequest {
    const allowance = request.viewer && rateLimit?.take(request.viewer);
    if (allowance && !allowance.isAllowed) {
      throw refuse(rateLimited(allowance), operationRecord);
    }
    const query = documents.resolve(request);
    if (query instanceof GraphQLError) throw refuse(query, operationRecord);
    return { ...request, query: query ?? '', extensions: withoutPersistedQuery(request.extensions) };
  }

  async function execute(
    request: AdmittedRequest,
    operationRecord: OperationRecord,
  ): Promise<FormattedExecutionResult | LiveEvents> {
    const { query, operationName = null, viewer, refusal = null, requestId, signal, mayAct } = request;
    const variables = request.variables ?? {};
    let taken: LiveEvents | undefined;
    const takeEvents = (events: LiveEvents, { document, queryHash }: Subscribed) => {
      taken = events;
      known.set(query, { document, queryHash });
    };
    const newContext = () =>
      createContext(contextSource, { viewer, refusal, requestId, signal, mayAct, takeEvents, operationRecord });
    const opened = (): LiveEvents | undefined => taken;

    const subscribed = request.extensions ? undefined : known.get(query);
    const isKnown = subscribed && isSubscription(subscribed.document, operationName);
    if (isKnown && costLimit.allows(subscribed.document, operationName, variables)) {
      await executor({ ...subscribed, operationName, variables, context: newContext() });
    }
    // Where nothing was opened Apollo says why.
    const result = opened() ? null : await askApollo({ ...request, variables }, newContext());
    return opened() ?? answerOf(result);
  }

  async function askApollo({ query, operationName, variables, extensions }: AdmittedRequest, contextValue: Context) {
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
      const operationRecord = observer.begin({ ...request, viewerId: request.viewer?.id ?? null });
      try {
        const opened = await execute(admit(request, operationRecord), operationRecord);
        if (isEvents(opened)) return observeEvents(opened, operationRecord, observer);
        observer.end(operationRecord);
        return opened;
      } catch (error) {
        if (error instanceof OperationRefused) {
          observer.end(operationRecord);
          throw error;
        }
        recordErrorCode(operationRecord, INTERNAL);
        observer.end(operationRecord);
        logger.error({ err: error, requestId: request.requestId }, 'an operation failed');
        const extensions = { ...MASKED_ERROR.extensions, requestId: request.requestId };
        throw new OperationRefused([{ ...MASKED_ERROR, extensions }]);
      }
    },
  };
}

function refuse(error: GatewayError | GraphQLError, operationRecord: OperationRecord): OperationRefused {
  const refusal = refusalOf(error, operationRecord.requestId);
  recordErrorCode(operationRecord, String(refusal.extensions?.code));
  return new OperationRefused([refusal]);
}

function answerOf(body: GraphQLResponse['body'] | null): FormattedExecutionResult {
  if (body?.kind !== 'single') throw new Error('incremental delivery is not part of the schema');
  const { data, errors, extensions } = body.singleResult;
  if (data === undefined) throw new OperationRefused(errors ?? []);
  return { ...(errors && { errors }), data, ...(extensions && { extensions }) };
}
