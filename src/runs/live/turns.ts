/** Whose turn it is to poll what several gateways of a fleet watch: a run, or the runs of a workflow. */
import type { Viewer } from '../viewer.ts';

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
  /** The time between two polls, while it changes. */
  readonly intervalMs: number;
  /** `areOurs` has changed. */
  readonly onTurn: () => void;
  /** Another gateway has announced. */
  readonly onAnnounced: () => void;
}

export type JoinTurns = (listener: TurnsListener) => Turns;

/** `key` tells a poller from all others of the viewer. */
export type TurnsOf = (viewer: Viewer, key: string) => JoinTurns;

/** Of a gateway that shares with nobody. */
export const joinNobody: JoinTurns = () => ({ areOurs: true, announce: () => undefined, leave: () => undefined });
