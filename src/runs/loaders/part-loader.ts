/**
 * Loads one part of a run (its record or its steps) for one GraphQL operation. Each part is read once per operation, so
 * all fields agree, and fails separately. A cached part needs no promise.
 */
import DataLoader from 'dataloader';
import type { RunRef } from '../../upstream/client.ts';
import { refKey } from '../../upstream/ids.ts';
import { tooManyAnswers, type ReadContext } from '../read-context.ts';
import type { PartReads } from '../run-store.ts';
import type { Snapshot } from '../snapshot.ts';

export interface PartLoader<T> {
  load(ref: RunRef): T | Promise<T>;
  /** Stores a part from a list, unless this operation has read one or is reading it. */
  readonly prime: (ref: RunRef, part: T) => void;
}

export function createPartLoader<T extends Snapshot<unknown> | null>(
  reads: PartReads<T>,
  operation: ReadContext,
): PartLoader<T> {
  const read = new Map<string, T>();
  const loads = new Map<string, Promise<Promise<T>>>();
  // Created on first use, because most operations find everything cached.
  let loader: DataLoader<RunRef, Promise<T>, string> | undefined;

  async function fetch(ref: RunRef): Promise<T> {
    const part = await reads.load(ref, operation);
    if (part && !operation.budget.holds(part)) throw tooManyAnswers();
    return part;
  }

  return {
    load(ref) {
      const key = refKey(ref);
      const known = read.get(key);
      if (known !== undefined) return known;
      const found = loads.has(key) ? undefined : reads.look(ref, operation);
      // `fetch` throws if the part doesn't fit into the budget.
      if (found !== undefined && (found === null || operation.budget.holds(found))) {
        read.set(key, found);
        return found;
      }
      // The batch returns promises, so no run waits for the others in its batch.
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
