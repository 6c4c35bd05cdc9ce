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
/** Measured on Node 24: a number with its slot. */
const ENTRY_BYTES = 300;

export function createStartedRuns({ shared, now }: StartedRunsOptions): StartedRuns {
  /** End of the wait for each run, by viewer and run. */
  const untilMs = new LRUCache<string, number>({
    maxSize: MAX_BYTES,
    sizeCalculation: (_untilMs, key) => ENTRY_BYTES + 2 * key.length,
  });
  const keyOf = ({ id }: Viewer, ref: RunRef) => `${id} ${refKey(ref)}`;

  return {
    async add(viewer, ref) {
      untilMs.set(keyOf(viewer, ref), now() + AWAITED_MS);
      await shared?.add(viewer, ref, AWAITED_MS);
    },
    async isAwaited(viewer, ref) {
      const known = untilMs.get(keyOf(viewer, ref));
      if (known !== undefined) return now() < known;
      return (await shared?.has(viewer, ref)) ?? false;
    },
  };
}
