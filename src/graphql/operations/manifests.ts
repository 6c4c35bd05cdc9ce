/** Checks the manifests of persisted operations: a client must be allowed to send each operation. */
import { Kind, parse, validate, type GraphQLError, type GraphQLSchema } from 'graphql';
import { z } from 'zod';
import { parseJsonFile, readTextFile } from '../../config/json-file.ts';
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

export interface ManifestFile {
  readonly path: string;
  readonly text: string;
}

/** Rejects with an Error that names the unreadable file. */
export const readManifest = async (path: string): Promise<ManifestFile> => ({
  path,
  text: await readTextFile(path, wrong),
});

/**
 * Returns documents by id. Throws an Error that names the invalid file and operation. Yields after each operation,
 * because some hundreds take longer than a request should wait.
 */
export function* operationsIn(
  files: readonly ManifestFile[],
  schema: GraphQLSchema,
): Generator<void, ReadonlyMap<string, string>, void> {
  const all = new Map<string, string>();
  for (const file of files) {
    for (const [givenId, document] of entriesOf(file)) {
      const id = plainId(givenId);
      const problem = problemOf(document, schema) ?? (clashes(all.get(id), document) ? CLASH : null);
      if (problem !== null) throw wrong(file.path, `${nameOf(document)} (${id}): ${problem}`);
      all.set(id, document);
      yield;
    }
  }
  return all;
}

/** The appendix to GraphQL over HTTP writes `sha256:…`, which is equivalent to `…`. */
export const plainId = (id: string): string => id.replace(/^sha256:/, '');

function entriesOf({ path, text }: ManifestFile): readonly Entry[] {
  const content = parseJsonFile(path, text, wrong);
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

/** Returns null if a client may send it. */
function problemOf(text: string, schema: GraphQLSchema): string | null {
  const tooNested = nestingProblem(text);
  if (tooNested) return tooNested.message;
  try {
    const document = parse(text, { maxTokens: MAX_TOKENS });
    if (!document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)) return 'it contains no operation';
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
