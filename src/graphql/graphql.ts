/** Composes the operation pipeline: the schema, Apollo Server, and the stages with their dependencies. */
import type { GraphQLSchema } from 'graphql';
import type { Config } from '../config/config.ts';
import { JsonParts } from '../domain/json-part.ts';
import type { PriceList } from '../domain/cost/prices.ts';
import type { JsonValue } from '../domain/types.ts';
import type { Logger } from '../observability/logger.ts';
import type { Observer } from '../observability/observer.ts';
import { bytesForDocuments, type Runs } from '../runs/runs.ts';
import type { After } from '../runtime/clock.ts';
import type { ReadingWorker } from '../upstream/worker/reading-worker.ts';
import { createAnswer } from './apollo/stages/answer.ts';
import { createCheck } from './apollo/stages/check.ts';
import { createExecute } from './apollo/stages/execute.ts';
import { createApollo, type StepgatePlugin } from './apollo/server.ts';
import { createQueryCompiler } from './compiled/compiled-query.ts';
import type { ContextSource } from './context.ts';
import { createLookAhead } from './fields/data-requirements.ts';
import { createDocuments } from './operations/documents.ts';
import { createErrorFormatting } from './operations/error-formatting.ts';
import { createOperations } from './operations/operations.ts';
import { createPersistedOperations, type Safelist, type SharedOperations } from './operations/persisted-operations.ts';
import { sandboxState } from './apollo/sandbox.ts';
import { createSubscriberRights } from './subscriptions/subscriber-rights.ts';
import { createSharedEvents } from './subscriptions/shared-events.ts';
import { createSubscriptions } from './subscriptions/subscriptions.ts';
import { createLinks } from './links.ts';

export interface GraphqlOptions {
  readonly config: Config;
  readonly schema: GraphQLSchema;
  /** Operations in the manifests. */
  readonly safelist: () => Safelist;
  /** Prices, or null if none are configured. */
  readonly prices: PriceList | null;
  readonly runs: Runs;
  /** Shared operations, or null if the gateway shares no data. */
  readonly sharedOperations: SharedOperations | null;
  readonly observer: Observer;
  readonly logger: Logger;
  readonly now: () => number;
  readonly after: After;
  /** An embedder's plugins. */
  readonly plugins: readonly StepgatePlugin[];
  readonly worker: ReadingWorker;
  readonly maxBytesOnLoop: number | undefined;
}

export type Graphql = Awaited<ReturnType<typeof createGraphql>>;

/** Share of the documents' bytes for registered operations (APQ): a quarter. */
const registeredBytes = (maxBytes: number): number => Math.floor(maxBytes / 4);

export async function createGraphql(options: GraphqlOptions) {
  const { config, schema, safelist, prices, runs, sharedOperations, observer, logger, now, after } = options;
  const { plugins, worker, maxBytesOnLoop } = options;
  const { introspection, maxAnswerBytes, maxOperationObjects, maxUpstreamCalls } = config;
  const maxBytes = bytesForDocuments(config);
  const persisted = createPersistedOperations({
    mode: config.persistedOperations,
    safelist,
    maxBytes: registeredBytes(maxBytes),
    shared: sharedOperations,
  });

  const lookAhead = createLookAhead(schema);
  const compiler = createQueryCompiler(schema);
  const documents = createDocuments({ schema, compiler, maxBytes: maxBytes - registeredBytes(maxBytes) });
  const errors = createErrorFormatting(logger);
  const apollo = await createApollo({
    schema,
    introspection,
    sandbox: config.sandbox ? sandboxState(config) : null,
    documentStore: documents.store,
    plugins,
    stages: {
      check: createCheck(documents),
      execute: createExecute({ schema, documents }),
      answer: createAnswer({ schema, errors, maxAnswerBytes }),
    },
    logger,
  });

  const budgets = { maxUpstreamCalls, maxObjects: maxOperationObjects, maxAnswerBytes };
  const standing: ContextSource['standing'] = (caller) => runs.viewers.standing(caller);
  const ofOperation = {
    lookAhead,
    standing,
    offered: config.upstreamEndpoints,
    prices,
    links: createLinks(config),
    now,
  };
  const parts = new JsonParts();
  const ofPayloads = {
    payloadReading: { worker, maxBytesOnLoop },
    // An embedder's plugins see values.
    answered: (json: Uint8Array) => (plugins.length > 0 ? parsed(json) : parts.of(json)),
  };
  const contextSource: ContextSource = { ...runs, ...budgets, ...ofOperation, ...ofPayloads };
  const operations = createOperations({
    schema,
    apollo,
    persisted,
    documents,
    eventsOf: createSubscriptions({
      sharedEvents: createSharedEvents({ schema, contextSource, errors, maxAnswerBytes }),
      rightOf: createSubscriberRights({ now, after }),
      errors,
    }),
    errors,
    contextSource,
    parts,
    observer,
  });
  return { schema, operations, landingPage: apollo.landingPage, close: apollo.close };
}

const parsed = (json: Uint8Array): JsonValue =>
  JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.length).toString()) as JsonValue;
