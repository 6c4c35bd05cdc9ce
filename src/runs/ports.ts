/**
 * Ports to the other gateways of a fleet: shared answers, turns of pollers, and starts. A single gateway shares no
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

/** Port of shared answers, below the cache of each gateway. Its failure costs one more upstream call, nothing else. */
export interface SharedTier {
  load<T>(request: SharedRequest<T>): Promise<Loaded<T>>;
  /** Withdraws the viewer's right after a denial: no gateway serves shared answers of the viewer from then on. */
  withdraw(viewer: Viewer, hadRight: boolean): void;
  /** Registers `drop`. It is called with a viewer's id when another gateway has withdrawn that viewer's right. */
  onWithdrawn(drop: (viewerId: string) => void): void;
}

/** One load of a cache part, with callbacks into this gateway's cache. Times are this gateway's, in ms since 1970. */
export interface SharedRequest<T> {
  readonly viewer: Viewer;
  readonly key: string;
  /** Fires when no reader waits any more. */
  readonly signal: AbortSignal;
  /** Returns an answer that needs no call, or null. Called again after each wait for another gateway. */
  find(shared: SharedState): Promise<Loaded<T> | null>;
  call(): Promise<Called<T>>;
  /** Time for which other gateways may use the answer, in ms. Infinity if it is final. */
  sharedMs(cached: Snapshot<T>): number;
  /** Resolves when a load that may change `sharedMs` is over. Null if none is in progress. */
  related(): Promise<void> | null;
}

/** State of a viewer and a resource that all gateways share. */
export interface SharedState {
  /** Send time of the viewer's last successful call at any gateway. Null if the right is withdrawn or unknown. */
  readonly successAt: number | null;
  /** True if the right was withdrawn after a call sent at `sentAt`. The first success covers all cached answers. */
  isWithdrawnSince(sentAt: number): boolean;
  /** Returns the shared answer. Null if there is none that the viewer may read. */
  answer(): Promise<StoredAnswer | null>;
}

/** Answer stored by another gateway. */
export interface StoredAnswer {
  readonly sentAt: number;
  readonly fetchedAt: number;
  /** Uncertainty of both times: they may have been later by this much. */
  readonly uncertaintyMs: number;
  readonly isFinal: boolean;
  /** The upstream's bytes. Null for a 404. */
  readonly bytes: Buffer | null;
}

export interface Loaded<T> {
  readonly cached: Snapshot<T>;
  /** True if the answer proves the viewer's right. */
  readonly isProof: boolean;
  /** False if no upstream call was made. */
  readonly wasCalled: boolean;
}

/** Answer of a new upstream call. */
export interface Called<T> extends Loaded<T> {
  /** Bytes of the answer. Null for a 404, undefined if they cannot be shared. */
  readonly body: Buffer | null | undefined;
}

/** Port of turns: decides which gateway polls. `key` is unique among the viewer's pollers. */
export type TurnsOf = (viewer: Viewer, key: string) => JoinTurns;

export type JoinTurns = (listener: TurnsListener) => Turns;

export interface Turns {
  /** False while another gateway polls and announces its results. */
  readonly areOurs: boolean;
  /** Announces to the other gateways that new data may be available. */
  announce(): void;
  /** Ends all calls of the listener. `handsOver`: other gateways still watch, and one of them must poll at once. */
  leave(handsOver: boolean): void;
}

/** Listener of turns. Never called before `JoinTurns` has returned. */
export interface TurnsListener {
  /** Current time between two polls, in ms. It may change. */
  readonly intervalMs: number;
  /** Called when `areOurs` has changed. */
  readonly onTurn: () => void;
  /** Called when another gateway has announced new data. */
  readonly onAnnounced: () => void;
}

/** Default for a single gateway, which always polls itself. */
export const joinNobody: JoinTurns = () => ({ areOurs: true, announce: () => undefined, leave: () => undefined });

export interface IdempotentStarts {
  /**
   * Calls `send` once per viewer and key; later calls share its outcome. An error that proves that nothing started
   * frees the key. Rejects with BAD_USER_INPUT if the key belongs to another start, RATE_LIMITED if there is no room.
   */
  once(start: KeyedStart, send: Send): Promise<StartedRun>;
}

export interface KeyedStart {
  readonly viewerId: string;
  /** Identity from which `viewerId` is derived. */
  readonly identity: string;
  readonly key: string;
  readonly workflowId: string;
  readonly inputs: JsonObject;
}

/** `keepUntil` sets the time when the key ends, in ms since 1970. It may be called before the promise settles. */
export type Send = (keepUntil: (untilMs: number) => void) => Promise<StartedRun>;

/** Port of starts: one start per key in the whole fleet, and the runs started at any gateway. */
export interface SharedStarts extends IdempotentStarts {
  /** Shares for `ms` that the run was started. Resolves when other gateways can see it. Never rejects. */
  add(viewer: Viewer, ref: RunRef, ms: number): Promise<void>;
  /** True if another gateway has added the run. */
  has(viewer: Viewer, ref: RunRef): Promise<boolean>;
}
