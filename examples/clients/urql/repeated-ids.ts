import { cacheExchange, type KeyGenerator } from '@urql/exchange-graphcache';
import schema from './__generated__/introspection.ts';
import { keys, updates } from './cache.ts';

/** An object without a key field is stored inside its parent. */
const keyOf =
  (...fields: string[]): KeyGenerator =>
  (data) => {
    const key = fields.map((field) => data[field]);
    return key.every((part) => typeof part === 'string') ? JSON.stringify(key) : null;
  };

/** Replaces `createCache`. */
export const createCacheForRepeatedIds = () =>
  cacheExchange({
    schema,
    updates,
    keys: {
      ...keys,
      Workflow: keyOf('id'),
      Run: keyOf('workflowId', 'id'),
      Step: keyOf('workflowId', 'runId', 'id'),
    },
  });
