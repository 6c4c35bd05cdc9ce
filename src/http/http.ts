/** Composes the HTTP server: request stages, live transports, run page. */
import type { IncomingMessage } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import type { Authenticator } from '../auth/verified-callers.ts';
import type { Config } from '../config/config.ts';
import type { Graphql } from '../graphql/graphql.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { createRateLimit, type RateLimit } from '../graphql/operations/rate-limit.ts';
import { createSharedRateLimit } from '../graphql/operations/shared-rate-limit.ts';
import { SAMPLE_KEY } from '../graphql/apollo/sandbox.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { ClientFacts } from '../observability/http-source.ts';
import type { Observer } from '../observability/observer.ts';
import { MAX_CLIENT_BYTES, type Runs } from '../runs/runs.ts';
import type { After } from '../runs/timer.ts';
import { createAuthentication } from './authentication.ts';
import { createBasePath } from './base-path.ts';
import { MAX_BODY_BYTES } from './body.ts';
import { networkOf } from './connection/client-address.ts';
import { createClientBytes } from './connection/client-bytes.ts';
import { createCompression } from './compression/compression.ts';
import { createDrain } from './connection/drain.ts';
import { createGraphqlHandler } from './graphql/graphql-handler.ts';
import { createExplorerPage } from './graphql/explorer-page.ts';
import { createResponseCache } from './graphql/response-cache.ts';
import { createHsts } from './headers/hsts.ts';
import { createEventStreams } from './live/event-streams.ts';
import { createKeepAlive } from './live/keep-alive.ts';
import { endAll } from './live/live-transport.ts';
import { createSocketProtocol } from './live/socket-protocol.ts';
import { serveSockets } from './live/sockets.ts';
import { createUnacceptedSockets } from './live/unaccepted-sockets.ts';
import { createOpsHandlers } from './ops-handlers.ts';
import { originsOf } from './headers/origins.ts';
import { createPageSource } from './page/page-source.ts';
import { createPageHandlers } from './page/page-handler.ts';
import { createRateLimits } from './rate-limits.ts';
import { createResponseWriter } from './response-writer.ts';
import { createHttpServer } from './server.ts';
import { createUnacceptedCallers } from './unaccepted-callers.ts';

export interface HttpOptions {
  readonly config: Config;
  readonly authenticator: Authenticator;
  readonly runs: Runs;
  /** Null: a gateway that shares nothing. */
  readonly fleet: Fleet | null;
  readonly graphql: Graphql & { readonly schema: GraphQLSchema };
  readonly metrics: Metrics;
  readonly observer: Observer;
  readonly logger: Logger;
  readonly now: () => number;
  readonly after: After;
  readonly client: ClientFacts;
  readonly stalledReaderMs?: number | undefined;
  /** False: each request is executed, so that an embedder's plugins see it. */
  readonly cachesAnswers: boolean;
}

export function createHttp(options: HttpOptions) {
  const {
    config,
    authenticator,
    runs,
    fleet,
    graphql,
    metrics,
    observer,
    logger,
    now,
    after,
    client,
    stalledReaderMs,
    cachesAnswers,
  } = options;
  const { addressOf, schemeOf } = client;
  const { isAccepted } = runs.cache;
  const networkOfClient = (request: IncomingMessage) => networkOf(addressOf(request));
  const { basePath, rateLimitPerMinute, maxSubscriptionsPerConnection: maxOperations } = config;
  const { operations, schema, landingPage } = graphql;
  let isStopping = false;
  const isReady = () => !isStopping;

  const authenticate = createAuthentication({ authenticator, addressOf, now, logger });
  const limitOf = (kind: string, perMinute: number): RateLimit => {
    const local = createRateLimit({ perMinute, now });
    return fleet ? createSharedRateLimit({ fleet, kind, perMinute, local }) : local;
  };
  const rateLimits = createRateLimits({
    byViewer: rateLimitPerMinute === null ? null : limitOf('viewer', rateLimitPerMinute),
  });
  const unacceptedCallers = createUnacceptedCallers({
    byAddress: limitOf('address', config.rateLimitAnonymousPerMinute),
    ...{ isAccepted, networkOf: networkOfClient },
  });
  const origins = originsOf(config.corsOrigins, config.sandbox);
  const compression = createCompression();
  const hsts = createHsts(config.hstsMaxAgeSeconds, schemeOf);
  const writer = createResponseWriter({
    origins,
    compression,
    hsts,
    isListening: () => server.listening,
    stalledReaderMs,
  });
  const keepAlive = createKeepAlive(after);
  const streams = createEventStreams({ writer, compression, keepAlive, isReady });
  const responses = createResponseCache({ ...runs, now });
  const clientBytes = createClientBytes(MAX_CLIENT_BYTES, isAccepted);
  const pageSource = createPageSource(logger);
  const sampleKey = config.upstreamUrl === null ? SAMPLE_KEY : null;
  const takeBasePath = createBasePath(basePath);
  const { graphiql, ...pages } = createPageHandlers({ pageSource, writer, sampleKey, basePath });

  const server = createHttpServer({
    takeBasePath,
    writer,
    graphql: createGraphqlHandler({
      authenticate,
      rateLimits,
      unacceptedCallers,
      responses: cachesAnswers ? responses : null,
      clientBytes,
      operations,
      streams,
      writer,
      answerBrowser: createExplorerPage({ landingPage, graphiql, basePath, writer }),
      observer,
    }),
    ...pages,
    operations: createOpsHandlers({ isReady, metrics, writer }),
    logger,
  });
  // Node closes each further one at once.
  server.maxConnections = config.maxConnections;
  const drain = createDrain(server);
  const sockets = serveSockets(server, {
    protocol: createSocketProtocol({ operations, schema, maxOperations }),
    authenticate,
    rateLimits,
    unacceptedCallers,
    clientBytes,
    unaccepted: createUnacceptedSockets(),
    ...{ isAccepted, networkOf: networkOfClient },
    takeBasePath,
    origins,
    maxMessageBytes: MAX_BODY_BYTES,
    keepAlive,
    isReady,
    logger,
  });

  return {
    server,
    /** Ends subscriptions, then lets requests in progress finish. */
    async close(lingerMs: number) {
      isStopping = true;
      // Answers close their connections only after this: a proxy would open new ones.
      await drain.stopListening();
      keepAlive.close();
      await endAll([streams, sockets]);
      await drain.close(lingerMs);
    },
  };
}
