/** Runs started through these gateways in the last seconds. Subscribers wait for them to appear upstream. */
import { LRUCache } from 'lru-cache';
import type { RunRef } from '../../upstream/client.ts';
import { refKey } from '../../upstream/ids.ts';
import type { SharedStarts } from '../ports.ts';
import type { Viewer } from '../viewer.ts';

export interface StartedRuns {
  /** Resolves when other gateways can see the run. Never rejects. */
  add(viewer: Viewer, ref: RunRef): Promise<void>;
  /** True while a 404 means that the run has yet to appear. */
  isAwaited(viewer: Viewer, ref: RunRef): Promise<boolean>;
}

export interface StartedRunsOptions {
  /** Null if the gateway shares nothing. */
  readonly shared: Pick<SharedStarts, 'add' | 'has'> | null;
  /** Current time, in ms since 1970. */
  readonly now: () => number;
}

const AWAITED_MS = 10_000;
const MAX_BYTES = 2 ** 20;
/** Bytes of an entry without its key. Measured on Node 24. */
const ENTRY_BYTES = 300;

export function createStartedRuns({ shared, now }: StartedRunsOptions): StartedRuns {
  /** By viewer and run. */
  const awaited = new LRUCache<string, true>({
    ...{ maxSize: MAX_BYTES, sizeCalculation: (_value, key) => ENTRY_BYTES + 2 * key.length },
    // lru-cache keeps an entry for one millisecond more than its ttl.
    ...{ ttl: AWAITED_MS - 1, ttlResolution: 0, perf: { now } },
  });
  const keyOf = ({ id }: Viewer, ref: RunRef) => `${id} ${refKey(ref)}`;

  return {
    async add(viewer, ref) {
      awaited.set(keyOf(viewer, ref), true);
      await shared?.add(viewer, ref, AWAITED_MS);
    },
    async isAwaited(viewer, ref) {
      return awaited.has(keyOf(viewer, ref)) || ((await shared?.has(viewer, ref)) ?? false);
    },
  };
}
