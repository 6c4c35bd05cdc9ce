/** The answer to one request while it comes: read within its time, and no further than is allowed. */
import { GatewayError } from '../errors.ts';
import type { LargeAnswer, LargeAnswers } from './large-answers.ts';
import { createOwnBytes, type OwnBytes } from './own-bytes.ts';

export interface AnswerLimits {
  readonly timeoutMs: number;
  /** Counted after decompression. */
  readonly maxResponseBytes: number;
  readonly largeAnswers: LargeAnswers;
}

/** Of got's request: its answer, decompressed. */
export interface AnswerStream extends AsyncIterable<Buffer> {
  readonly downloadProgress: { readonly total?: number | undefined };
  destroy(): unknown;
}

/** Smaller answers never wait for a large one. */
const LARGE_BYTES = 2 ** 20;

export class IncomingAnswer {
  /** Why the request was ended before its answer came to an end. */
  endedBy: Error | null = null;
  readonly #stream: AnswerStream;
  readonly #limits: AnswerLimits;
  #large: LargeAnswer | null = null;
  /** The clock stands still while the gateway itself lets the answer wait. */
  #timer: NodeJS.Timeout | undefined;
  #leftMs: number;
  #startedAt = 0;

  constructor(stream: AnswerStream, limits: AnswerLimits) {
    this.#stream = stream;
    this.#limits = limits;
    this.#leftMs = limits.timeoutMs;
    this.#startClock();
  }

  /** Ends the request. */
  end(error: Error): void {
    this.endedBy ??= error;
    this.#stream.destroy();
    this.#large?.end();
  }

  async body(): Promise<Buffer> {
    try {
      return await this.#read();
    } finally {
      clearTimeout(this.#timer);
      this.#large?.end();
    }
  }

  async #read(): Promise<Buffer> {
    let body: OwnBytes | undefined;
    let announcedBytes: number | undefined;
    let size = 0;
    for await (const chunk of this.#stream) {
      // Not known where the header is missing, or counts compressed bytes.
      announcedBytes ??= this.#stream.downloadProgress.total;
      size += chunk.length;
      if (Math.max(size, announcedBytes ?? 0) > this.#limits.maxResponseBytes) {
        throw tooLarge(this.#limits.maxResponseBytes);
      }
      body ??= createOwnBytes(announcedBytes ?? chunk.length);
      body.append(chunk);
      if (size > LARGE_BYTES) await this.#takeTurn(this.#large ? chunk.length : size);
    }
    return body?.end() ?? Buffer.alloc(0);
  }

  async #takeTurn(bytes: number): Promise<void> {
    this.#large ??= this.#limits.largeAnswers.begin();
    const turn = this.#large.add(bytes);
    if (!turn) return;
    clearTimeout(this.#timer);
    this.#leftMs -= performance.now() - this.#startedAt;
    await turn;
    if (!this.endedBy) this.#startClock();
  }

  #startClock(): void {
    this.#startedAt = performance.now();
    this.#timer = setTimeout(this.#timeIsUp, this.#leftMs);
  }

  readonly #timeIsUp = (): void => {
    const { timeoutMs } = this.#limits;
    this.end(new GatewayError('UPSTREAM_TIMEOUT', `the upstream did not answer within ${timeoutMs} ms`));
  };
}

const tooLarge = (maxBytes: number): GatewayError =>
  new GatewayError(
    'UPSTREAM_CONTRACT_VIOLATION',
    `the upstream's answer is larger than the ${maxBytes} bytes that UPSTREAM_MAX_RESPONSE_BYTES allows`,
  );
