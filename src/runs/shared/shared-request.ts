/** One load of a resource through the shared tier: what the resource cache offers, and what it gets. */
import type { Snapshot } from '../snapshot.ts';
import type { Viewer } from '../viewer.ts';
import type { StoredAnswer } from './stored-answer.ts';

/** Times are this gateway's, in milliseconds since 1970. */
export interface SharedRequest<T> {
  readonly viewer: Viewer;
  readonly key: string;
  /** Fires when nobody waits any more. */
  readonly signal: AbortSignal;
  /** A call that was sent then has succeeded at another gateway. */
  proveRight(sentAt: number): void;
  /**
   * When the first call that succeeded here was sent, since the viewer was evicted last; null: none has. A later success says nothing
   * of what was cached before it: that may be denied by now.
   */
  readonly provenSince: () => number | null;
  /** The right was withdrawn at another gateway: evicts all of the viewer. */
  drop(): void;
  /** What may be served by now without a call. */
  current(): Loaded<T> | null;
  /** Null for what can't be read, or is too old. */
  accept(stored: StoredAnswer): Promise<Snapshot<T> | null>;
  call(): Promise<Called<T>>;
  /** For how long others may have it; Infinity: it is final. */
  sharedMs(cached: Snapshot<T>): number;
  /** Resolves when that may have changed; null: it will not. */
  related(): Promise<void> | null;
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
