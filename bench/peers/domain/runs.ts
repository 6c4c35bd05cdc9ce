/** The source of runs for a peer's resolvers: a process-wide LRU, or a DataLoader of the request. */
import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import { isFinished, type Run } from './schema.ts';
import type { FetchRun } from './upstream.ts';

/** A cached run is returned without a promise, which is faster in every executor. */
export type LoadRun = (authorization: string, workflowId: string, id: string) => Run | Promise<Run>;

export interface LruOptions {
  /** The size of Stepgate's CACHE_MAX_BYTES, counted in the same way: by the bytes of the upstream's answer. */
  readonly maxBytes: number;
  readonly liveTtlMs: number;
}

interface Wanted {
  readonly authorization: string;
  readonly workflowId: string;
  readonly id: string;
}

/** lru-cache's `fetch` is single flight; a finished run stays until it is evicted. */
export function createLruOfRuns(fetchRun: FetchRun, { maxBytes, liveTtlMs }: LruOptions): LoadRun {
  const runs = new LRUCache<string, Run, Wanted>({
    maxSize: maxBytes,
    // lru-cache also caches a fetch in progress, with the size 0.
    sizeCalculation: () => 1,
    fetchMethod: async (_key, _stale, { options, context: { authorization, workflowId, id } }) => {
      const { run, sizeBytes } = await fetchRun(authorization, workflowId, id);
      options.size = Math.max(1, sizeBytes);
      options.ttl = isFinished(run) ? 0 : liveTtlMs;
      return run;
    },
  });

  return (authorization, workflowId, id) => {
    // A caller must not get data that was fetched for another.
    const key = `${authorization} ${workflowId} ${id}`;
    return runs.get(key) ?? runs.forceFetch(key, { context: { authorization, workflowId, id } });
  };
}

/** The usual way: every request fetches each of its runs once. */
export function createRequestLoader(fetchRun: FetchRun): LoadRun {
  const loader = new DataLoader<readonly [string, string, string], Run, string>(
    (keys) => Promise.all(keys.map(async (key) => (await fetchRun(...key)).run)),
    { cacheKeyFn: (key) => key.join(' ') },
  );
  return (...key) => loader.load(key);
}
