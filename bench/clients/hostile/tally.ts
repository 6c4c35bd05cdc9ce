/** Counts the requests and answers of a hostile client. */

export interface HostileReport {
  readonly requests: number;
  /** Number of answers by status and code of the first error, and of closed connections by cause. */
  readonly answers: Readonly<Record<string, number>>;
}

export interface Tally {
  sent(requests?: number): void;
  answered(what: string): void;
  report(): HostileReport;
}

/** Options of every owner. */
export interface Target {
  readonly url: URL;
  readonly untilMs: number;
  readonly tally: Tally;
}

export function createTally(): Tally {
  let requests = 0;
  const answers: Record<string, number> = {};
  return {
    sent(count = 1) {
      requests += count;
    },
    answered(what) {
      answers[what] = (answers[what] ?? 0) + 1;
    },
    report: () => ({ requests, answers }),
  };
}

const CODE = /"code":"(\w+)"/;

export const answerOf = (status: number | string, body: string): string =>
  [status, CODE.exec(body)?.[1]].filter((part) => part !== undefined).join(' ');
