/** One kind of upstream call, defined once for all entries: how to fetch the response, and how long it is fresh. */
import type { UpstreamEndpoint } from '../config/config.ts';
import type { CallOptions, UpstreamAnswer } from '../upstream/client.ts';
import type { Part, PartsEntry, Subject } from './entry.ts';
import type { Snapshot } from './snapshot.ts';

export interface Source<Entry extends PartsEntry, T> {
  readonly endpoint: UpstreamEndpoint;
  partOf(entry: Entry): Part<T>;
  fetch(entry: Entry, call: CallOptions): Promise<UpstreamAnswer<T>>;
  /** How long after `fetchedAt` no other call is needed, in ms. Infinity if final, here and at other gateways. */
  lifetimeMs(snapshot: Snapshot<T>, entry: Entry): number;
  /** Responses to calls sent before this time are outdated, in ms since 1970. */
  validFrom?(entry: Entry): number;
  /** Compares a new response with the previous one. */
  follow?(before: Snapshot<T>, snapshot: Snapshot<T>): void;
  /** How long other gateways may use the response, in ms, if longer than its own lifetime. */
  readonly sharedMs?: number;
  /** Endpoint of another call of the entry, on whose response the lifetime depends. */
  readonly related?: UpstreamEndpoint;
  /** Value cached for a 404. If absent, a 404 is an error. */
  readonly valueIfMissing?: T;
}

/** A response that a reader wants. */
export interface Wanted<Entry extends PartsEntry, T> {
  readonly source: Source<Entry, T>;
  readonly subject: Subject<Entry>;
}

/** Name of a call, unique per viewer, under which gateways share the response. */
export const callName = (endpoint: UpstreamEndpoint, { name }: PartsEntry): string => `${endpoint} of ${name}`;

/** When a response's lifetime ends, in ms since 1970. */
export function endOf<Entry extends PartsEntry, T>(
  source: Source<Entry, T>,
  entry: Entry,
  snapshot: Snapshot<T>,
): number {
  const end = snapshot.fetchedAt + source.lifetimeMs(snapshot, entry);
  const validFrom = source.validFrom?.(entry) ?? 0;
  return snapshot.sentAt < validFrom ? Math.min(end, validFrom) : end;
}
