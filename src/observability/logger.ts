/** Structured logs, one JSON line each. Keys are never given to the logger; the header is redacted all the same. */
import { destination, pino, type Logger } from 'pino';
import type { LogLevel } from '../config.ts';

export type { Logger };

/** A write takes longer than the line: some dozens go together, or what a second brings; the rest before the process ends. */
const BATCH = { sync: false, minLength: 8192, periodicFlush: 1000 };
export const createLogger = (level: LogLevel): Logger =>
  pino(
    { level, redact: { paths: ['authorization', '*.authorization', '*.headers.authorization'], remove: true } },
    destination({ dest: 1, ...BATCH }),
  );

/** Resolves when every line so far has been written. */
export const flushed = (logger: Logger): Promise<void> =>
  new Promise((resolve) => {
    logger.flush(() => {
      resolve();
    });
  });
