/** What a resolver of a root field is told, as far as sources of events read it. */
import { Kind, parse, type FragmentDefinitionNode, type GraphQLResolveInfo } from 'graphql';

export function infoOf(text: string): Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'path'> {
  const { definitions } = parse(text);
  const operation = definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const fragments = definitions.filter(
    (definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION,
  );
  const fieldNodes = operation?.selectionSet.selections.filter((selection) => selection.kind === Kind.FIELD) ?? [];
  const [field] = fieldNodes;
  if (!field) throw new Error('expected an operation with a field');
  return {
    fieldNodes: [field],
    fragments: Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment])),
    path: { prev: undefined, key: (field.alias ?? field.name).value, typename: 'Subscription' },
  };
}
