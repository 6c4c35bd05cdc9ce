import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { minifyIntrospectionQuery } from '@urql/introspection';
import { buildSchema, introspectionFromSchema } from 'graphql';

const schema = buildSchema(readFileSync('../../../schema.graphql', 'utf8'));
mkdirSync('__generated__', { recursive: true });
writeFileSync(
  '__generated__/introspection.ts',
  `export default ${JSON.stringify(minifyIntrospectionQuery(introspectionFromSchema(schema)))} as const;\n`,
);
