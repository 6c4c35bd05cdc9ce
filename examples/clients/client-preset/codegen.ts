import type { CodegenConfig } from '@graphql-codegen/cli';
import { addTypenameSelectionDocumentTransform } from '@graphql-codegen/client-preset';

const config: CodegenConfig = {
  schema: '../../../schema.graphql',
  documents: '*.ts',
  generates: {
    '__generated__/': {
      preset: 'client',
      presetConfig: { persistedDocuments: true },
      config: { enumsAsTypes: true, useTypeImports: true, scalars: { DateTime: 'string', JSON: 'unknown' } },
      // Caches add `__typename`: the operations of the manifest must have it as well.
      documentTransforms: [addTypenameSelectionDocumentTransform],
    },
  },
};
export default config;
