import { ApolloClient, type ApolloLink } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { persistedExchange } from '@urql/exchange-persisted';
import type { DocumentNode } from 'graphql';
import { Client, fetchExchange } from 'urql';
import { createCache as createApolloCache } from '../apollo/cache.ts';
import { splitLink } from '../apollo/client.ts';
import { createCache as createUrqlCache } from '../urql/cache.ts';

/** The preset writes the hash into each document, and the same hash into `persisted-documents.json`. */
export function hashOf(document: DocumentNode): string {
  const { __meta__: meta } = document as { readonly __meta__?: { readonly hash?: string } };
  if (meta?.hash === undefined)
    throw new Error('document without a hash: use the client preset with persistedDocuments');
  return meta.hash;
}

/** `live` sends subscriptions, by default over WebSockets. */
export const createApolloClient = (url: string, key: () => string, live?: ApolloLink) =>
  new ApolloClient({
    cache: createApolloCache(),
    link: new PersistedQueryLink({ generateHash: hashOf, useGETForHashedQueries: true }).concat(
      splitLink(url, key, live),
    ),
  });

export const createUrqlClient = (url: string, key: () => string) =>
  new Client({
    url,
    preferGetMethod: false,
    fetchOptions: () => ({ headers: { authorization: `Bearer ${key()}` } }),
    exchanges: [
      createUrqlCache(),
      persistedExchange({
        generateHash: async (_, document) => hashOf(document),
        enforcePersistedQueries: true,
        enableForMutation: true,
        preferGetForPersistedQueries: true,
      }),
      fetchExchange,
    ],
  });
