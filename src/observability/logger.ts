/** Structured logs: one JSON object per line, on standard output. */
import { destination, pino, type Logger as PinoLogger } from 'pino';
import type { Config } from '../config/config.ts';
import { ecsOptions, inNamespace } from './ecs.ts';

/** The part of pino's interface that the gateway uses. */
export type Logger = Pick<
  PinoLogger,
  'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child' | 'isLevelEnabled' | 'flush'
>;

/** Keys are never logged on purpose; redaction is the second line of defense. */
const SECRET_HEADERS = ['authorization', 'proxy-authorization', 'cookie'];
const redacted = (headers: readonly string[]) => ({
  paths: [...new Set([...SECRET_HEADERS, ...headers])]
    .flatMap((name) => ['', '*', 'headers', '*.headers'].map((place) => `${place}[${JSON.stringify(name)}]`))
    .flatMap((path) => [path, inNamespace(path)]),
  remove: true,
});
const STDOUT = 1;
/** A write costs several times as much as a line, so lines are written together, with at most this delay. */
const BATCH_BYTES = 8192;
const BATCH_MS = 500;
/** Beyond this, new lines are dropped: a hanging reader must not fill the memory. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
/** Attempts, 100 ms apart, to write the rest at exit: a hanging reader must not keep the process alive. */
const MAX_EXIT_ATTEMPTS = 10;

/** `dest` is a file descriptor or a path. pino writes buffered lines when the process exits. */
export function createLogger(
  { logLevel: level, logFormat, upstreamConnection: { authHeader, headers } }: Config,
  dest: number | string = STDOUT,
): Logger {
  let attemptsLeft = Infinity;
  const stream = destination({
    dest,
    sync: false,
    minLength: BATCH_BYTES,
    periodicFlush: BATCH_MS,
    maxLength: MAX_BUFFERED_BYTES,
    retryEAGAIN: () => (attemptsLeft -= 1) > 0,
  });
  const flushSync = stream.flushSync.bind(stream);
  // Called by pino only at exit.
  stream.flushSync = () => {
    attemptsLeft = MAX_EXIT_ATTEMPTS;
    try {
      flushSync();
    } catch {
      // Nobody reads, so the rest is lost.
    }
  };
  let isClosed = false;
  // The stream's flushSync stays hidden: pino calls it after a fatal line, and it retries a failed write (EPIPE)
  // forever.
  const to = {
    write: (line: string) => isClosed || stream.write(line),
    // The first flush ends with the current write. The second writes the lines that arrived meanwhile.
    flush: (done: () => void) => {
      stream.flush(() => {
        stream.flush(done);
      });
    },
  };
  const redact = redacted([authHeader.name, ...Object.keys(headers)]);
  const logger = pino({ level, redact, ...(logFormat === 'ecs' && ecsOptions()) }, to);

  // Without a listener, a failed write (EPIPE, ENOSPC) ends the process.
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    // The reader is gone, and pino would try to write the rest at exit, forever.
    if (code !== 'EPIPE') return;
    isClosed = true;
    stream.destroy();
  });
  stream.once('error', ({ message }: Error) => {
    process.emitWarning(`Can't write the log:  ${message}`);
  });

  let dropped = 0;
  stream.on('drop', () => {
    dropped += 1;
  });
  stream.on('drain', () => {
    if (dropped === 0) return;
    const lines = dropped;
    dropped = 0;
    logger.warn({ lines }, 'log lines dropped: they were not read fast enough');
  });
  return logger;
}

/** Resolves when every line so far is written or can't be. */
export const flushed = (logger: Logger): Promise<void> =>
  new Promise((resolve) => {
    logger.flush(() => {
      resolve();
    });
  });
