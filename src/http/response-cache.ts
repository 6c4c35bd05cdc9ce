/** Response cache: whole answers, by viewer and exact request. A hit needs neither parsing nor execution. */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ANSWERS, CacheEntry, type Right } from '../runs/entry.ts';
import type { Caller } from '../auth/caller.ts';
import type { ViewerCache } from '../runs/viewer-cache.ts';
import type { Viewer } from '../auth/viewer.ts';
import { ownCopy } from '../runtime/own-bytes.ts';

/** Bytes are outside the heap: V8 lets its heap grow to twice its live data, so strings of a full cache would take twice as much. */
export interface WholeAnswer {
  readonly body: Buffer;
  /** Gzipped body, or null if compressing it is not worthwhile. */
  readonly gzipped: Buffer | null;
  readonly contentType: string;
  readonly etag: string | null;
  /** When it expires, in milliseconds since 1970. */
  readonly untilMs: number;
}

/** Memory of a Buffer, apart from its bytes. */
const BUFFER_BYTES = 300;

class AnswerEntry extends CacheEntry {
  readonly answer: WholeAnswer;
  /** Whether a new answer is likely to be cacheable again. False once one was not. */
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

/** Computed once per request: hashing a long document takes a while. */
export interface CacheKey {
  readonly viewer: Viewer;
  readonly name: string;
  /** The viewer's right when the request arrived. */
  readonly right: Right;
  /** How often its whole answers had been dropped then. */
  readonly answersDropped: number;
  /** Whether the request is short enough to be repeated. */
  readonly isCacheable: boolean;
  readonly caller: Caller;
}

export type ResponseCache = ReturnType<typeof createResponseCache>;

/** An operation that renews an expired answer. */
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

  /** The answer, if it is fresh and the viewer's right to it is proven. `untilMs` is no later than the end of both rights. */
  function fresh(key: CacheKey): WholeAnswer | null {
    const answer = entryOf(key)?.answer;
    if (!answer) return null;
    const untilMs = Math.min(answer.untilMs, viewers.servesUntil(key.right), key.caller.untilMs);
    return now() < untilMs ? { ...answer, untilMs } : null;
  }

  /** An owner waits for nobody else's turn. */
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
      // `keep` has put another entry in its place, if it could.
      entry.isRenewable = false;
      return answer;
    } finally {
      renewals.delete(place);
      end(undefined);
    }
  }

  return {
    /** `request` has everything that decides the answer, apart from the viewer. */
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
     * Computes an answer, or waits for an equal request of the caller that renews it: without that, each of 500 clients that poll
     * computed it. If that one is given up, one of those that wait goes on. `order` is that of the operation: younger ones may get
     * no turn before it has ended, so it waits only for older ones.
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

    /** Whether the request came before: most requests come once, and their answers would evict others. */
    isWorthKeeping: ({ viewer, name, isCacheable }: CacheKey): boolean =>
      isCacheable && wasSeen(`${viewer.id} ${name}`),

    keep({ right, name, answersDropped }: CacheKey, { body, gzipped, ...answer }: WholeAnswer): void {
      // It may contain a workflow that was forbidden meanwhile, or miss a run that was started.
      if (right.answersDropped !== answersDropped) return;
      viewers.keep(
        new AnswerEntry(right, name, { ...answer, body: ownBytes(body), gzipped: gzipped && ownBytes(gzipped) }),
      );
    },

    /** Value of the header. Before its first request, the viewer doesn't have a right. */
    cacheControl({ viewer, caller }: CacheKey, untilMs: number): string {
      const leftMs = Math.min(untilMs, viewers.servesUntil(viewers.rightOf(viewer.id)), caller.untilMs) - now();
      return leftMs > 0 ? `private, max-age=${Math.floor(leftMs / 1000)}` : 'no-store';
    },
  };
}

const SLOTS = 2 ** 14;

/** Remembers keys in a fixed amount of memory. Sometimes wrong: two keys may share a slot. */
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

/** Copies cached bytes out of a larger buffer (Node's pool, zlib's chunk of 16 KiB), which they would keep in memory. */
const ownBytes = (bytes: Buffer): Buffer => (bytes.length < bytes.buffer.byteLength / 2 ? ownCopy(bytes) : bytes);

/** A strong validator: a digest of the body. */
export const etagOf = (body: Buffer): string => `"${hash('sha1', body, 'base64url')}"`;
