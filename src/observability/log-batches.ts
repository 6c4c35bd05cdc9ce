/**
 * Lines on their way to stdout. A write takes much longer than the making of a line, so of many lines some hundred go together;
 * of few, each goes at once. sonic-boom can wait for more, too, but measures all that waits anew with each line. They wait as
 * bytes: strings would outlive a collection of the young generation.
 */
import type { DestinationStream } from 'pino';

/** What is used of sonic-boom, made for buffers. */
export interface ByteStream {
  write(bytes: Buffer): unknown;
  flush(done: (error?: Error) => void): void;
  flushSync(): void;
}

const BATCH_BYTES = 65_536;
/** No line waits for longer than this. */
const WITHIN_MS = 1000;
const MAX_BYTES_PER_CHARACTER = 3;

export class LogBatches implements DestinationStream {
  readonly #stream: ByteStream;
  #batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
  #length = 0;
  #timer: NodeJS.Timeout | null = null;
  #passedAt = -Infinity;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  write(line: string): void {
    const mostBytes = line.length * MAX_BYTES_PER_CHARACTER;
    if (mostBytes > BATCH_BYTES - this.#length) this.#pass();
    if (mostBytes > BATCH_BYTES) {
      this.#stream.write(Buffer.from(line));
      return;
    }
    const isFirst = this.#length === 0;
    this.#length += this.#batch.write(line, this.#length);
    if (isFirst) this.#passOrWait();
  }

  flush(done: (error?: Error) => void): void {
    this.#pass();
    this.#stream.flush(done);
  }

  readonly flushSync = (): void => {
    this.#pass();
    this.#stream.flushSync();
  };

  #passOrWait(): void {
    const quietMs = performance.now() - this.#passedAt;
    if (quietMs >= WITHIN_MS) {
      this.#pass();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#pass();
    }, WITHIN_MS - quietMs);
    // Before sonic-boom's own, which writes what it has.
    process.prependListener('exit', this.flushSync);
  }

  #pass(): void {
    if (this.#length === 0) return;
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
      process.removeListener('exit', this.flushSync);
    }
    this.#stream.write(this.#batch.subarray(0, this.#length));
    this.#passedAt = performance.now();
    // The other is being written.
    this.#batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
    this.#length = 0;
  }
}
