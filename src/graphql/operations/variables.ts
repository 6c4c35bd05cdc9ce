/** What is refused of an operation's variables before anything is executed. */
import {
  isNonNullType,
  Kind,
  TypeInfo,
  ValidationContext,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { Variables } from '../fields/given-arguments.ts';
import { requestError } from './error-formatting.ts';

/** Each error prints the variable's whole value. */
export const EXECUTION_OPTIONS = { maxCoercionErrors: 1 } as const;

/** Throws BAD_USER_INPUT for a null where none is allowed. */
export type CheckNulls = (variables: Variables) => void;

/**
 * For an operation that was found valid. A nullable variable may stand where null is not allowed, if it or the place has a default:
 * graphql-js then fails each time that it comes there, before the field's resolver could count the failure.
 */
export function nullCheck(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): CheckNulls {
  const nullable = (operation.variableDefinitions ?? []).filter(({ type }) => type.kind !== Kind.NON_NULL_TYPE);
  if (nullable.length === 0) return () => undefined;
  const places = nonNullPlaces(schema, document, operation);
  const checked = nullable.map(({ variable }) => [variable.name.value, places.get(variable.name.value)] as const);
  return (variables) => {
    for (const [name, place] of checked) {
      if (place !== undefined && Object.hasOwn(variables, name) && variables[name] == null) throw isNull(name, place);
    }
  };
}

/** The first place of each variable that stands in one. */
function nonNullPlaces(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  const types = new TypeInfo(schema);
  const context = new ValidationContext(schema, document, types, () => undefined);
  const visitor = visitWithTypeInfo(types, {
    VariableDefinition: () => false,
    Variable({ name }) {
      if (isNonNullType(types.getInputType()) && !places.has(name.value)) places.set(name.value, placeOf(types));
    },
  });
  for (const part of [operation, ...context.getRecursivelyReferencedFragments(operation)]) visit(part, visitor);
  return places;
}

function placeOf(types: TypeInfo): string {
  const directive = types.getDirective();
  const owner = directive
    ? `@${directive.name}`
    : `${types.getParentType()?.name ?? ''}.${types.getFieldDef()?.name ?? ''}`;
  return `"${types.getArgument()?.name ?? ''}" of ${owner} expects ${String(types.getInputType())}`;
}

const isNull = (name: string, place: string): GraphQLError =>
  requestError('BAD_USER_INPUT', `Variable "$${name}" must not be null: ${place}.`);
