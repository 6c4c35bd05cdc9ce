/** The operation pipeline of a gateway without its transports: an operation goes in, its outcome comes out. */
import { lasting, NOBODY } from '../../src/auth/caller.ts';
import { readConfig } from '../../src/config/config.ts';
import type { StepgatePlugin } from '../../src/graphql/apollo/apollo.ts';
import type { SchemaExtension } from '../../src/graphql/extension/schema-extension.ts';
import { createGraphql } from '../../src/graphql/graphql.ts';
import type { Client, OperationParams, OperationRequest, Outcome } from '../../src/graphql/operations/operation.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { ObservedOperation } from '../../src/observability/observed-operation.ts';
import { createObserver } from '../../src/observability/observer.ts';
import { createRuns } from '../../src/runs/runs.ts';
import { createUpstreamClient } from '../../src/upstream/client.ts';
import { createManualClock } from '../harness/clock.ts';
import { captureLog, NO_CLIENT } from './observed.ts';
import { viewerOf } from './operations.ts';

export interface PipelineOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly extension?: SchemaExtension | null;
  readonly plugins?: readonly StepgatePlugin[];
  /** True: the gateway itself has accepted each key. */
  readonly isVerified?: boolean;
}

export interface Sender {
  /** Null: nobody. */
  readonly key?: string | null;
  readonly client?: Partial<Client>;
  readonly transport?: OperationRequest['transport'];
  readonly allowed?: readonly ('query' | 'mutation' | 'subscription')[];
}

/** `environment` names the upstream. */
export async function createPipeline(options: PipelineOptions = {}) {
  const { environment = {}, extension = null, plugins = [], isVerified = false } = options;
  const config = readConfig({ UPSTREAM_URL: 'http://127.0.0.1:9/', ...environment });
  const clock = createManualClock();
  const log = captureLog('error');
  const { logger } = log;
  const observed: ObservedOperation[] = [];
  const onOperation = (operation: ObservedOperation) => void observed.push(operation);
  const observer = createObserver({ metrics: createMetrics(), logger, tracer: null, client: NO_CLIENT, onOperation });
  const upstream = createUpstreamClient({
    baseUrl: config.upstreamUrl ?? '',
    timeoutMs: config.upstreamTimeoutMs,
    concurrency: config.upstreamConcurrency,
    endpoints: config.upstreamEndpoints,
    maxResponseBytes: config.upstreamMaxResponseBytes,
    observer,
  });
  const runs = createRuns({ config, upstream, isVerified: false, fleet: null, ...clock });
  const graphql = await createGraphql({
    ...{ config, runs, observer, logger, plugins, schema: createSchema(extension), ...clock },
    ...{ manifests: new Map(), prices: null, fleet: null, isVerified },
  });

  const requestOf = (params: OperationParams, sender: Sender): OperationRequest => {
    const { key = 'key-1', client, transport = 'http', allowed = ['query', 'mutation', 'subscription'] } = sender;
    const caller = key === null ? NOBODY : lasting(viewerOf(key));
    return {
      transport,
      requestId: 'request-1',
      traceparent: undefined,
      params,
      caller,
      authenticate: () => caller,
      unaccepted: null,
      allowed: new Set(allowed),
      client: {
        signal: () => new AbortController().signal,
        isGone: () => false,
        hold: () => () => undefined,
        holdWhenFree: () => Promise.resolve(() => undefined),
        ...client,
      },
    };
  };

  return {
    log,
    /** What an embedder is told of each operation. */
    observed,
    operations: graphql.operations,
    run: (params: OperationParams, sender: Sender = {}): Promise<Outcome> =>
      graphql.operations.run(requestOf(params, sender)),
    /** Of what is no subscription. */
    ask: async (params: OperationParams, sender: Sender = {}) => {
      const outcome = await graphql.operations.run(requestOf(params, sender));
      if (outcome.kind === 'answer') return outcome;
      throw new Error('expected an answer, got events');
    },
    close: async () => {
      await graphql.close();
      runs.livePollers.close();
      runs.workflowPollers.close();
      upstream.close();
    },
  };
}
