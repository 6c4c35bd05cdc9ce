/** The composition root: creates every part with its dependencies, and closes them in reverse order. */
import type { AddressInfo } from 'node:net';
import { createAuthenticator } from './auth/authenticator.ts';
import type { Config } from './config/config.ts';
import { createEmbeddedUpstream } from './embedded-upstream/server.ts';
import { createFleet } from './fleet/fleet.ts';
import { createGraphql } from './graphql/graphql.ts';
import { readManifests } from './graphql/operations/manifests.ts';
import { createSchema } from './graphql/schema.ts';
import { createHttp } from './http/http.ts';
import { createClientAddress, createClientScheme, createProxyTrust } from './http/client-address.ts';
import { readBuildInfo } from './observability/build-info.ts';
import { createLogger, flushed, type Logger } from './observability/logger.ts';
import { createMetrics } from './observability/metrics.ts';
import { createObserver } from './observability/observer.ts';
import { createTracer } from './observability/tracing/tracing.ts';
import { createRuns } from './runs/runs.ts';
import { afterOnThisMachine, type After } from './runs/timer.ts';
import { createViewers } from './runs/viewer.ts';
import { createUpstreamClient } from './upstream/client.ts';
import { createScopedUpstream } from './upstream/scoped-upstream.ts';

export interface Gateway {
  /** Where it listens, without a path: `http://127.0.0.1:4000`. */
  readonly url: string;
  /** The bytes of everything that is cached at this moment. */
  readonly cachedBytes: () => number;
  /** Builds the run page if it is missing or out of date, so that its first request need not wait. */
  preparePage(): Promise<void>;
  /**
   * Accepts no more connections, ends subscriptions, lets requests in progress finish (at most 10 s), and closes everything. Idle
   * connections take requests for `lingerMs` more (0 if left out).
   */
  close(lingerMs?: number): Promise<void>;
}

/** Dependencies that tests replace. */
export interface Overrides {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly after?: After;
  readonly logger?: Logger;
  /** A reader of an answer that takes nothing for this long is cut. */
  readonly stalledReaderMs?: number;
}

/** Whichever headers carry keys: that of the upstream's key, and the fixed ones. */
export function createLoggerFor({ logLevel, upstreamConnection: { authHeader, headers } }: Config): Logger {
  return createLogger(logLevel, undefined, [authHeader.name, ...Object.keys(headers)]);
}

export async function createGateway(config: Config, overrides: Overrides = {}): Promise<Gateway> {
  const { now = Date.now, after = afterOnThisMachine, logger = createLoggerFor(config), stalledReaderMs } = overrides;
  const { auth, reauthIntervalMs: recheckMs } = config;

  // Before anything is opened: a manifest that is wrong ends it here.
  const schema = createSchema();
  const manifests = readManifests(config.persistedManifests, schema);

  const metrics = createMetrics();
  const build = readBuildInfo(config.buildRevision);
  const tracer = await createTracer(config.tracing, { logger, now, version: build.version });
  const isTrustedProxy = createProxyTrust(config.trustProxy);
  const client = { addressOf: createClientAddress(isTrustedProxy), schemeOf: createClientScheme(isTrustedProxy) };
  const observer = createObserver({ metrics, logger, tracer, client });

  const fleet = config.fleet && (await createFleet({ config: config.fleet, metrics: metrics.fleet(), logger, now }));
  const viewerOf = createViewers(fleet?.keys[0].viewerId);
  const authenticator = await createAuthenticator({ auth, viewerOf, recheckMs, now, logger });

  const embedded = config.upstreamUrl === null ? await createEmbeddedUpstream({ port: 0 }) : null;
  const upstream = createUpstreamClient({
    baseUrl: config.upstreamUrl ?? `${embedded?.url ?? ''}/`,
    timeoutMs: config.upstreamTimeoutMs,
    concurrency: config.upstreamConcurrency,
    endpoints: config.upstreamEndpoints,
    maxResponseBytes: config.upstreamMaxResponseBytes,
    ...config.upstreamConnection,
    // The embedded upstream is in this process.
    ...(embedded && { proxy: null }),
    observer,
  });
  const upstreamApi = auth.mode === 'service' ? createScopedUpstream(upstream, now) : upstream;
  const runs = createRuns({ config, upstream: upstreamApi, fleet, now, after });
  const { partitions, livePollers } = runs;
  const cachedBytes = () => partitions.cachedBytes;
  metrics.watch({ upstream: upstream.state, cachedBytes, pollers: () => livePollers.pollers, build });

  const graphql = await createGraphql({ config, schema, manifests, runs, fleet, observer, logger, now, after });
  const http = createHttp({
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
  });
  const { server } = http;

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(config.port, config.host, resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    cachedBytes,
    preparePage: http.preparePage,
    async close(lingerMs = 0) {
      await http.close(lingerMs);
      await graphql.close();
      livePollers.close();
      await runs.shared?.close();
      upstream.close();
      fleet?.close();
      await embedded?.close();
      await tracer?.close().catch((err: unknown) => {
        logger.warn({ err }, 'the last spans could not be sent');
      });
      await flushed(logger);
    },
  };
}
