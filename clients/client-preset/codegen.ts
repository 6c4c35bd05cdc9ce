import type { CodegenConfig } from '@graphql-codegen/cli';
import { addTypenameSelectionDocumentTransform } from '@graphql-codegen/client-preset';

const config: CodegenConfig = {
  schema: '../../schema.graphql',
  documents: '*.ts',
  generates: {
    '__generated__/': {
      preset: 'client',
      presetConfig: { persistedDocuments: true },
      config: { enumsAsTypes: true, useTypeImports: true, scalars: { DateTime: 'string', JSON: 'unknown' } },
      // The manifest has what a cache would add, so that the server answers it.
      documentTransforms: [addTypenameSelectionDocumentTransform],
    },
  },
};
export default config;
