/** The composition root: builds every part, hands each what it needs, and takes all down again in reverse. */
import type { AddressInfo } from 'node:net';
import type { Config } from './config.ts';
import { createEmbeddedUpstream } from './embedded-upstream/server.ts';
import { createApollo } from './graphql/apollo.ts';
import { createCostLimit } from './graphql/cost-limit.ts';
import { createErrorReporter } from './graphql/errors.ts';
import { createExecutor } from './graphql/executor.ts';
import { createExpiringGate } from './graphql/expiring-gate.ts';
import { createGate } from './graphql/gate.ts';
import { createKnownOperations } from './graphql/known-operations.ts';
import { createLiveExecutor } from './graphql/live-executor.ts';
import { readManifests } from './graphql/manifests.ts';
import { createPersistedDocuments } from './graphql/persisted-documents.ts';
import { createRateLimit } from './graphql/rate-limit.ts';
import { SAMPLE_KEY, sandboxState } from './graphql/sandbox.ts';
import { createSchema } from './graphql/schema.ts';
import { createAdmission } from './http/admission.ts';
import { createPageSource, runsFromSource } from './http/page-build.ts';
import { createApp, MAX_BODY_BYTES } from './http/app.ts';
import { createBasePath } from './http/base-path.ts';
import { createCallers } from './http/callers.ts';
import { createClientAddress, createProxyTrust } from './http/client-address.ts';
import { createKnownAnswers } from './http/known-answers.ts';
import { createLive } from './http/live.ts';
import { originsOf } from './http/origins.ts';
import { createResponseCache } from './http/response-cache.ts';
import { createDrain } from './http/drain.ts';
import { createIdentity } from './identity/identity.ts';
import { createLogger, flushed, type Logger } from './observability/logger.ts';
import { createMetrics } from './observability/metrics.ts';
import { createObserver } from './observability/observer.ts';
import { createTracer } from './observability/tracing.ts';
import { createExecution } from './runs/execution.ts';
import { createResourceCache } from './runs/resource-cache.ts';
import { createRunFeeds } from './runs/run-feeds.ts';
import { createRunHistory } from './runs/run-history.ts';
import { createRunStore } from './runs/run-store.ts';
import { createShelves } from './runs/shelves.ts';
import { afterOnThisMachine, type After } from './runs/timer.ts';
import { createViewers } from './runs/viewer.ts';
import { createWorkflowStore } from './runs/workflow-store.ts';
import { createUpstreamClient } from './upstream/client.ts';
import { createNarrowedUpstream } from './upstream/narrowed.ts';

export interface Gateway {
  /** Where it listens, without a path: `http://127.0.0.1:4000`. */
  readonly url: string;
  /** The bytes of all that is held of the upstream's answers at this moment. */
  readonly heldBytes: () => number;
  /** Builds the run page if it is missing or stale, so that the first who asks for it need not wait. */
  preparePage(): Promise<void>;
  /** Stops taking requests, lets those under way finish (for 10 s at most), and frees everything. */
  close(): Promise<void>;
}

/** What a caller may put in the place of what the config would give. */
export interface Overrides {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly after?: After;
  readonly logger?: Logger;
}

export async function createGateway(config: Config, overrides: Overrides = {}): Promise<Gateway> {
  const { now = Date.now, after = afterOnThisMachine, logger = createLogger(config.logLevel) } = overrides;
  const closers: (() => unknown)[] = [];
  let isStopping = false;

  // Before anything is opened: a manifest that is wrong ends it here.
  const schema = createSchema();
  const documents = createPersistedDocuments(
    config.persistedOperations,
    readManifests(config.persistedManifests, schema),
  );
  const { auth, reauthIntervalMs } = config;
  const identity = await createIdentity({ auth, viewerOf: createViewers(), recheckMs: reauthIntervalMs, now, logger });
  const metrics = createMetrics();
  const tracer = await createTracer(config.otlpEndpoint, config.otelServiceName);
  const observer = createObserver({ metrics, logger, tracer });
  closers.push(
    () => flushed(logger),
    () =>
      tracer?.close().catch((err: unknown) => {
        logger.warn({ err }, 'the last spans could not be sent');
      }),
  );

  const embedded = config.upstreamUrl === null ? await createEmbeddedUpstream({ port: 0 }) : null;
  if (embedded) closers.push(() => embedded.close());

  const client = createUpstreamClient({
    baseUrl: config.upstreamUrl ?? `${embedded?.url ?? ''}/`,
    timeoutMs: config.upstreamTimeoutMs,
    concurrency: config.upstreamConcurrency,
    endpoints: config.upstreamEndpoints,
    maxResponseBytes: config.upstreamMaxResponseBytes,
    observer,
  });
  closers.push(() => {
    client.close();
  });
  const upstream = auth.mode === 'service' ? createNarrowedUpstream(client, now) : client;

  const { liveTtlMs, settleMs, staleIfErrorMs, maxUpstreamCalls } = config;
  const shelves = createShelves<unknown>(config.cacheMaxBytes);
  const cache = createResourceCache({
    shelves,
    liveTtlMs,
    staleIfErrorMs,
    reauthIntervalMs,
    now,
  });
  const offersRecords = config.upstreamEndpoints.has('run');
  const workflowStore = createWorkflowStore(upstream, cache, liveTtlMs);
  const runStore = createRunStore({ upstream, cache, workflowStore, offersRecords, liveTtlMs, settleMs });
  const runHistory = createRunHistory({ upstream, cache, runStore, liveTtlMs });
  const execution = createExecution(upstream, cache);
  const { maxSubscriptionsPerViewer, maxSubscriptionsPerConnection } = config;
  const runFeeds = createRunFeeds({
    runStore,
    workflowStore,
    cache,
    liveTtlMs,
    maxUpstreamCalls,
    maxSubscriptionsPerViewer,
    now,
    after,
  });
  closers.push(() => {
    runFeeds.close();
  });
  metrics.watch({ upstream: client.state, heldBytes: () => shelves.heldBytes, pollers: () => runFeeds.pollers });
  const contextSource = { runStore, workflowStore, runHistory, runFeeds, execution, maxUpstreamCalls, now };

  const { isProduction, corsOrigins, trustProxy } = config;
  const report = createErrorReporter(logger);
  const queryExecutor = createExecutor(schema);
  const perMinute = config.rateLimitPerMinute;
  const rateLimit = perMinute === null ? null : createRateLimit({ perMinute, now });
  const costLimit = createCostLimit({ schema, offersRecords, maxOperationCost: config.maxOperationCost });
  const knownOperations = createKnownOperations({ executor: queryExecutor, report, costLimit, documents });
  const executor = createLiveExecutor({ schema, executor: queryExecutor, contextSource, report });
  const apollo = await createApollo({
    schema,
    executor,
    knownOperations,
    costLimit,
    isProduction,
    sandbox: sandboxState(embedded !== null && auth.mode === 'passthrough'),
    logger,
  });
  closers.push(() => apollo.stop());

  const pageSource = createPageSource({ isBuilder: runsFromSource && !isProduction, logger });
  closers.push(() => {
    pageSource.close();
  });
  const isReady = () => !isStopping;
  const isTrustedProxy = createProxyTrust(trustProxy);
  const callers = createCallers({ identity, addressOf: createClientAddress(isTrustedProxy), now, logger });
  const takeBasePath = createBasePath(config.basePath);
  const responses = createResponseCache({ shelves, cache, now });
  const app = await createApp({
    pageSource,
    sampleKey: embedded ? SAMPLE_KEY : null,
    basePath: config.basePath,
    isProduction,
    corsOrigins,
    isReady,
    logger,
    apollo,
    contextSource,
    responses,
    observer,
    metrics,
    answerKnown: createKnownAnswers({ contextSource, knownOperations, responses, observer }),
    callers,
    isTrustedProxy,
    takeBasePath,
    admit: createAdmission(rateLimit),
    documents,
  });
  const drain = createDrain(app.server);
  closers.push(async () => {
    const draining = drain.begin();
    await app.close();
    draining.end();
  });
  const live = createLive(app, {
    gate: createExpiringGate(
      createGate({ apollo, executor, contextSource, costLimit, documents, rateLimit, logger, observer }),
      {
        now,
        after,
      },
    ),
    schema,
    callers,
    takeBasePath,
    origins: originsOf(corsOrigins, isProduction),
    maxMessageBytes: MAX_BODY_BYTES,
    maxSubscriptionsPerConnection,
    isReady,
    logger,
    after,
  });
  closers.push(() => live.close());

  await app.listen({ host: config.host, port: config.port });
  const { port } = app.server.address() as AddressInfo;

  return {
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    heldBytes: () => shelves.heldBytes,
    async preparePage() {
      await pageSource.load();
    },
    async close() {
      isStopping = true;
      for (const close of closers.reverse()) await close();
    },
  };
}
