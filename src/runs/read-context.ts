/** The part of a GraphQL operation that reading and caching need: identity, limits, and how long its answer may live. */
import type { OperationRecord } from '../observability/operation-record.ts';
import type { Refusals } from '../upstream/client.ts';
import { GatewayError } from '../upstream/errors.ts';
import type { Snapshot } from './snapshot.ts';
import type { Viewer } from './viewer.ts';

export interface ReadContext {
  readonly viewer: Viewer;
  readonly requestId: string;
  /** Returns a signal that fires when the client has disconnected. */
  readonly signal: () => AbortSignal;
  readonly budget: CallBudget;
  readonly lifetime: AnswerLifetime;
  /** True where another gateway has announced something newer than the live data that is cached here. */
  readonly skipsLive?: boolean;
  /** Beside it: nor will the same where gateways share it. */
  readonly skipsShared?: boolean;
  /** Absent where nothing is logged or measured. */
  readonly operationRecord?: OperationRecord | undefined;
}

export interface CallBudget extends Refusals {
  /**
   * Counts one upstream call. Throws UPSTREAM_BUDGET_EXCEEDED when there were `maxCalls` already, or the refusal of a key that was not
   * accepted when the operation began. `isAccepted`: whether it is now.
   */
  take(isAccepted: boolean): void;
  /** Counts an answer that the operation reads from now on, once. False if it does not fit next to the others: then it must not be read. */
  holds(answer: Pick<Snapshot<unknown>, 'value' | 'sizeBytes'>): boolean;
}

/** Of the answers that one operation may read at a time. One alone may be larger. */
const MAX_HELD_MIB = 64;

export const tooManyAnswers = (): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `One operation may read ${MAX_HELD_MIB} MiB of upstream answers, and this one needs more. Ask for fewer runs at once.`,
  );

/** How long an operation's answer may be cached: the minimum over the data that was read. */
export interface AnswerLifetime {
  /** In milliseconds since 1970; Infinity until something limits it. */
  readonly untilMs: number;
  /** Shortens it; 0 means that the answer is not cached. */
  limit(untilMs: number): void;
}

/** A class, since each operation has one: closures would be created each time. */
class Lifetime implements AnswerLifetime {
  untilMs = Infinity;

  limit(end: number): void {
    this.untilMs = Math.min(this.untilMs, end);
  }
}

export const createAnswerLifetime = (): AnswerLifetime => new Lifetime();

export function createCallBudget(maxCalls: number): CallBudget {
  let taken = 0;
  let wasAccepted: boolean | undefined;
  let refusal: GatewayError | null = null;
  /** The values of answers: a stale answer is a copy, with the same value. */
  const held = new Set<unknown>();
  let heldBytes = 0;
  return {
    get refusal() {
      return refusal;
    },
    take(isAccepted) {
      wasAccepted ??= isAccepted;
      if (refusal) throw refusal;
      if (taken >= maxCalls) {
        throw new GatewayError(
          'UPSTREAM_BUDGET_EXCEEDED',
          `one operation may cause ${maxCalls} upstream calls, and this one needs more; ask for fewer runs at once`,
        );
      }
      taken += 1;
    },
    refuse(error) {
      if (wasAccepted === false) refusal ??= error;
    },
    holds({ value, sizeBytes }) {
      if (held.has(value)) return true;
      if (heldBytes > 0 && heldBytes + sizeBytes > MAX_HELD_MIB * 2 ** 20) return false;
      held.add(value);
      heldBytes += sizeBytes;
      return true;
    },
  };
}
