/**
 * One response while it arrives, read within its limits of time and size. The first MiB of each response is read
 * freely, the rest of a large one in one of few places. Until it gets one, it waits in its socket, and its clock stands
 * still.
 */
import type { Readable } from 'node:stream';
import { bulkhead, type BulkheadPolicy } from 'cockatiel';
import { GatewayError } from '../errors.ts';
import { createOwnBytes, type OwnBytes } from '../../runtime/own-bytes.ts';

export interface AnswerLimits {
  readonly timeoutMs: number;
  /** Counted after decompression. */
  readonly maxResponseBytes: number;
  /** Places for large responses. */
  readonly places: BulkheadPolicy;
}

/** got's stream of the decompressed response. */
export interface AnswerStream extends Readable {
  readonly downloadProgress: { readonly total?: number | undefined };
}

/** A response that announces more waits from its first chunk on. */
const LARGE_BYTES = 2 ** 20;
/** Largest block of a waiting response: LARGE_BYTES, and the chunk that exceeds them. */
const FIRST_BLOCK_BYTES = LARGE_BYTES + 2 ** 16;
/**
 * More would share the bytes that one turn of the event loop reads: of 200 concurrent responses of 16 MiB, eight timed
 * out.
 */
const MAX_LARGE_ANSWERS = 2;

export const createPlaces = (): BulkheadPolicy => bulkhead(MAX_LARGE_ANSWERS, Infinity);

export class IncomingAnswer {
  /** Error that ended the request before the response was complete. */
  endedBy: Error | null = null;
  readonly #stream: AnswerStream;
  readonly #limits: AnswerLimits;
  readonly #over = Promise.withResolvers<undefined>();
  #size = 0;
  #announcedBytes: number | undefined;
  #body: OwnBytes | null = null;
  #isLarge = false;
  #isOver = false;
  /** Stopped while the response waits for a place. */
  #timer: NodeJS.Timeout | undefined;
  #leftMs: number;
  #startedAt = 0;

  constructor(stream: AnswerStream, limits: AnswerLimits) {
    this.#stream = stream;
    this.#limits = limits;
    this.#leftMs = limits.timeoutMs;
    this.#startClock();
  }

  /** Ends the request. Only the first error counts. */
  end(error: Error): void {
    this.endedBy ??= error;
    this.#stream.destroy();
  }

  /** Reads events, because an iterator takes 15 µs more. */
  async body(): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#stream
      .on('data', (chunk: Buffer) => {
        this.#add(chunk);
      })
      .once('end', resolve)
      .on('error', reject)
      .once('close', () => {
        reject(this.endedBy ?? new Error('the request was destroyed'));
      });
    try {
      await promise;
      return this.#body?.end() ?? Buffer.alloc(0);
    } finally {
      this.#stopClock();
      this.#isOver = true;
      this.#over.resolve(undefined);
    }
  }

  #add(chunk: Buffer): void {
    // The total is undefined if the header is missing or counts compressed bytes.
    this.#announcedBytes ??= this.#stream.downloadProgress.total;
    this.#size += chunk.length;
    const { maxResponseBytes } = this.#limits;
    const wholeBytes = Math.max(this.#size, this.#announcedBytes ?? 0);
    if (wholeBytes > maxResponseBytes) {
      this.end(tooLarge(maxResponseBytes));
      return;
    }
    this.#body ??= createOwnBytes(
      Math.min(this.#announcedBytes ?? chunk.length, FIRST_BLOCK_BYTES),
      this.#announcedBytes,
    );
    this.#body.append(chunk);
    if (wholeBytes <= LARGE_BYTES || this.#isLarge) return;
    this.#isLarge = true;
    this.#stream.pause();
    this.#stopClock();
    void this.#limits.places.execute(this.#goOn);
  }

  readonly #goOn = (): Promise<undefined> | undefined => {
    if (this.#isOver) return undefined;
    this.#startClock();
    this.#stream.resume();
    return this.#over.promise;
  };

  #startClock(): void {
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => {
      this.end(timedOut(this.#limits.timeoutMs));
    }, this.#leftMs);
  }

  #stopClock(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs -= performance.now() - this.#startedAt;
  }
}

export const timedOut = (timeoutMs: number): GatewayError =>
  new GatewayError('UPSTREAM_TIMEOUT', `The upstream did not respond within ${timeoutMs} ms.`);

export const tooLarge = (maxBytes: number): GatewayError =>
  new GatewayError(
    'UPSTREAM_CONTRACT_VIOLATION',
    `The upstream's response must have at most ${maxBytes} bytes (UPSTREAM_MAX_RESPONSE_BYTES), got more.`,
  );
