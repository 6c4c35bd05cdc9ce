/** Structured logs, one JSON line each. Keys are never given to the logger; the header is redacted all the same. */
import { pino, type Logger } from 'pino';
import type { LogLevel } from '../config.ts';

export type { Logger };

export const createLogger = (level: LogLevel): Logger =>
  pino({ level, redact: { paths: ['authorization', '*.authorization', '*.headers.authorization'], remove: true } });
