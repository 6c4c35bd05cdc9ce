/** Whole answers, ready to be sent: the same request of the same viewer is answered without a look at what it asks. */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ResourceCache } from '../runs/resource-cache.ts';
import type { Held, Shelf, Shelves } from '../runs/shelves.ts';
import type { Viewer } from '../runs/viewer.ts';

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

/** An answer that may be given, and for how many seconds the client may keep it. */
export interface ReadyAnswer {
  readonly answer: Answer;
  readonly maxAgeSeconds: number;
}

export interface ResponseCache {
  /** The answer that is held, if it is still as good as a new one and the viewer's right to it is known. */
  find(viewer: Viewer, request: string): ReadyAnswer | null;
  /** To be called before the request is executed; what comes of it may then be kept. */
  open(viewer: Viewer, request: string): OpenRequest;
}

export interface OpenRequest {
  /**
   * Keeps the answer if its request came before: most requests come only once, and would push out what comes again. And
   * unless the viewer was refused something in the meantime: it may hold what the viewer may no longer see.
   */
  keep(answer: Answer): ReadyAnswer;
}

/** A request whose text is longer is seldom sent twice. */
export const MAX_REQUEST_LENGTH = 16_384;

/** Requests that are remembered to have come. */
const MAX_SEEN = 10_000;

export interface ResponseCacheOptions {
  readonly shelves: Shelves<unknown>;
  readonly cache: Pick<ResourceCache, 'rightUntil'>;
  readonly now: () => number;
}

export function createResponseCache({ shelves, cache, now }: ResponseCacheOptions): ResponseCache {
  const seen = new LRUCache<string, true>({ max: MAX_SEEN });
  const keyOf = (request: string) => `answer ${request}`;

  const ready = (answer: Answer, untilMs: number, nowMs: number): ReadyAnswer => ({
    answer,
    maxAgeSeconds: Math.max(0, Math.floor((untilMs - nowMs) / 1000)),
  });

  return {
    find(viewer, request) {
      const held = shelves.get(viewer.id, keyOf(request)) as Held<Answer> | undefined;
      if (!held) return null;
      const nowMs = now();
      const untilMs = Math.min(held.value.untilMs, cache.rightUntil(viewer));
      return nowMs < untilMs ? ready(held.value, untilMs, nowMs) : null;
    },

    open(viewer, request) {
      const shelf: Shelf = shelves.of(viewer.id);
      return {
        keep(answer) {
          const nowMs = now();
          const sizeBytes = answer.body.length + 2 * request.length;
          const held = { value: answer, sentAt: nowMs, fetchedAt: nowMs, sizeBytes };
          if (request.length <= MAX_REQUEST_LENGTH && nowMs < answer.untilMs) {
            const sight = `${viewer.id} ${request}`;
            if (seen.has(sight)) shelves.put(viewer.id, shelf, keyOf(request), held);
            else seen.set(sight, true);
          }
          return ready(answer, Math.min(answer.untilMs, cache.rightUntil(viewer)), nowMs);
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
