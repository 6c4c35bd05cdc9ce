/** Counts the objects of introspection before execution, since it needs no key and may return the schema many times. */
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
  /** Counting stops above this number. */
  readonly maximum: number;
}

const ROOT_FIELDS = [SchemaMetaFieldDef, TypeMetaFieldDef];

/** Weighted objects of a root field `__schema` or `__type(name: typeName)`, with deprecated fields. Else 0. */
export function introspectedObjects(node: FieldNode, typeName: unknown, source: IntrospectionSource): number {
  const { schema, fragments, maximum } = source;
  const args = { name: typeName, includeDeprecated: true };
  // The resolvers of introspection read only the schema.
  const info = { schema } as GraphQLResolveInfo;
  let objects = 0;

  /** Counts the objects that graphql-js' own resolver returns for the parent. */
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
