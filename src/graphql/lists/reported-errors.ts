/** Errors next to a value: a list over several workflows omits workflows that cannot be loaded. */
import { locatedError, responsePathAsArray, type GraphQLError, type GraphQLResolveInfo } from 'graphql';
import type { AnswerLifetime } from '../../runs/read-context.ts';
import type { GatewayError } from '../../upstream/errors.ts';

export function createReportedErrors(lifetime: AnswerLifetime) {
  /** By content, since graphql-js repeats an operation whose compiled query fails, and reports the same errors. */
  let errors: Map<string, GraphQLError> | undefined;
  return {
    /** Adds the error at the field's path. The answer is then not cached. */
    add(error: GatewayError, { path }: Pick<GraphQLResolveInfo, 'path'>): void {
      lifetime.limit(0);
      const at = responsePathAsArray(path);
      errors ??= new Map();
      errors.set(JSON.stringify([at, error.code, error.details]), locatedError(error, undefined, at));
    },
    all: (): readonly GraphQLError[] => (errors ? [...errors.values()] : []),
  };
}
