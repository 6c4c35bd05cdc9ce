/** The schema as it is executed: the contract in `schema.graphql` and the resolvers behind it. */
import { readFileSync } from 'node:fs';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import { resolvers } from './resolvers/index.ts';

/** From `src/graphql` and from `dist/graphql` alike, the contract stands two folders up. */
const typeDefs = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');

export const createSchema = (): GraphQLSchema => makeExecutableSchema({ typeDefs, resolvers });
