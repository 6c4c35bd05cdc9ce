/**
 * What viewers were denied (403): a workflow, or with '' the list of workflows. All data of the viewer was evicted then, and nothing of the
 * workflow has been cached since: denied once more, it is no news. Whoever keeps asking for what it may not see would else have nothing
 * cached of what it may.
 */
import { LRUCache } from 'lru-cache';
import type { Viewer } from './viewer.ts';

export interface Denials {
  /** True if it is news: the viewer was not denied it before, or had it since. */
  add(viewer: Viewer, workflowId: string): boolean;
  /** The viewer has it. */
  delete(viewer: Viewer, workflowId: string): void;
}

const MAX_BYTES = 2 ** 20;
const OVERHEAD_BYTES = 200;

/** Forgets the oldest when they take more than MAX_BYTES: denied once more, these are news again. */
export function createDenials(): Denials {
  const denials = new LRUCache<string, true>({
    maxSize: MAX_BYTES,
    sizeCalculation: (_denied, key) => OVERHEAD_BYTES + 2 * key.length,
  });
  const keyOf = ({ id }: Viewer, workflowId: string) => `${id} ${workflowId}`;
  return {
    add(viewer, workflowId) {
      const key = keyOf(viewer, workflowId);
      const isNews = !denials.has(key);
      denials.set(key, true);
      return isNews;
    },
    delete: (viewer, workflowId) => void denials.delete(keyOf(viewer, workflowId)),
  };
}
