/** The composition root: builds every part, hands each what it requirement, and takes all down again in reverse. */
import type { Config } from './config/config.ts';
import { listen } from './gateway/listener.ts';
import { createObservation } from './gateway/observation.ts';
import { createOperations } from './gateway/operations.ts';
import { createRuns } from './gateway/runs.ts';
import { connectUpstream } from './gateway/upstream.ts';
import { readManifests } from './graphql/manifests.ts';
import { createPersistedDocuments } from './graphql/persisted-documents.ts';
import { createSchema } from './graphql/schema.ts';
import { createAuthenticator } from './auth/authenticator.ts';
import { createLogger, type Logger } from './observability/logger.ts';
import { afterOnThisMachine, type After } from './runs/timer.ts';
import { createViewers } from './runs/viewer.ts';

export interface Gateway {
  /** Where it listens, without a path: `http://127.0.0.1:4000`. */
  readonly url: string;
  /** The bytes of all that is cached of the upstream's answers at this moment. */
  readonly cachedBytes: () => number;
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

  // Before anything is opened: a manifest that is wrong ends it here.
  const schema = createSchema();
  const manifests = readManifests(config.persistedManifests, schema);
  const documents = createPersistedDocuments(config.persistedOperations, manifests);
  const { auth, reauthIntervalMs: recheckMs } = config;
  const authenticator = await createAuthenticator({ auth, viewerOf: createViewers(), recheckMs, now, logger });

  const observation = await createObservation(config, logger);
  const { metrics, observer } = observation;
  const upstream = await connectUpstream(config, observer, now);
  const runs = createRuns({ config, upstream: upstream.api, now, after });
  const { contextSource, pollers } = runs;
  const cachedBytes = () => runs.partitions.cachedBytes;
  metrics.watch({ upstream: upstream.state, cachedBytes, pollers });
  const shared = { config, schema, documents, logger, now, after };
  const operations = await createOperations({ ...shared, contextSource, observer });
  const listener = await listen({ ...shared, authenticator, observation, runs, operations });

  const parts = [observation, upstream, runs, operations, listener];
  return {
    url: listener.url,
    cachedBytes,
    preparePage: listener.preparePage,
    async close() {
      for (const part of parts.toReversed()) await part.close();
    },
  };
}
