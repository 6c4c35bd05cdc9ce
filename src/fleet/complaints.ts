/** Logs rejected commands and failed connections once a minute, by code only, because messages may quote sent data. */
import type { Logger } from '../observability/logger.ts';

export type Complaints = ReturnType<typeof createComplaints>;

const COMPLAINT_MS = 60_000;

export function createComplaints(logger: Logger) {
  const log = (sentence: string) => {
    let mutedUntil = 0;
    return (facts: Readonly<Record<string, string>>) => {
      if (performance.now() < mutedUntil) return;
      mutedUntil = performance.now() + COMPLAINT_MS;
      logger.warn(facts, sentence);
    };
  };
  const logRefused = log('Valkey rejected a command');
  const logUnreachable = log('Valkey cannot be reached');
  return {
    refused: (command: string, error: Error): void => {
      logRefused({ command, code: codeOf(error) });
    },
    unreachable: (error: Error): void => {
      logUnreachable({ code: codeOf(error) });
    },
  };
}

/** The code of a system error (ECONNREFUSED), or the first word of Valkey's error (WRONGPASS). */
const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string'
    ? error.code
    : (/^[A-Z_]{2,}\b/.exec(error.message)?.[0] ?? error.name);
