/** Lists of objects count their items against the operation's budget of objects as soon as their length is known. */
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

/** A resolver that counts the items that `resolve` returns. */
export function countItems(schema: GraphQLSchema, resolve: Resolver = defaultFieldResolver): Resolver {
  /** Documents are kept between requests, so each field of one is weighed once. */
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

/** The weight of an item and the objects in it, without those in lists, which are counted by themselves. */
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
