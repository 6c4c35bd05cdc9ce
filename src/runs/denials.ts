/**
 * What viewers were denied (403): an endpoint of a workflow, or the list of workflows. All data of the viewer was evicted then, and nothing
 * of that has been cached since: denied once more, it is no news. Whoever keeps asking for what it may not see would else have nothing
 * cached of what it may.
 */
import { LRUCache } from 'lru-cache';
import type { UpstreamEndpoint } from '../config/config.ts';
import type { Viewer } from './viewer.ts';

export interface Denied {
  readonly endpoint: UpstreamEndpoint;
  /** Empty for the list of workflows. */
  readonly workflowId: string;
}

export interface Denials {
  /** True if it is news: the viewer was not denied it before, or had it since. */
  add(viewer: Viewer, denied: Denied): boolean;
  /** The viewer has it. */
  readonly delete: (viewer: Viewer, allowed: Denied) => void;
}

const MAX_BYTES = 2 ** 20;
const OVERHEAD_BYTES = 200;

/** Forgets the oldest when they take more than MAX_BYTES: denied once more, these are news again. */
export function createDenials(): Denials {
  const denials = new LRUCache<string, true>({
    maxSize: MAX_BYTES,
    sizeCalculation: (_denied, key) => OVERHEAD_BYTES + 2 * key.length,
  });
  const keyOf = ({ id }: Viewer, { endpoint, workflowId }: Denied) => `${id} ${endpoint} ${workflowId}`;
  return {
    add(viewer, denied) {
      const key = keyOf(viewer, denied);
      const isNews = !denials.has(key);
      denials.set(key, true);
      return isNews;
    },
    delete: (viewer, allowed) => void denials.delete(keyOf(viewer, allowed)),
  };
}
