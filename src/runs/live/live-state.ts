/** Interface between a poller and the states that it reads. */
import type { GatewayError } from '../../upstream/errors.ts';

export interface LiveState {
  /** Starts at 1 and grows with each change, and only then. */
  readonly sequence: number;
}

/** `Reading` is the result of one poll. */
export interface LiveStates<State extends LiveState, Reading> {
  /** Returns the state after `latest`, which is null before the first. */
  follow(latest: State | null, reading: Reading): State | Promise<State>;
  /** Returns the state while the upstream fails. Null ends the poller with the error. */
  afterFault(latest: State | null, error: GatewayError): State | null;
  /** Returns the state for a new subscriber. Throws if it may get nothing. */
  forNewcomer(state: State): State;
  /** True if both come from the same upstream calls. */
  isSameFetch(one: State, another: State): boolean;
  /** True if the upstream failed and a part is not current. */
  isStale(state: State): boolean;
  /** False if a part is missing or stale. */
  isWhole(state: State): boolean;
  /** True if the state will never change. */
  isFinal(state: State): boolean;
  /** Time of the next poll, in ms since 1970. A poll before `untilMs` would bring nothing newer. */
  dueMs(state: State, untilMs: number, liveTtlMs: number): number;
}
