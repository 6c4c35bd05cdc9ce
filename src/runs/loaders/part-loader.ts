/**
 * Loads one part of a run (its record or its steps) for one GraphQL operation. Each part is read once per operation, so
 * that all fields agree, and fails separately. `cached` is the fast path: no promise, no DataLoader.
 */
import DataLoader from 'dataloader';
import type { RunRef } from '../../upstream/client.ts';
import { refKey } from '../../upstream/ids.ts';
import type { RunEntry } from '../entry.ts';
import { tooManyAnswers } from '../read-context.ts';

export interface PartLoader<T> {
  /** Synchronous. Undefined if the part must be loaded, or this operation is loading it. */
  cached(entry: RunEntry): T | undefined;
  load(ref: RunRef): Promise<T>;
  /** Stores a part that came in a list, unless this operation has read one or is reading it. */
  readonly prime: (ref: RunRef, part: T) => void;
}

export interface PartSource<T> {
  readonly entryOf: (ref: RunRef) => RunEntry;
  readonly cached: (entry: RunEntry) => T | undefined;
  readonly fetch: (ref: RunRef) => Promise<T>;
  /** Counts a part that the operation reads. False if the budget has no room. */
  readonly holds: (part: T) => boolean;
}

export function createPartLoader<T>(source: PartSource<T>): PartLoader<T> {
  const read = new Map<string, T>();
  const loads = new Map<string, Promise<Promise<T>>>();
  // Created on first use: most operations find everything cached.
  let loader: DataLoader<RunRef, Promise<T>, string> | undefined;

  function cached(entry: RunEntry): T | undefined {
    const key = refKey(entry.ref);
    const part = read.get(key);
    if (part !== undefined || loads.has(key)) return part;
    const value = source.cached(entry);
    // `load` throws if the part does not fit into the budget.
    if (value === undefined || !source.holds(value)) return undefined;
    read.set(key, value);
    return value;
  }

  async function fetch(ref: RunRef): Promise<T> {
    const part = await source.fetch(ref);
    if (!source.holds(part)) throw tooManyAnswers();
    return part;
  }

  return {
    cached,
    load(ref) {
      const value = cached(source.entryOf(ref));
      if (value !== undefined) return Promise.resolve(value);
      // The batch returns promises, so that no run waits for the others of its batch.
      loader ??= new DataLoader((refs) => Promise.resolve(refs.map(fetch)), {
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
