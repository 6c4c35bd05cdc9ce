/** The gateway as a Fastify plugin: its hooks, error handlers and routes, all in its own scope. */
import type { IncomingHttpHeaders } from 'node:http';
import type {
  FastifyError,
  FastifyPluginAsync,
  FastifyPluginCallback,
  FastifyReply,
  RouteHandlerMethod,
} from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Authenticator } from '../auth/verified-callers.ts';
import type { Config } from '../config/config.ts';
import { SAMPLE_KEY } from '../graphql/apollo/sandbox.ts';
import type { Admission } from '../graphql/admission/admission.ts';
import type { Graphql } from '../graphql/graphql.ts';
import { createRateLimit, type RateLimit, type ShareRateLimit } from '../graphql/operations/rate-limit.ts';
import type { ClientFacts } from '../observability/operation-record.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Observer } from '../observability/observer.ts';
import type { Runs } from '../runs/runs.ts';
import type { After } from '../runs/timer.ts';
import { createAuthentication } from './authentication.ts';
import { createCompression } from './compression/compression.ts';
import type { ClientNetwork } from './connection/client-address.ts';
import { createExplorerPage } from './graphql/explorer-page.ts';
import { createGraphqlHandler } from './graphql/graphql-handler.ts';
import { createResponseCache } from './graphql/response-cache.ts';
import { createCommonHeaders, originsOf, PREFLIGHT_VARY } from './headers/common-headers.ts';
import { createSendEvents } from './live/event-streams.ts';
import { createLiveConnections } from './live/live-connections.ts';
import { createSockets, type UpgradeRefusal } from './live/sockets.ts';
import { openWebSockets } from './live/web-sockets.ts';
import { createOps } from './ops.ts';
import { createOwners } from './owners.ts';
import { createPage } from './page/page.ts';
import { createRateLimits } from './rate-limits.ts';
import {
  ALLOWED_METHODS,
  GRAPHQL_PATH,
  GRAPHQL_PATHS,
  GRAPHQL_VARY,
  STREAM_PATH,
  withoutPrefix,
  type GraphqlPath,
} from './routes.ts';
import { createSend, errorResponse } from './response.ts';

/** node:http checks at this interval whether a write made progress: a stalled client is disconnected after 15 to 30 s. */
const STALLED_READER_MS = 15_000;
const REFUSAL_MS = 1000;

export interface HttpOptions {
  readonly config: Config;
  readonly authenticator: Authenticator;
  readonly runs: Runs;
  /** Null without a fleet. */
  readonly shareRateLimit: ShareRateLimit | null;
  readonly graphql: Graphql & { readonly schema: GraphQLSchema };
  readonly metrics: Metrics;
  readonly observer: Observer;
  readonly logger: Logger;
  readonly now: () => number;
  readonly after: After;
  readonly client: ClientFacts;
  readonly networkOf: ClientNetwork;
  readonly admission: Admission;
  /** A client that reads nothing for this long is disconnected. Default: 15 s. */
  readonly stalledReaderMs?: number | undefined;
  /** A 429 waits this long, or up to twice as long. Default: 1 s. */
  readonly refusalMs?: number | undefined;
  /** Folder of the built run page. Default: where `npm run build:page` puts it. */
  readonly pageFolder?: string | undefined;
  /** False: each request is executed, so that an embedder's plugins see it. */
  readonly cachesAnswers: boolean;
  /** False: the host answers paths outside the prefix. */
  readonly ownsServer: boolean;
}

export interface Http {
  readonly plugin: FastifyPluginAsync;
  /** Probes and metrics. `plugin` has them unless they get a server of their own. */
  readonly ops: FastifyPluginCallback;
  /** From now on `/readyz` fails, no live operation begins, and each answer closes its connection. */
  readonly stop: () => void;
  readonly isReady: () => boolean;
  /** Connections over which an accepted caller has sent an operation. */
  readonly acceptedConnections: WeakSet<object>;
  /** Answers a request whose path cannot be decoded: Fastify calls no hook for it. */
  readonly refuseUrl: (reply: FastifyReply, message: string) => void;
}

export function createHttp(options: HttpOptions): Http {
  const { config, authenticator, runs, shareRateLimit, graphql, metrics, observer, logger, now, after } = options;
  const {
    client,
    networkOf,
    admission,
    stalledReaderMs = STALLED_READER_MS,
    refusalMs = REFUSAL_MS,
    pageFolder: folder,
  } = options;
  const { addressOf, schemeOf } = client;
  const { isAccepted } = runs.viewers;
  const acceptedConnections = new WeakSet<object>();
  let isStopping = false;
  const isReady = () => !isStopping;
  const stop = () => {
    isStopping = true;
  };

  const origins = originsOf(config.corsOrigins, config.sandbox);
  const commonHeaders = createCommonHeaders({ origins, hstsMaxAgeSeconds: config.hstsMaxAgeSeconds, schemeOf });
  const compression = createCompression();
  const send = createSend({ compression, isReady, stalledReaderMs });
  const ops = createOps({ metrics, isReady, send });

  const limitOf = (kind: string, perMinute: number): RateLimit => {
    const local = createRateLimit({ perMinute, now });
    return shareRateLimit ? shareRateLimit({ kind, perMinute, local }) : local;
  };
  /** The stages of every transport. */
  const stages = {
    authenticate: createAuthentication({ authenticator, addressOf, now, logger }),
    owners: createOwners({
      byNetwork: limitOf('address', config.rateLimitAnonymousPerMinute),
      isAccepted,
      networkOf,
      acceptedConnections,
    }),
    admission,
    rateLimits: createRateLimits(
      config.rateLimitPerMinute === null ? null : limitOf('viewer', config.rateLimitPerMinute),
    ),
  };

  function refuse(reply: FastifyReply, status: number, message: string): void {
    void send(reply, errorResponse(reply.request.id, status, 'BAD_REQUEST', message));
  }

  const plugin: FastifyPluginAsync = async (app) => {
    const basePath = `${config.basePath}${app.prefix}`;
    const liveConnections = createLiveConnections(after);
    const sockets = createSockets({
      ...stages,
      operations: graphql.operations,
      schema: graphql.schema,
      maxOperations: config.maxSubscriptionsPerConnection,
      origins,
      liveConnections,
      isReady,
      logger,
    });
    await openWebSockets(app);
    const handle = createGraphqlHandler({
      ...stages,
      answerBrowser: createExplorerPage({ landingPage: graphql.landingPage, basePath, send }),
      responses: options.cachesAnswers ? createResponseCache({ ...runs, now }) : null,
      operations: graphql.operations,
      sendEvents: createSendEvents(liveConnections, isReady),
      send,
      vary: commonHeaders.vary(GRAPHQL_VARY),
      observer,
      refusalMs,
    });

    app.addHook('onRequest', (request, reply, done) => {
      dropLongHeaders(request.raw.headers);
      void reply.headers(commonHeaders.of(request.raw, request.id));
      const { method, headers, httpVersion } = request.raw;
      if (headers.host === undefined && httpVersion === '1.1') refuse(reply, 400, 'The request has no Host header.');
      else if (headers.expect !== undefined && !/^100-continue$/i.test(headers.expect))
        refuse(reply, 417, 'Expect: only 100-continue is supported.');
      else if (method === 'OPTIONS') {
        void reply.headers({ allow: ALLOWED_METHODS, vary: commonHeaders.vary(PREFLIGHT_VARY) });
        void reply.code(204).send();
      } else if (request.ws || (!isReady() && headers.upgrade?.toLowerCase() === 'websocket')) {
        const isAtPath = request.routeOptions.url === `${app.prefix}${GRAPHQL_PATH}`;
        const refusal = isAtPath ? sockets.refusalOf(request.raw) : OTHER_PATH;
        // Each later reader of the request gets the same id.
        request.raw.headers['x-request-id'] = request.id;
        if (!refusal) done();
        else {
          const { status, code, message } = refusal;
          void reply.headers({ ...refusal.headers, connection: 'close' });
          void send(reply, errorResponse(request.id, status, code, message));
        }
      } else if (request.is404) {
        // Other methods at the paths of GraphQL pass the same stages, and are refused there.
        const [url] = withoutPrefix(request.url, app.prefix).split('?', 1);
        const path = GRAPHQL_PATHS.find((each) => each === url);
        if (path) handle(request, reply, path).catch(done);
        else done();
      } else done();
    });
    app.setErrorHandler((error: FastifyError, { id }, reply) => {
      const { statusCode = 500, message } = error;
      if (statusCode < 500) {
        refuse(reply, statusCode, message);
        return;
      }
      logger.error({ err: error, requestId: id }, 'a request failed');
      void send(reply, errorResponse(id, 500, 'INTERNAL_SERVER_ERROR', DEFECT));
    });
    const hasOtherPaths = options.ownsServer || app.prefix !== '';
    if (hasOtherPaths) {
      app.setNotFoundHandler(({ id }, reply) => send(reply, errorResponse(id, 404, 'NOT_FOUND', NOT_FOUND)));
    }

    // The handler reads the body after the rate limit, for any type.
    app.removeAllContentTypeParsers();
    // Fastify finds JSON faster by its own name.
    app.addContentTypeParser(['application/json', '*'], (_request, _body, done) => {
      done(null);
    });
    const route =
      (path: GraphqlPath): RouteHandlerMethod =>
      (request, reply) =>
        handle(request, reply, path);
    app.route({
      method: ['GET', 'HEAD'],
      url: GRAPHQL_PATH,
      exposeHeadRoute: false,
      handler: route(GRAPHQL_PATH),
      wsHandler: (socket, { raw }) => {
        // `ws` declares this class twice: for CommonJS and for modules.
        // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
        sockets.serve(socket, raw);
      },
    });
    app.post(GRAPHQL_PATH, route(GRAPHQL_PATH));
    // A HEAD of a stream would never end.
    app.route({ method: ['GET', 'POST'], url: STREAM_PATH, exposeHeadRoute: false, handler: route(STREAM_PATH) });
    if (!options.ownsServer || config.opsPort === null) await app.register(ops);
    const sampleKey = config.upstreamUrl === null ? SAMPLE_KEY : null;
    await app.register(
      createPage({
        folder,
        basePath,
        hasOtherPaths,
        sampleKey,
        hasExplorers: config.sandbox,
        send,
        stalledReaderMs,
        logger,
      }),
    );

    app.addHook('preClose', async () => {
      stop();
      await liveConnections.close();
    });
  };

  return {
    plugin,
    ops,
    stop,
    isReady,
    acceptedConnections,
    refuseUrl(reply, message) {
      dropLongHeaders(reply.request.raw.headers);
      void reply.headers(commonHeaders.of(reply.request.raw, reply.request.id));
      refuse(reply, 400, message);
    },
  };
}

/** Browsers send some 150 characters. Negotiating 15 KB takes up to 10 ms, before authentication and limit. */
const MAX_NEGOTIATED_LENGTH = 1024;

function dropLongHeaders(headers: IncomingHttpHeaders): void {
  const isLong = (header: string | undefined) => header !== undefined && header.length > MAX_NEGOTIATED_LENGTH;
  if (isLong(headers.accept)) delete headers.accept;
  if (isLong(headers['accept-encoding'])) delete headers['accept-encoding'];
}

const OTHER_PATH: UpgradeRefusal = {
  status: 404,
  code: 'NOT_FOUND',
  message: 'WebSockets must be opened at /graphql.',
};
const DEFECT = 'Something went wrong inside the gateway. The request id leads to its log.';
const NOT_FOUND = 'Path not found. GraphQL is at /graphql, the run page at /.';
