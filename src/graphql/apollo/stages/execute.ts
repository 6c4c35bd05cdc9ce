/** Executes a valid query or mutation. */
import { execute as interpret, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { AbandonedError } from '../../../upstream/errors.ts';
import type { Documents } from '../../operations/documents.ts';
import type { Operation, Valid } from '../../operations/operation.ts';
import { executionArgs } from '../../operations/execution-args.ts';

export type Execute = (operation: Operation, valid: Valid) => Promise<ExecutionResult>;

interface ExecuteOptions {
  readonly schema: GraphQLSchema;
  readonly documents: Pick<Documents, 'compiled'>;
}

/** Uses the compiled query of a known document, otherwise graphql-js. */
export function createExecute({ schema, documents }: ExecuteOptions): Execute {
  function run({ params, context }: Operation, { document }: Valid): ExecutionResult | Promise<ExecutionResult> {
    const { operationName = null, variables } = params;
    const interpreted = () => interpret(executionArgs(schema, document, params, context));
    const compiled = documents.compiled(document, operationName);
    return compiled ? compiled.execute(context, variables ?? {}, interpreted) : interpreted();
  }

  return async (operation, valid) => {
    const { context, record, request, ticket } = operation;
    // The client may have left while its request was waiting. Mutations are executed anyway.
    if (record.type === 'query' && request.client.isGone()) throw new AbandonedError();
    if (record.type === 'mutation') {
      ticket.mustFinish();
      // Mutations are never cached.
      context.lifetime.limit(0);
    }
    const { data, errors = [] } = await run(operation, valid);
    if (data === undefined) return { errors };
    const found = [...errors, ...context.reported.all()];
    return found.length > 0 ? { data, errors: found } : { data };
  };
}
