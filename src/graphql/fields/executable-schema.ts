/** Attaches the field table to a schema built from SDL: resolvers, and each entry as its field's extension. */
import {
  isObjectType,
  isScalarType,
  isUnionType,
  type GraphQLFieldResolver,
  type GraphQLScalarType,
  type GraphQLSchema,
  type GraphQLTypeResolver,
} from 'graphql';
import type { Context } from '../context.ts';
import { setEntry, type FieldEntry } from './field-entry.ts';

type FieldResolver = GraphQLFieldResolver<unknown, Context>;

type EntryWithResolvers = FieldEntry & { readonly resolve?: FieldResolver; readonly subscribe?: FieldResolver };

/** Entries by type and field. */
export type Tables = Readonly<Record<string, Readonly<Record<string, object>>>>;

/** Throws for a type or field that isn't in the schema, because its resolver would never be called. */
export function attachFields(schema: GraphQLSchema, tables: Tables): void {
  for (const [typeName, table] of Object.entries(tables)) {
    const type = schema.getType(typeName);
    if (!isObjectType(type)) throw missing(typeName);
    const fields = type.getFields();
    for (const [name, entry] of Object.entries(table)) {
      const field = fields[name];
      if (!field) throw missing(`${typeName}.${name}`);
      const { resolve, subscribe, ...others } = entry as EntryWithResolvers;
      Object.assign(field, { resolve, subscribe });
      setEntry(field, { ...others, ...(resolve && resolve.length > 3 && { readsInfo: true }) });
    }
  }
}

export function attachScalar(schema: GraphQLSchema, scalar: GraphQLScalarType): void {
  const type = schema.getType(scalar.name);
  if (!isScalarType(type)) throw missing(scalar.name);
  const { serialize, parseValue, parseLiteral } = scalar;
  Object.assign(type, { serialize, parseValue, parseLiteral });
}

export function attachUnion(schema: GraphQLSchema, name: string, resolveType: GraphQLTypeResolver<unknown, Context>) {
  const type = schema.getType(name);
  if (!isUnionType(type)) throw missing(name);
  type.resolveType = resolveType;
}

const missing = (name: string): Error =>
  new Error(`${name} must be in schema.graphql, because it has an entry: add it there, or remove the entry`);
