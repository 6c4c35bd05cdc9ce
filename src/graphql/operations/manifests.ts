/** Reads the manifests of persisted operations. An invalid one stops the start with a message that names it. */
import { readFileSync } from 'node:fs';
import {
  Kind,
  MaxIntrospectionDepthRule,
  parse,
  specifiedRules,
  validate,
  type GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import { z } from 'zod';
import { MAX_TOKENS, passedLimit } from './limits.ts';

/** As codegen's client preset writes it: documents by their hashes. */
const PRESET = z.record(z.string().min(1), z.string());
/** As Apollo's `generate-persisted-query-manifest` writes it. */
const APOLLO = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string().min(1), body: z.string() })),
});

type Entry = readonly [id: string, document: string];

/** Documents by id. Throws an Error that says which file, and which operation, is wrong. */
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
  const content = readJson(path);
  const apollo = APOLLO.safeParse(content);
  if (apollo.success) return apollo.data.operations.map(({ id, body }) => [id, body]);
  const preset = PRESET.safeParse(content);
  if (preset.success && !('format' in preset.data)) return Object.entries(preset.data);
  throw wrong(
    path,
    'expected {"<hash>": "<document>", …} or {"format": "apollo-persisted-query-manifest", "version": 1, ' +
      '"operations": [{"id", "body"}, …]}, got something else',
  );
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw wrong(path, `it can't be read: ${(error as NodeJS.ErrnoException).message}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(path, 'expected JSON, got something else');
  }
}

const VALIDATION_RULES = [...specifiedRules, MaxIntrospectionDepthRule];

/** Null if a client may send it. */
function problemOf(text: string, schema: GraphQLSchema): string | null {
  try {
    const document = parse(text, { maxTokens: MAX_TOKENS });
    if (!document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)) return 'it holds no operation';
    return (passedLimit(document) ?? validate(schema, document, VALIDATION_RULES)[0])?.message ?? null;
  } catch (error) {
    return (error as GraphQLError).message;
  }
}

const CLASH = 'another document has the same id';
const clashes = (known: string | undefined, document: string): boolean => known !== undefined && known !== document;

const nameOf = (document: string): string =>
  /\b(?:query|mutation|subscription)\s+(\w+)/.exec(document)?.[1] ?? 'an operation without a name';

const wrong = (path: string, problem: string): Error =>
  new Error(`PERSISTED_MANIFESTS: ${path}: ${problem}. Build the manifest anew against this gateway's schema.graphql.`);
