/** Checks of an operation's variables before execution. */
import {
  isNonNullType,
  Kind,
  TypeInfo,
  ValidationContext,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { requestError } from './error-formatting.ts';

/** Each error prints the variable's whole value. */
export const EXECUTION_OPTIONS = { maxCoercionErrors: 1 } as const;

/** Throws BAD_USER_INPUT for a null where it isn't allowed. */
export type CheckNulls = (variables: Readonly<Record<string, unknown>>) => void;

/**
 * Takes a valid operation. A nullable variable with a default may be used where null isn't allowed. For null,
 * graphql-js would fail at each use before the field's resolver could count the failure.
 */
export function nullCheck(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): CheckNulls {
  const nullable = (operation.variableDefinitions ?? []).filter(({ type }) => type.kind !== Kind.NON_NULL_TYPE);
  if (nullable.length === 0) return () => undefined;
  const context = new ValidationContext(schema, document, new TypeInfo(schema), () => undefined);
  const needed = new Map(
    context
      .getRecursiveVariableUsages(operation)
      .flatMap(({ node, type }) => (isNonNullType(type) ? [[node.name.value, type] as const] : [])),
  );
  return (variables) => {
    for (const { variable, defaultValue } of nullable) {
      const name = variable.name.value;
      const isNull = Object.hasOwn(variables, name) ? variables[name] == null : defaultValue?.kind === Kind.NULL;
      const type = needed.get(name);
      if (isNull && type) {
        throw requestError('BAD_USER_INPUT', `Variable "$${name}" must not be null: it is used as ${String(type)}.`);
      }
    }
  };
}
