/** JSON Schemas of variables, from their GraphQL types. */
import {
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  typeFromAST,
  valueFromASTUntyped,
  type GraphQLInputType,
  type GraphQLSchema,
  type VariableDefinitionNode,
} from 'graphql';
import { MAX_LIST_SIZE } from '../arguments.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** A scalar without an entry accepts any JSON. */
export const SCALARS: Readonly<Record<string, JsonSchema>> = {
  ID: { type: 'string' },
  String: { type: 'string' },
  DateTime: { type: 'string', format: 'date-time' },
  Boolean: { type: 'boolean' },
  Int: { type: 'integer' },
  Float: { type: 'number' },
};

export interface ObjectSchema extends JsonSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

/** Schema of an object with these members. */
export function objectSchema(
  members: readonly (readonly [name: string, schema: JsonSchema, isRequired: boolean])[],
): ObjectSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(([name, schema]) => [name, schema])),
    required: members.flatMap(([name, , isRequired]) => (isRequired ? [name] : [])),
    additionalProperties: false,
  };
}

export function variableSchema(schema: GraphQLSchema, definition: VariableDefinitionNode): JsonSchema {
  const { type: node, defaultValue, description } = definition;
  const type = typeFromAST(schema, node);
  if (!isInputType(type)) throw new Error('The document of a tool must be validated.');
  return {
    ...schemaOf(type, []),
    ...(description && { description: description.value }),
    ...(defaultValue && { default: valueFromASTUntyped(defaultValue) }),
  };
}

/** `around` has the input types that contain this one: a recursive one accepts any object. */
function schemaOf(type: GraphQLInputType, around: readonly string[]): JsonSchema {
  if (isNonNullType(type)) return schemaOf(type.ofType, around);
  if (isListType(type)) return { type: 'array', maxItems: MAX_LIST_SIZE, items: schemaOf(type.ofType, around) };
  if (isEnumType(type)) return { type: 'string', enum: type.getValues().map(({ name }) => name) };
  if (!isInputObjectType(type)) return SCALARS[type.name] ?? {};
  if (around.includes(type.name)) return { type: 'object' };
  const fields = Object.values(type.getFields()).map(({ name, type: own, description, defaultValue }) => {
    const described = description ? { description } : {};
    const isRequired = isNonNullType(own) && defaultValue === undefined;
    return [name, { ...schemaOf(own, [...around, type.name]), ...described }, isRequired] as const;
  });
  return objectSchema(fields);
}
