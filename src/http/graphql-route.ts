/** GraphQL over HTTP at `/graphql`: answers from what is ready, else turns Fastify's request into Apollo's and back. */
import { HeaderMap, type ApolloServer, type HTTPGraphQLResponse } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import { createContext, type Context, type ContextSource } from '../graphql/context.ts';
import { statusIsTrusted } from '../graphql/errors.ts';
import type { PersistedDocuments } from '../graphql/persisted-documents.ts';
import { rateLimited, type Allowance } from '../graphql/rate-limit.ts';
import { refusalOf } from '../graphql/refusal.ts';
import type { Caller } from '../auth/caller.ts';
import type { GatewayError } from '../upstream/errors.ts';
import { allowanceHeaders, type Admission } from './admission.ts';
import { INTERNAL } from '../observability/outcome.ts';
import { recordErrorCode, type OperationRecord } from '../observability/operation-record.ts';
import type { Observer } from '../observability/observer.ts';
import type { Callers } from './callers.ts';
import { signalOfClient } from './client-signal.ts';
import { askedBy, GRAPHQL_RESPONSE, PLAIN_JSON, type KnownAnswers } from './known-answers.ts';
import { parseBody, withText, type SentOperation } from './named-operation.ts';
import { GRAPHQL_PATH, requestKey, searchOf } from './request.ts';
import {
  etagOf,
  isNotModified,
  readyBody,
  type Place,
  type ReadyAnswer,
  type ResponseCache,
} from './response-cache.ts';

export interface GraphqlRouteOptions {
  readonly apollo: ApolloServer<Context>;
  readonly contextSource: ContextSource;
  readonly responses: ResponseCache;
  readonly knownAnswers: KnownAnswers;
  readonly callers: Callers;
  readonly observer: Observer;
  readonly admission: Admission;
  readonly documents: PersistedDocuments;
}

export function registerGraphqlRoute(app: FastifyInstance, options: GraphqlRouteOptions): void {
  const { apollo, contextSource, responses, knownAnswers, callers, observer, admission, documents } = options;

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { raw, id: requestId } = request;
    const body = typeof request.body === 'string' ? request.body : '';
    const caller = callers.known(raw) ?? (await callers.authenticate(raw));
    const allowance = admission.admit(raw, caller.viewer);
    if (allowance) reply.headers(Object.fromEntries(allowanceHeaders(allowance)));
    if (allowance?.isAllowed === false) return refuseRate(request, reply, caller, allowance);
    const { viewer } = caller;
    if (!viewer) return observed(request, reply, caller, null);
    const place = responses.placeOf(viewer, requestKey(raw, body));
    const ready = responses.find(place, caller.untilMs);
    if (ready) observer.readyAnswer(requestId, viewer.id);
    const asked = { requestId, place, caller, body, ...askedBy(raw, reply.raw) };
    const answered = ready ?? (await knownAnswers.answer(asked));
    return answered ? send(request, reply, answered) : observed(request, reply, caller, place);
  }

  function begin({ id: requestId, headers: { traceparent } }: FastifyRequest, { viewer }: Caller): OperationRecord {
    return observer.begin({ transport: 'http', requestId, viewerId: viewer?.id ?? null, traceparent });
  }

  function refuseRate(request: FastifyRequest, reply: FastifyReply, caller: Caller, allowance: Allowance) {
    const operationRecord = begin(request, caller);
    const refused = refuse(request, reply, rateLimited(allowance), 429, operationRecord);
    observer.end(operationRecord);
    return refused;
  }

  async function observed(request: FastifyRequest, reply: FastifyReply, caller: Caller, place: Place | null) {
    const operationRecord = begin(request, caller);
    try {
      return await execute(request, reply, caller, place, operationRecord);
    } catch (error) {
      recordErrorCode(
        operationRecord,
        (error as { statusCode?: number }).statusCode === 400 ? 'BAD_REQUEST' : INTERNAL,
      );
      throw error;
    } finally {
      operationRecord.isAbandoned ||= reply.raw.destroyed && !reply.raw.writableFinished;
      observer.end(operationRecord);
    }
  }

  /** Executes the request, and keeps the answer if it may be given again. */
  async function execute(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: Caller,
    place: Place | null,
    operationRecord: OperationRecord,
  ) {
    const { viewer, refusal, untilMs: rightUntilMs } = caller;
    const sent = withText(
      { method: request.method, search: searchOf(request.url), body: parseBody(request.body) },
      documents,
    );
    if (sent instanceof GraphQLError) {
      return refuse(request, reply, sent, statusOf(sent, request.headers.accept), operationRecord);
    }
    const opened = place && responses.open(place, rightUntilMs);
    try {
      const context = createContext(contextSource, {
        viewer,
        refusal,
        requestId: request.id,
        signal: signalOfClient(reply.raw),
        mayAct: true,
        takeEvents: null,
        operationRecord,
      });
      const { status, contentType, text } = await executeByApollo(request, reply, sent, context);
      // What is wrong with the request itself Apollo answers before there is an operation.
      if (status !== 200 && operationRecord.errorCodes.length === 0) recordErrorCode(operationRecord, 'BAD_REQUEST');
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

  async function executeByApollo(request: FastifyRequest, reply: FastifyReply, sent: SentOperation, context: Context) {
    const response = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        ...sent,
        headers: readHeaders(request),
      },
      context: () => Promise.resolve(context),
    });
    for (const [name, value] of response.headers) reply.header(name, value);
    const contentType = response.headers.get('content-type') ?? PLAIN_JSON;
    return { status: response.status ?? 200, contentType, text: bodyOf(response) };
  }

  /** Before it is looked at what the operation is. */
  function refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    error: GatewayError | GraphQLError,
    status: number,
    operationRecord: OperationRecord,
  ) {
    const isAsked = statusIsTrusted(request.headers.accept);
    const refusal = refusalOf(error, request.id);
    recordErrorCode(operationRecord, String(refusal.extensions?.code));
    return reply
      .code(status)
      .headers({ 'content-type': isAsked ? GRAPHQL_RESPONSE : PLAIN_JSON, 'cache-control': 'no-store' })
      .send(JSON.stringify({ errors: [refusal] }));
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

/** As for a bad operation: where the client can't trust it, the status says nothing of what the operation is. */
function statusOf({ extensions }: GraphQLError, accept: string | undefined): number {
  const { status = 400 } = (extensions.http ?? {}) as { readonly status?: number };
  return extensions.code === 'BAD_REQUEST' || statusIsTrusted(accept) ? status : 200;
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
