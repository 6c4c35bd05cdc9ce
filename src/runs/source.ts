/** One kind of upstream call, defined once for all entries: how to fetch the answer, and how long it is fresh. */
import type { UpstreamEndpoint } from '../config/config.ts';
import type { CallOptions, UpstreamAnswer } from '../upstream/client.ts';
import type { Part, PartsEntry, Subject } from './entry.ts';
import type { Snapshot } from './snapshot.ts';

export interface Source<Entry extends PartsEntry, T> {
  readonly endpoint: UpstreamEndpoint;
  partOf(entry: Entry): Part<T>;
  fetch(entry: Entry, call: CallOptions): Promise<UpstreamAnswer<T>>;
  /**
   * Time after `fetchedAt` during which no other call is needed, in ms. Infinity if final, here and at other gateways.
   */
  lifetimeMs(snapshot: Snapshot<T>, entry: Entry): number;
  /** Answers to calls that were sent before are outdated, in ms since 1970. */
  validFrom?(entry: Entry): number;
  /** Compares a new answer with the previous one. */
  follow?(before: Snapshot<T>, snapshot: Snapshot<T>): void;
  /** Time for which other gateways may use the answer, in ms, if that is longer than its own lifetime. */
  readonly sharedMs?: number;
  /** Endpoint of another call of the entry, on whose answer the lifetime depends. */
  readonly related?: UpstreamEndpoint;
  /** Value cached in place of a 404. If absent, a 404 is an error. */
  readonly valueIfMissing?: T;
}

/** An answer that a reader wants. */
export interface Wanted<Entry extends PartsEntry, T> {
  readonly source: Source<Entry, T>;
  readonly subject: Subject<Entry>;
}

/** Name of a call, unique per viewer. Gateways share the answer under it. */
export const callName = (endpoint: UpstreamEndpoint, { name }: PartsEntry): string => `${endpoint} of ${name}`;

/** End of an answer's lifetime, in ms since 1970. */
export function endOf<Entry extends PartsEntry, T>(
  source: Source<Entry, T>,
  entry: Entry,
  snapshot: Snapshot<T>,
): number {
  const end = snapshot.fetchedAt + source.lifetimeMs(snapshot, entry);
  const validFrom = source.validFrom?.(entry) ?? 0;
  return snapshot.sentAt < validFrom ? Math.min(end, validFrom) : end;
}
