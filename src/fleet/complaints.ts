/** Logs what Valkey refuses and why it can't be reached, once a minute, by codes: a text may quote what was sent. */
import type { Logger } from '../observability/logger.ts';

export interface Complaints {
  readonly refused: (command: string, error: Error) => void;
  readonly unreachable: (error: Error) => void;
}

const COMPLAINT_MS = 60_000;

export function createComplaints(logger: Logger): Complaints {
  const log = (sentence: string) => {
    let mutedUntil = 0;
    return (facts: Readonly<Record<string, string>>) => {
      if (performance.now() < mutedUntil) return;
      mutedUntil = performance.now() + COMPLAINT_MS;
      logger.warn(facts, sentence);
    };
  };
  const logRefused = log('Valkey refuses a command');
  const logUnreachable = log('Valkey can not be reached');
  return {
    refused(command, error) {
      logRefused({ command, code: codeOf(error) });
    },
    unreachable(error) {
      logUnreachable({ code: codeOf(error) });
    },
  };
}

/** Of a system error its code (ECONNREFUSED), of Valkey's the first word (WRONGPASS). */
const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string'
    ? error.code
    : (/^[A-Z_]{2,}\b/.exec(error.message)?.[0] ?? error.name);
