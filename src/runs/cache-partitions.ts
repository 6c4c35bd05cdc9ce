/**
 * One LRU cache of bytes, divided by viewer. A viewer's partition has its entries and the proof of its right to them:
 * evicting or dropping the partition evicts all its entries. Before a call of a viewer succeeded, nothing is kept of it.
 */
import { LRUCache } from 'lru-cache';
import { inPieces } from '../upstream/transport/in-pieces.ts';

/** Something fetched, with the clock readings (ms since 1970) that tell how far it can be trusted. */
export interface Cached<T> {
  readonly value: T;
  /** When the call was sent: the answer is at least as new as this. */
  readonly sentAt: number;
  readonly fetchedAt: number;
  readonly sizeBytes: number;
  /** Of another gateway's answer: how much later these times may have been. */
  readonly uncertaintyMs?: number;
  /** Another gateway has found it final: nothing of it will change. */
  readonly isFinal?: true;
}

export interface Partition {
  readonly viewerId: string;
  /** When the viewer's first successful call was sent, since it was dropped last; null before that. */
  firstSuccessAt: number | null;
  /** When the last one was sent. */
  lastSuccessAt: number | null;
}

export interface Placed<T> {
  readonly cached: Cached<T>;
  readonly partition: Partition;
}

export interface CachePartitions<T> {
  /** The viewer's partition: cached, or else leased, or else a new one that is not kept. Pass it to `put`. */
  of(viewerId: string): Partition;
  /** The same, but shared by all calls of the viewer until each has released it: dropping it reaches all of them. */
  lease(viewerId: string): Partition;
  release(partition: Partition): void;
  /** Records that a call sent then succeeded, and caches the partition. No effect after a drop. */
  proveRight(partition: Partition, sentAt: number): void;
  /** When the viewer's last successful call was sent; null where nothing is cached of the viewer. */
  lastSuccessAt(viewerId: string): number | null;

  get(viewerId: string, key: string): Cached<T> | undefined;
  /** The place that `find` takes. Compute it once for a long key: hashing takes a while. */
  placeOf(viewerId: string, key: string): string;
  /** Like `get`, with the entry's partition. */
  find(place: string): Placed<T> | undefined;
  /** Caches an entry. No effect if the partition is not cached (any more): then the right to the entry is in doubt. */
  put(viewerId: string, partition: Partition, key: string, cached: Cached<T>): void;
  remove(viewerId: string, key: string): void;
  /** Evicts all of the viewer (what is large is freed in pieces), and makes `proveRight` and `put` ineffective for calls that are under way. */
  drop(viewerId: string): void;
  /** Of all entries, overheads included. */
  readonly cachedBytes: number;
}

/** Measured on Node 24: an entry takes 370 bytes beside its value and key. */
const ENTRY_OVERHEAD_BYTES = 400;
/** Viewers whose right is known, also of a cache of 0 bytes. Each takes some 370 bytes. */
const MAX_VIEWERS = 20_000;

interface CachedPartition extends Partition {
  /** Places of its entries. */
  readonly places: Set<string>;
}

interface Entry<T> extends Placed<T> {
  readonly partition: CachedPartition;
}

interface LeasedPartition {
  readonly partition: CachedPartition;
  holders: number;
}

/** `onDrop` is called with the viewer's id after each `drop`. */
export function createCachePartitions<T>(
  maxBytes: number,
  onDrop: (viewerId: string) => void = () => undefined,
): CachePartitions<T> {
  /** By their places. */
  const entries = new LRUCache<string, Entry<T>>({
    // lru-cache reads 0 as "no bound", but here it means "cache nothing".
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ cached }, place) => cached.sizeBytes + ENTRY_OVERHEAD_BYTES + place.length,
    disposeAfter({ partition }, place, reason) {
      if (reason !== 'set') partition.places.delete(place);
    },
  });
  const viewers = new LRUCache<string, CachedPartition>({
    maxSize: MAX_VIEWERS,
    sizeCalculation: () => 1,
    // Not `dispose`, in which no cache must be changed.
    disposeAfter: (partition) => void inPieces(evicting(partition)),
  });
  /** Partitions of calls under way: no more than the upstream's bulkhead admits. */
  const leases = new Map<string, LeasedPartition>();

  /** A viewer may have hundreds of thousands. Until all are gone, `find` finds none of them. */
  function* evicting(partition: CachedPartition): Generator<void, void, void> {
    for (const place of partition.places) {
      // The viewer may have come back, and have another entry in this place.
      if (entries.peek(place)?.partition === partition) entries.delete(place);
      yield;
    }
  }

  const partitionOf = (viewerId: string): CachedPartition =>
    viewers.get(viewerId) ??
    leases.get(viewerId)?.partition ?? {
      viewerId,
      firstSuccessAt: null,
      lastSuccessAt: null,
      places: new Set<string>(),
    };

  function find(place: string): Entry<T> | undefined {
    const entry = entries.get(place);
    return entry && viewers.get(entry.partition.viewerId) === entry.partition ? entry : undefined;
  }

  const placeOf = (viewerId: string, key: string) => `${viewerId} ${key}`;

  return {
    of: partitionOf,
    lease(viewerId) {
      const lease = leases.get(viewerId) ?? { partition: partitionOf(viewerId), holders: 0 };
      lease.holders += 1;
      leases.set(viewerId, lease);
      return lease.partition;
    },
    release(partition) {
      const lease = leases.get(partition.viewerId);
      // After a drop there may be another lease of the same viewer.
      if (lease?.partition !== partition) return;
      lease.holders -= 1;
      if (lease.holders === 0) leases.delete(partition.viewerId);
    },
    proveRight(partition, sentAt) {
      const { viewerId } = partition;
      const current = viewers.get(viewerId) ?? leases.get(viewerId)?.partition;
      if (current !== partition) return;
      current.firstSuccessAt = Math.min(current.firstSuccessAt ?? sentAt, sentAt);
      current.lastSuccessAt = Math.max(current.lastSuccessAt ?? 0, sentAt);
      viewers.set(viewerId, current);
    },
    lastSuccessAt: (viewerId) => viewers.get(viewerId)?.lastSuccessAt ?? null,

    get: (viewerId, key) => find(placeOf(viewerId, key))?.cached,
    placeOf,
    find,
    put(viewerId, partition, key, cached) {
      const current = viewers.get(viewerId);
      if (!current || current !== partition) return;
      const place = placeOf(viewerId, key);
      current.places.add(place);
      entries.set(place, { cached, partition: current });
      if (!entries.has(place)) current.places.delete(place);
    },
    remove: (viewerId, key) => void entries.delete(placeOf(viewerId, key)),
    drop(viewerId) {
      leases.delete(viewerId);
      viewers.delete(viewerId);
      onDrop(viewerId);
    },
    get cachedBytes() {
      return entries.calculatedSize;
    },
  };
}
