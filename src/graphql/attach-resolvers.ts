/** Puts resolvers behind a schema that was built of its SDL. */
import {
  isObjectType,
  isScalarType,
  isUnionType,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  type GraphQLTypeResolver,
} from 'graphql';
import type { Context } from './context.ts';

type FieldResolver = GraphQLFieldResolver<unknown, Context>;

interface SubscriptionField {
  readonly subscribe: FieldResolver;
  readonly resolve?: FieldResolver;
}

/** Throws for a type or a field that the schema does not have: nothing would ever call its resolver. */
export function attachResolvers(schema: GraphQLSchema, resolvers: object): void {
  for (const [typeName, resolver] of Object.entries(resolvers) as [string, object][]) {
    const type = schema.getType(typeName);
    if (isScalarType(type)) {
      const { serialize, parseValue, parseLiteral } = resolver as typeof type;
      Object.assign(type, { serialize, parseValue, parseLiteral });
    } else if (isUnionType(type)) {
      type.resolveType = (resolver as { resolveType: GraphQLTypeResolver<unknown, Context> }).resolveType;
    } else if (isObjectType(type)) {
      const fields = type.getFields();
      for (const [name, ofField] of Object.entries(resolver) as [string, FieldResolver | SubscriptionField][]) {
        const field = fields[name] ?? missing(`${typeName}.${name}`);
        Object.assign(field, typeof ofField === 'function' ? { resolve: ofField } : ofField);
      }
    } else {
      missing(typeName);
    }
  }
}

function missing(name: string): never {
  throw new Error(
    `expected ${name} to be in schema.graphql, as there is a resolver for it: add it there, or remove the resolver`,
  );
}
