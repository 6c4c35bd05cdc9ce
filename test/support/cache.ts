/** A resource cache with shelves of its own, and a look at how much they hold. */
import { atOnce } from './operations.ts';
import { createResourceCache, type ResourceCache, type ResourceCacheOptions } from '../../src/runs/resource-cache.ts';
import { createShelves } from '../../src/runs/shelves.ts';

export interface HoldingCache extends ResourceCache {
  readonly heldBytes: number;
}

export type HoldingCacheOptions = Omit<ResourceCacheOptions, 'shelves'> & { readonly maxBytes: number };

export function createHoldingCache({ maxBytes, ...options }: HoldingCacheOptions): HoldingCache {
  const shelves = createShelves<unknown>(maxBytes);
  const cache = createResourceCache({ after: atOnce, ...options, shelves });
  return {
    ...cache,
    get heldBytes() {
      return shelves.heldBytes;
    },
  };
}
