/**
 * One LRU cache of bytes for the entries of all viewers. What pollers watch is pinned: it counts, and is not evicted. Nothing is cached
 * for a viewer of whom no call has succeeded.
 */
import { LRUCache } from 'lru-cache';
import { GatewayError } from '../upstream/errors.ts';
import type { CacheEntry, Failure, Part, Right } from './entry.ts';
import { Rights, type RightsOptions } from './rights.ts';
import type { Snapshot } from './snapshot.ts';

export interface ViewerCacheOptions extends RightsOptions {
  readonly maxBytes: number;
}

/** Measured on Node 24: a run takes 740 bytes next to its answers, its name and its key, of which two snapshots are 300. */
const ENTRY_OVERHEAD_BYTES = 440;
/** Entries that are freed at once, when a viewer is dropped and at each later entry. Also those that are left can't be found. */
const FREED_AT_ONCE = 10_000;
const FREED_AT_A_TIME = 100;
/** The part of the cache that pollers may pin, and the least: a small cache, too, must be able to watch small runs. */
const PINNED_SHARE = 1 / 4;
const MIN_PINNED_BYTES = 4 * 2 ** 20;
/** The key of the LRU entry that counts the pinned bytes. Other keys begin with a generation. */
const PINNED = 'pinned';

export class ViewerCache extends Rights {
  readonly maxPinnedBytes: number;
  readonly #maxBytes: number;
  readonly #entries: LRUCache<string, CacheEntry | typeof PINNED>;
  /** Keys of dropped rights that are still to be freed. */
  readonly #unreachable: Set<string>[] = [];
  #pinnedBytes = 0;

  constructor({ maxBytes, ...rights }: ViewerCacheOptions) {
    super(rights);
    // lru-cache reads 0 as "no bound", but here it means "cache nothing".
    this.#maxBytes = Math.max(1, maxBytes);
    this.maxPinnedBytes = Math.max(MIN_PINNED_BYTES, Math.floor(this.#maxBytes * PINNED_SHARE));
    this.#entries = new LRUCache({
      maxSize: this.#maxBytes,
      dispose(entry, key, reason) {
        if (entry === PINNED) return;
        entry.right.keys.delete(key);
        // A load may still use it.
        if (reason === 'evict') entry.clear();
      },
    });
  }

  /** A name implies the type of its entry. */
  find(right: Right, name: string): CacheEntry | undefined {
    const used = right.inUse.size > 0 ? right.inUse.get(name) : undefined;
    return used ?? (this.#entries.get(right.keyOf(name)) as CacheEntry | undefined);
  }

  /** Counts an entry whose parts have changed. False: it is not cached, since the right is not proven or there is no room. */
  keep(entry: CacheEntry): boolean {
    const { right } = entry;
    if (right.isDropped || right.lastSuccessAt === null) return false;
    this.#free(FREED_AT_A_TIME);
    const { key } = entry;
    // Also where it stays: lru-cache does not count the same value anew.
    this.#entries.delete(key);
    const bytes = bytesOf(entry, key);
    if (entry.pins > 0) {
      const isPinned = this.#countPinned(entry, bytes);
      entry.lacksRoom ||= !isPinned;
      if (isPinned) return true;
    }
    if (bytes === 0) return true;
    if (bytes > this.#maxBytes - this.#pinnedBytes) return false;
    // What pollers watch is used: others are evicted for a new entry.
    this.#entries.get(PINNED);
    this.#entries.set(key, entry, { size: bytes });
    right.keys.add(key);
    return true;
  }

  /** Caches an answer in place of the one before, and a failure. No effect where the entry can't be cached with them. */
  put<T>(entry: CacheEntry, part: Part<T>, snapshot: Snapshot<T> | null, failure: Failure | null = null): void {
    part.snapshot = snapshot;
    part.failure = failure;
    if (this.keep(entry)) return;
    part.snapshot = part.failure = null;
    this.keep(entry);
  }

  /** A load begins: until it ends, all reads get this entry. Call `leave`, too. */
  use(entry: CacheEntry): void {
    entry.loads += 1;
    this.#enter(entry);
  }

  leave(entry: CacheEntry): void {
    entry.loads -= 1;
    this.#exit(entry);
  }

  /** A poller watches the entry, from now on pinned: it is not evicted, as long as there is room. Call `unpin`, too. */
  pin(entry: CacheEntry): void {
    entry.pins += 1;
    entry.lacksRoom = false;
    this.#enter(entry);
    this.keep(entry);
  }

  unpin(entry: CacheEntry): void {
    entry.pins -= 1;
    if (entry.pins > 0) return;
    this.#countPinned(entry, 0);
    if (!this.keep(entry)) entry.clear();
    this.#exit(entry);
  }

  /** Throws RATE_LIMITED where what pollers watch has no room for the entry. */
  checkPinned(entry: CacheEntry): void {
    if (entry.lacksRoom) throw this.#noRoom();
  }

  /** Counts bytes that a poller keeps outside an entry; negative: it keeps less. Throws RATE_LIMITED where there is no room. */
  reserve(bytes: number): void {
    if (!this.#reserve(bytes)) throw this.#noRoom();
  }

  /** Of all entries, overheads included, and of what pollers keep. */
  get cachedBytes(): number {
    return this.#entries.calculatedSize - Math.min(this.#pinnedBytes, this.#maxBytes) + this.#pinnedBytes;
  }

  /** Those who wait for a call of before still share it, and get its answer. It is cached for nobody. */
  protected override replaced(right: Right, next: Right): void {
    for (const entry of right.inUse.values()) {
      this.#countPinned(entry, 0);
      this.#entries.delete(entry.key);
      entry.moveTo(next);
      next.inUse.set(entry.name, entry);
    }
    right.inUse.clear();
    this.#unreachable.push(right.keys);
    this.#free(FREED_AT_ONCE);
  }

  /** Frees entries that can't be found any more. A viewer may have hundreds of thousands: the event loop must not wait for all. */
  #free(count: number): void {
    let left = count;
    for (let keys = this.#unreachable.at(-1); keys; keys = this.#unreachable.at(-1)) {
      for (const key of keys) {
        if (left === 0) return;
        left -= 1;
        this.#entries.delete(key);
        keys.delete(key);
      }
      this.#unreachable.pop();
    }
  }

  #enter(entry: CacheEntry): void {
    entry.right.inUse.set(entry.name, entry);
    this.share(entry.right);
  }

  #exit({ right, name, loads, pins }: CacheEntry): void {
    if (loads + pins > 0) return;
    right.inUse.delete(name);
    this.release(right);
  }

  /** False, and nothing is counted for it, where there is no room. */
  #countPinned(entry: CacheEntry, bytes: number): boolean {
    const hasRoom = this.#reserve(bytes - entry.pinnedBytes);
    if (!hasRoom) this.#reserve(-entry.pinnedBytes);
    entry.pinnedBytes = hasRoom ? bytes : 0;
    return hasRoom;
  }

  #reserve(bytes: number): boolean {
    if (bytes === 0) return true;
    if (bytes > 0 && this.#pinnedBytes + bytes > this.maxPinnedBytes) return false;
    this.#pinnedBytes += bytes;
    this.#entries.delete(PINNED);
    const size = Math.min(this.#pinnedBytes, this.#maxBytes);
    if (size > 0) this.#entries.set(PINNED, PINNED, { size });
    return true;
  }

  #noRoom(): GatewayError {
    const mebibytes = Math.floor(this.maxPinnedBytes / 2 ** 20);
    return new GatewayError(
      'RATE_LIMITED',
      `limit of ${mebibytes} MiB for all watched runs reached; watch fewer or smaller ones, or raise CACHE_MAX_BYTES (a quarter of it)`,
      { retryable: false },
    );
  }
}

/** 0: nothing is worth an entry. */
function bytesOf(entry: CacheEntry, key: string): number {
  const bytes = entry.sizeBytes();
  return bytes === 0 ? 0 : bytes + ENTRY_OVERHEAD_BYTES + key.length + entry.name.length;
}
