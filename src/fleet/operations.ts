/** Registered operations (APQ) of all gateways, sealed. */
import { MAX_TEXT_LENGTH } from '../graphql/operations/limits.ts';
import type { SharedOperations } from '../graphql/operations/persisted-operations.ts';
import type { Fleet } from './fleet.ts';

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
