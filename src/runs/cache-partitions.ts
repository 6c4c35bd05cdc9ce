/**
 * What is cached, viewer by viewer, within one bound of bytes. A partition is all that is cached for one viewer and the proof
 * of its right to it: taking the partition away takes everything at once.
 */
import { LRUCache } from 'lru-cache';

/** Something fetched, with the clock readings (ms since 1970) that tell how far it can be trusted. */
export interface Cached<T> {
  readonly value: T;
  /** When the call was sent: the answer is at least as new as this. */
  readonly sentAt: number;
  readonly fetchedAt: number;
  readonly sizeBytes: number;
}

export interface Partition {
  /** When the viewer's last successful call was sent; null before the first. */
  lastSuccessAt: number | null;
  readonly keys: Set<string>;
}

export interface Placed<T> {
  readonly cached: Cached<T>;
  readonly partition: Partition;
}

export interface CachePartitions<T> {
  /** The viewer's partition, new if there is none. A call keeps it, to see whether it was taken away meanwhile. */
  of(viewerId: string): Partition;
  get(viewerId: string, key: string): Cached<T> | undefined;
  /** What `find` takes: to be made once for what is looked for often, since a long key takes a while to hash. */
  placeOf(viewerId: string, key: string): string;
  /** The same as `get`, with the partition that it stands on. */
  find(place: string): Placed<T> | undefined;
  /** Notes that a call sent then succeeded. Like `put`, in vain on a partition that was taken away since. */
  proveRight(partition: Partition, sentAt: number): void;
  /** Puts it on the partition, unless that was taken away since: then the right to it is in doubt. */
  put(viewerId: string, partition: Partition, key: string, cached: Cached<T>): void;
  remove(viewerId: string, key: string): void;
  drop(viewerId: string): void;
  readonly cachedBytes: number;
}

const MAX_VIEWERS = 100_000;
/** The record around a value, its key in two maps and their slots: measured at about 400 bytes. */
const ENTRY_OVERHEAD_BYTES = 400;

export function createCachePartitions<T>(maxBytes: number): CachePartitions<T> {
  const entries = new LRUCache<string, Placed<T>>({
    // lru-cache reads 0 as "no bound", but here it means "hold nothing".
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ cached }) => cached.sizeBytes + ENTRY_OVERHEAD_BYTES,
    dispose: ({ partition }, place) => partition.keys.delete(place),
  });
  const partitions = new LRUCache<string, Partition>({
    max: MAX_VIEWERS,
    dispose: (partition) => {
      for (const place of [...partition.keys]) entries.delete(place);
    },
  });
  const placeOf = (viewerId: string, key: string) => `${viewerId} ${key}`;

  return {
    of(viewerId) {
      const known = partitions.get(viewerId);
      if (known) return known;
      const partition: Partition = { lastSuccessAt: null, keys: new Set() };
      partitions.set(viewerId, partition);
      return partition;
    },
    placeOf,
    get: (viewerId, key) => entries.get(placeOf(viewerId, key))?.cached,
    find: (place) => entries.get(place),
    proveRight(partition, sentAt) {
      partition.lastSuccessAt = Math.max(partition.lastSuccessAt ?? 0, sentAt);
    },
    put(viewerId, partition, key, cached) {
      if (partitions.peek(viewerId) !== partition) return;
      const place = placeOf(viewerId, key);
      entries.set(place, { cached, partition });
      if (entries.has(place)) partition.keys.add(place);
    },
    remove: (viewerId, key) => void entries.delete(placeOf(viewerId, key)),
    drop: (viewerId) => void partitions.delete(viewerId),
    get cachedBytes() {
      return entries.calculatedSize;
    },
  };
}
