/** Executes a validated operation: cost limits, fields, error formatting, answer size. */
import { createSourceEventStream, execute, type GraphQLError, type ExecutionResult, type GraphQLSchema } from 'graphql';
import type { OperationType } from '../../observability/operation-record.ts';
import { AbandonedError } from '../../upstream/errors.ts';
import type { Execution } from './execution.ts';
import type { SourceEvent } from '../subscriptions/live-events.ts';
import type { LiveExecution } from '../subscriptions/live-execution.ts';
import type { Documents, PreparedOperation } from './documents.ts';
import { errorAnswer, requestError, type ErrorFormatting } from './error-formatting.ts';
import { limitError } from './limits.ts';
import { withEffect, type HoldAnswer } from './held-answers.ts';
import { rateLimited } from './rate-limit.ts';
import type { Answer, OperationRequest, Outcome } from './operation.ts';
import { EXECUTION_OPTIONS } from './variables.ts';

/** Rejects with the error if nothing was executed. */
export type Executor = (execution: Execution) => Promise<Outcome>;

export interface ExecutorOptions {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly errors: ErrorFormatting;
  readonly live: LiveExecution;
  readonly maxCalls: number;
  readonly maxObjects: number;
  readonly holdAnswer: HoldAnswer;
}

/** Objects of introspection that count as one operation. A Sandbox that polls the schema each second stays within the default limit. */
const INTROSPECTED_AN_OPERATION = 200;

export function createExecutor(options: ExecutorOptions): Executor {
  const { schema, documents, errors, live, maxCalls, maxObjects, holdAnswer } = options;

  /** Introspection needs no accepted key, and takes as much time as many operations: without one it counts as many. */
  async function checkCost({ cost }: PreparedOperation, { params, unaccepted }: OperationRequest): Promise<void> {
    const { calls, objects, introspected } = cost(params.variables ?? {});
    // Also where it is refused: to count its objects takes time.
    const operations = Math.floor(introspected / INTROSPECTED_AN_OPERATION);
    const allowance = operations > 0 ? await unaccepted?.take(operations) : null;
    if (allowance && !allowance.isAllowed) throw rateLimited(allowance);
    if (calls > maxCalls) throw limitError('cost', maxCalls, calls, (found) => `may cause ${found} upstream calls`);
    if (objects > maxObjects)
      throw limitError('objects', maxObjects, objects, (found) => `may answer ${found} objects`);
  }

  async function executeOnce(execution: Execution, type: OperationType): Promise<Answer> {
    const { context, record } = execution;
    const { client } = execution.request;
    // It may have left while its request waited. A mutation takes effect in any case.
    if (type === 'query' && client.isGone()) throw new AbandonedError();
    // Mutations are never cached.
    if (type === 'mutation') context.lifetime.limit(0);
    const result = await run(execution);
    if (result.data === undefined) return errorAnswer(errors.format(result.errors ?? [], record), 400);
    const excess = context.budgets.failures.excess();
    if (excess) return errorAnswer(errors.format([withEffect(excess, record)], record), 200, null);
    const found = [...(result.errors ?? []), ...context.reported.all()];
    const formatted = found.length > 0 ? errors.format(found, record) : null;
    if (formatted) context.lifetime.limit(0);
    const answer = { ...(formatted && { errors: formatted }), data: result.data };
    return holdAnswer(
      { kind: 'answer', result: answer, status: 200, untilMs: context.lifetime.untilMs },
      client,
      record,
    );
  }

  function run({ document, request, context }: Execution) {
    const { operationName = null, variables } = request.params;
    const compiled = documents.compiled(document, operationName);
    if (compiled) return compiled.execute(context, variables ?? {});
    return execute({
      schema,
      document: document.ast,
      operationName,
      variableValues: variables,
      contextValue: context,
      options: EXECUTION_OPTIONS,
    });
  }

  async function subscribe(execution: Execution): Promise<Outcome> {
    const { document, request, context, record } = execution;
    const source = await createSourceEventStream({
      schema,
      document: document.ast,
      operationName: request.params.operationName ?? null,
      variableValues: request.params.variables ?? null,
      contextValue: context,
      options: EXECUTION_OPTIONS,
    });
    if (isResult(source)) return errorAnswer(errors.format(source.errors ?? [], record), 400);
    // What the `subscribe` of each subscription returns.
    const changes = source as AsyncIterable<SourceEvent, undefined>;
    return { kind: 'events', events: live.eventsOf(changes[Symbol.asyncIterator](), execution) };
  }

  return async (execution) => {
    const { document, request, record } = execution;
    const operation = document.operation(request.params.operationName ?? null);
    if (!operation) throw unknownOperation(request.params.operationName ?? null);
    const { type, name } = operation;
    Object.assign(record, { type, name, queryHash: document.queryHash });
    if (!request.allowed.has(type)) throw notAllowed(type, request);
    operation.checkNulls(request.params.variables ?? {});
    await checkCost(operation, request);
    return type === 'subscription' ? subscribe(execution) : executeOnce(execution, type);
  };
}

const isResult = (source: AsyncIterable<unknown> | ExecutionResult): source is ExecutionResult =>
  !(Symbol.asyncIterator in source);

function unknownOperation(name: string | null): GraphQLError {
  const message =
    name === null
      ? 'Must provide operation name if query contains multiple operations.'
      : `Unknown operation named "${name}".`;
  return requestError('OPERATION_RESOLUTION_FAILURE', message);
}

function notAllowed(type: OperationType, { transport }: OperationRequest): GraphQLError {
  if (type === 'subscription') {
    return requestError(
      'BAD_REQUEST',
      'A subscription needs a transport that carries events: graphql-ws at /graphql, or server-sent events ' +
        '(Accept: text/event-stream).',
    );
  }
  return requestError(
    'BAD_REQUEST',
    'A mutation must be sent by POST or graphql-ws.',
    transport === 'http' ? 405 : 400,
  );
}
