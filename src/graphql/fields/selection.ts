/** Selected fields of a field, including those in fragments. */
import { Kind, type FieldNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';

export type Fragments = Readonly<Record<string, FragmentDefinitionNode>>;

/** `onType` filters fragments by type. Each is walked once, because nested spreads could take exponential time. */
export function selectedFields(
  set: SelectionSetNode | undefined,
  fragments: Fragments,
  onType: (typeName: string) => boolean = () => true,
): readonly FieldNode[] {
  const fields: FieldNode[] = [];
  const seen = new Set<string>();
  const walk = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        fields.push(selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (!selection.typeCondition || onType(selection.typeCondition.name.value)) walk(selection.selectionSet);
      } else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        const fragment = fragments[selection.name.value];
        if (fragment && onType(fragment.typeCondition.name.value)) walk(fragment.selectionSet);
      }
    }
  };
  if (set) walk(set);
  return fields;
}
