/** Operations that a request names by id: from the manifests, or registered by clients. */
import { hash } from 'node:crypto';
import type { GraphQLError } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { PersistedMode } from '../../config/config.ts';
import { requestError } from './error-formatting.ts';
import { MAX_TEXT_LENGTH } from './limits.ts';
import { plainId } from './manifests.ts';
import type { OperationParams, ResolvedOperation } from './operation.ts';

export type PersistedOperations = ReturnType<typeof createPersistedOperations>;

/** Registered operations shared by a fleet: part of Apollo's `KeyValueCache`. */
export interface SharedOperations {
  /** Returns the document, or undefined if unknown. The caller checks its hash. */
  get(id: string): Promise<string | undefined>;
  set(id: string, text: string): Promise<void>;
}

/** Operations in the manifests. */
export interface Safelist {
  /** Documents by id. */
  readonly byId: ReadonlyMap<string, string>;
  readonly texts: ReadonlySet<string>;
  /** Differs between two safelists, in which an id may have different documents. */
  readonly revision: number;
}

export const safelistOf = (byId: ReadonlyMap<string, string>, revision: number): Safelist => ({
  byId,
  texts: new Set(byId.values()),
  revision,
});

export interface PersistedOperationsOptions {
  readonly mode: PersistedMode;
  /** Operations in the manifests, which may change between two requests. */
  readonly safelist: () => Safelist;
  /** Memory of all documents registered by clients. */
  readonly maxBytes: number;
  /** Operations that clients have registered at other gateways, if shared. */
  readonly shared?: SharedOperations | null;
}

const SHA256 = /^[0-9a-f]{64}$/;
const BYTES_A_CHARACTER = 2;
const ENTRY_OVERHEAD_BYTES = 500;

export function createPersistedOperations(options: PersistedOperationsOptions) {
  const { mode, safelist, maxBytes, shared = null } = options;
  const registered = new LRUCache<string, string>({
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ length }) => length * BYTES_A_CHARACTER + ENTRY_OVERHEAD_BYTES,
  });

  /** Apollo's protocol: after PERSISTED_QUERY_NOT_FOUND, a client sends document and hash, and later only the hash. */
  function sent(text: string, id: string | null): ResolvedOperation {
    if (text.length > MAX_TEXT_LENGTH) throw tooLong(text.length);
    const { byId, texts } = safelist();
    if (mode === 'only' && !texts.has(text)) throw NOT_ALLOWED;
    if (id === null || byId.get(id) === text || registered.get(id) === text) return { text, registers: null };
    const found = hash('sha256', text);
    if (found === id) return { text, registers: mode === 'allow' ? id : null };
    throw requestError(
      'BAD_REQUEST',
      `persistedQuery.sha256Hash must be the query's SHA-256, ${found}, got ${JSON.stringify(id.slice(0, 100))}.`,
    );
  }

  function named(id: string): ResolvedOperation | Promise<ResolvedOperation> {
    const text = safelist().byId.get(id) ?? registered.get(id);
    if (text !== undefined) return { text, registers: null };
    if (mode === 'allow' && shared && SHA256.test(id)) return namedElsewhere(id, shared);
    throw NOT_FOUND;
  }

  async function namedElsewhere(id: string, operations: SharedOperations): Promise<ResolvedOperation> {
    const text = await operations.get(id);
    if (text === undefined || text.length > MAX_TEXT_LENGTH || hash('sha256', text) !== id) throw NOT_FOUND;
    registered.set(id, text);
    return { text, registers: null };
  }

  return {
    /** Cached responses must not outlive it, because a request may then name another operation. */
    get revision(): number {
      return safelist().revision;
    },
    /** Throws a GraphQLError for a forbidden or unknown operation. Only lookups at other gateways are asynchronous. */
    resolve({
      query,
      documentId,
      id: olderId,
      extensions,
    }: OperationParams): ResolvedOperation | Promise<ResolvedOperation> {
      const hashed = hashIn(extensions);
      const name = hashed ?? documentId ?? olderId;
      const id = typeof name === 'string' && name !== '' ? plainId(name) : null;
      const isSent = query != null && query !== '';
      if (mode === 'off' && (hashed !== undefined || (id !== null && !isSent))) throw NOT_SUPPORTED;
      if (isSent) return sent(query, hashed === undefined ? null : id);
      return id === null ? { text: '', registers: null } : named(id);
    },
    /** Must be called after the operation was executed successfully for an authenticated caller. */
    register({ text, registers }: ResolvedOperation): void {
      if (registers === null) return;
      registered.set(registers, text);
      // An unhandled rejection would end the process. The other gateways ask the client for the document.
      shared?.set(registers, text).catch(() => undefined);
    },
  };
}

function hashIn(extensions: OperationParams['extensions']): unknown {
  const { persistedQuery } = extensions ?? {};
  return ((persistedQuery ?? {}) as { readonly sha256Hash?: unknown }).sha256Hash;
}

const tooLong = (length: number): GraphQLError =>
  requestError(
    'GRAPHQL_VALIDATION_FAILED',
    `This operation has ${length} characters; at most ${MAX_TEXT_LENGTH} are allowed.`,
  );

// Clients recognize these two messages, and then send the document.
const NOT_FOUND = requestError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound', 200);
const NOT_SUPPORTED = requestError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported', 200);
const NOT_ALLOWED = requestError(
  'OPERATION_NOT_ALLOWED',
  'The operation must be in a manifest of this gateway, because PERSISTED_OPERATIONS=only. ' +
    'Send its documentId, or exactly its document.',
  403,
);
