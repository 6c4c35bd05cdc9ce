/** Checks of an operation's variables before execution. */
import {
  isNonNullType,
  Kind,
  TypeInfo,
  ValidationContext,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
  type ASTNode,
  type DirectiveNode,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { Variables } from '../fields/argument-values.ts';
import { requestError } from './error-formatting.ts';

/** Each error prints the variable's whole value. */
export const EXECUTION_OPTIONS = { maxCoercionErrors: 1 } as const;

/** Throws BAD_USER_INPUT for a null where it is not allowed. */
export type CheckNulls = (variables: Variables) => void;

/**
 * Takes a valid operation. A nullable variable with a default may appear where null is not allowed. For null,
 * graphql-js then fails at each place before the field's resolver could count the failure.
 */
export function nullCheck(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): CheckNulls {
  const nullable = (operation.variableDefinitions ?? []).filter(({ type }) => type.kind !== Kind.NON_NULL_TYPE);
  if (nullable.length === 0) return () => undefined;
  const places = nonNullPlaces(schema, document, operation);
  const defaults = new Map(
    operation.variableDefinitions?.map(({ variable, defaultValue }) => [variable.name.value, defaultValue]),
  );
  return (variables) => {
    const valueOf = (name: string): unknown => {
      if (Object.hasOwn(variables, name)) return variables[name] ?? null;
      const literal = defaults.get(name);
      return literal && valueFromASTUntyped(literal);
    };
    for (const { variable } of nullable) {
      const name = variable.name.value;
      if (valueOf(name) !== null) continue;
      const place = places.get(name)?.find(({ conditions }) => !conditions.some((each) => isExcluded(each, valueOf)));
      if (place) throw isNull(name, place.text);
    }
  };
}

interface Place {
  readonly text: string;
  /** @skip and @include around the place, within its definition. */
  readonly conditions: readonly DirectiveNode[];
}

/** Validation ensures that a literal is a Boolean. */
function isExcluded({ name, arguments: [given] = [] }: DirectiveNode, valueOf: (name: string) => unknown): boolean {
  const { value } = given ?? {};
  const condition =
    value?.kind === Kind.VARIABLE ? valueOf(value.name.value) : value?.kind === Kind.BOOLEAN && value.value;
  return condition === (name.value === 'skip');
}

/** Non-null places of each variable. */
function nonNullPlaces(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): ReadonlyMap<string, readonly Place[]> {
  const places = new Map<string, Place[]>();
  const types = new TypeInfo(schema);
  const context = new ValidationContext(schema, document, types, () => undefined);
  const visitor = visitWithTypeInfo(types, {
    VariableDefinition: () => false,
    Variable({ name }, _key, _parent, _path, ancestors) {
      if (!isNonNullType(types.getInputType())) return;
      const conditions = types.getDirective() ? [] : ancestors.flatMap(conditionsOf);
      const known = places.get(name.value) ?? [];
      places.set(name.value, known);
      known.push({ text: placeOf(types), conditions });
    },
  });
  for (const part of [operation, ...context.getRecursivelyReferencedFragments(operation)]) visit(part, visitor);
  return places;
}

const conditionsOf = (node: ASTNode | readonly ASTNode[]): readonly DirectiveNode[] =>
  'directives' in node
    ? (node.directives ?? []).filter(
        (each): each is DirectiveNode => each.name.value === 'skip' || each.name.value === 'include',
      )
    : [];

function placeOf(types: TypeInfo): string {
  const directive = types.getDirective();
  const owner = directive
    ? `@${directive.name}`
    : `${types.getParentType()?.name ?? ''}.${types.getFieldDef()?.name ?? ''}`;
  return `"${types.getArgument()?.name ?? ''}" of ${owner} expects ${String(types.getInputType())}`;
}

const isNull = (name: string, place: string): GraphQLError =>
  requestError('BAD_USER_INPUT', `Variable "$${name}" must not be null: ${place}.`);
