/** The schema as it is executed: the contract in `schema.graphql`, federation's part, and the resolvers behind both. */
import { readFileSync } from 'node:fs';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { attachResolvers } from './attach-resolvers.ts';
import { resolvers } from './resolvers/index.ts';
import { SUBGRAPH_SDL, subgraphResolvers } from './subgraph.ts';

/** From `src/graphql` and from `dist/graphql` alike, the contract stands two folders up. */
const contract = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');

export function createSchema(): GraphQLSchema {
  const schema = buildSchema(contract + SUBGRAPH_SDL);
  attachResolvers(schema, resolvers);
  attachResolvers(schema, subgraphResolvers(contract));
  return schema;
}
