/** Whole answers, ready to be sent: the same request of the same viewer is answered without a look at what it asks. */
import { hash } from 'node:crypto';
import type { ResourceCache } from '../runs/resource-cache.ts';
import type { Held, Shelf, Shelves } from '../runs/shelves.ts';
import type { Viewer } from '../runs/viewer.ts';

export interface Answer {
  readonly body: Buffer;
  readonly contentType: string;
  /** For `If-None-Match`: with GET alone, null else. */
  readonly etag: string | null;
  /** Until when it may be given again, in milliseconds since 1970. */
  readonly untilMs: number;
}

export interface ResponseCache {
  /** The answer that is held, if it is still as good as a new one and the viewer's right to it is known. */
  find(viewer: Viewer, request: string): Answer | null;
  /** To be called before the request is executed; what comes of it may then be kept. */
  open(viewer: Viewer, request: string): OpenRequest;
  /** For how long a client may keep it, in seconds; 0 if not at all. */
  maxAgeSeconds(viewer: Viewer, untilMs: number): number;
}

export interface OpenRequest {
  /**
   * Keeps the answer, unless the viewer was refused something in the meantime: it may hold what the viewer may no longer
   * see.
   */
  keep(answer: Answer): void;
}

/** A request whose text is longer is seldom sent twice. */
export const MAX_REQUEST_LENGTH = 16_384;

export interface ResponseCacheOptions {
  readonly shelves: Shelves<unknown>;
  readonly cache: Pick<ResourceCache, 'rightUntil'>;
  readonly now: () => number;
}

export function createResponseCache({ shelves, cache, now }: ResponseCacheOptions): ResponseCache {
  const keyOf = (request: string) => `answer ${request}`;

  return {
    find(viewer, request) {
      const answer = (shelves.get(viewer.id, keyOf(request)) as Held<Answer> | undefined)?.value;
      if (!answer) return null;
      const nowMs = now();
      return nowMs < answer.untilMs && nowMs < cache.rightUntil(viewer) ? answer : null;
    },
    open(viewer, request) {
      const shelf: Shelf = shelves.of(viewer.id);
      return {
        keep(answer) {
          if (request.length > MAX_REQUEST_LENGTH || answer.untilMs <= now()) return;
          const sizeBytes = answer.body.length + 2 * request.length;
          shelves.put(viewer.id, shelf, keyOf(request), { value: answer, sentAt: now(), fetchedAt: now(), sizeBytes });
        },
      };
    },
    maxAgeSeconds(viewer, untilMs) {
      return Math.max(0, Math.floor((Math.min(untilMs, cache.rightUntil(viewer)) - now()) / 1000));
    },
  };
}

/** A strong validator: the same bytes have the same one. */
export const etagOf = (body: Buffer): string => `"${hash('sha1', body, 'base64url')}"`;

/** True if one of the client's validators is the answer's. `If-None-Match` compares weakly. */
export function isNotModified(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => {
    const validator = tag.trim();
    return validator === '*' || validator.replace(/^W\//, '') === etag;
  });
}
