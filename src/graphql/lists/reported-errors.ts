/** Errors beside a value: a list over several workflows is answered without those that can't be had. */
import { locatedError, responsePathAsArray, type GraphQLError, type GraphQLResolveInfo } from 'graphql';
import type { AnswerLifetime } from '../../runs/read-context.ts';
import type { GatewayError } from '../../upstream/errors.ts';

export function createReportedErrors(lifetime: AnswerLifetime) {
  /** By what they tell: a compiled query that fails is executed by graphql-js once more, and reports the same. */
  let errors: Map<string, GraphQLError> | undefined;
  return {
    /** At the field's path. An answer with it is not cached. */
    add(error: GatewayError, { path }: Pick<GraphQLResolveInfo, 'path'>): void {
      lifetime.limit(0);
      const at = responsePathAsArray(path);
      errors ??= new Map();
      errors.set(JSON.stringify([at, error.code, error.details]), locatedError(error, undefined, at));
    },
    all: (): readonly GraphQLError[] => (errors ? [...errors.values()] : []),
  };
}
