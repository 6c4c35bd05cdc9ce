/** Decides which operations can be compiled. */
import {
  getOperationAST,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

type Fragments = Readonly<Record<string, FragmentDefinitionNode>>;

export interface CompilableOperation {
  readonly operation: OperationDefinitionNode;
  readonly fragments: Fragments;
  /** Number of fields with all fragments expanded, which determines compile time and memory. */
  readonly fieldCount: number;
}

/** A compiled function with this many fields takes about 1 MB: see `BYTES_PER_FIELD`. */
export const MAX_COMPILED_FIELDS = 128;

/**
 * Returns null if graphql-js must execute: mutations, subscriptions, introspection, large operations, and conditions,
 * which graphql-jit stores on nodes that fragments share. The document must be valid.
 */
export function findCompilable(document: DocumentNode, operationName: string | null): CompilableOperation | null {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== OperationTypeNode.QUERY) return null;
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null) as Record<string, never>;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  const fieldCount = countFields(operation.selectionSet, fragments);
  return fieldCount === null ? null : { operation, fragments, fieldCount };
}

/**
 * Returns null if the selection can't be compiled. Stops at the limit, because nested spreads could take exponential
 * time.
 */
function countFields(selectionSet: SelectionSetNode, fragments: Fragments): number | null {
  let count = 0;
  const isCompilable = ({ selections }: SelectionSetNode): boolean =>
    selections.every((selection) => {
      if (selection.directives?.length) return false;
      if (selection.kind === Kind.INLINE_FRAGMENT) return isCompilable(selection.selectionSet);
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments[selection.name.value];
        return fragment !== undefined && isCompilable(fragment.selectionSet);
      }
      count += 1;
      if (count > MAX_COMPILED_FIELDS || !hasCompilableName(selection)) return false;
      return selection.selectionSet === undefined || isCompilable(selection.selectionSet);
    });
  return isCompilable(selectionSet) ? count : null;
}

/**
 * graphql-jit joins path keys with underscores to name a field's `info`, so `a_b.c` and `a.b_c` would share a name.
 * Only leading underscores, as in `_entities`, are unambiguous.
 */
const UNAMBIGUOUS = /^_*[^_]+$/;

function hasCompilableName({ name, alias }: FieldNode): boolean {
  const isIntrospection = name.value.startsWith('__') && name.value !== '__typename';
  return !isIntrospection && UNAMBIGUOUS.test(alias?.value ?? name.value);
}

/** Removes variable declarations: graphql-js reads the variables, and the bare schema has no input types. */
export const withoutVariables = ({ operation, fragments }: CompilableOperation): DocumentNode => ({
  kind: Kind.DOCUMENT,
  definitions: [{ ...operation, variableDefinitions: [] }, ...Object.values(fragments)],
});
