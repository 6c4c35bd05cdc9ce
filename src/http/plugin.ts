/** The gateway as a Fastify plugin: its hooks, error handlers and routes, all in its own scope. */
import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Authenticator } from '../auth/verified-callers.ts';
import type { Config } from '../config/config.ts';
import { SAMPLE_KEY } from '../graphql/apollo/sandbox.ts';
import type { Admission } from '../admission/admission.ts';
import type { Graphql } from '../graphql/graphql.ts';
import type { Tool } from '../graphql/tools/tools.ts';
import { MASKED_MESSAGE } from '../graphql/operations/error-formatting.ts';
import { createRateLimit, type RateLimit, type ShareRateLimit } from '../admission/rate-limit.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Observer } from '../observability/observer.ts';
import type { Runs } from '../runs/runs.ts';
import type { After } from '../runtime/clock.ts';
import { createWrite, errorAnswer, type Write } from './answer.ts';
import { createAuthentication } from './authentication.ts';
import type { Forwarding } from './client-address.ts';
import { createCommonHeaders, originsOf, PREFLIGHT_VARY, type CommonHeaders } from './common-headers.ts';
import { addConnectionEnd, withUnreadBody } from './connection-end.ts';
import { createEntrance, type Entrance } from './entrance.ts';
import { createGraphqlRoutes } from './graphql-routes.ts';
import { createMcpRoutes } from './mcp/mcp-routes.ts';
import { protectedResourceOf } from './mcp/protected-resource.ts';
import { createNegotiation, type Negotiation } from './negotiation.ts';
import { createOps } from './ops.ts';
import { createRunPage } from './page.ts';
import { createReportRefused } from './refused-origins.ts';
import { createResponseCache } from './response-cache.ts';
import { ALLOWED_METHODS, GRAPHQL_PATH, GRAPHQL_VARY } from './routes.ts';
import { openWebSockets, rememberUpgrade } from './sockets.ts';
import { createTextRoutes } from './text-routes.ts';

/**
 * A client that reads nothing for this long is disconnected. node:http checks at this interval whether a write made
 * progress, so it may take twice as long.
 */
const STALLED_READER_MS = 30_000;
const SLOW_DOWN_MS = 1000;

/** Values that tests replace. */
export interface HttpOverrides {
  /** A client that reads nothing of its response for this long is disconnected. */
  readonly stalledReaderMs?: number;
  /** A 429 waits this long, or up to twice as long. */
  readonly slowDownMs?: number;
  /** Folder of the built run page. Default: where `npm run build` puts it. */
  readonly pageFolder?: string | undefined;
}

export interface HttpOptions extends HttpOverrides {
  readonly config: Config;
  readonly authenticator: Authenticator;
  readonly runs: Runs;
  /** Shared rate limit, or null without a fleet. */
  readonly shareRateLimit: ShareRateLimit | null;
  readonly graphql: Graphql & { readonly schema: GraphQLSchema };
  /** Tools, or empty if MCP is off. */
  readonly tools: () => readonly Tool[];
  readonly version: string;
  /** Schema as SDL, or null if introspection is disabled. */
  readonly schemaText: string | null;
  readonly metrics: Metrics;
  readonly observer: Observer;
  readonly logger: Logger;
  readonly now: () => number;
  readonly after: After;
  readonly client: Forwarding;
  readonly admission: Admission;
  /** Whether responses are cached. If not, an embedder's plugins see each request. */
  readonly cachesAnswers: boolean;
  /** Whether the gateway, and not the host, responds to paths outside the prefix. */
  readonly ownsServer: boolean;
}

export type Http = ReturnType<typeof createHttp>;

export function createHttp(options: HttpOptions) {
  const { config, client } = options;
  /** Connections over which an accepted caller has sent an operation. */
  const acceptedConnections = new WeakSet<object>();
  let isStopping = false;
  const isReady = () => !isStopping;
  const stop = () => {
    isStopping = true;
  };
  const origins = originsOf(config.corsOrigins, config.sandbox);
  const commonHeaders = createCommonHeaders({ origins, hstsMaxAgeSeconds: config.hstsMaxAgeSeconds, ...client });
  const negotiation = createNegotiation();
  const write = createWrite(negotiation);
  const ops = createOps({ metrics: options.metrics, isReady, write });
  const entrance = entranceOf(options, origins, acceptedConnections);

  return {
    plugin: (async (app) => {
      const shared: Shared = { entrance, commonHeaders, origins, negotiation, write, isReady, stop };
      // It marks upgrades in a separate hook, so it is registered before the other hooks.
      await openWebSockets(app);
      addHooks(app, options, shared);
      await addRoutes(app, options, shared);
      if (!options.ownsServer || config.opsPort === null) await app.register(ops);
    }) satisfies FastifyPluginAsync,
    /** Probes and metrics, unless they get a separate server. */
    ops,
    /** After this, `/readyz` fails, no live operation begins, and each response closes its connection. */
    stop,
    isReady,
    acceptedConnections,
    /** Responds to a request whose path can't be decoded, for which Fastify calls no hook. */
    refuseUrl(reply: FastifyReply, message: string): void {
      const { raw, id } = reply.request;
      const { status, headers, body } = errorAnswer(id, 400, 'BAD_REQUEST', message);
      void reply.code(status).headers({ ...commonHeaders.of(raw, id), ...headers });
      void reply.send(withUnreadBody(reply, body));
    },
  };
}

/** Shared by the hooks and routes. */
interface Shared {
  readonly entrance: Entrance;
  readonly commonHeaders: CommonHeaders;
  readonly origins: readonly string[];
  readonly negotiation: Negotiation;
  readonly write: Write;
  readonly isReady: () => boolean;
  readonly stop: () => void;
}

/** The stages before every operation. */
function entranceOf(options: HttpOptions, origins: readonly string[], acceptedConnections: WeakSet<object>): Entrance {
  const { config, runs, now, client, admission, slowDownMs = SLOW_DOWN_MS } = options;
  const limitOf = (kind: string, perMinute: number): RateLimit => {
    const local = createRateLimit(perMinute, now);
    return options.shareRateLimit?.({ kind, perMinute, local }) ?? local;
  };
  const byNetwork = limitOf('address', config.rateLimitAnonymousPerMinute);
  return createEntrance({
    authenticate: createAuthentication({ ...options, byNetwork, origins }),
    byOwner: config.rateLimitPerMinute === null ? null : limitOf('owner', config.rateLimitPerMinute),
    byNetwork,
    admission,
    standing: (caller) => runs.viewers.standing(caller),
    networkOf: (request) => client.networkOf(request),
    acceptedConnections,
    slowDownMs,
  });
}

/** Common headers, error handling and the end of the connection, for every request on any route. */
function addHooks(
  app: FastifyInstance,
  options: HttpOptions,
  { commonHeaders, origins, write, isReady }: Shared,
): void {
  const { logger, now, stalledReaderMs = STALLED_READER_MS } = options;
  const reportRefused = createReportRefused({ origins, logger, now });
  const basePath = publicPath(app, options);
  const otherPath = `WebSockets must be opened at ${basePath}${GRAPHQL_PATH}.`;
  const notFound = `Path not found. GraphQL is at ${basePath}${GRAPHQL_PATH}, the web UI at ${basePath}/.`;
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(commonHeaders.of(request.raw, request.id));
    const isOtherPath = request.ws && request.routeOptions.url !== `${app.prefix}${GRAPHQL_PATH}`;
    reportRefused(request.raw, isOtherPath ? 'otherPath' : request.ws ? 'socket' : 'none');
    if (request.method === 'OPTIONS') {
      void reply.headers({ allow: ALLOWED_METHODS, vary: commonHeaders.vary(PREFLIGHT_VARY) });
      void reply.code(204).send();
    } else if (isOtherPath) {
      write(reply, errorAnswer(request.id, 404, 'NOT_FOUND', otherPath));
    } else {
      if (request.ws) rememberUpgrade(request);
      done();
    }
  });
  addConnectionEnd(app, { isReady, stalledReaderMs });
  app.setErrorHandler((error: FastifyError, { id }, reply) => {
    const { statusCode = 500, message } = error;
    if (statusCode < 500) return write(reply, errorAnswer(id, statusCode, 'BAD_REQUEST', message));
    logger.error({ err: error, requestId: id }, 'a request failed');
    return write(reply, errorAnswer(id, 500, 'INTERNAL_SERVER_ERROR', MASKED_MESSAGE));
  });
  if (hasOtherPaths(app, options)) {
    app.setNotFoundHandler(({ id }, reply) => write(reply, errorAnswer(id, 404, 'NOT_FOUND', notFound)));
  }
  // A route reads the body, of any type, after the rate limit. Fastify finds JSON faster by its own name.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(['application/json', '*'], (_request, _body, done) => {
    done(null);
  });
}

async function addRoutes(app: FastifyInstance, options: HttpOptions, shared: Shared): Promise<void> {
  const { config, runs, now, graphql, pageFolder: folder, stalledReaderMs = STALLED_READER_MS } = options;
  const basePath = publicPath(app, options);
  const vary = shared.commonHeaders.vary(
    options.authenticator.readsRequests ? `cookie, ${GRAPHQL_VARY}` : GRAPHQL_VARY,
  );
  const ofRoutes = { ...options, ...shared, basePath, vary, stalledReaderMs };
  const responses = options.cachesAnswers ? createResponseCache({ ...runs, now }) : null;
  const maxOperations = config.maxSubscriptionsPerConnection;
  await app.register(createGraphqlRoutes({ ...ofRoutes, responses, maxOperations }));
  const hasMcp = config.mcp !== 'off';
  const protectedResource = protectedResourceOf(config);
  if (hasMcp) await app.register(createMcpRoutes({ ...ofRoutes, protectedResource, operations: graphql.operations }));
  await app.register(createTextRoutes({ ...ofRoutes, hasMcp }));
  const sampleKey = config.upstreamUrl === null ? SAMPLE_KEY : null;
  const ofPage = { folder, sampleKey, hasExplorers: config.sandbox, hasOtherPaths: hasOtherPaths(app, options) };
  await app.register(createRunPage({ ...ofRoutes, ...ofPage }));
}

/** The gateway's path as seen by clients. */
const publicPath = ({ prefix }: FastifyInstance, { config }: HttpOptions): string => `${config.basePath}${prefix}`;

/** Whether the gateway also handles unknown paths, which are otherwise left to the host. */
const hasOtherPaths = ({ prefix }: FastifyInstance, { ownsServer }: HttpOptions): boolean =>
  ownsServer || prefix !== '';
