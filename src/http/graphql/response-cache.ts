/** Response cache: whole answers, by viewer and exact request. A hit needs neither parsing nor execution. */
import { hash } from 'node:crypto';
import { ANSWERS, CacheEntry, type Right } from '../../runs/entry.ts';
import type { ViewerCache } from '../../runs/viewer-cache.ts';
import type { Viewer } from '../../runs/viewer.ts';
import {
  BUFFER_BYTES,
  createCompressedForms,
  ownBytes,
  type CompressedForms,
} from '../compression/compressed-forms.ts';
import type { HttpResponse } from '../response.ts';
import { createDoorkeeper } from './doorkeeper.ts';

/** Bytes are outside the heap: V8 lets its heap grow to twice its live data, so strings of a full cache would take twice as much. */
export interface WholeAnswer {
  readonly body: Buffer;
  readonly contentType: string;
  readonly etag: string | null;
  /** When it expires, in milliseconds since 1970. */
  readonly untilMs: number;
}

class AnswerEntry extends CacheEntry {
  readonly answer: WholeAnswer & { readonly forms: CompressedForms };

  constructor(right: Right, name: string, answer: AnswerEntry['answer']) {
    super(right, ANSWERS, name);
    this.answer = answer;
  }

  override sizeBytes(): number {
    return this.answer.body.length + BUFFER_BYTES + this.answer.forms.sizeBytes;
  }
}

/** Computed once a request: hashing a long text takes a while. */
export interface CacheKey {
  readonly viewer: Viewer;
  readonly name: string;
  /** The viewer's right when the request arrived. */
  readonly right: Right;
  /** Its number of refusals then. */
  readonly refusals: number;
  /** False for a long request, which is seldom repeated. */
  readonly isCacheable: boolean;
}

export interface ResponseCache {
  /** `request` has everything that decides the answer, apart from the viewer. */
  keyOf(viewer: Viewer, request: string): CacheKey;
  /**
   * The answer, if it is fresh and the viewer's right to it is proven. Waits for a revalidation in progress.
   * `rightUntilMs`: when the caller's own right ends, in milliseconds since 1970.
   */
  find(key: CacheKey, rightUntilMs: number): Promise<HttpResponse | null>;
  /** Call it before the request is executed, and always call `end`. */
  begin(key: CacheKey, rightUntilMs: number): PendingAnswer;
}

export interface PendingAnswer {
  /** Caches the answer if its request came before: most requests come once, and their answers would evict others. */
  keep(answer: WholeAnswer): HttpResponse;
  /** Resumes the requests that wait for this one. */
  end(): void;
}

const MAX_REQUEST_LENGTH = 16_384;
/** A longer request has its hash as the key. */
const MAX_KEY_LENGTH = 1024;

export interface ResponseCacheOptions {
  readonly viewers: ViewerCache;
  readonly now: () => number;
}

export function createResponseCache({ viewers, now }: ResponseCacheOptions): ResponseCache {
  const doorkeeper = createDoorkeeper();
  /** Revalidations in progress, by cache key. */
  const revalidations = new Map<string, PromiseWithResolvers<undefined>>();
  /** A name implies the type of its entry. */
  const cachedAt = ({ right, name }: CacheKey) => viewers.find(right, ANSWERS, name) as AnswerEntry | undefined;

  function current(key: CacheKey, rightUntilMs: number): HttpResponse | null {
    const answer = cachedAt(key)?.answer;
    if (!answer) return null;
    const untilMs = Math.min(answer.untilMs, viewers.rightUntil(key.right), rightUntilMs);
    return now() < untilMs ? responseOf(answer, untilMs, now()) : null;
  }

  return {
    keyOf(viewer, request) {
      const text = request.length > MAX_KEY_LENGTH ? hash('sha256', request, 'base64url') : request;
      const name = `answer ${text}`;
      const isCacheable = request.length <= MAX_REQUEST_LENGTH;
      const right = viewers.rightOf(viewer.id);
      return { viewer, name, right, refusals: right.refusals, isCacheable };
    },

    async find(key, rightUntilMs) {
      const found = current(key, rightUntilMs);
      if (found || revalidations.size === 0) return found;
      await revalidations.get(placeOf(key))?.promise;
      return current(key, rightUntilMs);
    },

    begin(key, rightUntilMs) {
      const { viewer, name, right, refusals, isCacheable } = key;
      // Requests wait only for an answer that was cached once: another answer may not be cacheable.
      const wasCached = cachedAt(key) !== undefined;
      const place = placeOf(key);
      const revalidation = wasCached && !revalidations.has(place) ? Promise.withResolvers<undefined>() : null;
      if (revalidation) revalidations.set(place, revalidation);
      return {
        keep(answer) {
          const nowMs = now();
          const untilMs = Math.min(answer.untilMs, viewers.rightUntil(viewers.rightOf(viewer.id)), rightUntilMs);
          // Keyed by the viewer, which had no right before its first request.
          const wasSeen = () => doorkeeper.admits(place);
          if (!(isCacheable && nowMs < answer.untilMs && (wasSeen() || wasCached))) {
            return responseOf(answer, untilMs, nowMs);
          }
          // Compressed on first use. Then the entry is counted again, if it is still cached.
          const forms = createCompressedForms(() => {
            if (cachedAt(key) === entry) viewers.keep(entry);
          });
          const entry = new AnswerEntry(right, name, { ...answer, body: ownBytes(answer.body), forms });
          // An answer may contain a workflow that was refused meanwhile.
          if (right.refusals === refusals) viewers.keep(entry);
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

const placeOf = ({ viewer, name }: CacheKey): string => `${viewer.id} ${name}`;

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
