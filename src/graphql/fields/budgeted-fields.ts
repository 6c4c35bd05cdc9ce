/**
 * Wraps all resolvers: counts failed fields and list objects against the operation's budgets, and takes a turn after
 * each wait.
 */
import {
  defaultFieldResolver,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  type FieldNode,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import type { Budgets } from '../budgets.ts';
import type { Context } from '../context.ts';
import { entryOf, setEntry } from './field-entry.ts';
import { selectedFields, type Fragments } from './selection.ts';

type Field = GraphQLField<unknown, Context>;
type Resolver = GraphQLFieldResolver<unknown, Context>;
/** Number of objects in one list item. */
type Weigh = (info: GraphQLResolveInfo) => number;

/** Types whose properties are computed when read, and may throw. All others are plain data. */
export const COMPUTED_TYPES: ReadonlySet<string> = new Set(['Run']);

/** Must be called after all resolvers are attached. */
export function budgetFields(schema: GraphQLSchema): void {
  const weigh = createWeights();
  for (const type of Object.values(schema.getTypeMap())) {
    // Mutations are few, and each is executed even if others fail.
    if (!isObjectType(type) || type.name.startsWith('__') || type === schema.getMutationType()) continue;
    for (const field of Object.values<Field>(type.getFields())) {
      const isCounted = isListOfObjects(field);
      if (COMPUTED_TYPES.has(type.name)) field.resolve ??= propertyOf(field.name);
      if (isCounted) {
        field.resolve ??= defaultFieldResolver;
        setEntry(field, { ...entryOf(field), readsInfo: true });
      }
      if (field.resolve) field.resolve = budgeted(field.resolve, field, isCounted ? weigh : null);
    }
  }
}

const isListOfObjects = ({ type }: Field): boolean =>
  isListType(getNullableType(type)) && isCompositeType(getNamedType(type));

const propertyOf =
  (name: string): Resolver =>
  (source) =>
    (source as Readonly<Record<string, unknown>>)[name];

const NO_ITEMS: readonly unknown[] = [];

function budgeted(resolve: Resolver, { type }: Field, weigh: Weigh | null): Resolver {
  const isList = isListType(getNullableType(type));
  /** Value after too many failures. Undefined if the field can be neither null nor empty. */
  const instead = isList ? NO_ITEMS : isNonNullType(type) ? undefined : null;

  function fail(error: unknown, budgets: Budgets): unknown {
    budgets.addFailure();
    if (instead !== undefined && budgets.hasTooManyFailures) return instead;
    throw error;
  }

  function check(value: unknown, context: Context, info: GraphQLResolveInfo): unknown {
    if (value instanceof Error) throw value;
    if (!isList || !Array.isArray(value)) return value;
    if (weigh && value.length > 0) context.budgets.takeObjects(value.length * weigh(info));
    return value.some(mayFail) ? checkItems(value, context) : value;
  }

  async function checkLater(value: Promise<unknown>, context: Context, info: GraphQLResolveInfo): Promise<unknown> {
    try {
      return check(await inTurn(value, context), context, info);
    } catch (error) {
      return fail(error, context.budgets);
    }
  }

  return (source, args, context, info) => {
    const { budgets } = context;
    if (instead !== undefined && budgets.hasTooManyFailures) return instead;
    try {
      const value = resolve(source, args, context, info);
      return value instanceof Promise ? checkLater(value, context, info) : check(value, context, info);
    } catch (error) {
      return fail(error, budgets);
    }
  };
}

/** Otherwise, all operations waiting for one upstream call would resume at once. */
async function inTurn(value: Promise<unknown>, { ticket }: Context): Promise<unknown> {
  const loaded = await value;
  const turn = ticket.turn();
  if (turn) await turn;
  return loaded;
}

const mayFail = (item: unknown): boolean => item instanceof Error || item instanceof Promise;

/** Items fail individually: an Error or rejected item becomes null. */
function checkItems(items: readonly unknown[], context: Context): readonly unknown[] {
  const { budgets } = context;
  const checked = items.map((item) => {
    if (item instanceof Error) budgets.addFailure();
    return item instanceof Promise ? inTurn(item, context).catch((error: unknown) => failItem(error, budgets)) : item;
  });
  return budgets.hasTooManyFailures ? NO_ITEMS : checked;
}

function failItem(error: unknown, budgets: Budgets): null {
  budgets.addFailure();
  if (budgets.hasTooManyFailures) return null;
  throw error;
}

/** An object counts as one, plus one for every ten selected fields. */
const FIELDS_A_UNIT = 10;

function createWeights(): Weigh {
  /** Documents are cached between requests, so each field node is measured once. */
  const weights = new WeakMap<FieldNode, number>();
  return ({ fieldNodes, returnType, fragments }) =>
    fieldNodes.reduce((sum, node) => {
      const weight = weights.get(node) ?? itemWeight(node, getNamedType(returnType), fragments);
      weights.set(node, weight);
      return sum + weight;
    }, 0);
}

/** Cost of an item and its nested objects. Nested lists are counted when they are resolved. */
function itemWeight(node: FieldNode, type: GraphQLNamedType, fragments: Fragments): number {
  const fields = isObjectType(type) ? type.getFields() : {};
  const selected = selectedFields(node.selectionSet, fragments);
  let inner = 0;
  for (const child of selected) {
    const field = fields[child.name.value];
    if (!field || !child.selectionSet || isListType(getNullableType(field.type))) continue;
    inner += itemWeight(child, getNamedType(field.type), fragments);
  }
  return 1 + Math.floor(selected.length / FIELDS_A_UNIT) + inner;
}
