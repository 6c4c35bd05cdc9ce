import { ApolloClient } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { createCache } from './cache.ts';
import { httpLink } from './client.ts';

async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Sends hashes, and the document of an operation only once. Queries use GET, so the browser's cache and CDNs work. */
export const createPersistedClient = (url: string, key: () => string) =>
  new ApolloClient({
    cache: createCache(),
    link: new PersistedQueryLink({ sha256, useGETForHashedQueries: true }).concat(httpLink(url, key)),
  });
