/** The part of a GraphQL operation that reads and caches need: identity, limits, and the lifetime of its answer. */
import type { OperationRecord } from '../observability/operation-record.ts';
import type { CallOptions, Rejections } from '../upstream/client.ts';
import { GatewayError } from '../upstream/errors.ts';
import type { Requester } from '../upstream/requesters.ts';
import type { Snapshot } from './snapshot.ts';
import type { Viewer } from '../auth/viewer.ts';

export interface ReadContext {
  /** What may be read. */
  readonly viewer: Viewer;
  /** Whose share it uses. */
  readonly requester: Requester;
  readonly requestId: string;
  /** Returns a signal that fires when the client disconnects. */
  readonly signal: () => AbortSignal;
  readonly budget: CallBudget;
  readonly lifetime: AnswerLifetime;
  /** Whether live data must be newer than the cached data. */
  readonly skipsLive?: boolean;
  /** Whether this is a poll, for which no client waits: it may take until the timeout. */
  readonly isPoll?: true;
  readonly reader: CallOptions['reader'];
  /** Absent if the operation is not logged or measured. */
  readonly operationRecord?: OperationRecord | undefined;
}

/** Limit of the answers that one operation may read at a time. A single answer may be larger. */
const MAX_HELD_MIB = 64;

export const tooManyAnswers = (): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `The operation reads more than ${MAX_HELD_MIB} MiB of upstream responses. Ask for fewer runs at once.`,
  );

/** Lifetime of an operation's answer in caches: the minimum over the data that it read. */
export class AnswerLifetime {
  /** End of the lifetime, in ms since 1970. Infinity until something limits it. */
  untilMs = Infinity;

  /** Shortens the lifetime. With 0 the answer is not cached. */
  limit(untilMs: number): void {
    this.untilMs = Math.min(this.untilMs, untilMs);
  }
}

/** Upstream calls and answers of one operation. A class, since closures would be created for each operation. */
export class CallBudget implements Rejections {
  readonly #maxCalls: number;
  #calls = 0;
  #wasStranger: boolean | undefined;
  #rejection: GatewayError | null = null;
  /** Values of the counted answers. A stale answer is a copy with the same value. */
  readonly #held = new Set<unknown>();
  #heldBytes = 0;
  // One error for all calls, since an error with its stack is costly.
  #tooManyCalls: GatewayError | undefined;

  constructor(maxCalls: number) {
    this.#maxCalls = maxCalls;
  }

  get rejection(): GatewayError | null {
    return this.#rejection;
  }

  /** Counts one call. Throws UPSTREAM_BUDGET_EXCEEDED after `maxCalls`, or the rejection of an unaccepted key. */
  take(isStranger: boolean): void {
    this.#wasStranger ??= isStranger;
    if (this.#rejection) throw this.#rejection;
    if (this.#calls >= this.#maxCalls) {
      throw (this.#tooManyCalls ??= new GatewayError(
        'UPSTREAM_BUDGET_EXCEEDED',
        `The operation needs more than ${this.#maxCalls} upstream calls (MAX_UPSTREAM_CALLS). Ask for fewer runs at once.`,
      ));
    }
    this.#calls += 1;
  }

  reject(error: GatewayError): void {
    if (this.#wasStranger === true) this.#rejection ??= error;
  }

  /** Counts an answer that the operation reads, once. Returns false beyond the limit: the answer must not be read then. */
  holds({ value, sizeBytes }: Pick<Snapshot<unknown>, 'value' | 'sizeBytes'>): boolean {
    if (this.#held.has(value)) return true;
    if (this.#heldBytes > 0 && this.#heldBytes + sizeBytes > MAX_HELD_MIB * 2 ** 20) return false;
    this.#held.add(value);
    this.#heldBytes += sizeBytes;
    return true;
  }
}
