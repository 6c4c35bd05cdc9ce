/**
 * LRU cache, bounded in bytes, for the entries of all viewers. Data watched by subscriptions is reserved: it counts,
 * and isn't evicted. Nothing is cached for a viewer without a successful call.
 */
import { LRUCache } from 'lru-cache';
import { GatewayError } from '../upstream/errors.ts';
import {
  FORBIDDEN,
  Forbidden,
  type CacheEntry,
  type Entries,
  type EntriesKey,
  type Failure,
  type Part,
  type PartsEntry,
  type Right,
  type Subject,
} from './entry.ts';
import { Rights, type Asked, type RightsOptions } from './rights.ts';
import type { Snapshot } from './snapshot.ts';

export interface ViewerCacheOptions extends RightsOptions {
  readonly maxBytes: number;
}

/** Measured on Node 24: 800 bytes per run, besides responses and name. Two snapshots count 360 of them. */
const ENTRY_OVERHEAD_BYTES = 440;
/** Entries freed on a drop, and on each later insertion. The remaining ones are unreachable. */
const FREED_AT_ONCE = 10_000;
const FREED_AT_A_TIME = 100;
/** Share of the cache that may be reserved, and its minimum, so that even a small cache can watch small runs. */
const RESERVED_SHARE = 1 / 4;
const MIN_RESERVED_BYTES = 4 * 2 ** 20;
/** LRU entry that counts the reserved bytes. */
const RESERVED = 'reserved';

export class ViewerCache extends Rights {
  readonly maxReservedBytes: number;
  readonly #maxBytes: number;
  /** Bytes of each entry. */
  readonly #sizes: LRUCache<CacheEntry | typeof RESERVED, number>;
  /** Dropped entries that haven't been freed yet. */
  readonly #unreachable: Entries[] = [];
  #reservedBytes = 0;

  constructor({ maxBytes, ...rights }: ViewerCacheOptions) {
    super(rights);
    // lru-cache reads 0 as "no bound", but here it means "cache nothing".
    this.#maxBytes = Math.max(1, maxBytes);
    this.maxReservedBytes = Math.max(MIN_RESERVED_BYTES, Math.floor(this.#maxBytes * RESERVED_SHARE));
    this.#sizes = new LRUCache({
      maxSize: this.#maxBytes,
      dispose(_bytes, entry, reason) {
        if (reason === 'set' || entry === RESERVED) return;
        const { right, key, name } = entry;
        const entries = right.entries.get(key);
        if (entries?.get(name) !== entry) return;
        entries.delete(name);
        if (entries.size === 0) right.entries.delete(key);
      },
    });
  }

  /** Returns the cached entry. Its key and name determine its type. */
  find(right: Right, key: EntriesKey, name: string): CacheEntry | undefined {
    const entry = right.entries.get(key)?.get(name);
    if (entry) this.#sizes.get(entry);
    return entry;
  }

  /**
   * Returns the cached entry, or a new one. Ask again after awaiting, because it may be evicted or dropped meanwhile.
   */
  entryOf<Entry extends PartsEntry>(right: Right, subject: Subject<Entry>): Entry {
    return (this.find(right, subject.workflowId, subject.name) as Entry | undefined) ?? subject.entryOf(right);
  }

  /**
   * Counts an entry whose parts have changed. Returns false if it isn't cached, because the right isn't proven or
   * memory is used up.
   */
  keep(entry: CacheEntry): boolean {
    const { right, key, name } = entry;
    if (right.isDropped || right.lastSuccessAt === null) return false;
    this.#freeSome(FREED_AT_A_TIME);
    const bytes = bytesOf(entry);
    if (bytes === 0 || bytes > this.#maxBytes - this.#reservedBytes) {
      this.#sizes.delete(entry);
      return bytes === 0;
    }
    // Reserved bytes count as recently used, so that other entries are evicted.
    this.#sizes.get(RESERVED);
    const replaced = right.entries.get(key)?.get(name);
    if (replaced && replaced !== entry) this.#sizes.delete(replaced);
    const entries = right.entries.get(key) ?? (new Map() as Entries);
    right.entries.set(key, entries.set(name, entry));
    this.#sizes.set(entry, bytes, { size: bytes });
    return true;
  }

  /** Replaces a response and a failure. Clears both if the entry can't be cached with them. */
  put<T>(entry: CacheEntry, part: Part<T>, snapshot: Snapshot<T> | null, failure: Failure | null = null): void {
    part.snapshot = snapshot;
    part.failure = failure;
    if (this.keep(entry)) return;
    part.snapshot = part.failure = null;
    this.keep(entry);
  }

  /** Records a 403 and drops the workflow. Returns false and drops nothing if it was already recorded. */
  forbid(viewerId: string, asked: Asked): boolean {
    const right = this.rightOf(viewerId);
    const name = nameOf(asked);
    if (this.find(right, FORBIDDEN, name)) return false;
    this.keep(new Forbidden(right, FORBIDDEN, name));
    this.dropWorkflow(viewerId, asked.workflowId);
    return true;
  }

  /** Forgets a 403 that no longer applies. If it comes again, it drops the workflow again. */
  allow(right: Right, asked: Asked): void {
    const forbidden = right.entries.get(FORBIDDEN)?.get(nameOf(asked));
    if (forbidden) this.#sizes.delete(forbidden);
  }

  /** Reserves bytes outside entries; a negative number releases them. Throws RATE_LIMITED if memory is used up. */
  reserve(bytes: number): void {
    if (bytes > 0 && this.#reservedBytes + bytes > this.maxReservedBytes) throw this.#noRoom();
    this.#reservedBytes += bytes;
    const size = Math.min(this.#reservedBytes, this.#maxBytes);
    if (size > 0) this.#sizes.set(RESERVED, size, { size });
    else this.#sizes.delete(RESERVED);
  }

  /** Bytes of all entries, including overhead, and of the pollers' data. */
  get cachedBytes(): number {
    return this.#sizes.calculatedSize - Math.min(this.#reservedBytes, this.#maxBytes) + this.#reservedBytes;
  }

  protected override free(entries: Entries): void {
    this.#unreachable.push(entries);
    this.#freeSome(FREED_AT_ONCE);
  }

  /** A viewer may have hundreds of thousands of entries, and the event loop must not wait for all of them. */
  #freeSome(count: number): void {
    let left = count;
    for (let entries = this.#unreachable.at(-1); entries; entries = this.#unreachable.at(-1)) {
      for (const [name, entry] of entries) {
        if (left === 0) return;
        left -= 1;
        this.#sizes.delete(entry);
        entries.delete(name);
      }
      this.#unreachable.pop();
    }
  }

  #noRoom(): GatewayError {
    const mebibytes = Math.floor(this.maxReservedBytes / 2 ** 20);
    return new GatewayError(
      'RATE_LIMITED',
      `All watched runs together exceed ${mebibytes} MiB. Watch fewer or smaller runs, or raise CACHE_MAX_BYTES.`,
      { retryable: false },
    );
  }
}

const nameOf = ({ endpoint, workflowId }: Asked): string => `${endpoint} ${workflowId}`;

function bytesOf(entry: CacheEntry): number {
  const bytes = entry.sizeBytes();
  return bytes === 0 ? 0 : bytes + ENTRY_OVERHEAD_BYTES + entry.name.length;
}
