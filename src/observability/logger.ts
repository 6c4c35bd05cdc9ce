/** Structured logs, one JSON line each. Keys are never given to the logger; the header is redacted all the same. */
import { destination, pino, type Logger } from 'pino';
import type { LogLevel } from '../config.ts';

export type { Logger };

/** Lines are written when the process has a moment; those that wait are written before it exits. */
export const createLogger = (level: LogLevel): Logger =>
  pino(
    { level, redact: { paths: ['authorization', '*.authorization', '*.headers.authorization'], remove: true } },
    destination({ dest: 1, sync: false }),
  );

/** Resolves when every line so far has been written. */
export const flushed = (logger: Logger): Promise<void> =>
  new Promise((resolve) => {
    logger.flush(() => {
      resolve();
    });
  });
