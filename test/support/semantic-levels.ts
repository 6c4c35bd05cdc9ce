/** What `@semanticNonNull` says of a field. */
import { getArgumentValues, type GraphQLField, type GraphQLSchema } from 'graphql';

/** The levels that it names: 0 is the field itself, 1 the items of its list. None without it. */
export function semanticLevels(schema: GraphQLSchema, { astNode }: GraphQLField<unknown, unknown>): readonly number[] {
  const directive = schema.getDirective('semanticNonNull');
  const node = astNode?.directives?.find(({ name }) => name.value === 'semanticNonNull');
  return node && directive ? (getArgumentValues(directive, node).levels as readonly number[]) : [];
}
