/** Answers requests for operations that are known, without Apollo: by plain POST, and of a viewer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createContext, type ContextSource } from '../graphql/context.ts';
import type { KnownOperations } from '../graphql/known-operations.ts';
import type { Caller } from '../identity/caller.ts';
import type { Observer } from '../observability/observer.ts';
import { signalOfClient } from './client-signal.ts';
import { readyBody, type Place, type ReadyAnswer, type ResponseCache } from './response-cache.ts';

/** What a request is answered to, and on whose behalf. */
export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** Of the answer, and so of the viewer. */
  readonly place: Place;
  readonly caller: Caller;
  readonly body: string;
}

/** Null where the request is Apollo's to answer: then nothing was executed. */
export type AnswerKnown = (asked: Asked) => ReadyAnswer | null | Promise<ReadyAnswer | null>;

export interface KnownAnswersOptions {
  readonly contextSource: ContextSource;
  readonly knownOperations: KnownOperations;
  readonly responses: ResponseCache;
  readonly observer: Observer;
}

export const PLAIN_JSON = 'application/json; charset=utf-8';
export const GRAPHQL_RESPONSE = 'application/graphql-response+json; charset=utf-8';

export function createKnownAnswers(options: KnownAnswersOptions): AnswerKnown {
  const { contextSource, knownOperations, responses, observer } = options;

  return ({ request, response, requestId, place, caller, body }) => {
    const { viewer } = place;
    const contentType = contentTypeFor(request);
    const known = contentType === null ? null : knownOperations.find(body);
    if (contentType === null || known === null) return null;
    const opened = responses.open(place, caller.untilMs);
    const { traceparent } = request.headers as { readonly traceparent?: string };
    const notes = observer.begin({ transport: 'http', requestId, viewerId: viewer.id, traceparent });
    const context = createContext(contextSource, {
      viewer,
      requestId,
      signal: signalOfClient(response),
      mayAct: false,
      takeEvents: null,
      notes,
    });

    const finish = (text: string | null): ReadyAnswer | null => {
      // Then Apollo answers, with notes of its own.
      if (text === null) return null;
      notes.isAbandoned ||= response.destroyed;
      observer.end(notes);
      return opened.keep({ body: readyBody(text), contentType, etag: null, untilMs: context.lifetime.untilMs });
    };

    let text: string | null | Promise<string | null> = null;
    try {
      text = knownOperations.execute(known, context);
      return text instanceof Promise ? text.then(finish).finally(opened.close) : finish(text);
    } finally {
      if (!(text instanceof Promise)) opened.close();
    }
  };
}

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
function contentTypeFor({ method, headers: { accept, 'content-type': sent } }: IncomingMessage): string | null {
  return method === 'POST' && JSON_BODIES.has(sent) ? (CONTENT_TYPES.get(accept) ?? null) : null;
}
