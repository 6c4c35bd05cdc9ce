/** Response cache: whole responses, by viewer and exact request. A hit needs neither parsing nor execution. */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ANSWERS, CacheEntry, type Right } from '../runs/entry.ts';
import type { Caller } from '../auth/caller.ts';
import type { ViewerCache } from '../runs/viewer-cache.ts';
import type { Viewer } from '../auth/viewer.ts';
import { ownCopy } from '../runtime/own-bytes.ts';

/**
 * Bytes are outside the heap: V8 lets its heap grow to twice its live data, so strings would make a full cache take
 * twice as much.
 */
export interface WholeAnswer {
  readonly body: Buffer;
  /** Gzipped body, or null if compressing isn't worthwhile. */
  readonly gzipped: Buffer | null;
  readonly contentType: string;
  readonly etag: string | null;
  /** When it expires, in milliseconds since 1970. */
  readonly untilMs: number;
}

/** Memory of a Buffer, besides its bytes. */
const BUFFER_BYTES = 300;

class AnswerEntry extends CacheEntry {
  readonly answer: WholeAnswer;
  /** Whether a new response is likely to be cacheable again. False once one wasn't. */
  isRenewable = true;

  constructor(right: Right, name: string, answer: WholeAnswer) {
    super(right, ANSWERS, name);
    this.answer = answer;
  }

  override sizeBytes(): number {
    const { body, gzipped } = this.answer;
    return body.length + BUFFER_BYTES + (gzipped ? gzipped.length + BUFFER_BYTES : 0);
  }
}

/** Computed once per request, because hashing a long document takes a while. */
export interface CacheKey {
  readonly viewer: Viewer;
  readonly name: string;
  /** The viewer's right when the request arrived. */
  readonly right: Right;
  /** How often its whole responses had been dropped by then. */
  readonly answersDropped: number;
  /** Whether the request is short enough to be repeated. */
  readonly isCacheable: boolean;
  readonly caller: Caller;
}

export type ResponseCache = ReturnType<typeof createResponseCache>;

/** An operation that renews an expired response. */
interface Renewal {
  readonly order: number;
  readonly ended: Promise<undefined>;
}

const MAX_REQUEST_LENGTH = 16_384;
/** A longer request has its hash as the key. */
const MAX_KEY_LENGTH = 1024;

export interface ResponseCacheOptions {
  readonly viewers: ViewerCache;
  readonly now: () => number;
}

export function createResponseCache({ viewers, now }: ResponseCacheOptions) {
  const wasSeen = createDoorkeeper();
  const renewals = new Map<string, Renewal>();

  // A name implies the type of its entry.
  const entryOf = ({ right, name }: CacheKey) => viewers.find(right, ANSWERS, name) as AnswerEntry | undefined;

  /**
   * The response, if it is fresh and the viewer's right to it is proven. `untilMs` is no later than the end of both
   * rights.
   */
  function fresh(key: CacheKey): WholeAnswer | null {
    const answer = entryOf(key)?.answer;
    if (!answer) return null;
    const untilMs = Math.min(answer.untilMs, viewers.servesUntil(key.right), key.caller.untilMs);
    return now() < untilMs ? { ...answer, untilMs } : null;
  }

  /** Renewals are per caller, so callers never wait for another caller's turn. */
  const renewalOf = ({ viewer, name, caller }: CacheKey) => `${caller.owner?.key} ${viewer.id} ${name}`;

  async function renewAlone<T>(
    entry: AnswerEntry,
    place: string,
    order: number,
    compute: () => Promise<T>,
  ): Promise<T> {
    const { promise: ended, resolve: end } = Promise.withResolvers<undefined>();
    renewals.set(place, { order, ended });
    try {
      const answer = await compute();
      // `keep` has replaced it with another entry, if it could.
      entry.isRenewable = false;
      return answer;
    } finally {
      renewals.delete(place);
      end(undefined);
    }
  }

  return {
    /** `request` has everything that decides the response, besides the viewer. */
    keyOf(viewer: Viewer, request: string, caller: Caller): CacheKey {
      const text = request.length > MAX_KEY_LENGTH ? hash('sha256', request, 'base64url') : request;
      const right = viewers.rightOf(viewer.id);
      const isCacheable = request.length <= MAX_REQUEST_LENGTH;
      return {
        viewer,
        name: `answer ${text}`,
        right,
        answersDropped: right.answersDropped,
        isCacheable,
        caller,
      };
    },

    fresh,

    /**
     * Computes a response, or waits for the caller's equal request that renews it: without that, each of 500 polling
     * clients computed it. If that one is given up, one of the waiting ones takes over. `order` is the operation's:
     * younger ones may get no turn before it has ended, so it waits only for older ones.
     */
    async renew<T>(key: CacheKey, order: number, compute: () => Promise<T>): Promise<T | WholeAnswer> {
      const place = renewalOf(key);
      for (;;) {
        const found = fresh(key);
        if (found) return found;
        const entry = entryOf(key);
        const renewal = renewals.get(place);
        if (!entry?.isRenewable || (renewal && order < renewal.order)) return compute();
        if (!renewal) return renewAlone(entry, place, order, compute);
        await renewal.ended;
      }
    },

    /** Whether the request has come before: most requests come once, and their responses would evict others. */
    isWorthKeeping: ({ viewer, name, isCacheable }: CacheKey): boolean =>
      isCacheable && wasSeen(`${viewer.id} ${name}`),

    keep({ right, name, answersDropped }: CacheKey, { body, gzipped, ...answer }: WholeAnswer): void {
      // It may contain a workflow that has since been forbidden, or miss a run that was started.
      if (right.answersDropped !== answersDropped) return;
      viewers.keep(
        new AnswerEntry(right, name, { ...answer, body: ownBytes(body), gzipped: gzipped && ownBytes(gzipped) }),
      );
    },

    /** Value of the header. Before its first request, the viewer has no right. */
    cacheControl({ viewer, caller }: CacheKey, untilMs: number): string {
      const leftMs = Math.min(untilMs, viewers.servesUntil(viewers.rightOf(viewer.id)), caller.untilMs) - now();
      return leftMs > 0 ? `private, max-age=${Math.floor(leftMs / 1000)}` : 'no-store';
    },
  };
}

const SLOTS = 2 ** 14;

/** Remembers keys in a fixed amount of memory. Sometimes wrong, because two keys may share a slot. */
function createDoorkeeper(): (key: string) => boolean {
  const hashes = new Uint32Array(SLOTS);
  return (key) => {
    const value = crc32(key);
    const slot = value % SLOTS;
    const isKnown = hashes[slot] === value;
    hashes[slot] = value;
    return isKnown;
  };
}

/**
 * Copies cached bytes out of a larger buffer (Node's pool, zlib's chunk of 16 KiB), which they would keep in memory.
 */
const ownBytes = (bytes: Buffer): Buffer => (bytes.length < bytes.buffer.byteLength / 2 ? ownCopy(bytes) : bytes);

/** A strong validator: a digest of the body. */
export const etagOf = (body: Buffer): string => `"${hash('sha1', body, 'base64url')}"`;
