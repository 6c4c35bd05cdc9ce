/**
 * Ports to the other gateways of a fleet: shared responses and writes. A single gateway shares no responses, and keeps
 * its own idempotency keys (`writes/idempotent-writes.ts`).
 */
import type { RunRef, Write, Written } from '../upstream/client.ts';
import type { Snapshot } from './snapshot.ts';
import type { Viewer } from '../auth/viewer.ts';

/**
 * Port of shared responses, below the cache of each gateway. Its failure costs one more upstream call, and nothing
 * else. Times are this gateway's, in ms since 1970.
 */
export interface SharedAnswers {
  /** Returns null if nothing can be shared now. */
  get(resource: Resource): Promise<SharedState | null>;
  /**
   * Takes the lease of the call. If another gateway has it, waits for that call: `again` if its response may be stored,
   * `alone` if each gateway must call on its own. Rejects with AbandonedError when the signal fires.
   */
  lease(resource: Resource, signal: AbortSignal): Promise<Lease | WaitOutcome>;
  /**
   * Withdraws a right after a denial: the viewer's, or the one to a workflow. From then on, no gateway serves shared
   * responses under it.
   */
  withdraw(viewer: Viewer, workflowId: string | null, hadRight: boolean): void;
  /** Registers `drop`, which is called when another gateway has withdrawn a right. */
  onWithdrawn(drop: (viewerId: string, workflowId: string | null) => void): void;
}

export type WaitOutcome = 'again' | 'alone';

/** What one upstream call returns to one viewer. */
export interface Resource {
  readonly viewer: Viewer;
  readonly workflowId: string;
  /** Unique among the viewer's resources. */
  readonly key: string;
}

/** State of a viewer and a resource, shared by all gateways. */
export interface SharedState {
  /** When the viewer's last successful call was sent by any gateway, or null if the right is withdrawn or unknown. */
  readonly successAt: number | null;
  /** Identifies the latest withdrawal of the viewer's right, or null. */
  readonly withdrawal: string | null;
  /** The same for the viewer's right to the workflow. */
  readonly workflowWithdrawal: string | null;
  /** Returns the shared response, or null if there is none that the viewer may read. */
  answer(): Promise<StoredAnswer | null>;
}

/** Permission to make a call whose response is shared. It expires if this gateway dies. */
export interface Lease {
  /** State after the lease was taken. */
  readonly state: SharedState;
  /**
   * Shares the response for `sharedMs` (Infinity if final) and releases the lease. Stores nothing if the lease was lost
   * or the right withdrawn. Only another call replaces this response. Never rejects.
   */
  put(answer: Called<unknown>, sharedMs: number): Promise<void>;
  release(outcome: WaitOutcome): void;
}

/** Response stored by another gateway, at least as new as its times say. */
export interface StoredAnswer {
  readonly sentAt: number;
  readonly fetchedAt: number;
  readonly isFinal: boolean;
  /** The upstream's bytes, or null for a 404. */
  readonly bytes: Buffer | null;
}

export interface Loaded<T> {
  readonly cached: Snapshot<T>;
  /** Whether the response proves the viewer's right. */
  readonly isProof: boolean;
  /** Whether an upstream call was made. */
  readonly wasCalled: boolean;
}

/** Response of a new upstream call. */
export interface Called<T> extends Loaded<T> {
  /** Bytes of the response, null for a 404, undefined if they can't be shared. */
  readonly body: Buffer | null | undefined;
}

export interface IdempotentWrites {
  /**
   * Calls `send` once per viewer, owner and key; later calls share its outcome. An error that proves that nothing
   * changed frees the key. Rejects with BAD_USER_INPUT if the key belongs to another write, and with RATE_LIMITED if
   * there are too many.
   */
  once(write: KeyedWrite, send: Send): Promise<Written>;
}

export interface KeyedWrite {
  readonly viewerId: string;
  /** Identity that `viewerId` is derived from. */
  readonly identity: string;
  readonly owner: string;
  readonly key: string;
  readonly endpoint: Write['endpoint'];
  /** Hash of the written data. */
  readonly fingerprint: string;
}

/** `keepUntil` sets when the key expires, in ms since 1970. It may be called before the promise settles. */
export type Send = (keepUntil: (untilMs: number) => void) => Promise<Written>;

/** Port of writes: one per key in the whole fleet, and changes made at any gateway. */
export interface SharedWrites extends IdempotentWrites {
  /** Shares for `ms` that the run was started. Resolves when other gateways can see it. Never rejects. */
  add(viewer: Viewer, ref: RunRef, ms: number): Promise<void>;
  /** Whether another gateway has added the run. */
  has(viewer: Viewer, ref: RunRef): Promise<boolean>;
  /** Tells the other gateways what a write has changed for the viewer. Never rejects. */
  announce(viewer: Viewer, change: Change): Promise<void>;
  /** Registers `hear`, which is called when another gateway has announced a change. */
  onChanged(hear: (viewerId: string, change: Change) => void): void;
}

/** A workflow's history has a new run, or one of its runs has changed. */
export interface Change {
  readonly workflowId: string;
  /** Run id, or null for a new run. */
  readonly runId: string | null;
}
