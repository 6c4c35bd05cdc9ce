/** Arguments of one field in a request. Variables are replaced at any depth of a value. */
import { Kind, valueFromASTUntyped, visit, type FieldNode, type GraphQLField, type ValueNode } from 'graphql';

export type Variables = Readonly<Record<string, unknown>>;

export interface ArgumentValues {
  /** Value from the client, not coerced, or else the default. Undefined without either. */
  get(name: string): unknown;
}

/** `variables` include the operation's defaults. `onVariable` is called if the value depends on a variable. */
export function argumentValues(
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
  variables: Variables,
  onVariable: () => void,
): ArgumentValues {
  return {
    get(name) {
      const given = node.arguments?.find((argument) => argument.name.value === name)?.value;
      if (given && hasVariable(given)) onVariable();
      const value: unknown = given && valueFromASTUntyped(given, variables);
      return value === undefined ? field.args.find((argument) => argument.name === name)?.defaultValue : value;
    },
  };
}

function hasVariable(value: ValueNode): boolean {
  if (value.kind === Kind.VARIABLE) return true;
  if (value.kind !== Kind.LIST && value.kind !== Kind.OBJECT) return false;
  let found = false;
  visit(value, { Variable: () => void (found = true) });
  return found;
}
