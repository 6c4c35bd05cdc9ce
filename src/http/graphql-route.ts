/** GraphQL over HTTP at `/graphql`: answers from what is ready, else turns Fastify's request into Apollo's and back. */
import { HeaderMap, type ApolloServer, type HTTPGraphQLResponse } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createContext, type Context, type ContextSource } from '../graphql/context.ts';
import type { Caller } from '../identity/caller.ts';
import { INTERNAL } from '../observability/outcome.ts';
import { noteErrorCode, type OperationNotes } from '../observability/notes.ts';
import type { Observer } from '../observability/observer.ts';
import type { Callers } from './callers.ts';
import { signalOfClient } from './client-signal.ts';
import { PLAIN_JSON, type AnswerKnown } from './known-answers.ts';
import { GRAPHQL_PATH, requestKey, searchOf } from './request.ts';
import { etagOf, isNotModified, readyBody, type ReadyAnswer, type ResponseCache } from './response-cache.ts';

export interface GraphqlRouteOptions {
  readonly apollo: ApolloServer<Context>;
  readonly contextSource: ContextSource;
  readonly responses: ResponseCache;
  readonly answerKnown: AnswerKnown;
  readonly callers: Callers;
  readonly observer: Observer;
}

export function registerGraphqlRoute(app: FastifyInstance, options: GraphqlRouteOptions): void {
  const { apollo, contextSource, responses, answerKnown, callers, observer } = options;

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { raw, id: requestId } = request;
    const body = typeof request.body === 'string' ? request.body : '';
    const caller = callers.known(raw) ?? (await callers.identify(raw));
    const key = requestKey(raw, body);
    const { viewer, untilMs: rightUntilMs } = caller;
    if (!viewer) return observed(request, reply, caller, key);
    const ready = responses.find(viewer, key, rightUntilMs);
    if (ready) observer.readyAnswer(requestId, viewer.id);
    const asked = { request: raw, response: reply.raw, requestId, viewer, rightUntilMs, key, body };
    const answered = ready ?? (await answerKnown(asked));
    return answered ? send(request, reply, answered) : observed(request, reply, caller, key);
  }

  async function observed(request: FastifyRequest, reply: FastifyReply, caller: Caller, key: string) {
    const { traceparent } = request.headers;
    const viewerId = caller.viewer?.id ?? null;
    const notes = observer.begin({ transport: 'http', requestId: request.id, viewerId, traceparent });
    try {
      return await execute(request, reply, caller, key, notes);
    } catch (error) {
      noteErrorCode(notes, (error as { statusCode?: number }).statusCode === 400 ? 'BAD_REQUEST' : INTERNAL);
      throw error;
    } finally {
      notes.isAbandoned ||= reply.raw.destroyed && !reply.raw.writableFinished;
      observer.end(notes);
    }
  }

  /** Executes the request, and keeps the answer if it may be given again. */
  async function execute(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: Caller,
    key: string,
    notes: OperationNotes,
  ) {
    const { viewer, refusal, untilMs: rightUntilMs } = caller;
    const opened = viewer && responses.open(viewer, key, rightUntilMs);
    try {
      const context = createContext(contextSource, {
        viewer,
        refusal,
        requestId: request.id,
        signal: signalOfClient(reply.raw),
        mayAct: true,
        takeEvents: null,
        notes,
      });
      const { status, contentType, text } = await executeByApollo(request, reply, context);
      // What is wrong with the request itself Apollo answers before there is an operation.
      if (status !== 200 && notes.errorCodes.length === 0) noteErrorCode(notes, 'BAD_REQUEST');
      const body = readyBody(text);
      const { untilMs } = context.lifetime;
      if (!opened || status !== 200 || untilMs <= contextSource.now()) {
        return await reply
          .code(status)
          .headers({ 'content-type': contentType, 'cache-control': 'no-store' })
          .send(body);
      }
      const etag = request.method === 'GET' ? etagOf(body) : null;
      return await send(request, reply, opened.keep({ body, contentType, etag, untilMs }));
    } finally {
      opened?.close();
    }
  }

  async function executeByApollo(request: FastifyRequest, reply: FastifyReply, context: Context) {
    const response = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method,
        headers: readHeaders(request),
        search: searchOf(request.url),
        body: parseBody(request.body),
      },
      context: () => Promise.resolve(context),
    });
    for (const [name, value] of response.headers) reply.header(name, value);
    const contentType = response.headers.get('content-type') ?? PLAIN_JSON;
    return { status: response.status ?? 200, contentType, text: bodyOf(response) };
  }

  function send(request: FastifyRequest, reply: FastifyReply, { answer, maxAgeSeconds }: ReadyAnswer): FastifyReply {
    if (maxAgeSeconds === null) reply.header('cache-control', 'no-store');
    else reply.headers({ 'cache-control': `private, max-age=${maxAgeSeconds}`, vary: 'authorization, accept' });
    if (answer.etag !== null) {
      reply.header('etag', answer.etag);
      if (isNotModified(request.headers['if-none-match'], answer.etag)) return reply.code(304).send();
    }
    return reply.header('content-type', answer.contentType).send(answer.body);
  }

  app.route({
    // The others are here to be told so, by a 405.
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: GRAPHQL_PATH,
    handler: answer,
  });
}

/** Undefined, which Apollo then complains of, where there is no body. */
function parseBody(body: unknown): unknown {
  if (typeof body !== 'string') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    throw Object.assign(new Error('The body is not JSON.'), { statusCode: 400 });
  }
}

function bodyOf({ body }: HTTPGraphQLResponse): string {
  if (body.kind === 'complete') return body.string;
  throw new Error('incremental delivery is not part of the schema');
}

function readHeaders(request: FastifyRequest): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}
