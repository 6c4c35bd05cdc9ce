/** The schema as it is executed: the contract in `schema.graphql`, federation's part, and the field table behind both. */
import { readFileSync } from 'node:fs';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { entityNameOf, SUBGRAPH_SDL, subgraphFields } from './federation/subgraph.ts';
import { attachFields, attachScalar, attachUnion, countObjects } from './fields/executable-schema.ts';
import { fieldTables } from './resolvers/index.ts';
import { dateTimeScalar, jsonScalar } from './scalars.ts';

/** The contract is two folders up, from `src/graphql` and from `dist/graphql`. */
const contract = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');

export function createSchema(): GraphQLSchema {
  const schema = buildSchema(contract + SUBGRAPH_SDL);
  attachFields(schema, fieldTables);
  attachFields(schema, subgraphFields(contract));
  attachUnion(schema, '_Entity', entityNameOf);
  for (const scalar of [dateTimeScalar, jsonScalar]) attachScalar(schema, scalar);
  countObjects(schema);
  return schema;
}
