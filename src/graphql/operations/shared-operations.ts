/** Registered operations (APQ) of all gateways, sealed. The interface is a part of Apollo's `KeyValueCache`. */
import type { Fleet } from '../../fleet/fleet.ts';
import { MAX_TEXT_LENGTH } from './limits.ts';

export interface SharedOperations {
  /** The text; undefined where it is not known. Whoever reads it compares its hash. */
  get(id: string): Promise<string | undefined>;
  set(id: string, text: string): Promise<void>;
}

/** They belong to no viewer. */
const NOBODY = '';
const BYTES_A_CHARACTER = 3;

export function createSharedOperations({ valkey, keys, sharedTtlMs }: Fleet): SharedOperations {
  const nameOf = (index: number, id: string): string => (keys[index] ?? keys[0]).name('operation', id);

  return {
    async get(id) {
      const names = keys.map((_keys, index) => nameOf(index, id));
      const found = (await valkey.run('READ', (redis) => redis.mgetBuffer(...names))) ?? [];
      for (const [index, sealed] of found.entries()) {
        const maxBytes = MAX_TEXT_LENGTH * BYTES_A_CHARACTER;
        const text = sealed && (await keys[index]?.open(NOBODY, nameOf(index, id), sealed, maxBytes));
        if (text) return text.toString();
      }
      return undefined;
    },
    async set(id, text) {
      const name = nameOf(0, id);
      const sealed = await keys[0].seal(NOBODY, name, Buffer.from(text));
      await valkey.run('STORE', (redis) => redis.set(name, sealed, 'PX', sharedTtlMs));
    },
  };
}
