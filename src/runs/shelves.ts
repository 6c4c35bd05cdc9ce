/**
 * What is held, viewer by viewer, within one bound of bytes. A shelf is all that is held for one viewer and the proof
 * of its right to it: taking the shelf away takes everything at once.
 */
import { LRUCache } from 'lru-cache';

/** Something fetched, with the clock readings (ms since 1970) that tell how far it can be trusted. */
export interface Held<T> {
  readonly value: T;
  /** When the call was sent: the answer is at least as new as this. */
  readonly sentAt: number;
  readonly fetchedAt: number;
  readonly sizeBytes: number;
}

export interface Shelf {
  /** When the viewer's last successful call was sent; null before the first. */
  lastSuccessAt: number | null;
  readonly keys: Set<string>;
}

export interface Placed<T> {
  readonly held: Held<T>;
  readonly shelf: Shelf;
}

export interface Shelves<T> {
  /** The viewer's shelf, new if there is none. A call keeps it, to see whether it was taken away meanwhile. */
  of(viewerId: string): Shelf;
  get(viewerId: string, key: string): Held<T> | undefined;
  /** What `find` takes: to be made once for what is looked for often, since a long key takes a while to hash. */
  placeOf(viewerId: string, key: string): string;
  /** The same as `get`, with the shelf that it stands on. */
  find(place: string): Placed<T> | undefined;
  /** Notes that a call sent then succeeded. Like `put`, in vain on a shelf that was taken away since. */
  proveRight(shelf: Shelf, sentAt: number): void;
  /** Puts it on the shelf, unless that was taken away since: then the right to it is in doubt. */
  put(viewerId: string, shelf: Shelf, key: string, held: Held<T>): void;
  remove(viewerId: string, key: string): void;
  takeAway(viewerId: string): void;
  readonly heldBytes: number;
}

const MAX_VIEWERS = 100_000;
/** The record around a value, its key in two maps and their slots: measured at about 400 bytes. */
const ENTRY_OVERHEAD_BYTES = 400;

export function createShelves<T>(maxBytes: number): Shelves<T> {
  const entries = new LRUCache<string, Placed<T>>({
    // lru-cache reads 0 as "no bound", but here it means "hold nothing".
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ held }) => held.sizeBytes + ENTRY_OVERHEAD_BYTES,
    dispose: ({ shelf }, place) => shelf.keys.delete(place),
  });
  const shelves = new LRUCache<string, Shelf>({
    max: MAX_VIEWERS,
    dispose: (shelf) => {
      for (const place of [...shelf.keys]) entries.delete(place);
    },
  });
  const placeOf = (viewerId: string, key: string) => `${viewerId} ${key}`;

  return {
    of(viewerId) {
      const known = shelves.get(viewerId);
      if (known) return known;
      const shelf: Shelf = { lastSuccessAt: null, keys: new Set() };
      shelves.set(viewerId, shelf);
      return shelf;
    },
    placeOf,
    get: (viewerId, key) => entries.get(placeOf(viewerId, key))?.held,
    find: (place) => entries.get(place),
    proveRight(shelf, sentAt) {
      shelf.lastSuccessAt = Math.max(shelf.lastSuccessAt ?? 0, sentAt);
    },
    put(viewerId, shelf, key, held) {
      if (shelves.peek(viewerId) !== shelf) return;
      const place = placeOf(viewerId, key);
      entries.set(place, { held, shelf });
      if (entries.has(place)) shelf.keys.add(place);
    },
    remove: (viewerId, key) => void entries.delete(placeOf(viewerId, key)),
    takeAway: (viewerId) => void shelves.delete(viewerId),
    get heldBytes() {
      return entries.calculatedSize;
    },
  };
}
