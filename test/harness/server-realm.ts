import { parseExactJson } from '../../src/domain/long-integers.ts';

const findRealm = Reflect.construct(parseExactJson.constructor, ['return globalThis']) as () => typeof globalThis;

/** The global objects of the server, which `environment.ts` loads into another realm than the tests. */
export const serverRealm = findRealm();
