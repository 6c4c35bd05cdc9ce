/** One kind of upstream call, made once for all entries: how its answer is fetched, and for how long it is fresh. */
import type { UpstreamEndpoint } from '../config/config.ts';
import type { CallOptions, UpstreamAnswer } from '../upstream/client.ts';
import type { Part, PartsEntry } from './entry.ts';
import type { Snapshot } from './snapshot.ts';

export interface Source<Entry extends PartsEntry, T> {
  readonly endpoint: UpstreamEndpoint;
  /** The name of the answer where gateways share it: unique among all of a viewer. */
  nameOf(entry: Entry): string;
  partOf(entry: Entry): Part<T>;
  fetch(entry: Entry, call: CallOptions): Promise<UpstreamAnswer<T>>;
  /** For how long after `fetchedAt` it needs no other call: Infinity for what will never change, here and at other gateways. */
  lifetimeMs(snapshot: Snapshot<T>, entry: Entry): number;
  /** Compares a new answer with the one before. */
  follow?(before: Snapshot<T>, snapshot: Snapshot<T>): void;
  /** For how long others may want it, where that is longer than its own lifetime. */
  readonly sharedMs?: number;
  /** Another part of the entry, on which its lifetime depends. */
  related?(entry: Entry): Part<unknown>;
  /** Cached in place of a 404. Absent: a 404 is an error. */
  readonly valueIfMissing?: T;
}

/** When the lifetime of an answer ends, in milliseconds since 1970. */
export const endOf = <Entry extends PartsEntry, T>(
  source: Source<Entry, T>,
  entry: Entry,
  snapshot: Snapshot<T>,
): number => snapshot.fetchedAt + source.lifetimeMs(snapshot, entry);
