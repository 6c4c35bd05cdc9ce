/**
 * Runs that were started through these gateways in the last seconds. An upstream may not know them at once: whoever watches one waits
 * for it.
 */
import { LRUCache } from 'lru-cache';
import type { FleetKeys } from '../../fleet/fleet-keys.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { RunRef } from '../../upstream/client.ts';
import { refKey } from '../../upstream/ids.ts';
import { identityOf, type Viewer } from '../viewer.ts';

export interface StartedRuns {
  /** Resolves when other gateways can know it, too. Never rejects. */
  add(viewer: Viewer, ref: RunRef): Promise<void>;
  /** True while a 404 means that the run is still to come. */
  isAwaited(viewer: Viewer, ref: RunRef): Promise<boolean>;
}

export interface StartedRunsOptions {
  /** Null: a gateway that shares nothing. */
  readonly fleet: Pick<Fleet, 'valkey' | 'keys'> | null;
  /** What decides the upstream's answers beside the viewer. */
  readonly source: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const AWAITED_MS = 10_000;
const MAX_BYTES = 2 ** 20;
/** Measured on Node 24: a number with its slot. */
const ENTRY_BYTES = 300;

export function createStartedRuns({ fleet, source, now }: StartedRunsOptions): StartedRuns {
  /** When each is waited for no more, by viewer and run. */
  const untilMs = new LRUCache<string, number>({
    maxSize: MAX_BYTES,
    sizeCalculation: (_untilMs, key) => ENTRY_BYTES + 2 * key.length,
  });
  const keyOf = ({ id }: Viewer, ref: RunRef) => `${id} ${refKey(ref)}`;
  const nameOf = (key: FleetKeys, viewer: Viewer, ref: RunRef) =>
    key.name('started', source, identityOf(viewer), refKey(ref));

  return {
    async add(viewer, ref) {
      untilMs.set(keyOf(viewer, ref), now() + AWAITED_MS);
      if (!fleet) return;
      const name = nameOf(fleet.keys[0], viewer, ref);
      await fleet.valkey.run('STORE', (redis) => redis.set(name, '', 'PX', AWAITED_MS));
    },
    async isAwaited(viewer, ref) {
      const known = untilMs.get(keyOf(viewer, ref));
      if (known !== undefined) return now() < known;
      if (!fleet) return false;
      const names = fleet.keys.map((key) => nameOf(key, viewer, ref));
      const found = await fleet.valkey.run('READ', (redis) => redis.mget(names));
      return found?.some((value) => value !== null) ?? false;
    },
  };
}
