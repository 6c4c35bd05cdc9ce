/** Answers requests for operations that are known, without Apollo: by plain POST, and of a viewer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createContext, type ContextSource } from '../graphql/context.ts';
import type { KnownOperations, KnownRequest } from '../graphql/known-operations.ts';
import type { Caller } from '../auth/caller.ts';
import type { OperationStart } from '../observability/operation-record.ts';
import type { Observer } from '../observability/observer.ts';
import { signalOfClient } from './client-signal.ts';
import { readyBody, type Place, type ReadyAnswer, type ResponseCache } from './response-cache.ts';

/** What a request is answered to, and on whose behalf. */
export interface Asked {
  readonly requestId: string;
  /** Of the answer, and so of the viewer. */
  readonly place: Place;
  readonly caller: Caller;
  readonly body: string;
  /** Null where something about the request's head needs Apollo's judgement, or Fastify's. */
  readonly contentType: string | null;
  readonly traceparent: OperationStart['traceparent'];
  readonly client: WaitingClient;
}

export interface WaitingClient {
  /** Answers a signal that fires when the client is gone. */
  readonly signal: () => AbortSignal;
  readonly isGone: () => boolean;
}

export interface KnownAnswers {
  /** Null where the request is Apollo's to answer: then nothing was executed. */
  answer(asked: Asked): ReadyAnswer | null | Promise<ReadyAnswer | null>;
  /**
   * The answer that needs no call and no waiting. Null where there is none: what was executed in vain then has left nothing
   * behind. It is not tried with an operation that had to wait the last time.
   */
  answerHeld(asked: Asked): ReadyAnswer | null;
}

export interface KnownAnswersOptions {
  readonly contextSource: ContextSource;
  readonly knownOperations: KnownOperations;
  readonly responses: ResponseCache;
  readonly observer: Observer;
}

export const PLAIN_JSON = 'application/json; charset=utf-8';
export const GRAPHQL_RESPONSE = 'application/graphql-response+json; charset=utf-8';

export function createKnownAnswers(options: KnownAnswersOptions): KnownAnswers {
  const { contextSource, knownOperations, responses, observer } = options;
  const withoutCalls: ContextSource = { ...contextSource, maxUpstreamCalls: 0 };

  function findKnown({ contentType, body }: Asked): KnownRequest | null {
    return contentType === null ? null : knownOperations.find(body);
  }

  function execute(asked: Asked, known: KnownRequest, source: ContextSource) {
    const { requestId, place, caller, contentType, traceparent, client } = asked;
    const { viewer } = place;
    const opened = responses.open(place, caller.untilMs);
    const operationRecord = observer.begin({ transport: 'http', requestId, viewerId: viewer.id, traceparent });
    const { signal } = client;
    const context = createContext(source, {
      viewer,
      requestId,
      signal,
      mayAct: false,
      takeEvents: null,
      operationRecord,
    });

    const finish = (text: string | null): ReadyAnswer | null => {
      // Then Apollo answers, with a record of its own.
      if (text === null || contentType === null) return null;
      operationRecord.isAbandoned ||= client.isGone();
      observer.end(operationRecord);
      return opened.keep({ body: readyBody(text), contentType, etag: null, untilMs: context.lifetime.untilMs });
    };
    try {
      return { text: knownOperations.execute(known, context), finish, close: opened.close };
    } catch (error) {
      opened.close();
      throw error;
    }
  }

  return {
    answer(asked) {
      const known = findKnown(asked);
      if (!known) return null;
      const { text, finish, close } = execute(asked, known, contextSource);
      known.operation.hadToWait = text instanceof Promise;
      if (text instanceof Promise) return text.then(finish).finally(close);
      try {
        return finish(text);
      } finally {
        close();
      }
    },

    answerHeld(asked) {
      const known = findKnown(asked);
      if (!known || known.operation.hadToWait) return null;
      const { text, finish, close } = execute(asked, known, withoutCalls);
      known.operation.hadToWait = text instanceof Promise;
      try {
        if (!(text instanceof Promise)) return finish(text);
        // Nobody wants what comes of it: it was not allowed a call.
        text.catch(() => undefined);
        return null;
      } finally {
        close();
      }
    },
  };
}

/** What is read off the head of a request for `Asked`. */
export const askedBy = (request: IncomingMessage, response: ServerResponse) => ({
  contentType: contentTypeFor(request),
  traceparent: request.headers.traceparent as OperationStart['traceparent'],
  client: { signal: signalOfClient(response), isGone: () => response.destroyed },
});

/** What Apollo answers with, by what the common clients say that they accept; others are its own to judge. */
const CONTENT_TYPES: ReadonlyMap<string | undefined, string> = new Map([
  ...[undefined, '*/*', 'application/json'].map((accept) => [accept, PLAIN_JSON] as const),
  // Apollo Client, urql, graphql-http.
  ...[
    'application/graphql-response+json,application/json;q=0.9',
    'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
    'application/graphql-response+json, application/json',
  ].map((accept) => [accept, GRAPHQL_RESPONSE] as const),
]);
const JSON_BODIES: ReadonlySet<string | undefined> = new Set(['application/json', PLAIN_JSON]);

/** Null where something about the request's head needs Apollo's judgement, or Fastify's. */
export function contentTypeFor({ method, headers: { accept, 'content-type': sent } }: IncomingMessage): string | null {
  return method === 'POST' && JSON_BODIES.has(sent) ? (CONTENT_TYPES.get(accept) ?? null) : null;
}
