/**
 * Lines that come by the thousand a second: pino takes several times as long as JSON does, for what its loggers may be told to
 * do with each field.
 */
import { symbols, type Logger } from 'pino';
import { LogBatches } from './log-batches.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** Writes the line that `logger[level](fields, message)` would write. */
export type WriteLine = (level: Level, fields: Readonly<Record<string, unknown>>, message: string) => void;

/** What pino keeps with a logger: where its lines go, and the text in each of what it is bound to. */
interface Inside {
  readonly [symbols.streamSym]: unknown;
  readonly [symbols.chindingsSym]: string;
}

/** `fields` hold nothing that is to be redacted, and have plain words for names. */
export function createLineWriter(logger: Logger): WriteLine {
  const { [symbols.streamSym]: stream, [symbols.chindingsSym]: bindings } = logger as unknown as Inside;
  // Any other logger may have a form of its own.
  if (!(stream instanceof LogBatches)) {
    const plain = logger.child({}, { redact: [] });
    return (level, fields, message) => {
      plain[level](fields, message);
    };
  }
  const { values } = logger.levels;
  return (level, fields, message) => {
    if (!logger.isLevelEnabled(level)) return;
    let line = `{"level":${values[level]},"time":${Date.now()}${bindings}`;
    for (const name in fields) {
      const value = fields[name];
      if (value !== undefined) line += `,"${name}":${jsonOf(value)}`;
    }
    stream.write(`${line},"msg":"${message}"}\n`);
  };
}

/** Nothing in it needs to be escaped. */
const PLAIN = /^[\w.:-]*$/;

/** Of ids and words, which nearly all are, JSON takes several times as long to find that out. */
function jsonOf(value: unknown): string {
  return typeof value === 'string' && PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
}
