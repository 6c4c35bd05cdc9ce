/**
 * Loads one part of a run (its record or its steps) for one GraphQL operation. Each part is read once per operation, so
 * that all fields agree, and each fails alone. `cached` is the fast path: no promise, no DataLoader.
 */
import DataLoader from 'dataloader';
import type { RunRef } from '../../upstream/client.ts';
import { refKey } from '../../upstream/ids.ts';
import type { RunEntry } from '../entry.ts';

export interface PartLoader<T> {
  /** Without a promise; undefined where the part must be loaded, or is being loaded for this operation. */
  cached(entry: RunEntry): T | undefined;
  load(ref: RunRef): Promise<T>;
  /** Takes a part that came in a list, unless this operation has read one, or is reading it. */
  readonly prime: (ref: RunRef, part: T) => void;
}

export interface PartSource<T> {
  readonly entryOf: (ref: RunRef) => RunEntry;
  readonly cached: (entry: RunEntry) => T | undefined;
  readonly fetch: (ref: RunRef) => Promise<T>;
}

export function createPartLoader<T>(source: PartSource<T>): PartLoader<T> {
  const read = new Map<string, T>();
  const loads = new Map<string, Promise<Promise<T>>>();
  // Created when it is needed: most operations find everything cached.
  let loader: DataLoader<RunRef, Promise<T>, string> | undefined;

  function cached(entry: RunEntry): T | undefined {
    const key = refKey(entry.ref);
    const part = read.get(key);
    if (part !== undefined || loads.has(key)) return part;
    const value = source.cached(entry);
    if (value !== undefined) read.set(key, value);
    return value;
  }

  return {
    cached,
    load(ref) {
      const value = cached(source.entryOf(ref));
      if (value !== undefined) return Promise.resolve(value);
      // A batch returns promises, so that no run waits for the others of its batch.
      loader ??= new DataLoader((refs) => Promise.resolve(refs.map(source.fetch)), {
        cacheKeyFn: refKey,
        cacheMap: loads,
      });
      return loader.load(ref).then((part) => part);
    },
    prime(ref, part) {
      const key = refKey(ref);
      if (!read.has(key) && !loads.has(key)) read.set(key, part);
    },
  };
}
