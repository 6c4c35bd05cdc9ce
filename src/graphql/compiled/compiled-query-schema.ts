/**
 * The schema that operations are compiled with. Its fields take no arguments: graphql-jit would write literals into the
 * code that it generates, where it turns some texts into expressions. graphql-js reads them when the operation runs.
 */
import {
  getArgumentValues,
  getNullableType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLUnionType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type FieldNode,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLTypeResolver,
} from 'graphql';
import { entryOf } from '../fields/field-entry.ts';
import { COMPUTED_TYPES } from '../fields/guarded-fields.ts';

type Values = Readonly<Record<string, unknown>>;

/** What the resolvers of one compiled execution share; it takes the place of the context. */
export interface CompiledExecution {
  readonly context: unknown;
  readonly variables: Values;
  /** By the field's first node: the items of a list have them in common. */
  readonly args: Map<FieldNode, Values>;
}

type Field = GraphQLField<unknown, unknown>;
type Resolver = GraphQLFieldResolver<unknown, CompiledExecution>;

export function createBareSchema(schema: GraphQLSchema): GraphQLSchema {
  const bareTypes = new Map<GraphQLOutputType, GraphQLObjectType | GraphQLUnionType>();

  function bare(type: GraphQLOutputType): GraphQLOutputType {
    if (isNonNullType(type)) return new GraphQLNonNull(getNullableType(bare(type.ofType)));
    if (isListType(type)) return new GraphQLList(bare(type.ofType));
    if (isLeafType(type)) return type;
    const made = bareTypes.get(type) ?? make(type);
    bareTypes.set(type, made);
    return made;
  }

  function make(type: GraphQLOutputType): GraphQLObjectType | GraphQLUnionType {
    if (isObjectType(type) && !type.isTypeOf) return makeObject(type);
    if (isUnionType(type) && type.resolveType) {
      const resolveType = typeResolver(type.resolveType, type);
      return new GraphQLUnionType({ name: type.name, types: () => type.getTypes().map(bareObject), resolveType });
    }
    throw new Error(
      `expected only objects without isTypeOf and unions with resolveType, got ${String(type)}: ` +
        'teach compiled-query-schema.ts to compile it, and random-operations.ts to ask for it',
    );
  }

  const makeObject = (type: GraphQLObjectType) =>
    new GraphQLObjectType<unknown, CompiledExecution>({
      name: type.name,
      fields: () =>
        Object.fromEntries(
          Object.values(type.getFields()).map((field: Field) => {
            const resolve = resolverOf(type, field);
            return [field.name, { type: bare(field.type), ...(resolve && { resolve }) }];
          }),
        ),
    });

  function bareObject(type: GraphQLObjectType): GraphQLObjectType {
    const made = bare(type);
    if (isObjectType(made)) return made;
    throw new Error(`expected an object type for ${type.name}`);
  }

  const query = schema.getQueryType();
  return new GraphQLSchema({ query: query ? bareObject(query) : null });
}

function resolverOf(parent: GraphQLObjectType, field: Field): Resolver | undefined {
  const { resolve } = field;
  // Plain data: what a read throws would leave the operation without an answer in the code that graphql-jit puts here.
  if (!resolve) return undefined;
  // A number beyond Int fails in Int's serializer, too, and then graphql-js answers: no call for each number in a list.
  if (entryOf(field).isIntCheck && !COMPUTED_TYPES.has(parent.name)) return undefined;
  // Most resolvers read no `info`, and it takes longer to copy than most of them take.
  const readsInfo = resolve.length > 3;
  const call: Resolver = (source, _none, execution, info) =>
    resolve(
      source,
      argumentsOf(field, info.fieldNodes[0], execution),
      execution.context,
      readsInfo ? { ...info, variableValues: execution.variables } : info,
    );
  return isListType(getNullableType(field.type)) ? (...args) => settleItems(call(...args)) : call;
}

const NO_ARGUMENTS: Values = {};

function argumentsOf(field: Field, node: FieldNode | undefined, { args, variables }: CompiledExecution): Values {
  if (!node || field.args.length === 0) return NO_ARGUMENTS;
  const known = args.get(node);
  if (known) return known;
  const values = getArgumentValues(field, node, variables);
  args.set(node, values);
  return values;
}

/**
 * graphql-jit puts an item that rejects into the wrong place, but an Error that it resolves with into its own. Each item is completed
 * when it comes: while others are waited for there is time.
 */
function settleItems(result: unknown): unknown {
  if (result instanceof Promise) return result.then(settleItems);
  const hasPromises = Array.isArray(result) && result.some((item) => item instanceof Promise);
  return hasPromises ? result.map(errorAsValue) : result;
}

const errorAsValue = (item: unknown): unknown =>
  item instanceof Promise
    ? item.catch((reason: unknown) => {
        if (reason instanceof Error) return reason;
        throw reason;
      })
    : item;

/** What this throws nothing would catch; for a type that is not known graphql-js says what went wrong. */
const typeResolver =
  (
    resolveType: GraphQLTypeResolver<unknown, unknown>,
    type: GraphQLUnionType,
  ): GraphQLTypeResolver<unknown, CompiledExecution> =>
  (value, { context, variables }, info) => {
    try {
      return resolveType(value, context, { ...info, variableValues: variables }, type);
    } catch {
      return undefined;
    }
  };
