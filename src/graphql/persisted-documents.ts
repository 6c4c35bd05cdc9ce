/** Operations that a request names instead of sending them: those of the manifests, and those that clients have registered. */
import { hash } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { PersistedMode } from '../config/config.ts';

/** What of a request says which operation it is, unchecked. */
export interface OperationSource {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly id?: unknown;
  readonly extensions?: unknown;
}

export interface PersistedDocuments {
  /** The operation's text; undefined where there is none to be had, which is for GraphQL to complain of. */
  resolve(source: OperationSource): string | undefined | GraphQLError;
}

/** What clients register may come from anybody. */
const MAX_REGISTERED_CHARACTERS = 8 * 2 ** 20;
const MAX_DOCUMENT_CHARACTERS = 2 ** 18;

/** `manifests` holds documents by their id. */
export function createPersistedDocuments(
  mode: PersistedMode,
  manifests: ReadonlyMap<string, string>,
): PersistedDocuments {
  const listed = new Map([...manifests].map(([id, document]) => [plainId(id), document]));
  const texts = new Set(listed.values());
  const registered = new LRUCache<string, string>({
    maxSize: MAX_REGISTERED_CHARACTERS,
    maxEntrySize: MAX_DOCUMENT_CHARACTERS,
    sizeCalculation: ({ length }) => length,
  });

  /** Apollo's protocol: a client that was told PERSISTED_QUERY_NOT_FOUND sends both, and later the hash alone. */
  function register(id: string, query: string): string | GraphQLError {
    if (listed.get(id) === query || registered.get(id) === query) return query;
    const found = hash('sha256', query);
    if (found !== id) {
      return refusal(
        'BAD_REQUEST',
        `persistedQuery.sha256Hash: expected the query's SHA-256, ${found}, got ${id}.`,
        400,
      );
    }
    if (mode === 'allow') registered.set(id, query);
    return query;
  }

  return {
    resolve(source) {
      const { query, extensions } = source;
      const hashed = hashIn(extensions);
      const name = hashed ?? source.documentId ?? source.id;
      const id = typeof name === 'string' && name !== '' ? plainId(name) : undefined;
      const isSent = typeof query === 'string' && query !== '';
      if (mode === 'off' && (hashed !== undefined || (id !== undefined && !isSent))) return NOT_SUPPORTED;
      if (isSent) {
        if (mode === 'only' && !texts.has(query)) return NOT_ALLOWED;
        return hashed !== undefined && id !== undefined ? register(id, query) : query;
      }
      if (id === undefined) return undefined;
      return listed.get(id) ?? registered.get(id) ?? NOT_FOUND;
    },
  };
}

/** `sha256:…`, as the appendix to GraphQL over HTTP spells it, and `…` are the same. */
const plainId = (id: string): string => id.replace(/^sha256:/, '');

function hashIn(extensions: unknown): unknown {
  const { persistedQuery } = (extensions ?? {}) as { readonly persistedQuery?: unknown };
  return ((persistedQuery ?? {}) as { readonly sha256Hash?: unknown }).sha256Hash;
}

/** The other extensions; null if there are none. */
export function withoutPersistedQuery(extensions: unknown): Readonly<Record<string, unknown>> | null {
  if (typeof extensions !== 'object' || extensions === null) return null;
  const others = Object.entries(extensions).filter(([name]) => name !== 'persistedQuery');
  return others.length > 0 ? Object.fromEntries(others) : null;
}

const refusal = (code: string, message: string, status: number): GraphQLError =>
  new GraphQLError(message, { extensions: { code, http: { status } } });

// Clients know these two by their very messages, and then send the whole operation.
const NOT_FOUND = refusal('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound', 200);
const NOT_SUPPORTED = refusal('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported', 200);
const NOT_ALLOWED = refusal(
  'OPERATION_NOT_ALLOWED',
  'This gateway answers only the operations of its manifests (PERSISTED_OPERATIONS=only), and this is none of them. ' +
    'Name one by documentId, or send its text exactly as the manifest has it.',
  403,
);
