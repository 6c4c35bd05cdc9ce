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
  return {
    async get(id) {
      const named = keys.map((key) => ({ key, name: key.name('operation', id) }));
      const found = await valkey.run('READ', (redis) => redis.mgetBuffer(named.map(({ name }) => name)));
      for (const [index, { key, name }] of named.entries()) {
        const sealed = found?.[index];
        const text = sealed && (await key.open(NOBODY, name, sealed, MAX_TEXT_LENGTH * BYTES_A_CHARACTER));
        if (text) return text.toString();
      }
      return undefined;
    },
    async set(id, text) {
      const [key] = keys;
      const name = key.name('operation', id);
      const sealed = await key.seal(NOBODY, name, Buffer.from(text));
      await valkey.run('STORE', (redis) => redis.set(name, sealed, 'PX', sharedTtlMs));
    },
  };
}
