/** What a poller must know of the states that it reads, whatever they are of. */
import type { GatewayError } from '../../upstream/errors.ts';

export interface LiveState {
  /** From 1. It grows with each change, and with nothing else. */
  readonly sequence: number;
}

/** `Reading` is what one poll brings. */
export interface LiveStates<State extends LiveState, Reading> {
  /** The state after the latest one; null: the first. */
  follow(latest: State | null, reading: Reading): State | Promise<State>;
  /** The state while the upstream fails; null: there is none, and the poller ends with the error. */
  afterFault(latest: State | null, error: GatewayError): State | null;
  /** What a new subscriber gets of it. Throws where it may get nothing. */
  forNewcomer(state: State): State;
  /** True if both come from the same upstream calls. */
  isSameFetch(one: State, another: State): boolean;
  /** When its newest part was requested, in milliseconds since 1970. */
  requestedAt(state: State): number;
  /** True if the upstream could not be asked. */
  isStale(state: State): boolean;
  /** False if a part is missing or stale. */
  isWhole(state: State): boolean;
  /** True if nothing of it will ever change. */
  isFinal(state: State): boolean;
  /** When the next poll is due, in milliseconds since 1970. Until `untilMs` it would bring nothing newer. */
  dueMs(state: State, untilMs: number, liveTtlMs: number): number;
}
