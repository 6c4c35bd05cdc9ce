/** A caller that may not execute runs no mutation: neither the gateway's nor an embedder's. */
import { defaultFieldResolver, type GraphQLField, type GraphQLSchema } from 'graphql';
import type { Context } from '../context.ts';

type Field = GraphQLField<unknown, Context>;

/** Call it after all resolvers are attached. */
export function guardMutations(schema: GraphQLSchema): void {
  for (const field of Object.values<Field>(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve = defaultFieldResolver } = field;
    field.resolve = (root, args, context, info) => {
      context.checkMayMutate();
      return resolve(root, args, context, info);
    };
  }
}
