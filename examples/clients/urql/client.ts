import { Client, fetchExchange } from 'urql';
import { createCache } from './cache.ts';
import { socketExchange } from './live.ts';

export const createClient = (url: string, key: () => string, live = socketExchange(url, key), cache = createCache()) =>
  new Client({
    url,
    preferGetMethod: false,
    fetchOptions: () => ({ headers: { authorization: `Bearer ${key()}` } }),
    exchanges: [cache, fetchExchange, live],
  });
