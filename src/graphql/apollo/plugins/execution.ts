/** Executes a valid operation after all plugins. The transport of a subscription subscribes itself. */
import { HeaderMap, type GraphQLRequestListener, type GraphQLResponse } from '@apollo/server';
import { execute as interpret, OperationTypeNode, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { AbandonedError } from '../../../upstream/errors.ts';
import type { Documents } from '../../operations/documents.ts';
import type { Operation } from '../../operations/operation.ts';
import { executionArgs } from '../../operations/execution-args.ts';
import type { Execute, OperationContext, Stage } from '../server.ts';

interface ExecuteOptions {
  readonly schema: GraphQLSchema;
  readonly documents: Pick<Documents, 'compiled'>;
}

/** Uses the compiled query of a known document, else graphql-js. */
export function createExecute({ schema, documents }: ExecuteOptions): Execute {
  function run({ document, params, context }: Operation): ExecutionResult | Promise<ExecutionResult> {
    if (!document) throw new Error('The document must be validated before it is executed');
    const { operationName = null, variables } = params;
    const interpreted = () => interpret(executionArgs(schema, document, params, context));
    const compiled = documents.compiled(document, operationName);
    return compiled ? compiled.execute(context, variables ?? {}, interpreted) : interpreted();
  }

  return async (operation) => {
    const { context, record, request, ticket } = operation;
    // The client may have left while its request waited. A mutation is executed anyway.
    if (record.type === 'query' && request.client.isGone()) throw new AbandonedError();
    if (record.type === 'mutation') {
      ticket.mustFinish();
      // Mutations are never cached.
      context.lifetime.limit(0);
    }
    const { data, errors = [] } = await run(operation);
    if (data === undefined) return { errors };
    const found = [...errors, ...context.reported.all()];
    return found.length > 0 ? { data, errors: found } : { data };
  };
}

interface ExecutionOptions {
  readonly execute: Execute;
  /** True if Apollo Server calls its executor, and with it each hook of an embedder's plugins. */
  readonly hasPlugins: boolean;
}

/**
 * Without plugins the operation is executed here. Before its executor, Apollo Server creates a context whose accessors
 * make V8 keep the request until the next major collection: a quarter of the time of W2.
 */
export function createExecution({ execute, hasPlugins }: ExecutionOptions): Stage {
  const listener: GraphQLRequestListener<OperationContext> = {
    async responseForOperation({ contextValue: { operation }, operation: { operation: type } }) {
      operation.isSubscription = type === OperationTypeNode.SUBSCRIPTION;
      if (operation.isSubscription) return responseOf({ data: null });
      if (hasPlugins) return null;
      try {
        const { errors, data } = await execute(operation);
        operation.errors = errors ?? null;
        return responseOf(data === undefined ? {} : { data });
      } catch (error) {
        operation.errors = [error];
        return responseOf({});
      }
    },
  };
  return { requestDidStart: () => Promise.resolve(listener) };
}

const responseOf = (singleResult: Pick<ExecutionResult, 'data'>): GraphQLResponse => ({
  http: { headers: new HeaderMap() },
  body: { kind: 'single', singleResult },
});
