/** The levels of `@semanticNonNull` on a field. */
import { getArgumentValues, type GraphQLField, type GraphQLSchema } from 'graphql';

/** 0 is the field itself, 1 the items of its list. Empty without the directive. */
export function semanticLevels(schema: GraphQLSchema, { astNode }: GraphQLField<unknown, unknown>): readonly number[] {
  const directive = schema.getDirective('semanticNonNull');
  const node = astNode?.directives?.find(({ name }) => name.value === 'semanticNonNull');
  return node && directive ? (getArgumentValues(directive, node).levels as readonly number[]) : [];
}
