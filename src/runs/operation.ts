/** What the store must know of the GraphQL operation on whose behalf it is asked. */
import type { OperationRecord } from '../observability/operation-record.ts';
import { GatewayError } from '../upstream/errors.ts';
import type { Viewer } from './viewer.ts';

export interface Operation {
  readonly viewer: Viewer;
  readonly requestId: string;
  /** Answers a signal that fires when the client is gone. */
  readonly signal: () => AbortSignal;
  readonly budget: CallBudget;
  readonly lifetime: AnswerLifetime;
  /** Where it is written down what came of it; absent where nobody observes. */
  readonly operationRecord?: OperationRecord | undefined;
}

export interface CallBudget {
  /** Counts one upstream call; throws UPSTREAM_BUDGET_EXCEEDED when there were `maxCalls` already. */
  take(): void;
}

/** For how long an operation's answer may be given again: as long as all that it was made from can be trusted. */
export interface AnswerLifetime {
  /** In milliseconds since 1970; Infinity as long as nothing limited it. */
  readonly untilMs: number;
  /** Brings the end forward; 0 means never again. */
  limit(untilMs: number): void;
}

/** A class, since each operation has one: closures would be made anew each time. */
class Lifetime implements AnswerLifetime {
  untilMs = Infinity;

  limit(end: number): void {
    this.untilMs = Math.min(this.untilMs, end);
  }
}

export const createAnswerLifetime = (): AnswerLifetime => new Lifetime();

export function createCallBudget(maxCalls: number): CallBudget {
  let taken = 0;
  return {
    take() {
      if (taken >= maxCalls) {
        throw new GatewayError(
          'UPSTREAM_BUDGET_EXCEEDED',
          `one operation may cause ${maxCalls} upstream calls, and this one needs more; ask for fewer runs at once`,
        );
      }
      taken += 1;
    },
  };
}
