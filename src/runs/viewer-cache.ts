/**
 * One LRU cache of bytes for the entries of all viewers, and each viewer's right to them. A right has a generation, which is part of the
 * keys: dropping a viewer makes all of its entries unreachable at once. Before a call of a viewer has succeeded, nothing is kept of it.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { UpstreamEndpoint } from '../config/config.ts';
import { GatewayError } from '../upstream/errors.ts';
import { keyOf, type CacheEntry, type Failure, type Part, type Snapshot } from './entry.ts';
import type { Viewer } from './viewer.ts';

/** What a viewer may be denied: an endpoint of a workflow, or the list of workflows. */
export interface Denied {
  readonly endpoint: UpstreamEndpoint;
  /** Empty for the list of workflows. */
  readonly workflowId: string;
}

/** A viewer's right to what is cached for it, from its first successful call until it is dropped. */
export class Right {
  readonly viewerId: string;
  /** Of this right alone, in the whole life of the process. All have the same length, so that equal entries count equal bytes. */
  readonly generation: string;
  /** When the first successful call was sent, and the last one; null: none has succeeded. */
  firstSuccessAt: number | null = null;
  lastSuccessAt: number | null = null;
  /** From then on nothing proves it, and nothing is cached for it. */
  isDropped = false;
  /** Calls under way that use no entry. */
  calls = 0;
  /** What this viewer was denied, and has not had since. It outlives a drop: denied once more, it is no news. */
  readonly denied: Set<string>;
  /** Calls under way that renew the right, by workflow: each resolves with its error, or null. */
  revalidations: Map<string, Promise<unknown>> | null = null;
  /** Entries that loads or pollers use, by name. */
  readonly inUse = new Map<string, CacheEntry>();
  /** The keys of its entries in the LRU. */
  readonly keys = new Set<string>();

  constructor(viewerId: string, generation: string, denied: Set<string>) {
    this.viewerId = viewerId;
    this.generation = generation;
    this.denied = denied;
  }
}

export interface ViewerCacheOptions {
  readonly maxBytes: number;
  readonly reauthIntervalMs: number;
  /** True where the gateway itself verifies credentials: then each viewer is accepted. */
  readonly isVerified: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called with the viewer's id after each drop. */
  readonly onDrop: (viewerId: string) => void;
}

/** Enough for a million a second, for a month. */
const GENERATION_LENGTH = 8;
/** Measured on Node 24: an entry takes 370 bytes next to its parts, its name and its key. */
const ENTRY_OVERHEAD_BYTES = 400;
/** Viewers whose right is known, also of a cache of 0 bytes. Each takes some 700 bytes. A denial counts as one. */
const MAX_VIEWERS = 20_000;
/** Denials of viewers without a right: anybody can make up keys. */
const MAX_DENIALS_OF_OTHERS = 3000;
const MAX_DENIALS_OF_VIEWER = 100;
const MAX_DENIED_LENGTH = 100;
/** Entries that are freed at once, when a viewer is dropped and at each later entry. Also those that are left can't be found. */
const FREED_AT_ONCE = 10_000;
const FREED_AT_A_TIME = 100;
/** The part of the cache that pollers may pin, and the least: a small cache, too, must be able to watch small runs. */
const PINNED_SHARE = 1 / 4;
const MIN_PINNED_BYTES = 4 * 2 ** 20;
/** Stands in the LRU for the bytes that are pinned. Other keys begin with a generation. */
const PINNED = 'pinned';

export class ViewerCache {
  readonly maxPinnedBytes: number;
  readonly #options: ViewerCacheOptions;
  readonly #maxBytes: number;
  readonly #entries: LRUCache<string, CacheEntry | typeof PINNED>;
  readonly #proven: LRUCache<string, Right>;
  /** Of viewers without a right, what they were denied. */
  readonly #denied: LRUCache<string, Right>;
  /** Of viewers without a right that have calls under way: no more than the upstream's bulkhead admits. */
  readonly #underWay = new Map<string, Right>();
  /** Keys of dropped rights that are still to be freed. */
  readonly #unreachable: Set<string>[] = [];
  #lastGeneration = 0;
  #pinnedBytes = 0;

  constructor(options: ViewerCacheOptions) {
    this.#options = options;
    // lru-cache reads 0 as "no bound", but here it means "cache nothing".
    this.#maxBytes = Math.max(1, options.maxBytes);
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
    this.#proven = new LRUCache({
      maxSize: MAX_VIEWERS,
      sizeCalculation: ({ denied }) => 1 + denied.size,
      // Not `dispose`, in which no cache must be changed.
      disposeAfter: (right, _viewerId, reason) => {
        if (reason === 'evict') this.#replace(right, this.#newRight(right.viewerId, right.denied));
      },
    });
    this.#denied = new LRUCache({ maxSize: MAX_DENIALS_OF_OTHERS, sizeCalculation: ({ denied }) => denied.size });
  }

  /** The viewer's right; one that proves nothing, and is not kept, where no call has succeeded and none is under way. */
  rightOf(viewerId: string): Right {
    return this.#known(viewerId) ?? this.#newRight(viewerId, new Set());
  }

  /** All calls of a viewer that are under way share its right, also the first ones: dropping it reaches all of them. Call `end`, too. */
  begin(right: Right): void {
    right.calls += 1;
    this.#share(right);
  }

  end(right: Right): void {
    right.calls -= 1;
    this.#release(right);
  }

  /** A call that was sent then has succeeded. No effect after a drop. */
  prove(right: Right, sentAt: number): void {
    if (right.isDropped) return;
    right.firstSuccessAt = Math.min(right.firstSuccessAt ?? sentAt, sentAt);
    right.lastSuccessAt = Math.max(right.lastSuccessAt ?? 0, sentAt);
    this.#denied.delete(right.viewerId);
    if (this.#proven.get(right.viewerId) !== right) this.#proven.set(right.viewerId, right);
  }

  /** True if the gateway accepted the key of the viewer, or the upstream did at an earlier call. */
  isAccepted = (viewerId: string): boolean => this.#options.isVerified || this.hasRight(viewerId);

  /** A call of the viewer has succeeded since it was dropped last. */
  hasRight(viewerId: string): boolean {
    return this.#proven.has(viewerId);
  }

  /** Until when cached answers may be served without a call, in ms since 1970; 0: not at all. */
  rightUntil({ lastSuccessAt, isDropped }: Right): number {
    return lastSuccessAt === null || isDropped ? 0 : lastSuccessAt + this.#options.reauthIntervalMs;
  }

  isProven(right: Right): boolean {
    return this.#options.now() < this.rightUntil(right);
  }

  hasProvenRight({ id }: Viewer): boolean {
    return this.isProven(this.rightOf(id));
  }

  /** Makes all entries of the viewer unreachable, and what its calls under way will answer. */
  drop(viewerId: string): void {
    this.#drop(viewerId, this.#known(viewerId)?.denied);
  }

  /** The viewer was denied that. Returns false, and drops nothing, if that is no news. */
  deny(viewerId: string, denied: Denied): boolean {
    const name = nameOf(denied);
    const known = this.rightOf(viewerId).denied;
    const isNews = !known.has(name);
    if (isNews) this.#drop(viewerId, new Set([...[...known].slice(1 - MAX_DENIALS_OF_VIEWER), name]));
    return isNews;
  }

  /** The viewer has it: denied once more, that is news. */
  allow(right: Right, allowed: Denied): void {
    right.denied.delete(nameOf(allowed));
  }

  /** A name implies the type of its entry. */
  find(right: Right, name: string): CacheEntry | undefined {
    const used = right.inUse.size > 0 ? right.inUse.get(name) : undefined;
    return used ?? (this.#entries.get(keyOf(right, name)) as CacheEntry | undefined);
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

  /** A load begins: until it ends, whoever asks gets this entry. Call `leave`, too. */
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

  /** Counts what a poller keeps that is no entry; negative: it keeps less. Throws RATE_LIMITED where there is no room. */
  reserve(bytes: number): void {
    if (!this.#reserve(bytes)) throw this.#noRoom();
  }

  /** Of all entries, overheads included, and of what pollers keep. */
  get cachedBytes(): number {
    return this.#entries.calculatedSize - Math.min(this.#pinnedBytes, this.#maxBytes) + this.#pinnedBytes;
  }

  #known(viewerId: string): Right | undefined {
    return this.#proven.get(viewerId) ?? this.#underWay.get(viewerId) ?? this.#denied.get(viewerId);
  }

  #newRight(viewerId: string, denied: Set<string>): Right {
    this.#lastGeneration += 1;
    return new Right(viewerId, this.#lastGeneration.toString(36).padStart(GENERATION_LENGTH, '0'), denied);
  }

  #drop(viewerId: string, denied?: Set<string>): void {
    const right = this.#known(viewerId);
    for (const rights of [this.#proven, this.#underWay, this.#denied]) rights.delete(viewerId);
    const next = this.#newRight(viewerId, denied ?? new Set());
    if (next.denied.size > 0) this.#denied.set(viewerId, next);
    if (right) this.#replace(right, next);
    this.#options.onDrop(viewerId);
  }

  /** Those who wait for a call of before still share it, and get its answer. It is cached for nobody. */
  #replace(right: Right, next: Right): void {
    right.isDropped = true;
    for (const entry of right.inUse.values()) {
      this.#countPinned(entry, 0);
      this.#entries.delete(entry.key);
      entry.moveTo(next);
      next.inUse.set(entry.name, entry);
    }
    right.inUse.clear();
    if (next.inUse.size > 0) this.#share(next);
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
    this.#share(entry.right);
  }

  #exit({ right, name, loads, pins }: CacheEntry): void {
    if (loads + pins > 0) return;
    right.inUse.delete(name);
    this.#release(right);
  }

  /** Who asks for the viewer's right gets this one, also before it is proven. */
  #share(right: Right): void {
    if (right.lastSuccessAt === null && !right.isDropped) this.#underWay.set(right.viewerId, right);
  }

  #release(right: Right): void {
    const isUsed = right.calls > 0 || right.inUse.size > 0;
    if (!isUsed && this.#underWay.get(right.viewerId) === right) this.#underWay.delete(right.viewerId);
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

const nameOf = ({ endpoint, workflowId }: Denied): string => {
  const name = `${endpoint} ${workflowId}`;
  return name.length > MAX_DENIED_LENGTH ? hash('sha256', name, 'base64url') : name;
};
