/** Response cache: whole answers, by viewer and exact request. A hit needs neither parsing nor execution. */
import { hash } from 'node:crypto';
import type { CachePartitions, Cached, Placed } from '../../runs/cache-partitions.ts';
import type { ResourceCache } from '../../runs/resource-cache.ts';
import type { Viewer } from '../../runs/viewer.ts';
import {
  BUFFER_BYTES,
  createCompressedForms,
  ownBytes,
  type CompressedForms,
} from '../compression/compressed-forms.ts';
import type { HttpResponse } from '../response.ts';
import { createDoorkeeper } from './doorkeeper.ts';

/** As bytes outside the heap: V8 lets its heap grow to twice what lives in it, and so twice the strings of a full cache. */
export interface WholeAnswer {
  readonly body: Buffer;
  readonly contentType: string;
  readonly etag: string | null;
  /** When it expires, in milliseconds since 1970. */
  readonly untilMs: number;
}

type CachedAnswer = WholeAnswer & { readonly forms: CompressedForms };

/** Computed once a request: hashing a long text takes a while. */
export interface CacheKey {
  readonly viewer: Viewer;
  readonly name: string;
  readonly place: string;
  /** False for a long request: those are seldom sent twice. */
  readonly isCacheable: boolean;
}

export interface ResponseCache {
  /** `request` is everything that decides the answer beside the viewer. */
  keyOf(viewer: Viewer, request: string): CacheKey;
  /**
   * The answer, if it is fresh and the viewer's right to it is proven. Waits for a revalidation in progress.
   * `rightUntilMs`: when the caller's own right ends, in milliseconds since 1970.
   */
  find(key: CacheKey, rightUntilMs: number): Promise<HttpResponse | null>;
  /** Call it before the request is executed, and `end` in any case. */
  begin(key: CacheKey, rightUntilMs: number): CacheEntry;
}

export interface CacheEntry {
  /** Caches the answer if its request came before: most requests come once, and their answers would evict others. */
  keep(answer: WholeAnswer): HttpResponse;
  /** Resumes the requests that wait for this one. */
  end(): void;
}

const MAX_REQUEST_LENGTH = 16_384;
/** The key of a longer one is its hash. */
const MAX_KEY_LENGTH = 1024;

export interface ResponseCacheOptions {
  readonly partitions: CachePartitions<unknown>;
  readonly cache: Pick<ResourceCache, 'rightUntil' | 'rightToPartition'>;
  readonly now: () => number;
}

export function createResponseCache({ partitions, cache, now }: ResponseCacheOptions): ResponseCache {
  const doorkeeper = createDoorkeeper();
  /** Revalidations in progress, by cache key. */
  const revalidations = new Map<string, PromiseWithResolvers<undefined>>();
  const cachedAt = (key: string) => partitions.find(key) as Placed<CachedAnswer> | undefined;

  function current(key: string, rightUntilMs: number): HttpResponse | null {
    const entry = cachedAt(key);
    if (!entry) return null;
    const { value } = entry.cached;
    const untilMs = Math.min(value.untilMs, cache.rightToPartition(entry.partition), rightUntilMs);
    return now() < untilMs ? responseOf(value, untilMs, now()) : null;
  }

  return {
    keyOf(viewer, request) {
      const text = request.length > MAX_KEY_LENGTH ? hash('sha256', request, 'base64url') : request;
      const name = `answer ${text}`;
      const isCacheable = request.length <= MAX_REQUEST_LENGTH;
      return { viewer, name, place: partitions.placeOf(viewer.id, name), isCacheable };
    },

    async find({ place }, rightUntilMs) {
      const found = current(place, rightUntilMs);
      const revalidation = found ? undefined : revalidations.get(place);
      if (!revalidation) return found;
      await revalidation.promise;
      return current(place, rightUntilMs);
    },

    begin({ viewer, name, place, isCacheable }, rightUntilMs) {
      const partition = partitions.of(viewer.id);
      // Only the answer to a request that was cached once is waited for: of another nobody knows whether it can be shared.
      const wasCached = cachedAt(place) !== undefined;
      const revalidation = wasCached && !revalidations.has(place) ? Promise.withResolvers<undefined>() : null;
      if (revalidation) revalidations.set(place, revalidation);
      return {
        keep(answer) {
          const nowMs = now();
          const untilMs = Math.min(answer.untilMs, cache.rightUntil(viewer), rightUntilMs);
          if (!(isCacheable && nowMs < answer.untilMs && (doorkeeper.admits(place) || wasCached))) {
            return responseOf(answer, untilMs, nowMs);
          }
          // Compressed when a client first asks for it, and then counted anew, if it is still cached.
          const forms = createCompressedForms(() => {
            if (cachedAt(place)?.cached.value === value) put();
          });
          const value: CachedAnswer = { ...answer, body: ownBytes(answer.body), forms };
          const put = () => {
            const sizeBytes = value.body.length + BUFFER_BYTES + forms.sizeBytes;
            const cached: Cached<CachedAnswer> = { value, sentAt: nowMs, fetchedAt: nowMs, sizeBytes };
            partitions.put(viewer.id, partition, name, cached);
          };
          put();
          return responseOf({ ...answer, forms }, untilMs, nowMs);
        },
        end() {
          if (!revalidation) return;
          revalidations.delete(place);
          revalidation.resolve(undefined);
        },
      };
    },
  };
}

function responseOf(
  { body, contentType, etag, forms }: WholeAnswer & { readonly forms?: CompressedForms },
  untilMs: number,
  nowMs: number,
): HttpResponse {
  const maxAgeSeconds = Math.floor((untilMs - nowMs) / 1000);
  return {
    status: 200,
    body,
    contentType,
    etag,
    cacheControl: untilMs > nowMs ? `private, max-age=${maxAgeSeconds}` : 'no-store',
    forms,
  };
}

/** A strong validator: a digest of the body. */
export const etagOf = (body: Buffer): string => `"${hash('sha1', body, 'base64url')}"`;
