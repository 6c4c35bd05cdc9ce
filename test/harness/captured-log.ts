/** The log of a gateway in this process, without the redaction of the real one: nothing can hide behind it. */
import { pino } from 'pino';
import type { Logger } from '../../src/observability/logger.ts';

type Line = Readonly<Record<string, unknown>>;

export interface CapturedLog {
  readonly logger: Logger;
  readonly lines: readonly Line[];
  /** The lines of operations. */
  readonly operations: readonly Line[];
  readonly text: string;
}

export function captureLog(level: string): CapturedLog {
  const written: string[] = [];
  const parsed = () => written.map((line) => JSON.parse(line) as Line);
  return {
    logger: pino({ level }, { write: (line) => void written.push(line) }),
    get lines() {
      return parsed();
    },
    get operations() {
      return parsed().filter(({ msg }) => msg === 'operation');
    },
    get text() {
      return written.join('');
    },
  };
}
