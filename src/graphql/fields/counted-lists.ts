/** Counts the items of lists of objects against the operation's object budget as soon as their number is known. */
import {
  defaultFieldResolver,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  type FieldNode,
  type GraphQLFieldResolver,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import type { Context } from '../context.ts';
import { weightOf } from './object-budget.ts';
import { selectedFields, type Fragments } from './selection.ts';

type Resolver = GraphQLFieldResolver<unknown, Context>;

export function countItems(schema: GraphQLSchema, resolve: Resolver = defaultFieldResolver): Resolver {
  /** Documents are cached between requests, so each field node is weighed once. */
  const weights = new WeakMap<FieldNode, number>();

  function weigh(node: FieldNode, { returnType, fragments }: GraphQLResolveInfo): number {
    const weight = weights.get(node) ?? itemWeight(node, getNamedType(returnType), schema, fragments);
    weights.set(node, weight);
    return weight;
  }

  function count(list: unknown, { budgets }: Context, info: GraphQLResolveInfo): unknown {
    if (!Array.isArray(list) || list.length === 0) return list;
    for (const node of info.fieldNodes) budgets.objects.take(list.length * weigh(node, info));
    return list;
  }

  return (source, args, context, info) => {
    const list = resolve(source, args, context, info);
    return list instanceof Promise ? list.then((items) => count(items, context, info)) : count(list, context, info);
  };
}

/** Weight of an item and its nested objects. Nested lists are counted separately. */
function itemWeight(node: FieldNode, type: GraphQLNamedType, schema: GraphQLSchema, fragments: Fragments): number {
  const fields = isObjectType(type) ? type.getFields() : {};
  const selected = selectedFields(node.selectionSet, fragments);
  let inner = 0;
  for (const child of selected) {
    const field = fields[child.name.value];
    if (!field || !child.selectionSet || isListType(getNullableType(field.type))) continue;
    inner += itemWeight(child, getNamedType(field.type), schema, fragments);
  }
  return weightOf(selected.length) + inner;
}
