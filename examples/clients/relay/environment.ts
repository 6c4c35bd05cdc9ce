import { Environment, Network, RecordSource, Store, type FetchFunction } from 'relay-runtime';
import { uniqueIds } from './keys.ts';
import { overSockets } from './live.ts';

const overHttp =
  (url: string, key: () => string): FetchFunction =>
  async ({ id, text }, variables) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        authorization: `Bearer ${key()}`,
      },
      // With `persistConfig`, a request has an id instead of a document.
      body: JSON.stringify(id == null ? { query: text, variables } : { documentId: id, variables }),
    });
    return await response.json();
  };

export const createEnvironment = (
  url: string,
  key: () => string,
  live = overSockets(url, key),
  getDataID = uniqueIds,
) =>
  new Environment({
    network: Network.create(overHttp(url, key), live),
    store: new Store(new RecordSource()),
    getDataID,
  });
