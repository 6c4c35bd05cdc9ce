/**
 * LRU cache, bounded in bytes, for the entries of all viewers. Entries that pollers watch are pinned: they count and
 * are not evicted. A viewer without a successful call has no cached entries.
 */
import { LRUCache } from 'lru-cache';
import { GatewayError } from '../upstream/errors.ts';
import type { CacheEntry, Failure, Part, Right } from './entry.ts';
import { Rights, type RightsOptions } from './rights.ts';
import type { Snapshot } from './snapshot.ts';

export interface ViewerCacheOptions extends RightsOptions {
  readonly maxBytes: number;
}

/** Measured on Node 24: 740 bytes per run, without answers, name and key. Two snapshots count 300 of them. */
const ENTRY_OVERHEAD_BYTES = 440;
/** Entries freed when a viewer is dropped, and at each later insertion. The remaining ones are unreachable. */
const FREED_AT_ONCE = 10_000;
const FREED_AT_A_TIME = 100;
/** Share of the cache that pollers may pin, and its minimum: a small cache must also be able to watch small runs. */
const PINNED_SHARE = 1 / 4;
const MIN_PINNED_BYTES = 4 * 2 ** 20;
/** Key of the LRU entry that counts the pinned bytes. Other keys begin with a generation. */
const PINNED = 'pinned';

export class ViewerCache extends Rights {
  readonly maxPinnedBytes: number;
  readonly #maxBytes: number;
  readonly #entries: LRUCache<string, CacheEntry | typeof PINNED>;
  /** Keys of dropped rights, not yet freed. */
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
        // A load may still use the evicted entry, whose bytes no longer count.
        if (reason === 'evict') entry.clear();
      },
    });
  }

  /** Returns the entry in use, or the cached one. The name determines its type. */
  find(right: Right, name: string): CacheEntry | undefined {
    const used = right.inUse.size > 0 ? right.inUse.get(name) : undefined;
    return used ?? (this.#entries.get(right.keyOf(name)) as CacheEntry | undefined);
  }

  /**
   * Counts an entry whose parts have changed. False if it is not cached: the right is not proven, or there is no room.
   */
  keep(entry: CacheEntry): boolean {
    const { right } = entry;
    if (right.isDropped || right.lastSuccessAt === null) return false;
    this.#free(FREED_AT_A_TIME);
    const { key } = entry;
    // lru-cache does not count the same value anew, so the entry is removed first.
    this.#entries.delete(key);
    const bytes = bytesOf(entry, key);
    if (entry.pins > 0) {
      const isPinned = this.#countPinned(entry, bytes);
      entry.lacksRoom ||= !isPinned;
      if (isPinned) return true;
    }
    if (bytes === 0) return true;
    if (bytes > this.#maxBytes - this.#pinnedBytes) return false;
    // Pinned entries count as recently used, so that other entries are evicted.
    this.#entries.get(PINNED);
    this.#entries.set(key, entry, { size: bytes });
    right.keys.add(key);
    return true;
  }

  /**
   * Stores an answer and a failure in place of the previous ones. Clears both if the entry cannot be cached with them.
   */
  put<T>(entry: CacheEntry, part: Part<T>, snapshot: Snapshot<T> | null, failure: Failure | null = null): void {
    part.snapshot = snapshot;
    part.failure = failure;
    if (this.keep(entry)) return;
    part.snapshot = part.failure = null;
    this.keep(entry);
  }

  /** Begins a load: all reads get this entry until it ends. Call `leave` afterwards. */
  use(entry: CacheEntry): void {
    entry.loads += 1;
    this.#enter(entry);
  }

  leave(entry: CacheEntry): void {
    entry.loads -= 1;
    this.#exit(entry);
  }

  /** Pins the entry for a poller: it is not evicted while there is room. Call `unpin` afterwards. */
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

  /** Throws RATE_LIMITED if the pinned bytes leave no room for the entry. */
  checkPinned(entry: CacheEntry): void {
    if (entry.lacksRoom) throw this.#noRoom();
  }

  /** Reserves bytes outside entries; a negative number releases them. Throws RATE_LIMITED if there is no room. */
  reserve(bytes: number): void {
    if (!this.#reserve(bytes)) throw this.#noRoom();
  }

  /** Bytes of all entries, overheads included, and of the data of pollers. */
  get cachedBytes(): number {
    return this.#entries.calculatedSize - Math.min(this.#pinnedBytes, this.#maxBytes) + this.#pinnedBytes;
  }

  /** Moves entries in use to the next right. Readers of calls in progress still get the answers, uncached. */
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

  /** Frees unreachable entries. A viewer may have hundreds of thousands, and the event loop must not wait for all. */
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

  /** False if there was not enough room. No bytes are reserved for the entry then. */
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
      `limit of ${mebibytes} MiB for all watched runs reached; watch fewer or smaller runs, or raise CACHE_MAX_BYTES`,
      { retryable: false },
    );
  }
}

function bytesOf(entry: CacheEntry, key: string): number {
  const bytes = entry.sizeBytes();
  return bytes === 0 ? 0 : bytes + ENTRY_OVERHEAD_BYTES + key.length + entry.name.length;
}
