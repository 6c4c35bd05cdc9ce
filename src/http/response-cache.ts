/** Whole answers, ready to be sent: the same request of the same viewer is answered without a look at what it asks. */
import { hash } from 'node:crypto';
import type { ResourceCache } from '../runs/resource-cache.ts';
import type { Placed, Shelf, Shelves } from '../runs/shelves.ts';
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

export interface ResponseCache {
  /** The answer that is held, if it is still as good as a new one and the viewer's right to it is known. */
  find(viewer: Viewer, request: string): ReadyAnswer | null;
  /** Settles when whoever makes an expired answer anew is through; null where nobody does. */
  renewal(viewer: Viewer, request: string): Promise<undefined> | null;
  /** To be called before the request is executed. */
  open(viewer: Viewer, request: string): OpenRequest;
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
  readonly shelves: Shelves<unknown>;
  readonly cache: Pick<ResourceCache, 'rightUntil' | 'rightToShelf'>;
  readonly now: () => number;
}

export function createResponseCache({ shelves, cache, now }: ResponseCacheOptions): ResponseCache {
  const sightings = createSightings();
  const renewals = new Map<string, PromiseWithResolvers<undefined>>();
  const keyOf = (request: string) => `answer ${request}`;
  const keptFor = (viewer: Viewer, request: string) =>
    shelves.find(viewer.id, keyOf(request)) as Placed<Answer> | undefined;

  const ready = (answer: Answer, untilMs: number, nowMs: number): ReadyAnswer => ({
    answer,
    maxAgeSeconds: untilMs > nowMs ? Math.floor((untilMs - nowMs) / 1000) : null,
  });

  return {
    find(viewer, request) {
      const kept = keptFor(viewer, request);
      if (!kept) return null;
      const nowMs = now();
      const answer = kept.held.value;
      const untilMs = Math.min(answer.untilMs, cache.rightToShelf(kept.shelf));
      return nowMs < untilMs ? ready(answer, untilMs, nowMs) : null;
    },

    renewal: (viewer, request) =>
      renewals.size > 0 ? (renewals.get(`${viewer.id} ${request}`)?.promise ?? null) : null,

    open(viewer, request) {
      const shelf: Shelf = shelves.of(viewer.id);
      const renewalKey = `${viewer.id} ${request}`;
      // Only what was kept once is waited for: of any other request nobody knows whether its answer can be shared.
      const wasKept = keptFor(viewer, request) !== undefined;
      const renewal = wasKept && !renewals.has(renewalKey) ? Promise.withResolvers<undefined>() : null;
      if (renewal) renewals.set(renewalKey, renewal);
      return {
        keep(answer) {
          const nowMs = now();
          if (nowMs < answer.untilMs && request.length <= MAX_REQUEST_LENGTH) {
            const sizeBytes = answer.body.length + 2 * request.length;
            const held = { value: answer, sentAt: nowMs, fetchedAt: nowMs, sizeBytes };
            if (sightings.note(viewer.id, request) || wasKept) shelves.put(viewer.id, shelf, keyOf(request), held);
          }
          return ready(answer, Math.min(answer.untilMs, cache.rightUntil(viewer)), nowMs);
        },
        close() {
          if (!renewal) return;
          renewals.delete(renewalKey);
          renewal.resolve(undefined);
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
