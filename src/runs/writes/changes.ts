/**
 * What these gateways have changed upstream: earlier responses aren't served, and subscribers wait for new runs to
 * appear.
 */
import { LRUCache } from 'lru-cache';
import type { RunRef } from '../../upstream/client.ts';
import { refKey } from '../../upstream/ids.ts';
import type { Change, SharedWrites } from '../ports.ts';
import type { Viewer } from '../../auth/viewer.ts';

export interface Changes {
  /** The run was started. Resolves when other gateways can see it. Never rejects. */
  addStarted(viewer: Viewer, ref: RunRef): Promise<void>;
  /** Whether a 404 means that the run has yet to appear. */
  isAwaited(viewer: Viewer, ref: RunRef): Promise<boolean>;
  /** Something has just changed, and may be missing from earlier responses. Never rejects. */
  add(viewer: Viewer, change: Change): Promise<void>;
  /** When a workflow's history, or a run, last changed, in ms since 1970, or 0. */
  historyFrom(viewerId: string, workflowId: string): number;
  runFrom(viewerId: string, ref: RunRef): number;
}

export interface ChangesOptions {
  /** What the fleet shares, or null without a fleet. */
  readonly shared: Omit<SharedWrites, 'once'> | null;
  /** Called after each change at any gateway, because cached responses may lack it. */
  readonly onChanged: (viewerId: string, change: Change) => void;
  /** Current time, in ms since 1970. */
  readonly now: () => number;
}

const AWAITED_MS = 10_000;
const MAX_BYTES = 2 ** 20;
/** Bytes of an entry besides its key. Measured on Node 24. */
const ENTRY_BYTES = 300;

export function createChanges({ shared, onChanged, now }: ChangesOptions): Changes {
  /** By viewer and run. */
  const awaited = new LRUCache<string, true>({
    ...{ maxSize: MAX_BYTES, sizeCalculation: (_value, key) => ENTRY_BYTES + 2 * key.length },
    // lru-cache keeps an entry one millisecond longer than its ttl.
    ...{ ttl: AWAITED_MS - 1, ttlResolution: 0, perf: { now } },
  });
  const keyOf = (viewerId: string, ref: RunRef) => `${viewerId} ${refKey(ref)}`;
  /** Times of changes, by viewer and workflow, and by viewer and run. */
  const latest = new LRUCache<string, number>({
    maxSize: MAX_BYTES,
    sizeCalculation: (_value, key) => ENTRY_BYTES + 2 * key.length,
  });

  function note(viewerId: string, change: Change): void {
    const { workflowId, runId } = change;
    latest.set(`${viewerId} ${workflowId}`, now());
    if (runId !== null) latest.set(keyOf(viewerId, { workflowId, runId }), now());
    onChanged(viewerId, change);
  }
  shared?.onChanged(note);

  return {
    async addStarted(viewer, ref) {
      awaited.set(keyOf(viewer.id, ref), true);
      await shared?.add(viewer, ref, AWAITED_MS);
    },
    async isAwaited(viewer, ref) {
      return awaited.has(keyOf(viewer.id, ref)) || ((await shared?.has(viewer, ref)) ?? false);
    },
    async add(viewer, change) {
      note(viewer.id, change);
      await shared?.announce(viewer, change);
    },
    historyFrom: (viewerId, workflowId) => latest.get(`${viewerId} ${workflowId}`) ?? 0,
    runFrom: (viewerId, ref) => latest.get(keyOf(viewerId, ref)) ?? 0,
  };
}
