/** Runs started through these gateways. Subscribers wait for them to appear upstream, and older histories are not served. */
import { LRUCache } from 'lru-cache';
import type { RunRef } from '../../upstream/client.ts';
import { refKey } from '../../upstream/ids.ts';
import type { SharedStarts } from '../ports.ts';
import type { Viewer } from '../../auth/viewer.ts';

export interface StartedRuns {
  /** Resolves when other gateways can see the run. Never rejects. */
  add(viewer: Viewer, ref: RunRef): Promise<void>;
  /** True while a 404 means that the run has yet to appear. */
  isAwaited(viewer: Viewer, ref: RunRef): Promise<boolean>;
  /** A run was started just now: histories of the workflow that were asked for before may lack it. Never rejects. */
  addToHistory(viewer: Viewer, workflowId: string): Promise<void>;
  /** Time of the latest start, in ms since 1970. 0 if there was none. */
  historyFrom(viewerId: string, workflowId: string): number;
}

export interface StartedRunsOptions {
  /** Null if the gateway shares nothing. */
  readonly shared: Omit<SharedStarts, 'once'> | null;
  /** Called after each start, at any gateway: whole answers may lack the run. */
  readonly onStarted: (viewerId: string) => void;
  /** Current time, in ms since 1970. */
  readonly now: () => number;
}

const AWAITED_MS = 10_000;
const MAX_BYTES = 2 ** 20;
/** Bytes of an entry without its key. Measured on Node 24. */
const ENTRY_BYTES = 300;

export function createStartedRuns({ shared, onStarted, now }: StartedRunsOptions): StartedRuns {
  /** By viewer and run. */
  const awaited = new LRUCache<string, true>({
    ...{ maxSize: MAX_BYTES, sizeCalculation: (_value, key) => ENTRY_BYTES + 2 * key.length },
    // lru-cache keeps an entry for one millisecond more than its ttl.
    ...{ ttl: AWAITED_MS - 1, ttlResolution: 0, perf: { now } },
  });
  const keyOf = ({ id }: Viewer, ref: RunRef) => `${id} ${refKey(ref)}`;
  /** Times of starts, by viewer and workflow. */
  const latest = new LRUCache<string, number>({
    maxSize: MAX_BYTES,
    sizeCalculation: (_value, key) => ENTRY_BYTES + 2 * key.length,
  });

  function noteStart(viewerId: string, workflowId: string): void {
    latest.set(`${viewerId} ${workflowId}`, now());
    onStarted(viewerId);
  }
  shared?.onStarted(noteStart);

  return {
    async add(viewer, ref) {
      awaited.set(keyOf(viewer, ref), true);
      await shared?.add(viewer, ref, AWAITED_MS);
    },
    async isAwaited(viewer, ref) {
      return awaited.has(keyOf(viewer, ref)) || ((await shared?.has(viewer, ref)) ?? false);
    },
    async addToHistory(viewer, workflowId) {
      noteStart(viewer.id, workflowId);
      await shared?.announce(viewer, workflowId);
    },
    historyFrom: (viewerId, workflowId) => latest.get(`${viewerId} ${workflowId}`) ?? 0,
  };
}
