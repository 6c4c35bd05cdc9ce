/**
 * A DataLoader of one GraphQL operation over what the process holds: within an operation every part of a run is read once,
 * so that all fields agree, and each part fails alone.
 */
import DataLoader from 'dataloader';
import type { RunRef } from '../../upstream/client.ts';

export interface PartLoader<T> {
  /** What is cached, without a promise; undefined where it must be loaded, or is being loaded for this operation. */
  cached(ref: RunRef): T | undefined;
  load(ref: RunRef): Promise<T>;
}

export interface PartSource<T> {
  readonly cached: (ref: RunRef) => T | undefined;
  readonly fetch: (ref: RunRef) => Promise<T>;
}

export function createPartLoader<T>(source: PartSource<T>): PartLoader<T> {
  const read = new Map<string, T>();
  const loads = new Map<string, Promise<Promise<T>>>();
  // Most operations find all that they read cached, and never need one.
  let loader: DataLoader<RunRef, Promise<T>, string> | undefined;

  function cached(ref: RunRef): T | undefined {
    const key = keyOf(ref);
    const known = read.get(key);
    if (known !== undefined || loads.has(key)) return known;
    const value = source.cached(ref);
    if (value !== undefined) read.set(key, value);
    return value;
  }

  return {
    cached,
    load(ref) {
      const value = cached(ref);
      if (value !== undefined) return Promise.resolve(value);
      // A batch answers promises, so that each run is worked on when it has come, and not when all have.
      loader ??= new DataLoader((refs) => Promise.resolve(refs.map(source.fetch)), {
        cacheKeyFn: keyOf,
        cacheMap: loads,
      });
      return loader.load(ref).then((part) => part);
    },
  };
}

const keyOf = ({ workflowId, runId }: RunRef): string => `${workflowId} ${runId}`;
