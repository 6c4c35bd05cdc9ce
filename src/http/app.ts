/** The HTTP server: its limits, its timeouts, the headers of every answer, and the form of errors before GraphQL. */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import cors from '@fastify/cors';
import {
  errorCodes,
  fastify,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Logger } from '../observability/logger.ts';
import { EXPOSED_HEADERS } from './admission.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { TakeBasePath } from './base-path.ts';
import type { IsTrustedProxy } from './client-address.ts';
import { createHeadAnswers } from './head-answers.ts';
import type { KnownHeads } from './known-heads.ts';
import { registerGraphqlRoute, type GraphqlRouteOptions } from './graphql-route.ts';
import { registerOperationsRoutes } from './operations-routes.ts';
import { registerPageRoute, type PageRouteOptions } from './page-route.ts';
import { originsOf } from './origins.ts';
import { requestIdOf } from './request.ts';
import { createShortWay, readBodyOf, type ShortWay } from './short-way.ts';

export interface AppOptions extends GraphqlRouteOptions, PageRouteOptions {
  readonly isProduction: boolean;
  readonly corsOrigins: readonly string[];
  readonly isTrustedProxy: IsTrustedProxy;
  readonly takeBasePath: TakeBasePath;
  readonly isReady: () => boolean;
  readonly knownHeads: KnownHeads;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'contentType' | 'scrape'>;
}

export const MAX_BODY_BYTES = 1_048_576;
const SERVER_OPTIONS = {
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  // Longer than a load balancer's usual 60 s, so that it is the balancer that closes an idle connection.
  keepAliveTimeout: 72_000,
  // Whoever offers to speak another protocol is answered in this one.
  shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
};

export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { isProduction, corsOrigins, isTrustedProxy, takeBasePath, isReady, knownHeads, logger } = options;
  const origins = originsOf(corsOrigins, isProduction);
  const keepAliveSeconds = SERVER_OPTIONS.keepAliveTimeout / 1000;
  const answersTo = createHeadAnswers({ ...options, keepAliveSeconds });
  const shortWay = createShortWay({ ...options, answersTo, hasCors: origins.length > 0 });
  const app = fastify({
    genReqId: requestIdOf,
    trustProxy: isTrustedProxy,
    // While it stops, a request that comes on an open connection is answered, and the connection then closed.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    serverFactory(handler) {
      const server = createServer(SERVER_OPTIONS, listenerOf(takeBasePath, shortWay, handler));
      knownHeads.watch(server);
      return server;
    },
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    // Sandbox brings its own content security policy; this part can't be said in the page itself.
    reply.header('content-security-policy', "frame-ancestors 'none'; base-uri 'none'; object-src 'none'");
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // Of the answers that were under way when it began to stop, too: their connections must not stay open.
    if (!isReady()) reply.header('connection', 'close');
    done();
  });
  if (origins.length > 0) {
    await app.register(cors, {
      origin: origins.includes('*') ? '*' : origins,
      methods: ['GET', 'POST'],
      exposedHeaders: ['x-request-id', ...EXPOSED_HEADERS],
      maxAge: 86_400,
    });
  }

  readJsonOnly(app);
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply, logger));
  app.setNotFoundHandler((_request, reply) =>
    sendError(reply, 404, 'NOT_FOUND', 'There is nothing at this path; GraphQL is at /graphql, the run page at /.'),
  );
  registerGraphqlRoute(app, options);
  registerOperationsRoutes(app, isReady, options.metrics);
  registerPageRoute(app, options);
  return app;
}

const listenerOf =
  (takeBasePath: TakeBasePath, shortWay: ShortWay, handler: RequestListener): RequestListener =>
  (request, response) => {
    takeBasePath(request);
    shortWay.handle(request, response, () => {
      handler(request, response);
    });
  };

/** It stays text: the same text may have been answered already, and then nobody needs to parse it. */
function readJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', async ({ raw }: FastifyRequest) => readBodyOf(raw) ?? readText(raw));
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  if (Number(request.headers['content-length']) > MAX_BODY_BYTES) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
  // To destroy the request would take the connection away on which the error is to be answered.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString();
}

/** Errors before GraphQL is reached: in GraphQL's form, since the client expects it. */
function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply, logger: Logger): FastifyReply {
  const status = error.statusCode ?? 500;
  if (status < 500) return sendError(reply, status, status === 413 ? 'BAD_USER_INPUT' : 'BAD_REQUEST', error.message);
  logger.error({ err: error, requestId: request.id }, 'a request failed');
  return sendError(reply, 500, 'INTERNAL_SERVER_ERROR', 'Something went wrong inside the gateway.');
}

const sendError = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply =>
  reply
    .code(status)
    .send({ errors: [{ message, extensions: { code, retryable: false, requestId: reply.request.id } }] });
