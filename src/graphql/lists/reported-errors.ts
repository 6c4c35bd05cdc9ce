/** Errors next to a value: a list over several workflows omits workflows that can't be loaded. */
import { locatedError, responsePathAsArray, type GraphQLError, type GraphQLResolveInfo } from 'graphql';
import type { AnswerLifetime } from '../../runs/read-context.ts';
import { GatewayError } from '../../upstream/errors.ts';

export function createReportedErrors(lifetime: AnswerLifetime) {
  /**
   * Keyed by content, because graphql-js repeats an operation whose compiled query fails, and reports the same errors.
   */
  let errors: Map<string, GraphQLError> | undefined;
  return {
    /** Adds the error at the field's path, with the workflow that it is about. The response then isn't cached. */
    add(given: GatewayError, { path }: Pick<GraphQLResolveInfo, 'path'>, workflowId?: string): void {
      lifetime.limit(0);
      const at = responsePathAsArray(path);
      const { code, message, details } = given;
      const error = workflowId === undefined ? given : new GatewayError(code, message, { ...details, workflowId });
      errors ??= new Map();
      errors.set(JSON.stringify([at, code, error.details]), locatedError(error, undefined, at));
    },
    all: (): readonly GraphQLError[] => (errors ? [...errors.values()] : []),
  };
}
