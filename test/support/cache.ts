/** A resource cache with partitions of its own, and a look at how much they hold. */
import { atOnce } from './operations.ts';
import { createResourceCache, type ResourceCache, type ResourceCacheOptions } from '../../src/runs/resource-cache.ts';
import { createCachePartitions, type CachePartitions } from '../../src/runs/cache-partitions.ts';

export interface HoldingCache extends ResourceCache {
  readonly partitions: CachePartitions<unknown>;
  readonly cachedBytes: number;
}

export type HoldingCacheOptions = Omit<ResourceCacheOptions, 'partitions'> & { readonly maxBytes: number };

export function createHoldingCache({ maxBytes, ...options }: HoldingCacheOptions): HoldingCache {
  const partitions = createCachePartitions<unknown>(maxBytes);
  const cache = createResourceCache({ after: atOnce, ...options, partitions });
  return {
    ...cache,
    partitions,
    get cachedBytes() {
      return partitions.cachedBytes;
    },
  };
}
