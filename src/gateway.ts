/** The composition root: creates every part with its dependencies, and closes them in reverse order. */
import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { createAuthenticator } from './auth/authenticator.ts';
import { createHookAuthenticator, type AuthenticateHook } from './auth/authenticate-hook.ts';
import { ConfigError, type Config } from './config/config.ts';
import { readVersion } from './config/package-file.ts';
import { readRedaction, readRedactionFile } from './auth/redaction-rules.ts';
import { createRedactions } from './domain/redaction/redaction.ts';
import type { RedactionRule } from './domain/redaction/redactor.ts';
import { createFleet } from './fleet/fleet.ts';
import { createSharedOperations } from './fleet/operations.ts';
import { createSharedRateLimit } from './fleet/rate-limit.ts';
import { createSharedAnswers } from './fleet/shared-answers.ts';
import { createSharedWrites } from './fleet/writes/shared-writes.ts';
import { Admission } from './admission/admission.ts';
import type { StepgatePlugin } from './graphql/apollo/server.ts';
import type { SchemaExtension } from './graphql/extension/schema-extension.ts';
import { createGraphql } from './graphql/graphql.ts';
import { createTools } from './graphql/tools/tools.ts';
import { reloadManifests } from './graphql/operations/manifest-reload.ts';
import { safelistOf } from './graphql/operations/persisted-operations.ts';
import { readPriceFile, readPrices } from './graphql/price-file.ts';
import { createSchema, schemaText } from './graphql/schema.ts';
import { createForwarding } from './http/client-address.ts';
import { listen, type ListenOn } from './http/listen.ts';
import { createHandlers, type Handlers } from './http/handler.ts';
import { createOpsServer } from './http/ops.ts';
import { createHttp, type HttpOverrides } from './http/plugin.ts';
import { createServer } from './http/server.ts';
import { createLogger, flushed, type Logger } from './observability/logger.ts';
import { createMetrics } from './observability/metrics.ts';
import { createObserver, type OnOperation } from './observability/observer.ts';
import { createRuns } from './runs/runs.ts';
import { afterOnThisMachine, createClock, type After, type Clock } from './runtime/clock.ts';
import { createViewers } from './auth/viewer.ts';
import { createUpstreamClient } from './upstream/client.ts';
import { FUNCTIONS, type Upstream } from './upstream/port.ts';
import { createScopedUpstream } from './upstream/scoped-upstream.ts';
import { createHttpTransport } from './upstream/transport/http-transport.ts';
import { createPortTransport } from './upstream/transport/port-transport.ts';
import { ReadingWorker } from './upstream/worker/reading-worker.ts';

export interface ComposedGateway {
  /** Address without a path: `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Address of probes and metrics if OPS_PORT is set. */
  readonly opsUrl: string | null;
  /** Size of all caches in bytes. */
  readonly cachedBytes: () => number;
  /**
   * Fails `/readyz`, rejects connections, ends subscriptions, waits up to 10 s for requests in progress, and closes
   * everything. Idle connections accept requests for another `lingerMs` (default 0).
   */
  close(lingerMs?: number): Promise<void>;
}

/** An embedder's additions: see docs/embedding.md. */
export interface Additions {
  /** Authenticates callers, instead of UPSTREAM_AUTH. */
  readonly authenticate?: AuthenticateHook | undefined;
  /** Called at the end of each operation. */
  readonly onOperation?: OnOperation | undefined;
  /**
   * Apollo Server plugins. They disable the response cache, and each operation is validated, so that they see every
   * one.
   */
  readonly plugins?: readonly StepgatePlugin[] | undefined;
  /** The embedder's own types and fields. */
  readonly extension?: SchemaExtension | undefined;
  /** Replaces the log on standard output. */
  readonly logger?: Logger | undefined;
  /** The calls of the workflow API as functions, instead of UPSTREAM_URL. */
  readonly upstream?: Upstream | undefined;
}

/** Dependencies that tests replace. */
export interface Overrides extends Partial<Clock>, HttpOverrides, Pick<Additions, 'logger'> {
  readonly after?: After;
  /** How long `/metrics` returns the same result. */
  readonly scrapedMs?: number | undefined;
  /** The worker reads larger responses and payloads. */
  readonly maxBytesOnLoop?: number | undefined;
  /** Limit of the worker's heap. */
  readonly workerHeapMb?: number | undefined;
  /** Whether the sample has an incident and prices, for demos. */
  readonly isShowcase?: boolean | undefined;
}

const TWO_AUTHENTICATIONS =
  'upstreamAuth must be passthrough when the authenticate hook is set, got service. Leave it out.';

/** If it rejects, everything that was opened is closed again. */
export async function composeGateway(config: Config, overrides: Overrides & Additions = {}): Promise<ComposedGateway> {
  return closedOnError((opened) => openGateway(config, overrides, opened));
}

async function closedOnError<T>(open: (opened: AsyncDisposableStack) => Promise<T>): Promise<T> {
  const opened = new AsyncDisposableStack();
  try {
    return await open(opened);
  } catch (error) {
    // The first error is the cause, so errors of closing are ignored.
    await opened.disposeAsync().catch(() => undefined);
    throw error;
  }
}

async function openGateway(
  config: Config,
  overrides: Overrides & Additions,
  opened: AsyncDisposableStack,
): Promise<ComposedGateway> {
  const { http, client, cachedBytes, logger } = await openParts(config, overrides, opened, true);
  const { host, port, opsPort } = config;
  const listenOf = async ({ server }: FastifyInstance, on: Omit<ListenOn, 'host'>) =>
    `http://${host.includes(':') ? `[${host}]` : host}:${await listen(server, { host, ...on }, logger)}`;
  // Closes last: until then, its `/readyz` reports that the gateway is stopping.
  const ops = opsPort === null ? null : { app: createOpsServer(http.ops), port: opsPort };
  opened.defer(() => ops?.app.close());
  let lingerMs = 0;
  const app = createServer({ config, client, ...http, lingerMs: () => lingerMs });
  opened.defer(() => app.close());
  await Promise.all([app.ready(), ops?.app.ready()]);
  const url = await listenOf(app, { port, name: 'PORT' });
  const opsUrl = ops && (await listenOf(ops.app, { port: ops.port, name: 'OPS_PORT' }));
  let closing: Promise<void> | null = null;

  return {
    url,
    opsUrl,
    cachedBytes,
    close: (ms = 0) => {
      lingerMs = ms;
      http.stop();
      return (closing ??= opened.disposeAsync());
    },
  };
}

/**
 * The gateway as a plugin of another Fastify server, optionally below a prefix. If it rejects, everything that was
 * opened is closed again.
 */
export async function composePlugin(config: Config, overrides: Overrides & Additions = {}) {
  return closedOnError(async (opened) => {
    const { http, schema } = await openParts(config, overrides, opened, false);
    const close = () => {
      http.stop();
      return opened.disposeAsync();
    };
    return { plugin: http.plugin, gateway: { schema, close, [Symbol.asyncDispose]: close } };
  });
}

/** The gateway behind another framework's server. `close` must be called before that server closes. */
export interface GatewayHandler extends Handlers, AsyncDisposable {
  /** The schema with its resolvers. */
  readonly schema: GraphQLSchema;
}

/** If it rejects, everything that was opened is closed again. */
export async function composeHandler(config: Config, overrides: Overrides & Additions = {}): Promise<GatewayHandler> {
  return closedOnError(async (opened) => {
    const { http, client, schema } = await openParts({ ...config, opsPort: null }, overrides, opened, true);
    const handlers = await createHandlers({ config, client, ...http });
    opened.defer(() => handlers.close());
    const close = () => opened.disposeAsync();
    return { ...handlers, schema, close, [Symbol.asyncDispose]: close };
  });
}

/** The upstream's name replaces a URL: it identifies the source of the data. Calls without a function are disabled. */
export const withUpstream = (config: Config, upstream: Upstream): Config => ({
  ...config,
  upstreamUrl: `upstream:${upstream.name}`,
  upstreamEndpoints: new Set(
    [...config.upstreamEndpoints].filter((endpoint) => upstream[FUNCTIONS[endpoint]] !== undefined),
  ),
});

function rulesOf({ redaction }: Config): readonly RedactionRule[] {
  if (redaction === null) return [];
  return typeof redaction === 'string'
    ? readRedactionFile(redaction)
    : readRedaction(redaction, 'the option redaction');
}

/** A part with a timer or socket goes onto the stack as soon as it is open. */
async function openParts(
  given: Config,
  overrides: Overrides & Additions,
  opened: AsyncDisposableStack,
  ownsServer: boolean,
) {
  const config = overrides.upstream ? withUpstream(given, overrides.upstream) : given;
  const { now, wallOf } = { ...createClock(), ...overrides };
  const {
    after = afterOnThisMachine,
    logger = createLogger(config),
    isShowcase = false,
    maxBytesOnLoop,
    workerHeapMb,
  } = overrides;
  const { authenticate: hook, onOperation, plugins = [], extension = null, upstream: own } = overrides;
  const { auth, reauthIntervalMs: recheckMs } = config;
  const isVerified = auth.mode === 'service' || hook !== undefined;
  if (auth.mode === 'service' && hook) throw new ConfigError(TWO_AUTHENTICATIONS);

  opened.defer(() => flushed(logger));
  const metrics = createMetrics(now, overrides.scrapedMs);
  // Files are read before anything is opened, so an invalid file fails here.
  const schema = createSchema(extension);
  let revision = 0;
  const manifests = await reloadManifests({
    paths: config.persistedManifests,
    schema,
    // A safelist and its tools are replaced together.
    make: (documents) => ({
      tools: createTools(config, documents, schema),
      safelist: safelistOf(documents, (revision += 1)),
    }),
    ...{
      after,
      logger,
      count: (outcome) => {
        metrics.manifestReload(outcome);
      },
    },
  });
  opened.defer(() => {
    manifests.close();
  });
  const redactionOf = createRedactions(rulesOf(config));
  const usualPrices =
    isShowcase && config.upstreamUrl === null
      ? readPrices((await import('./sample/prices.ts')).PRICES, 'sample')
      : null;
  const prices = config.tokenPrices === null ? usualPrices : readPriceFile(config.tokenPrices);

  const build = { version: readVersion(), revision: config.buildRevision };
  const client = createForwarding(config.trustProxy);
  const observer = createObserver({ metrics, logger, client, version: build.version, onOperation });

  const fleet = await createFleet({ config, metrics, logger, now, after });
  opened.defer(() => fleet?.close());
  const identification = { viewerOf: createViewers(fleet?.keys.viewerId, redactionOf), recheckMs, now, wallOf, logger };
  const authenticator = hook
    ? createHookAuthenticator({ ...identification, hook })
    : await createAuthenticator(auth, identification);

  // Loaded only without UPSTREAM_URL.
  const embedded =
    config.upstreamUrl === null
      ? await (await import('./sample/server.ts')).createEmbeddedUpstream({ port: 0, hasIncident: isShowcase })
      : null;
  opened.defer(() => embedded?.close());
  // `npm start` says so below its address.
  if (embedded && !isShowcase)
    logger.info('serving the embedded sample, whose key is demo-key; set upstreamUrl to your workflow API');
  const worker = new ReadingWorker({ maxHeapMb: workerHeapMb });
  opened.defer(() => worker.close());
  const admission = new Admission({ after });
  admission.onWake(() => {
    worker.wake();
  });
  const upstream = createUpstreamClient({
    ...{ config, worker, maxBytesOnLoop },
    transport: own ? createPortTransport(own, config, logger) : createHttpTransport(config, embedded?.url),
    observer,
  });
  opened.defer(() => {
    upstream.close();
  });
  const upstreamApi = isVerified ? createScopedUpstream(upstream, config.staleIfErrorMs, now) : upstream;
  const sharedAnswers = fleet && createSharedAnswers(fleet, config.reauthIntervalMs);
  opened.defer(() => sharedAnswers?.close());
  const sharedWrites = fleet && createSharedWrites(fleet, config.upstreamTimeoutMs);
  opened.defer(() => sharedWrites?.close());
  const runs = createRuns({
    ...{ config, upstream: upstreamApi },
    ...{ sharedAnswers, sharedWrites, now, wallOf, after },
  });
  const { viewers, topics } = runs;
  opened.defer(() => {
    topics.close();
  });
  const pollers = () => topics.count;
  const cachedBytes = () => viewers.cachedBytes;
  metrics.watch({ upstream: upstream.state, cachedBytes, pollers, build });

  if (plugins.length > 0) logger.info('the response cache is disabled, so the plugins see each operation');
  const graphql = await createGraphql({
    ...{ config, schema, prices, runs, observer, logger, now, after },
    safelist: () => manifests.current.safelist,
    ...{ worker, maxBytesOnLoop },
    ...{ plugins, sharedOperations: fleet && createSharedOperations(fleet) },
  });
  opened.defer(graphql.close);
  const http = createHttp({
    ...overrides,
    ...{ config, authenticator, runs, graphql, client, metrics, observer, logger, now, after },
    tools: () => manifests.current.tools,
    shareRateLimit: fleet && ((limit) => createSharedRateLimit(fleet, limit)),
    version: build.version,
    schemaText: config.introspection ? schemaText(extension) : null,
    admission,
    cachesAnswers: plugins.length === 0,
    ownsServer,
  });
  return { http, client, cachedBytes, logger, schema };
}
