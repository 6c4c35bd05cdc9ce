/** The objects that introspection answers, counted before it is executed: it needs no key, and may answer a schema many times over. */
import {
  getNamedType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { weightOf } from '../fields/object-budget.ts';
import { forEachSelected, type Fragments } from '../fields/selection.ts';

const META_FIELDS: Readonly<Record<string, GraphQLField<unknown, unknown>>> = {
  [SchemaMetaFieldDef.name]: SchemaMetaFieldDef,
  [TypeMetaFieldDef.name]: TypeMetaFieldDef,
};

export interface IntrospectionSource {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Fragments;
  /** Counting stops beyond it. */
  readonly maximum: number;
}

/**
 * The objects of a root field `__schema` or `__type`, weighed like any others; 0 for another field. `name`: the argument of `__type`.
 * Deprecated fields count whether they are selected or not.
 */
export function introspectedObjects(node: FieldNode, name: unknown, source: IntrospectionSource): number {
  const { schema, operation, fragments, maximum } = source;
  let objects = 0;

  function count(field: GraphQLField<unknown, unknown>, parentType: GraphQLObjectType, parent: unknown, at: FieldNode) {
    const type = getNamedType(field.type);
    if (!isObjectType(type) || !at.selectionSet) return;
    const info: GraphQLResolveInfo = {
      ...{ schema, operation, fragments, parentType },
      ...{ fieldName: field.name, fieldNodes: [at], returnType: field.type, rootValue: undefined, variableValues: {} },
      path: { prev: undefined, key: field.name, typename: parentType.name },
    };
    const value = field.resolve?.(parent, { includeDeprecated: true, name }, undefined, info);
    for (const item of [value].flat()) {
      if (item == null) continue;
      countItem(type, item, at.selectionSet);
      if (objects > maximum) return;
    }
  }

  function countItem(type: GraphQLObjectType, item: unknown, set: SelectionSetNode): void {
    const selected: FieldNode[] = [];
    forEachSelected(
      set,
      fragments,
      () => true,
      (child) => selected.push(child),
    );
    objects += weightOf(selected.length);
    const fields = type.getFields();
    for (const child of selected) {
      const field = fields[child.name.value];
      if (field && objects <= maximum) count(field, type, item, child);
    }
  }

  const field = META_FIELDS[node.name.value];
  const root = schema.getRootType(operation.operation);
  if (field && root) count(field, root, undefined, node);
  return objects;
}
