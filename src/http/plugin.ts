/** The gateway as a Fastify plugin: its hooks, error handlers and routes, all in its own scope. */
import type { FastifyError, FastifyPluginAsync, FastifyReply } from 'fastify';
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
import { createAuthentication } from './authentication.ts';
import { leaveUnread } from './body.ts';
import type { Forwarding } from './client-address.ts';
import { createCommonHeaders, originsOf, PREFLIGHT_VARY } from './common-headers.ts';
import { addCompression } from './compression.ts';
import { createEntrance } from './entrance.ts';
import { createGraphqlRoutes } from './graphql-routes.ts';
import { createMcpRoutes } from './mcp/mcp-routes.ts';
import { createNegotiation } from './negotiation.ts';
import { createOps } from './ops.ts';
import { createRunPage } from './page.ts';
import { sendError } from './replies.ts';
import { createResponseCache } from './response-cache.ts';
import { ALLOWED_METHODS, GRAPHQL_PATH, GRAPHQL_VARY } from './routes.ts';
import { openWebSockets, rememberUpgrade } from './sockets.ts';
import { createTextRoutes } from './text-routes.ts';

/**
 * A client that reads nothing for this long is disconnected. node:http checks at this interval whether a write made progress, so it
 * may take twice as long.
 */
const STALLED_READER_MS = 30_000;
const REFUSAL_MS = 1000;

/** Values that tests replace. */
export interface HttpOverrides {
  /** A client that reads nothing of its answer for this long is disconnected. */
  readonly stalledReaderMs?: number;
  /** A 429 waits this long, or up to twice as long. */
  readonly refusalMs?: number;
  /** Folder of the built run page. Default: where `npm run build` puts it. */
  readonly pageFolder?: string | undefined;
}

export interface HttpOptions extends HttpOverrides {
  readonly config: Config;
  readonly authenticator: Authenticator;
  readonly runs: Runs;
  /** Null without a fleet. */
  readonly shareRateLimit: ShareRateLimit | null;
  readonly graphql: Graphql & { readonly schema: GraphQLSchema };
  /** Empty: MCP is switched off. */
  readonly tools: readonly Tool[];
  readonly version: string;
  /** Null: introspection is switched off. */
  readonly schemaText: string | null;
  readonly metrics: Metrics;
  readonly observer: Observer;
  readonly logger: Logger;
  readonly now: () => number;
  readonly after: After;
  readonly client: Forwarding;
  readonly admission: Admission;
  /** False: each request is executed, so that an embedder's plugins see it. */
  readonly cachesAnswers: boolean;
  /** False: the host answers paths outside the prefix. */
  readonly ownsServer: boolean;
}

export type Http = ReturnType<typeof createHttp>;

export function createHttp(options: HttpOptions) {
  const { config, runs, logger, now, client } = options;
  const { stalledReaderMs = STALLED_READER_MS, refusalMs = REFUSAL_MS, pageFolder: folder } = options;
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
  const ops = createOps({ metrics: options.metrics, isReady });

  const limitOf = (kind: string, perMinute: number): RateLimit => {
    const local = createRateLimit(perMinute, now);
    return options.shareRateLimit?.({ kind, perMinute, local }) ?? local;
  };
  const byNetwork = limitOf('address', config.rateLimitAnonymousPerMinute);
  /** The stages before every operation: a route or transport of its own enters here. */
  const entrance = createEntrance({
    authenticate: createAuthentication({ ...options, byNetwork }),
    byOwner: config.rateLimitPerMinute === null ? null : limitOf('owner', config.rateLimitPerMinute),
    byNetwork,
    admission: options.admission,
    standing: (caller) => runs.viewers.standing(caller),
    networkOf: (request) => client.networkOf(request),
    acceptedConnections,
    refusalMs,
  });

  const plugin: FastifyPluginAsync = async (app) => {
    const basePath = `${config.basePath}${app.prefix}`;
    const hasOtherPaths = options.ownsServer || app.prefix !== '';
    // It marks upgrades in a hook of its own, so it comes before the other hooks.
    await openWebSockets(app);
    app.addHook('onRequest', (request, reply, done) => {
      void reply.headers(commonHeaders.of(request.raw, request.id));
      if (request.method === 'OPTIONS') {
        void reply.headers({ allow: ALLOWED_METHODS, vary: commonHeaders.vary(PREFLIGHT_VARY) });
        void reply.code(204).send();
      } else if (request.ws && request.routeOptions.url !== `${app.prefix}${GRAPHQL_PATH}`) {
        sendError(reply, 404, 'NOT_FOUND', OTHER_PATH);
      } else {
        if (request.ws) rememberUpgrade(request);
        done();
      }
    });
    addCompression(app, { negotiation, isReady, stalledReaderMs });
    app.setErrorHandler((error: FastifyError, { id }, reply) => {
      const { statusCode = 500, message } = error;
      if (statusCode < 500) return sendError(reply, statusCode, 'BAD_REQUEST', message);
      logger.error({ err: error, requestId: id }, 'a request failed');
      return sendError(reply, 500, 'INTERNAL_SERVER_ERROR', MASKED_MESSAGE);
    });
    if (hasOtherPaths) app.setNotFoundHandler((_request, reply) => sendError(reply, 404, 'NOT_FOUND', NOT_FOUND));
    // A route reads the body after the rate limit, for any type. Fastify finds JSON faster by its own name.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(['application/json', '*'], (_request, _body, done) => {
      done(null);
    });

    const ofRoutes = { ...options, entrance, negotiation, origins, basePath, vary: commonHeaders.vary(GRAPHQL_VARY) };
    const responses = options.cachesAnswers ? createResponseCache({ ...runs, now }) : null;
    const maxOperations = config.maxSubscriptionsPerConnection;
    await app.register(createGraphqlRoutes({ ...ofRoutes, responses, maxOperations, stalledReaderMs, isReady, stop }));
    const hasMcp = config.mcp !== 'off';
    if (hasMcp) await app.register(createMcpRoutes({ ...ofRoutes, operations: options.graphql.operations }));
    await app.register(createTextRoutes({ ...ofRoutes, hasMcp }));
    if (!options.ownsServer || config.opsPort === null) await app.register(ops);
    const sampleKey = config.upstreamUrl === null ? SAMPLE_KEY : null;
    await app.register(
      createRunPage({ folder, basePath, hasOtherPaths, sampleKey, hasExplorers: config.sandbox, logger }),
    );
  };

  return {
    plugin,
    /** Probes and metrics. `plugin` has them unless they get a server of their own. */
    ops,
    /** From now on `/readyz` fails, no live operation begins, and each answer closes its connection. */
    stop,
    isReady,
    acceptedConnections,
    /** Answers a request whose path cannot be decoded: Fastify calls no hook for it. */
    refuseUrl(reply: FastifyReply, message: string): void {
      void reply.headers(commonHeaders.of(reply.request.raw, reply.request.id));
      leaveUnread(reply);
      sendError(reply, 400, 'BAD_REQUEST', message);
    },
  };
}

const OTHER_PATH = 'WebSockets must be opened at /graphql.';
const NOT_FOUND = 'Path not found. GraphQL is at /graphql, the run page at /.';
