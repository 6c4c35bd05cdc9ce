/** Whole answers, ready to be sent: the same request of the same viewer is answered without a look at what it asks. */
import { hash } from 'node:crypto';
import type { ResourceCache } from '../runs/resource-cache.ts';
import type { Placed, Partition, CachePartitions } from '../runs/cache-partitions.ts';
import type { Viewer } from '../runs/viewer.ts';
import { createSightings } from './sightings.ts';

export interface Answer {
  readonly body: ReadyBody;
  readonly contentType: string;
  /** For `If-None-Match`: with GET alone, null else. */
  readonly etag: string | null;
  /** Until when it may be given again, in milliseconds since 1970. */
  readonly untilMs: number;
}

/**
 * A text of ASCII alone stays a string: node sends head and body of such an answer in one piece, which takes a quarter less
 * time than a buffer beside the head. Any other is bytes.
 */
export type ReadyBody = string | Buffer;

export function readyBody(text: string): ReadyBody {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text);
}

/** An answer that may be given now. */
export interface ReadyAnswer {
  readonly answer: Answer;
  /** For how many seconds the client may keep it; null: not at all. */
  readonly maxAgeSeconds: number | null;
}

/** Where the answer to a request of a viewer stands. It is made once a request: to hash a long text takes a while. */
export interface Place {
  readonly viewer: Viewer;
  readonly request: string;
  readonly key: string;
}

export interface ResponseCache {
  /** `request` is all that decides the answer beside the viewer. */
  placeOf(viewer: Viewer, request: string): Place;
  /**
   * The answer that is cached, if it is still as good as a new one and the viewer's right to it is known. The client may
   * keep it until `rightUntilMs` at most, in milliseconds since 1970.
   */
  find(place: Place, rightUntilMs?: number): ReadyAnswer | null;
  /** Settles when whoever makes an expired answer anew is through; null where nobody does. */
  revalidation(place: Place): Promise<undefined> | null;
  /** To be called before the request is executed. */
  open(place: Place, rightUntilMs?: number): OpenRequest;
}

export interface OpenRequest {
  /**
   * Keeps the answer if its request came before: most requests come only once, and would push out what comes again. And
   * unless the viewer was refused something in the meantime: it may hold what the viewer may no longer see.
   */
  keep(answer: Answer): ReadyAnswer;
  /** To be called once, whatever came of the request: others may wait for it. */
  readonly close: () => void;
}

/** A request whose text is longer is seldom sent twice. */
export const MAX_REQUEST_LENGTH = 16_384;

export interface ResponseCacheOptions {
  readonly partitions: CachePartitions<unknown>;
  readonly cache: Pick<ResourceCache, 'rightUntil' | 'rightToPartition'>;
  readonly now: () => number;
}

export function createResponseCache({ partitions, cache, now }: ResponseCacheOptions): ResponseCache {
  const sightings = createSightings();
  const revalidations = new Map<string, PromiseWithResolvers<undefined>>();
  const nameOf = (request: string) => `answer ${request}`;
  const keptAt = ({ key }: Place) => partitions.find(key) as Placed<Answer> | undefined;

  const ready = (answer: Answer, untilMs: number, nowMs: number): ReadyAnswer => ({
    answer,
    maxAgeSeconds: untilMs > nowMs ? Math.floor((untilMs - nowMs) / 1000) : null,
  });

  return {
    placeOf: (viewer, request) => ({ viewer, request, key: partitions.placeOf(viewer.id, nameOf(request)) }),

    find(place, rightUntilMs = Infinity) {
      const kept = keptAt(place);
      if (!kept) return null;
      const nowMs = now();
      const answer = kept.cached.value;
      const untilMs = Math.min(answer.untilMs, cache.rightToPartition(kept.partition), rightUntilMs);
      return nowMs < untilMs ? ready(answer, untilMs, nowMs) : null;
    },

    revalidation: ({ key }) => (revalidations.size > 0 ? (revalidations.get(key)?.promise ?? null) : null),

    open(place, rightUntilMs = Infinity) {
      const { viewer, request, key } = place;
      const partition: Partition = partitions.of(viewer.id);
      // Only what was kept once is waited for: of any other request nobody knows whether its answer can be shared.
      const wasKept = keptAt(place) !== undefined;
      const revalidation = wasKept && !revalidations.has(key) ? Promise.withResolvers<undefined>() : null;
      if (revalidation) revalidations.set(key, revalidation);
      return {
        keep(answer) {
          const nowMs = now();
          if (nowMs < answer.untilMs && request.length <= MAX_REQUEST_LENGTH) {
            const sizeBytes = answer.body.length + 2 * request.length;
            const cached = { value: answer, sentAt: nowMs, fetchedAt: nowMs, sizeBytes };
            if (sightings.note(key) || wasKept) partitions.put(viewer.id, partition, nameOf(request), cached);
          }
          return ready(answer, Math.min(answer.untilMs, cache.rightUntil(viewer), rightUntilMs), nowMs);
        },
        close() {
          if (!revalidation) return;
          revalidations.delete(key);
          revalidation.resolve(undefined);
        },
      };
    },
  };
}

/** A strong validator: the same bytes have the same one. */
export const etagOf = (body: ReadyBody): string => `"${hash('sha1', body, 'base64url')}"`;

/** True if one of the client's validators is the answer's. `If-None-Match` compares weakly. */
export function isNotModified(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => {
    const validator = tag.trim();
    return validator === '*' || validator.replace(/^W\//, '') === etag;
  });
}
