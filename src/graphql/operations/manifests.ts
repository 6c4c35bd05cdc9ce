/** Reads the manifests of persisted operations. An invalid manifest stops the start with an error that names it. */
import { Kind, parse, validate, type GraphQLError, type GraphQLSchema } from 'graphql';
import { z } from 'zod';
import { readJsonFile } from '../../config/json-file.ts';
import { MAX_TOKENS, nestingProblem, passedLimit } from './limits.ts';

/** Format of codegen's client preset: documents by hash. */
const PRESET = z.record(z.string().min(1), z.string());
/** Format of Apollo's `generate-persisted-query-manifest`. */
const APOLLO = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string().min(1), body: z.string() })),
});

type Entry = readonly [id: string, document: string];

/** Returns documents by id. Throws an Error that names the invalid file and operation. */
export function readManifests(paths: readonly string[], schema: GraphQLSchema): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const path of paths) {
    for (const [id, document] of entriesOf(path)) {
      const problem = problemOf(document, schema) ?? (clashes(all.get(id), document) ? CLASH : null);
      if (problem !== null) throw wrong(path, `${nameOf(document)} (${id}): ${problem}`);
      all.set(id, document);
    }
  }
  return all;
}

function entriesOf(path: string): readonly Entry[] {
  const content = readJsonFile(path, wrong);
  const apollo = APOLLO.safeParse(content);
  if (apollo.success) return apollo.data.operations.map(({ id, body }) => [id, body]);
  const preset = PRESET.safeParse(content);
  if (preset.success && !('format' in preset.data)) return Object.entries(preset.data);
  throw wrong(
    path,
    'it must be {"<hash>": "<document>", …} or {"format": "apollo-persisted-query-manifest", "version": 1, ' +
      '"operations": [{"id", "body"}, …]}, got other JSON',
  );
}

/** Null if a client may send it. */
function problemOf(text: string, schema: GraphQLSchema): string | null {
  const tooNested = nestingProblem(text);
  if (tooNested) return tooNested.message;
  try {
    const document = parse(text, { maxTokens: MAX_TOKENS });
    if (!document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)) return 'it has no operation';
    return (passedLimit(document) ?? validate(schema, document)[0])?.message ?? null;
  } catch (error) {
    return (error as GraphQLError).message;
  }
}

const CLASH = 'another document has the same id';
const clashes = (known: string | undefined, document: string): boolean => known !== undefined && known !== document;

const nameOf = (document: string): string =>
  /\b(?:query|mutation|subscription)\s+(\w+)/.exec(document)?.[1] ?? 'an operation without a name';

const wrong = (path: string, problem: string): Error =>
  new Error(`PERSISTED_MANIFESTS: ${path}: ${problem}. Rebuild the manifest with this gateway's schema.graphql.`);
