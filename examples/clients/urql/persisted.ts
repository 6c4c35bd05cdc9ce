import { persistedExchange } from '@urql/exchange-persisted';
import { Client, fetchExchange } from 'urql';
import { createCache } from './cache.ts';

/** Sends hashes, and the document of an operation only once. Queries use GET, so the browser's cache and CDNs work. */
export const createPersistedClient = (url: string, key: () => string) =>
  new Client({
    url,
    preferGetMethod: false,
    fetchOptions: () => ({ headers: { authorization: `Bearer ${key()}` } }),
    exchanges: [
      createCache(),
      persistedExchange({ preferGetForPersistedQueries: true, enableForMutation: true }),
      fetchExchange,
    ],
  });
