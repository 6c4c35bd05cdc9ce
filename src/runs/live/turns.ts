/** Whose turn it is to poll a run that several gateways of a fleet watch. */

export interface Turns {
  /** False while another gateway polls, and announces what it has read. */
  readonly areOurs: boolean;
  /** Tells the other gateways that there may be something new to read. */
  announce(): void;
  /** No listener is called any more. `handsOver`: the others go on watching, and one of them is to poll at once. */
  leave(handsOver: boolean): void;
}

/** Never called before `JoinTurns` has returned. */
export interface TurnsListener {
  /** The time between two polls, while the run changes. */
  readonly intervalMs: number;
  /** `areOurs` has changed. */
  readonly onTurn: () => void;
  /** Another gateway has announced. */
  readonly onAnnounced: () => void;
}

export type JoinTurns = (listener: TurnsListener) => Turns;

/** Of a gateway that shares with nobody. */
export const joinNobody: JoinTurns = () => ({ areOurs: true, announce: () => undefined, leave: () => undefined });
