/** What executes operations, by whichever transport they come, and the limits that all of them share. */
import type { ApolloServer } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import type { Config } from '../config/config.ts';
import { createApollo } from '../graphql/apollo.ts';
import type { Context, ContextSource } from '../graphql/context.ts';
import { createCostLimit } from '../graphql/cost-limit.ts';
import { createErrorReporter } from '../graphql/errors.ts';
import { createExecutor } from '../graphql/executor.ts';
import { createExpiringGate } from '../graphql/expiring-gate.ts';
import { createGate, type Gate } from '../graphql/gate.ts';
import { createKnownOperations, type KnownOperations } from '../graphql/known-operations.ts';
import { createLiveExecutor } from '../graphql/live-executor.ts';
import type { PersistedDocuments } from '../graphql/persisted-documents.ts';
import { createRateLimit, type RateLimit } from '../graphql/rate-limit.ts';
import { sandboxState } from '../graphql/sandbox.ts';
import type { Logger } from '../observability/logger.ts';
import type { Observer } from '../observability/observer.ts';
import type { After } from '../runs/timer.ts';

export interface OperationsOptions {
  readonly config: Config;
  readonly schema: GraphQLSchema;
  readonly documents: PersistedDocuments;
  readonly contextSource: ContextSource;
  readonly observer: Observer;
  readonly logger: Logger;
  readonly now: () => number;
  readonly after: After;
}

export interface Operations {
  readonly apollo: ApolloServer<Context>;
  readonly knownOperations: KnownOperations;
  /** Null: none. */
  readonly rateLimit: RateLimit | null;
  /** For the transports that carry events. */
  readonly gate: Gate;
  close(): Promise<void>;
}

export async function createOperations(options: OperationsOptions): Promise<Operations> {
  const { config, schema, documents, contextSource, observer, logger, now, after } = options;
  const { isProduction, maxOperationCost, rateLimitPerMinute: perMinute } = config;
  const report = createErrorReporter(logger);
  const queryExecutor = createExecutor(schema);
  const rateLimit = perMinute === null ? null : createRateLimit({ perMinute, now });
  const offersRecords = config.upstreamEndpoints.has('run');
  const costLimit = createCostLimit({ schema, offersRecords, maxOperationCost });
  const knownOperations = createKnownOperations({ executor: queryExecutor, report, costLimit, documents });
  const executor = createLiveExecutor({ schema, executor: queryExecutor, contextSource, report });
  const sandbox = sandboxState(config.upstreamUrl === null && config.auth.mode === 'passthrough');
  const apollo = await createApollo({ schema, executor, knownOperations, costLimit, isProduction, sandbox, logger });
  const gate = createGate({ apollo, executor, contextSource, costLimit, documents, rateLimit, logger, observer });
  return {
    apollo,
    knownOperations,
    rateLimit,
    gate: createExpiringGate(gate, { now, after }),
    close: () => apollo.stop(),
  };
}
