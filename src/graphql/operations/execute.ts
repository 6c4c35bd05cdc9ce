/** Executes a validated query or mutation: the compiled query of a known document, else graphql-js. */
import { execute, GraphQLError, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { AbandonedError } from '../../upstream/errors.ts';
import type { Execute } from '../apollo/server.ts';
import type { Documents } from './documents.ts';
import { withEffect } from './error-formatting.ts';
import type { Operation } from './operation.ts';
import { EXECUTION_OPTIONS } from './variables.ts';

export interface ExecuteOptions {
  readonly schema: GraphQLSchema;
  readonly documents: Pick<Documents, 'compiled'>;
}

export function createExecute({ schema, documents }: ExecuteOptions): Execute {
  function run({ document, request, context }: Operation): ExecutionResult | Promise<ExecutionResult> {
    if (!document) throw new Error('expected a validated document');
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

  return async (operation) => {
    const { context, record, request } = operation;
    // The client may have left while its request waited. A mutation takes effect in any case.
    if (record.type === 'query' && request.client.isGone()) throw new AbandonedError();
    // Mutations are never cached.
    if (record.type === 'mutation') context.lifetime.limit(0);
    const { data, errors = [] } = await run(operation);
    if (data === undefined) return { errors };
    const excess = context.budgets.failures.excess() ?? context.budgets.payloads.excess();
    if (excess) return { data: null, errors: [wrapped(withEffect(excess, record) as Error)] };
    const found = [...errors, ...context.reported.all()];
    return found.length > 0 ? { data, errors: found } : { data };
  };
}

const wrapped = (originalError: Error): GraphQLError => new GraphQLError(originalError.message, { originalError });
