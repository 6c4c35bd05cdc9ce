/** The HTTP server with all that it serves, up to the moment at which it listens. */
import type { AddressInfo } from 'node:net';
import type { GraphQLSchema } from 'graphql';
import type { Config } from '../config/config.ts';
import type { PersistedDocuments } from '../graphql/persisted-documents.ts';
import { SAMPLE_KEY } from '../graphql/sandbox.ts';
import { createAdmission } from '../http/admission.ts';
import { createApp, MAX_BODY_BYTES } from '../http/app.ts';
import { createBasePath } from '../http/base-path.ts';
import { createCallers } from '../http/callers.ts';
import { createClientAddress, createProxyTrust } from '../http/client-address.ts';
import { createDrain } from '../http/drain.ts';
import { createKnownAnswers } from '../http/known-answers.ts';
import { createKnownHeads } from '../http/known-heads.ts';
import { createLive } from '../http/live.ts';
import { originsOf } from '../http/origins.ts';
import { createPageSource, runsFromSource } from '../http/page-build.ts';
import { createResponseCache } from '../http/response-cache.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Logger } from '../observability/logger.ts';
import type { After } from '../runs/timer.ts';
import type { Observation } from './observation.ts';
import type { Operations } from './operations.ts';
import type { Runs } from './runs.ts';

export interface ListenerOptions {
  readonly config: Config;
  readonly schema: GraphQLSchema;
  readonly documents: PersistedDocuments;
  readonly authenticator: Authenticator;
  readonly observation: Pick<Observation, 'metrics' | 'observer'>;
  readonly runs: Pick<Runs, 'partitions' | 'cache' | 'contextSource'>;
  readonly operations: Pick<Operations, 'apollo' | 'knownOperations' | 'rateLimit' | 'gate'>;
  readonly logger: Logger;
  readonly now: () => number;
  readonly after: After;
}

export interface Listener {
  /** Without a path. */
  readonly url: string;
  readonly preparePage: () => Promise<void>;
  /** Tells whoever watches a run that it is over, then lets the requests under way finish. */
  close(): Promise<void>;
}

export async function listen(options: ListenerOptions): Promise<Listener> {
  const { config, schema, documents, authenticator, observation, runs, operations, logger, now, after } = options;
  const { isProduction, corsOrigins, host, maxSubscriptionsPerConnection } = config;
  const { metrics, observer } = observation;
  const { partitions, cache, contextSource } = runs;
  const { apollo, knownOperations, rateLimit, gate } = operations;
  let isStopping = false;
  const isReady = () => !isStopping;

  const pageSource = createPageSource({ isBuilder: runsFromSource && !isProduction, logger });
  const isTrustedProxy = createProxyTrust(config.trustProxy);
  const callers = createCallers({ authenticator, addressOf: createClientAddress(isTrustedProxy), now, logger });
  const takeBasePath = createBasePath(config.basePath);
  const responses = createResponseCache({ partitions, cache, now });
  const knownHeads = createKnownHeads();
  const app = await createApp({
    knownHeads,
    pageSource,
    sampleKey: config.upstreamUrl === null ? SAMPLE_KEY : null,
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
    knownAnswers: createKnownAnswers({ contextSource, knownOperations, responses, observer }),
    callers,
    isTrustedProxy,
    takeBasePath,
    admission: createAdmission(rateLimit),
    documents,
  });
  const drain = createDrain(app.server);
  const live = createLive(app, {
    gate,
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

  await app.listen({ host, port: config.port });
  const { port } = app.server.address() as AddressInfo;

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async preparePage() {
      await pageSource.load();
    },
    async close() {
      isStopping = true;
      await live.close();
      const draining = drain.begin();
      await Promise.race([knownHeads.flushed(), draining.cut]);
      await app.close();
      draining.end();
      pageSource.close();
    },
  };
}
