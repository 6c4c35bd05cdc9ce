/**
 * Cache of validated documents by source, bounded by bytes. A document is cached once an authenticated caller has sent
 * it successfully. Apollo Server then doesn't parse and validate it again, and its queries are compiled.
 */
import type { ApolloServerOptions, BaseContext } from '@apollo/server';
import { getOperationAST, visit, type DocumentNode, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { OperationType } from '../../observability/operation-record.ts';
import type { CompiledQuery, QueryCompiler } from '../compiled/compiled-query.ts';
import { nullCheck, type CheckNulls } from './variables.ts';

export interface PreparedDocument {
  readonly text: string;
  readonly ast: DocumentNode;
  /** Returns the operation with this name, or the only operation, or null. */
  operation(name: string | null): PreparedOperation | null;
}

export interface PreparedOperation {
  readonly type: OperationType;
  readonly name: string | null;
  readonly checkNulls: CheckNulls;
}

export type Documents = ReturnType<typeof createDocuments>;

export type DocumentStore = NonNullable<ApolloServerOptions<BaseContext>['documentStore']>;

export interface DocumentsOptions {
  readonly schema: GraphQLSchema;
  readonly compiler: QueryCompiler;
  readonly maxBytes: number;
}

interface Entry {
  readonly document: PreparedDocument;
  readonly queryHash: string;
  readonly compiled: Map<string, CompiledQuery | null>;
}

/** Memory of a syntax tree node without locations. */
const BYTES_A_NODE = 200;
const BYTES_A_CHARACTER = 2;
const ENTRY_OVERHEAD_BYTES = 1000;
/** Measured on Node 24. The source of a compiled query repeats the field names. */
const BYTES_A_COMPILED_CHARACTER = 12;
/** Longer than any query of MAX_COMPILED_FIELDS with human-chosen names. */
const MAX_COMPILED_LENGTH = 16_384;

export function createDocuments({ schema, compiler, maxBytes }: DocumentsOptions) {
  const asts = new Map<string, DocumentNode>();
  const entries = new LRUCache<string, Entry>({
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ document, compiled }) =>
      documentBytes(document) + [...compiled.values()].reduce((sum, query) => sum + sizeOfCompiled(query, document), 0),
    disposeAfter({ queryHash, document: { text } }) {
      if (!entries.has(text)) asts.delete(queryHash);
    },
  });

  return {
    find: (text: string): PreparedDocument | undefined => entries.get(text)?.document,

    /** Takes a parsed and valid document. Doesn't cache it. */
    prepare(text: string, ast: DocumentNode): PreparedDocument {
      const prepared = new Map<OperationDefinitionNode, PreparedOperation>();
      return {
        text,
        ast,
        operation(name) {
          const node = getOperationAST(ast, name);
          if (!node) return null;
          const known = prepared.get(node);
          if (known) return known;
          const operation = {
            type: node.operation,
            name: node.name?.value ?? null,
            checkNulls: nullCheck(schema, ast, node),
          };
          prepared.set(node, operation);
          return operation;
        },
      };
    },

    /** `queryHash` is the SHA-256 of the document, by which Apollo Server looks it up. */
    keep(document: PreparedDocument, queryHash: string): void {
      if (entries.has(document.text)) return;
      entries.set(document.text, { document, queryHash, compiled: new Map() });
      if (entries.has(document.text)) asts.set(queryHash, document.ast);
    },

    /** Returns the compiled query of a cached document, or null if graphql-js executes it. */
    compiled(document: PreparedDocument, operationName: string | null): CompiledQuery | null {
      const entry = entries.get(document.text);
      if (!entry) return null;
      const key = operationName ?? '';
      const known = entry.compiled.get(key);
      if (known !== undefined) return known;
      const isShort = document.text.length <= MAX_COMPILED_LENGTH;
      const query = isShort ? compiler.compile(document.ast, operationName) : null;
      entry.compiled.set(key, query);
      // Set again, because its size has changed.
      entries.set(document.text, { ...entry });
      return query;
    },

    store: storeOf(asts),
  };
}

const storeOf = (asts: ReadonlyMap<string, DocumentNode>): DocumentStore => ({
  // Apollo Server prefixes the hash.
  get: (key) => Promise.resolve(asts.get(key.slice(-HASH_LENGTH))),
  // Apollo Server would store every valid document, even from callers without an accepted key.
  set: () => Promise.resolve(),
  delete: () => Promise.resolve(false),
});

/** Length of a SHA-256 in hexadecimal digits. */
const HASH_LENGTH = 64;

const sizeOfCompiled = (query: CompiledQuery | null, { text }: PreparedDocument): number =>
  query ? query.sizeBytes + text.length * BYTES_A_COMPILED_CHARACTER : 0;

/** Memory of the document and its syntax tree. */
export function documentBytes({ text, ast }: PreparedDocument): number {
  let nodes = 0;
  visit(ast, { enter: () => void (nodes += 1) });
  return ENTRY_OVERHEAD_BYTES + text.length * BYTES_A_CHARACTER + nodes * BYTES_A_NODE;
}
