/** Registered operations (APQ) of all gateways, encrypted. */
import { MAX_TEXT_LENGTH } from '../graphql/operations/limits.ts';
import type { SharedOperations } from '../graphql/operations/persisted-operations.ts';
import type { Fleet } from './fleet.ts';

/** Operations don't belong to a viewer. */
const NOBODY = '';
const BYTES_A_CHARACTER = 3;

export function createSharedOperations({ valkey, keys, sharedTtlMs }: Fleet): SharedOperations {
  return {
    async get(id) {
      const names = keys.names('operation', id);
      const found = await valkey.run('READ', (redis) => redis.mgetBuffer(names.map(({ text }) => text)));
      for (const [index, name] of names.entries()) {
        const sealed = found?.[index];
        const text = sealed && (await name.open(NOBODY, sealed, MAX_TEXT_LENGTH * BYTES_A_CHARACTER));
        if (text) return text.toString();
      }
      return undefined;
    },
    async set(id, text) {
      const [name] = keys.names('operation', id);
      const sealed = await name.seal(NOBODY, Buffer.from(text));
      await valkey.run('STORE', (redis) => redis.set(name.text, sealed, 'PX', sharedTtlMs));
    },
  };
}
