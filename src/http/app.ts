/** The HTTP server: its limits, its timeouts, the headers of every answer, and the form of errors before GraphQL. */
import { randomUUID } from 'node:crypto';
import cors from '@fastify/cors';
import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { registerGraphqlRoute, type GraphqlRouteOptions } from './graphql-route.ts';
import { registerOperationsRoutes } from './operations-routes.ts';

export interface AppOptions extends GraphqlRouteOptions {
  readonly isProduction: boolean;
  readonly corsOrigins: readonly string[];
  readonly isReady: () => boolean;
  readonly logger: FastifyBaseLogger;
}

const MAX_BODY_BYTES = 1_048_576;
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than a load balancer's usual 60 s, so that it is the balancer that closes an idle connection. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
const SANDBOX_ORIGINS = ['https://studio.apollographql.com', 'https://sandbox.embed.apollographql.com'];

export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { isProduction, corsOrigins, isReady, logger } = options;
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    genReqId: requestIdOf,
    // While it stops, a request that comes on an open connection is answered, and the connection then closed.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
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
  const origins = [...corsOrigins, ...(isProduction ? [] : SANDBOX_ORIGINS)];
  if (origins.length > 0) {
    await app.register(cors, {
      origin: origins.includes('*') ? '*' : origins,
      methods: ['GET', 'POST'],
      exposedHeaders: ['x-request-id'],
      maxAge: 86_400,
    });
  }

  readJsonOnly(app);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((_request, reply) =>
    sendError(reply, 404, 'NOT_FOUND', 'There is nothing at this path; GraphQL is at /graphql.'),
  );
  registerGraphqlRoute(app, options);
  registerOperationsRoutes(app, isReady);
  return app;
}

/** A proxy's request id is kept if it is a plain word, so that it can stand in a log. */
function requestIdOf({ headers }: { headers: Record<string, string | string[] | undefined> }): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

function readJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  // It stays text: the same text may have been answered already, and then nobody needs to parse it.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
}

/** Errors before GraphQL is reached: in GraphQL's form, since the client expects it. */
function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = error.statusCode ?? 500;
  if (status < 500) return sendError(reply, status, status === 413 ? 'BAD_USER_INPUT' : 'BAD_REQUEST', error.message);
  request.log.error({ err: error, requestId: request.id }, 'a request failed');
  return sendError(reply, 500, 'INTERNAL_SERVER_ERROR', 'Something went wrong inside the gateway.');
}

const sendError = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply =>
  reply
    .code(status)
    .send({ errors: [{ message, extensions: { code, retryable: false, requestId: reply.request.id } }] });
