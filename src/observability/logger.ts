/** Structured logs, one JSON line each. Keys are never given to the logger; the header is redacted all the same. */
import { destination, pino, type Logger } from 'pino';
import type { LogLevel } from '../config/config.ts';
import { LogBatches, type ByteStream } from './log-batches.ts';

export type { Logger };

const REDACTED = { paths: ['authorization', '*.authorization', '*.headers.authorization'], remove: true };
const STDOUT = 1;

/** `to` is a descriptor, or the path of a file. */
export function createLogger(level: LogLevel, to: number | string = STDOUT): Logger {
  // With a `minLength` of 0 its `flush` would wait for nothing.
  const stream = destination({ dest: to, sync: false, minLength: 1, contentMode: 'buffer' }) as unknown as ByteStream;
  return pino({ level, redact: REDACTED }, new LogBatches(stream));
}

/** Resolves when every line so far has been written. */
export const flushed = (logger: Logger): Promise<void> =>
  new Promise((resolve) => {
    logger.flush(() => {
      resolve();
    });
  });
