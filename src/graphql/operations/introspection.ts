/** The objects that introspection answers, counted before it is executed: it needs no key, and may answer a schema many times over. */
import {
  getNamedType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type FieldNode,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { weightOf } from '../fields/object-budget.ts';
import { selectedFields, type Fragments } from '../fields/selection.ts';

export interface IntrospectionSource {
  readonly schema: GraphQLSchema;
  readonly fragments: Fragments;
  /** Counting stops beyond it. */
  readonly maximum: number;
}

const ROOT_FIELDS = [SchemaMetaFieldDef, TypeMetaFieldDef];

/**
 * The objects of a root field `__schema` or `__type`, weighed like any others; 0 for another field. `typeName`: the argument of `__type`.
 * Deprecated fields count whether they are selected or not.
 */
export function introspectedObjects(node: FieldNode, typeName: unknown, source: IntrospectionSource): number {
  const { schema, fragments, maximum } = source;
  const args = { name: typeName, includeDeprecated: true };
  // The resolvers of introspection read nothing else of it.
  const info = { schema } as GraphQLResolveInfo;
  let objects = 0;

  /** Counts what the field answers of its parent, by graphql-js' own resolver. */
  function count(field: GraphQLField<unknown, unknown>, parent: unknown, set: SelectionSetNode): void {
    const type = getNamedType(field.type);
    if (!isObjectType(type)) return;
    const selected = selectedFields(set, fragments);
    for (const value of [field.resolve?.(parent, args, undefined, info)].flat()) {
      if (value == null) continue;
      if (objects > maximum) return;
      objects += weightOf(selected.length);
      for (const { name, selectionSet } of selected) {
        const inner = type.getFields()[name.value];
        if (inner && selectionSet) count(inner, value, selectionSet);
      }
    }
  }

  const root = ROOT_FIELDS.find(({ name }) => name === node.name.value);
  if (root && node.selectionSet) count(root, null, node.selectionSet);
  return objects;
}
