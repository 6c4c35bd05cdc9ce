/** Scalars: DateTime keeps the upstream's string, and JSON passes through, with integers beyond 2^53 as strings. */
import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped, visit, type ValueNode } from 'graphql';
import type { AnsweredJson } from '../domain/json-part.ts';
import { parseTimestamp, type Timestamp } from '../domain/timestamp.ts';
import type { JsonValue } from '../domain/types.ts';

function readDateTime(value: unknown, literal: ValueNode | null = null): Timestamp {
  const moment = typeof value === 'string' ? parseTimestamp(value) : null;
  if (moment) return moment;
  throw new GraphQLError(
    `DateTime must be an RFC 3339 string such as "2025-03-13T02:41:15Z", got ${JSON.stringify(value)}`,
    { nodes: literal },
  );
}

/** Also accepts an embedder's Dates and strings. */
function writeDateTime(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return readDateTime(value).text;
}

export const dateTimeScalar = new GraphQLScalarType<Timestamp, string>({
  name: 'DateTime',
  serialize: (value) => (value as Partial<Timestamp>).text ?? writeDateTime(value),
  parseValue: (value) => readDateTime(value),
  parseLiteral: (node) => readDateTime(valueFromASTUntyped(node), node),
});

export const jsonScalar = new GraphQLScalarType<JsonValue, AnsweredJson>({
  name: 'JSON',
  serialize: (value) => value as AnsweredJson,
  parseValue: (value) => value as JsonValue,
  parseLiteral: (node, variables) => valueFromASTUntyped(withExactIntegers(node), variables) as JsonValue,
});

const withExactIntegers = (literal: ValueNode): ValueNode =>
  visit(literal, {
    IntValue: ({ value }) => (Number.isSafeInteger(Number(value)) ? undefined : { kind: Kind.STRING, value }),
  });
