/**
 * The one pipeline for operations: HTTP, server-sent events and graphql-ws all call it. Its stages, in order: persisted
 * operation → document → limits → execute → error formatting.
 */
import { GraphQLError, parse, type ExecutionResult } from 'graphql';
import { isDeeperThan, MAX_JSON_DEPTH } from '../../domain/json.ts';
import type { JsonValue } from '../../domain/types.ts';
import type { OperationRecord, OperationStart } from '../../observability/operation-record.ts';
import type { Observer } from '../../observability/observer.ts';
import type { Viewer } from '../../runs/viewer.ts';
import type { ParseAndValidate } from '../apollo/apollo.ts';
import { createContext, type ContextSource } from '../context.ts';
import type { EventGuard } from '../subscriptions/authorized-events.ts';
import { observeEvents } from '../subscriptions/observed-events.ts';
import type { Documents, PreparedDocument } from './documents.ts';
import { errorAnswer, requestError, statusOf, type ErrorFormatting } from './error-formatting.ts';
import type { Execution } from './execution.ts';
import type { Executor } from './executor.ts';
import type { HoldAnswer } from './held-answers.ts';
import { MAX_TOKENS, passedLimit } from './limits.ts';
import type { Answer, OperationRequest, Outcome } from './operation.ts';
import type { PersistedOperations, RegisteredOperations } from './persisted-operations.ts';

export interface OperationPipeline {
  /** Never rejects. */
  run(request: OperationRequest): Promise<Outcome>;
  /** The answer to a request that fails before the pipeline: a bad body, a rate limit. */
  refuse(start: OperationStart, error: unknown): Answer;
}

export interface OperationPipelineOptions {
  readonly persisted: PersistedOperations & RegisteredOperations;
  readonly documents: Documents;
  readonly parseAndValidate: ParseAndValidate;
  /** True: each operation passes Apollo Server and its plugins, also one whose document is known. */
  readonly hasPlugins: boolean;
  readonly execute: Executor;
  readonly holdAnswer: HoldAnswer;
  readonly errors: ErrorFormatting;
  readonly guardEvents: EventGuard;
  readonly contextSource: ContextSource;
  /** True if the gateway, or the upstream lately, has accepted the viewer's key. */
  readonly isProven: (viewer: Viewer) => boolean;
  readonly observer: Observer;
}

export function createOperationPipeline(options: OperationPipelineOptions): OperationPipeline {
  const { persisted, documents, parseAndValidate, hasPlugins, execute, errors, guardEvents, contextSource } = options;
  const { holdAnswer, isProven, observer } = options;

  async function runStages(request: OperationRequest, record: OperationRecord): Promise<Outcome> {
    const { params, caller, requestId, client } = request;
    if (isDeeperThan((params.variables ?? null) as JsonValue, MAX_JSON_DEPTH)) throw tooDeep();
    const resolved = persisted.resolve(params);
    const operation = resolved instanceof Promise ? await resolved : resolved;
    const context = createContext(contextSource, {
      viewer: caller.viewer,
      authError: caller.error,
      requestId,
      signal: client.signal,
      hold: client.hold,
      operationRecord: record,
    });
    const known = documents.find(operation.text);
    const execution = { request, context, record };
    const executed =
      known && !hasPlugins
        ? { document: known, outcome: await execute({ ...execution, document: known }) }
        : await executeByApollo(operation.text, execution, known);
    // Nothing is kept of an operation before an authenticated caller has sent it successfully.
    if (executed.document && caller.viewer && isSuccess(executed.outcome, caller.viewer, record)) {
      documents.keep(executed.document);
      persisted.register(operation);
    }
    return executed.outcome;
  }

  /** Errors and events count as success for a key that is accepted. A made-up key may get data for which the upstream is not asked. */
  function isSuccess(outcome: Outcome, viewer: Viewer, { upstreamCalls }: OperationRecord): boolean {
    if (isProven(viewer)) return outcome.kind === 'events' || outcome.result.data != null;
    return outcome.kind === 'answer' && outcome.result.data != null && !outcome.result.errors && upstreamCalls > 0;
  }

  /** Apollo Server parses and validates the text, runs its plugins, and has it executed. */
  async function executeByApollo(text: string, execution: Omit<Execution, 'document'>, known?: PreparedDocument) {
    const { request, record } = execution;
    const ast = known?.ast ?? parseWithoutLocations(text);
    const passed = known ? null : ast && passedLimit(ast);
    if (passed) throw passed;
    const executed: { document: PreparedDocument | null; outcome: Outcome | null } = { document: null, outcome: null };
    const problems = await parseAndValidate(text, request, async (queryHash) => {
      executed.document = known ?? documents.prepare(text, queryHash, ast ?? parse(text));
      executed.outcome = await settled(execute({ ...execution, document: executed.document }), record);
      return resultOf(executed.outcome);
    });
    if (!executed.outcome && problems.length === 0) throw new Error(ANSWERED_BY_PLUGIN);
    const outcome =
      executed.outcome ??
      (await holdAnswer(errorAnswer(errors.complete(problems, record), 400), request.client, record));
    return { document: executed.document, outcome };
  }

  /** An error for which nothing is executed becomes an answer. */
  const settled = (outcome: Promise<Outcome>, record: OperationRecord): Promise<Outcome> =>
    outcome.catch((error: unknown) => errorAnswer(errors.format([error], record), statusOf(error)));

  return {
    async run(request) {
      const { transport, requestId, traceparent, http, caller, client } = request;
      const record = observer.begin({ transport, requestId, traceparent, http, viewerId: caller.viewer?.id ?? null });
      const { unaccepted } = request;
      const run = () => runStages(request, record);
      const outcome = await settled(unaccepted ? unaccepted.inTurn(run) : run(), record);
      if (outcome.kind === 'events') {
        return { kind: 'events', events: observeEvents(guardEvents(outcome.events, request), record, observer) };
      }
      record.isAbandoned ||= client.isGone();
      observer.end(record);
      return outcome;
    },

    refuse(start, error) {
      const record = observer.begin(start);
      const answer = errorAnswer(errors.format([error], record), statusOf(error));
      observer.end(record);
      return answer;
    },
  };
}

/** Null for a text that is not GraphQL: Apollo says why. Locations are half of a syntax tree's memory. */
function parseWithoutLocations(text: string) {
  try {
    return parse(text, { noLocation: true, maxTokens: MAX_TOKENS });
  } catch {
    return null;
  }
}

const ANSWERED_BY_PLUGIN =
  'a plugin answered an operation itself (responseForOperation): expected it to observe or to refuse by an error';

/** What Apollo's plugins see. */
function resultOf(outcome: Outcome): ExecutionResult {
  if (outcome.kind === 'events') return { data: null };
  const { data, errors } = outcome.result;
  return {
    ...(data !== undefined && { data }),
    ...(errors && {
      errors: errors.map(({ message, path, extensions }) => new GraphQLError(message, { path, extensions })),
    }),
  };
}

const tooDeep = (): GraphQLError =>
  requestError('BAD_USER_INPUT', `variables: expected at most ${MAX_JSON_DEPTH} levels of JSON, got more`);
