/** GraphQL over HTTP at `/graphql`: answers from what is ready, else turns Fastify's request into Apollo's and back. */
import { HeaderMap, type ApolloServer, type HTTPGraphQLResponse } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createContext, type Context, type ContextSource } from '../graphql/context.ts';
import type { KnownOperations } from '../graphql/known-operations.ts';
import type { Viewer } from '../runs/viewer.ts';
import { signalOfClient } from './client-signal.ts';
import { GRAPHQL_PATH, requestKey, searchOf, type ReadViewer } from './request.ts';
import { etagOf, isNotModified, readyBody, type ReadyAnswer, type ResponseCache } from './response-cache.ts';

export interface GraphqlRouteOptions {
  readonly apollo: ApolloServer<Context>;
  readonly contextSource: ContextSource;
  readonly knownOperations: KnownOperations;
  readonly responses: ResponseCache;
  readonly readViewer: ReadViewer;
}

export function registerGraphqlRoute(app: FastifyInstance, options: GraphqlRouteOptions): void {
  const { apollo, contextSource, knownOperations, responses, readViewer } = options;

  /** Executes the request, and keeps the answer if it may be given again. */
  async function execute(request: FastifyRequest, reply: FastifyReply, viewer: Viewer | null, key: string) {
    const opened = viewer && responses.open(viewer, key);
    const context = createContext(contextSource, {
      viewer,
      requestId: request.id,
      signal: signalOfClient(reply.raw),
      mayAct: true,
      takeEvents: null,
    });
    const { status, contentType, text } = await answerOf(request, reply, context);
    const body = readyBody(text);
    const { untilMs } = context.lifetime;
    if (!opened || status !== 200 || untilMs <= contextSource.now()) {
      return reply.code(status).headers({ 'content-type': contentType, 'cache-control': 'no-store' }).send(body);
    }
    const etag = request.method === 'GET' ? etagOf(body) : null;
    return send(request, reply, opened.keep({ body, contentType, etag, untilMs }));
  }

  async function answerOf(request: FastifyRequest, reply: FastifyReply, context: Context): Promise<ExecutedAnswer> {
    const body = parseBody(request.body);
    if (isPlain(request)) {
      const text = await knownOperations.tryExecute(body, context);
      if (text !== null) return { status: 200, contentType: PLAIN_JSON, text };
    }
    const response = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method,
        headers: readHeaders(request),
        search: searchOf(request.url),
        body,
      },
      context: () => Promise.resolve(context),
    });
    for (const [name, value] of response.headers) reply.header(name, value);
    const contentType = response.headers.get('content-type') ?? PLAIN_JSON;
    return { status: response.status ?? 200, contentType, text: bodyOf(response) };
  }

  function send(request: FastifyRequest, reply: FastifyReply, { answer, maxAgeSeconds }: ReadyAnswer): FastifyReply {
    reply.header('cache-control', `private, max-age=${maxAgeSeconds}`);
    reply.header('vary', 'authorization, accept');
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
    handler(request, reply) {
      const viewer = readViewer(request.raw);
      const key = requestKey(request.raw, typeof request.body === 'string' ? request.body : '');
      const ready = viewer && responses.find(viewer, key);
      return ready ? send(request, reply, ready) : execute(request, reply, viewer, key);
    },
  });
}

interface ExecutedAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

const PLAIN_JSON = 'application/json; charset=utf-8';

/** A POST (so its body is JSON) of a client that takes plain JSON: nothing about its head needs Apollo's judgement. */
function isPlain({ method, headers: { accept } }: FastifyRequest): boolean {
  return method === 'POST' && (accept === undefined || accept === '*/*' || accept === 'application/json');
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
