/** The objects that introspection answers, counted before it is executed: it needs no key, and may answer a schema many times over. */
import {
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isWrappingType,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLSchema,
  type GraphQLType,
  type SelectionSetNode,
} from 'graphql';
import { weightOf } from '../fields/object-budget.ts';
import { forEachSelected, type Fragments } from '../fields/selection.ts';

/** An object of introspection: the objects of each of its fields. */
type Introspected = (field: string) => readonly Introspected[];

export interface IntrospectionSource {
  readonly schema: GraphQLSchema;
  readonly fragments: Fragments;
  /** Counting stops beyond it. */
  readonly maximum: number;
}

/**
 * The objects of a root field `__schema` or `__type`, weighed like any others; 0 for another field. `name`: the argument of `__type`.
 * Deprecated fields count whether they are selected or not.
 */
export function introspectedObjects(node: FieldNode, name: unknown, source: IntrospectionSource): number {
  const { schema, fragments, maximum } = source;
  let objects = 0;

  function count(introspected: Introspected, set: SelectionSetNode): void {
    const selected: FieldNode[] = [];
    forEachSelected(
      set,
      fragments,
      () => true,
      (child) => selected.push(child),
    );
    objects += weightOf(selected.length);
    for (const { name: field, selectionSet } of selected) {
      if (!selectionSet) continue;
      for (const child of introspected(field.value)) {
        if (objects > maximum) return;
        count(child, selectionSet);
      }
    }
  }

  const root = rootOf(node.name.value, name, schema);
  if (root && node.selectionSet) count(root, node.selectionSet);
  return objects;
}

function rootOf(field: string, name: unknown, schema: GraphQLSchema): Introspected | null {
  const ofType =
    (type: GraphQLType): Introspected =>
    (field) => {
      if (field === 'ofType') return isWrappingType(type) ? [ofType(type.ofType)] : [];
      if (field === 'possibleTypes') return isAbstractType(type) ? schema.getPossibleTypes(type).map(ofType) : [];
      if (field === 'enumValues') return isEnumType(type) ? type.getValues().map(() => LEAF) : [];
      if (field === 'inputFields') return isInputObjectType(type) ? Object.values(type.getFields()).map(ofValue) : [];
      if (!isObjectType(type) && !isInterfaceType(type)) return [];
      if (field === 'fields') return Object.values(type.getFields()).map(ofField);
      return field === 'interfaces' ? type.getInterfaces().map(ofType) : [];
    };
  const ofValue =
    ({ type }: { readonly type: GraphQLType }): Introspected =>
    (field) =>
      field === 'type' ? [ofType(type)] : [];
  const ofField =
    ({ args, type }: { readonly args: readonly GraphQLArgument[]; readonly type: GraphQLType }): Introspected =>
    (field) =>
      field === 'args' ? args.map(ofValue) : ofValue({ type })(field);
  const ofSchema: Introspected = (field) => {
    if (field === 'types') return Object.values(schema.getTypeMap()).map(ofType);
    if (field === 'queryType') return maybe(schema.getQueryType());
    if (field === 'mutationType') return maybe(schema.getMutationType());
    if (field === 'subscriptionType') return maybe(schema.getSubscriptionType());
    return field === 'directives' ? schema.getDirectives().map(({ args }) => ofArguments(args)) : [];
  };
  const ofArguments =
    (args: readonly GraphQLArgument[]): Introspected =>
    (field) =>
      field === 'args' ? args.map(ofValue) : [];
  const maybe = (type: GraphQLType | null | undefined) => (type ? [ofType(type)] : []);

  if (field === '__schema') return ofSchema;
  return field === '__type' && typeof name === 'string' ? (maybe(schema.getType(name))[0] ?? null) : null;
}

const LEAF: Introspected = () => [];
