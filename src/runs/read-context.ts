/** The part of a GraphQL operation that reads and caches need: identity, limits, and the lifetime of its response. */
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
  /** Whether this is a poll, which may take until the timeout because no client is waiting. */
  readonly isPoll?: true;
  readonly reader: CallOptions['reader'];
  /** Absent if the operation isn't logged or measured. */
  readonly operationRecord?: OperationRecord | undefined;
}

/** Limit of the responses that one operation may read at a time. A single response may be larger. */
const MAX_HELD_MIB = 64;

export const tooManyAnswers = (): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `The operation reads more than ${MAX_HELD_MIB} MiB of upstream responses. Ask for fewer runs at once.`,
  );

/** Lifetime of an operation's response in caches: the minimum over the data that it read. */
export class AnswerLifetime {
  /** When it expires, in ms since 1970. Infinity until something limits it. */
  untilMs = Infinity;

  /** Shortens the lifetime. With 0, the response isn't cached. */
  limit(untilMs: number): void {
    this.untilMs = Math.min(this.untilMs, untilMs);
  }
}

/** Upstream calls and responses of one operation. A class, because closures would be created for each operation. */
export class CallBudget implements Rejections {
  readonly #maxCalls: number;
  #calls = 0;
  #wasStranger: boolean | undefined;
  #rejection: GatewayError | null = null;
  /** Values of the counted responses. A stale response is a copy with the same value. */
  readonly #held = new Set<unknown>();
  #heldBytes = 0;
  // Shared by all calls, because each stack trace is costly.
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

  /** Counts a response that the operation reads, once. Returns false beyond the limit, when it must not be read. */
  holds({ value, sizeBytes }: Pick<Snapshot<unknown>, 'value' | 'sizeBytes'>): boolean {
    if (this.#held.has(value)) return true;
    if (this.#heldBytes > 0 && this.#heldBytes + sizeBytes > MAX_HELD_MIB * 2 ** 20) return false;
    this.#held.add(value);
    this.#heldBytes += sizeBytes;
    return true;
  }
}
