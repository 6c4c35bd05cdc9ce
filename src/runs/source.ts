/** One kind of upstream call: made once for all entries, which are passed in. */
import type { UpstreamEndpoint } from '../config/config.ts';
import type { CallOptions, UpstreamAnswer } from '../upstream/client.ts';
import type { Part, PartsEntry, Snapshot } from './entry.ts';
import type { Right } from './viewer-cache.ts';

/** `Ref` names what is read, `Entry` caches it, and `T` is what the upstream answers. */
export interface Source<Ref, Entry extends PartsEntry, T> {
  readonly endpoint: UpstreamEndpoint;
  /** Unique among all of a viewer: the name of the answer where gateways share it. */
  nameOf(ref: Ref): string;
  /** The cached entry, or a new one. */
  entryOf(right: Right, ref: Ref): Entry;
  partOf(entry: Entry): Part<T>;
  fetch(ref: Ref, call: CallOptions): Promise<UpstreamAnswer<T>>;
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
