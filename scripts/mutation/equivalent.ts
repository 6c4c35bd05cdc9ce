/** Mutants that no test can notice, since nothing that can be seen changes. Each has its reason. */
export interface Equivalent {
  /** Below `src`. */
  readonly file: string;
  /** The line that is changed, without indentation. */
  readonly line: string;
  /** What Stryker puts in place of a part of it. */
  readonly replacement: string;
  readonly reason: string;
}

const FROM_A_PARSER =
  'The parser always lists directives. The types allow that there is no list, for trees that are made by hand.';

export const EQUIVALENT: readonly Equivalent[] = [
  {
    file: 'domain/run/tokens.ts',
    line: 'if (told === undefined) known.set(step.payload, (told = read(step)));',
    replacement: 'true',
    reason: 'The same is read again. The map saves time, and nothing else.',
  },
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
