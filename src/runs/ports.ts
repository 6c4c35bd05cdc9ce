/**
 * What the gateways of a fleet share, as `runs/` sees it: answers of the upstream, turns of pollers, and starts. A gateway alone shares no
 * answers, always has the turn (`joinNobody`), and keeps the keys of its own starts (`starts/idempotent-starts.ts`).
 */
import type { JsonObject } from '../domain/types.ts';
import type { RunRef } from '../upstream/client.ts';
import type { StartedRun } from '../upstream/contract.ts';
import type { Snapshot } from './snapshot.ts';
import type { Viewer } from './viewer.ts';

export interface SharedPorts {
  readonly answers: SharedTier;
  readonly turnsOf: TurnsOf;
  readonly starts: SharedStarts;
}

/** Port of answers: below the cache of each gateway. A failure here costs one more upstream call, and nothing else. */
export interface SharedTier {
  load<T>(request: SharedRequest<T>): Promise<Loaded<T>>;
  /** The upstream has denied the viewer: from now on no gateway serves a shared answer of the viewer. */
  withdraw(viewer: Viewer, hadRight: boolean): void;
  /** `drop` is called with a viewer's id when another gateway has withdrawn the viewer's right. */
  onWithdrawn(drop: (viewerId: string) => void): void;
}

/** One load of a resource: what the resource cache does with it. Times are this gateway's, in milliseconds since 1970. */
export interface SharedRequest<T> {
  readonly viewer: Viewer;
  readonly key: string;
  /** Fires when nobody waits any more. */
  readonly signal: AbortSignal;
  /** What may be served without a call; null: a call is needed. Called again after each wait for another gateway. */
  find(shared: SharedState): Promise<Loaded<T> | null>;
  call(): Promise<Called<T>>;
  /** For how long others may have it; Infinity: it is final. */
  sharedMs(cached: Snapshot<T>): number;
  /** Resolves when that may have changed; null: it will not. */
  related(): Promise<void> | null;
}

/** What all gateways know of the viewer and the resource. */
export interface SharedState {
  /** When the viewer's last successful call was sent, at any gateway; null: the right is withdrawn, or not known. */
  readonly successAt: number | null;
  /**
   * Whether the right was withdrawn after a call that was sent then. To be asked of the first success since the viewer was evicted: a
   * later one says nothing of what was cached before it, which may be denied by now.
   */
  isWithdrawnSince(sentAt: number): boolean;
  /** Null: there is none that the viewer has a right to. */
  answer(): Promise<StoredAnswer | null>;
}

/** An answer that another gateway has stored. */
export interface StoredAnswer {
  readonly sentAt: number;
  readonly fetchedAt: number;
  /** How much later both may have been. */
  readonly uncertaintyMs: number;
  readonly isFinal: boolean;
  /** The upstream's bytes. Null: the upstream has nothing by this id. */
  readonly bytes: Buffer | null;
}

export interface Loaded<T> {
  readonly cached: Snapshot<T>;
  /** Whether it proves the viewer's right. */
  readonly isProof: boolean;
  /** False: no upstream call was made for it. */
  readonly wasCalled: boolean;
}

/** What the upstream has answered. */
export interface Called<T> extends Loaded<T> {
  /** Null: it has nothing by this id. Undefined: it can't be shared. */
  readonly body: Buffer | null | undefined;
}

/** Port of turns, by what tells a poller from all others of the viewer: which gateway polls what several of them watch. */
export type TurnsOf = (viewer: Viewer, key: string) => JoinTurns;

export type JoinTurns = (listener: TurnsListener) => Turns;

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

/** The default: this gateway polls by itself. */
export const joinNobody: JoinTurns = () => ({ areOurs: true, announce: () => undefined, leave: () => undefined });

export interface IdempotentStarts {
  /**
   * Calls `send` unless the viewer has used the key: then the outcome of that start, also while it is under way. An error that
   * says that nothing started frees the key. Rejects with BAD_USER_INPUT where the key was used for another start, and
   * with RATE_LIMITED where there is no room.
   */
  once(start: KeyedStart, send: Send): Promise<StartedRun>;
}

export interface KeyedStart {
  readonly viewerId: string;
  /** What the id is derived from. */
  readonly identity: string;
  readonly key: string;
  readonly workflowId: string;
  readonly inputs: JsonObject;
}

/** `keepUntil` may be called before it settles: the key ends then, in milliseconds since 1970. */
export type Send = (keepUntil: (untilMs: number) => void) => Promise<StartedRun>;

/** Port of starts: one start for each key in the whole fleet, and the runs that were started at any gateway. */
export interface SharedStarts extends IdempotentStarts {
  /** For `ms` other gateways know that the run was started. Resolves when they do. Never rejects. */
  add(viewer: Viewer, ref: RunRef, ms: number): Promise<void>;
  /** Whether another gateway has added it. */
  has(viewer: Viewer, ref: RunRef): Promise<boolean>;
}
