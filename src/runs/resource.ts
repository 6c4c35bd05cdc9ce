/** Resources of the upstream, and the cache through which they are read. */
import type { UpstreamEndpoint } from '../config/config.ts';
import type { CallOptions, UpstreamAnswer } from '../upstream/client.ts';
import type { Cached, Partition } from './cache-partitions.ts';
import type { Denied } from './denials.ts';
import type { ReadContext } from './read-context.ts';
import type { Viewer } from './viewer.ts';

/** One thing that the upstream can be asked for. */
export interface Resource<T> {
  /** Unique among all resources of a viewer. */
  readonly key: string;
  readonly endpoint: UpstreamEndpoint;
  /** The workflow that it belongs to; empty for the list of workflows. */
  readonly workflowId: string;
  fetch(call: CallOptions): Promise<UpstreamAnswer<T>>;
  /** For how long after `fetchedAt` it needs no other call: Infinity for what will never change, here and at other gateways. */
  lifetimeMs(cached: Cached<T>): number;
  /** For how long others may want it, where that is longer than its own lifetime. */
  readonly sharedMs?: number;
  /** A resource on which its lifetime depends. */
  readonly related?: string;
  /** Cached in place of a 404. Absent: a 404 is an error. */
  readonly valueIfMissing?: T;
}

export interface Served<T> {
  readonly cached: Cached<T>;
  /** Why the last good answer is served in place of a new one; null when it is not. */
  readonly staleReason: string | null;
}

export interface ResourceCache {
  get<T>(resource: Resource<T>, operation: ReadContext): Promise<Served<T>>;
  /** What `get` would answer, if that needs no call and no waiting; null else. */
  getCached<T>(resource: Resource<T>, operation: ReadContext): Served<T> | null;
  /** The cached answer, fresh or not. */
  peek<T>(viewer: Viewer, resource: Resource<T>): Cached<T> | undefined;
  /** The cached answer while its lifetime lasts, whatever the right to it, and the end of that in ms since 1970. */
  peekFresh<T>(viewer: Viewer, resource: Resource<T>): { readonly cached: Cached<T>; readonly untilMs: number } | null;
  /** Caches a resource that came inside another one, if that is still cached and nothing newer is. */
  offer<T>(viewer: Viewer, resource: Resource<T>, part: Cached<T>, whole: Resource<unknown>): void;
  /** A 401 or 403 evicts everything of the viewer, unless it is the same 403 as before: of an endpoint of a workflow that was not allowed since. */
  deny(viewer: Viewer, error: unknown, denied: Denied): void;
  /** The viewer was allowed what is not cached: another 403 of it is news. */
  allow(viewer: Viewer, allowed: Denied): void;
  /** Makes a call whose answer is not cached. Its success proves the right of the viewer, as that of any call. */
  prove<T>(viewer: Viewer, call: () => Promise<T>): Promise<T>;
  /** What an upstream call has to say of its caller. */
  identityOf(viewer: Viewer): Pick<CallOptions, 'viewerId' | 'credential' | 'scope' | 'isAccepted'>;
  /** True if the gateway accepted the key of the viewer, or the upstream did at an earlier call. */
  readonly isAccepted: (viewerId: string) => boolean;
  /** True while cached answers may be served to the viewer without a call. */
  hasProvenRight(viewer: Viewer): boolean;
  /** Until when that is, in ms since 1970; 0: not at all. */
  rightUntil(viewer: Viewer): number;
  /** The same, for the viewer of an entry's partition. */
  rightToPartition(partition: Partition): number;
}
