/** Runs that any gateway started in the last seconds: one name each in Valkey, without a value. */
import type { SharedStarts } from '../../runs/ports.ts';
import { identityOf, type Viewer } from '../../runs/viewer.ts';
import type { RunRef } from '../../upstream/client.ts';
import { refKey } from '../../upstream/ids.ts';
import type { Fleet } from '../fleet.ts';

export function createSharedStartedRuns({ valkey, keys, source }: Fleet): Pick<SharedStarts, 'add' | 'has'> {
  const namesOf = (viewer: Viewer, ref: RunRef) => keys.names('started', source, identityOf(viewer), refKey(ref));
  return {
    async add(viewer, ref, ms) {
      const [name] = namesOf(viewer, ref);
      await valkey.run('STORE', (redis) => redis.set(name.text, '', 'PX', ms));
    },
    async has(viewer, ref) {
      const names = namesOf(viewer, ref).map(({ text }) => text);
      const found = await valkey.run('READ', (redis) => redis.mget(names));
      return found?.some((value) => value !== null) ?? false;
    },
  };
}
