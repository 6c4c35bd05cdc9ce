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
import { createCommonHeaders, isFromAllowedOrigin, originsOf, PREFLIGHT_VARY } from './common-headers.ts';
import { addCompression } from './compression.ts';
import { createEntrance } from './entrance.ts';
import { createSendEvents } from './event-streams.ts';
import { createExplorerPage } from './explorer-page.ts';
import { createGraphqlRoute } from './graphql-route.ts';
import { createLiveConnections } from './live-connections.ts';
import { llmsText } from './llms.ts';
import { createMcpRoute } from './mcp/mcp-route.ts';
import { createNegotiation } from './negotiation.ts';
import { createOps } from './ops.ts';
import { createRunPage } from './page.ts';
import { sendError } from './replies.ts';
import { createResponseCache } from './response-cache.ts';
import { ALLOWED_METHODS, GRAPHQL_PATH, GRAPHQL_VARY, MCP_PATH, SCHEMA_PATH, STREAM_PATH } from './routes.ts';
import { createSockets, openWebSockets } from './sockets.ts';

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
  const { config, runs, graphql, logger, now, client } = options;
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
    const { operations, schema, landingPage } = graphql;
    const vary = commonHeaders.vary(GRAPHQL_VARY);
    const refuseOtherMethods = (url: string, allow: string) =>
      app.route({
        method: app.supportedMethods.filter((method) => !['OPTIONS', ...allow.split(', ')].includes(method)),
        url,
        handler: ({ method }, reply) => {
          void reply.headers({ allow, vary });
          return sendError(reply, 405, 'BAD_REQUEST', `The method must be one of ${allow}, got ${method}.`);
        },
      });

    // It marks upgrades in a hook of its own, so it comes before the other hooks.
    await openWebSockets(app);
    const liveConnections = createLiveConnections(options.after);
    const serveSocket = createSockets({
      entrance,
      operations,
      schema,
      maxOperations: config.maxSubscriptionsPerConnection,
      stalledReaderMs,
      liveConnections,
      now,
      logger,
    });

    app.addHook('onRequest', (request, reply, done) => {
      void reply.headers(commonHeaders.of(request.raw, request.id));
      if (request.method === 'OPTIONS') {
        void reply.headers({ allow: ALLOWED_METHODS, vary: commonHeaders.vary(PREFLIGHT_VARY) });
        void reply.code(204).send();
      } else if (request.ws && request.routeOptions.url !== `${app.prefix}${GRAPHQL_PATH}`) {
        sendError(reply, 404, 'NOT_FOUND', OTHER_PATH);
      } else if (request.ws && !isFromAllowedOrigin(request.raw, origins)) {
        sendError(reply, 403, 'FORBIDDEN', OTHER_ORIGIN);
      } else {
        // Each later reader of an upgrade gets the same id.
        if (request.ws) request.raw.headers['x-request-id'] = request.id;
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
    const hasOtherPaths = options.ownsServer || app.prefix !== '';
    if (hasOtherPaths) app.setNotFoundHandler((_request, reply) => sendError(reply, 404, 'NOT_FOUND', NOT_FOUND));

    // The route reads the body after the rate limit, for any type. Fastify finds JSON faster by its own name.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(['application/json', '*'], (_request, _body, done) => {
      done(null);
    });
    const handle = createGraphqlRoute({
      entrance,
      negotiation,
      responses: options.cachesAnswers ? createResponseCache({ ...runs, now }) : null,
      operations,
      sendEvents: createSendEvents({ liveConnections, isReady, stalledReaderMs, write: operations.write }),
      vary,
      answerBrowser: createExplorerPage({ landingPage, basePath }),
      observer: options.observer,
    });
    app.route({
      method: ['GET', 'HEAD'],
      url: GRAPHQL_PATH,
      exposeHeadRoute: false,
      handler: handle(GRAPHQL_PATH),
      wsHandler: (ws, { raw }) => {
        // `ws` declares this class twice: for CommonJS and for modules.
        // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
        serveSocket(ws, raw);
      },
    });
    app.post(GRAPHQL_PATH, handle(GRAPHQL_PATH));
    app.route({
      method: ['GET', 'POST'],
      url: STREAM_PATH,
      exposeHeadRoute: false,
      handler: handle(STREAM_PATH),
    });
    refuseOtherMethods(GRAPHQL_PATH, ALLOWED_METHODS);
    // A HEAD of a stream would never end.
    refuseOtherMethods(STREAM_PATH, 'GET, POST');
    if (config.mcp !== 'off') {
      app.post(MCP_PATH, createMcpRoute({ ...options, entrance, operations, origins, vary }));
      refuseOtherMethods(MCP_PATH, 'POST');
    }
    const { schemaText } = options;
    app.get(SCHEMA_PATH, (_request, reply) =>
      schemaText === null ? sendError(reply, 404, 'NOT_FOUND', NO_SCHEMA) : reply.headers(PLAIN_TEXT).send(schemaText),
    );
    const llms = llmsText({ basePath, hasMcp: config.mcp !== 'off' });
    app.get('/llms.txt', (_request, reply) => reply.headers(PLAIN_TEXT).send(llms));
    if (!options.ownsServer || config.opsPort === null) await app.register(ops);
    const sampleKey = config.upstreamUrl === null ? SAMPLE_KEY : null;
    await app.register(
      createRunPage({ folder, basePath, hasOtherPaths, sampleKey, hasExplorers: config.sandbox, logger }),
    );

    app.addHook('preClose', async () => {
      stop();
      await liveConnections.close();
    });
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

const PLAIN_TEXT = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache' };
const NO_SCHEMA = 'Introspection is disabled. Set INTROSPECTION=on to enable it.';
const OTHER_PATH = 'WebSockets must be opened at /graphql.';
const OTHER_ORIGIN = 'This origin may not open a WebSocket. Add it to CORS_ORIGINS.';
const NOT_FOUND = 'Path not found. GraphQL is at /graphql, the run page at /.';
