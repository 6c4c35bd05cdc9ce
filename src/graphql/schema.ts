/** Executable schema: the contract in `schema.graphql`, federation's part, and the field table. */
import { buildSchema, type GraphQLSchema } from 'graphql';
import { readContract } from './contract.ts';
import { extensionTables } from './extension/extension-fields.ts';
import type { SchemaExtension } from './extension/schema-extension.ts';
import { entityNameOf, SUBGRAPH_SDL, subgraphFields } from './federation/subgraph.ts';
import { budgetFields } from './fields/budgeted-fields.ts';
import { attachFields, attachScalar, attachUnion } from './fields/executable-schema.ts';
import { guardMutations } from './fields/guarded-mutations.ts';
import { fieldTables } from './resolvers/index.ts';
import { dateTimeScalar, jsonScalar } from './scalars.ts';

/** The schema as SDL, including an embedder's fields. Introspection would omit applied directives. */
export const schemaText = (extension: SchemaExtension | null): string =>
  extension ? `${readContract()}\n${extension.typeDefs}` : readContract();

/** Throws an Error for the embedder if the extension is invalid. */
export function createSchema(extension: SchemaExtension | null = null): GraphQLSchema {
  const sdl = schemaText(extension);
  const tables = extension && extensionTables(extension);
  // Tests validate the contract. Validating at each start would take as long as reading it.
  const schema = buildSchema(sdl + SUBGRAPH_SDL, { assumeValidSDL: extension === null });
  attachFields(schema, fieldTables);
  attachFields(schema, subgraphFields(sdl));
  if (tables) attachFields(schema, tables);
  attachUnion(schema, '_Entity', entityNameOf);
  for (const scalar of [dateTimeScalar, jsonScalar]) attachScalar(schema, scalar);
  budgetFields(schema);
  guardMutations(schema);
  return schema;
}
