/**
 * Schema for compilation, without arguments: graphql-jit would write literals into generated code, where some strings
 * become expressions. graphql-js reads the arguments at run time.
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
import { COMPUTED_TYPES } from '../fields/budgeted-fields.ts';
import { entryOf } from '../fields/field-entry.ts';

type Values = Readonly<Record<string, unknown>>;

/** Data shared by the resolvers of one compiled execution. Replaces the context. */
export interface CompiledExecution {
  readonly context: unknown;
  readonly variables: Values;
  /** Arguments by the field's first node, because list items share them. */
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
      `A type must be an object without isTypeOf or a union with resolveType, got ${String(type)}: ` +
        'support it in compiled-query-schema.ts and random-operations.ts',
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
    throw new Error(`${type.name} must be an object type`);
  }

  const query = schema.getQueryType();
  return new GraphQLSchema({ query: query ? bareObject(query) : null });
}

function resolverOf(parent: GraphQLObjectType, field: Field): Resolver | undefined {
  const { resolve } = field;
  // Plain data. An exception here, in graphql-jit's code, would leave the operation without a response.
  if (!resolve) return undefined;
  // A number beyond Int also fails in Int's serializer, and graphql-js then takes over. This saves a call per number.
  const { isIntCheck, readsInfo } = entryOf(field);
  if (isIntCheck && !COMPUTED_TYPES.has(parent.name)) return undefined;
  const call: Resolver = (source, _none, execution, info) =>
    resolve(
      source,
      argumentsOf(field, info.fieldNodes[0], execution),
      execution.context,
      // Copying takes longer than most resolvers, few of which read it.
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
 * graphql-jit puts a rejected item in the wrong place, but a resolved Error in the right one. Items are completed as
 * they arrive, while others are pending.
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

/** An exception wouldn't be caught here. For an unknown type, graphql-js reports the problem. */
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
