import type { Equivalent } from './equivalent.ts';

const FROM_A_PARSER =
  'The parser always lists directives. The types allow that there is no list, for trees that are made by hand.';

export const GRAPHQL: readonly Equivalent[] = [
  {
    file: 'graphql/operations/limits.ts',
    line: 'const own = definition.directives?.length ?? 0;',
    replacement: 'definition.directives.length',
    reason: FROM_A_PARSER,
  },
  {
    file: 'graphql/operations/limits.ts',
    line: 'const directives = selection.directives?.length ?? 0;',
    replacement: 'selection.directives.length',
    reason: FROM_A_PARSER,
  },
  {
    file: 'graphql/operations/error-formatting.ts',
    line: 'if (!record.isAbandoned) for (const { extensions } of errors) recordErrorCode(record, String(extensions?.code));',
    replacement: 'extensions.code',
    reason: 'Both callers give each error extensions. The type of GraphQL allows none.',
  },
];
