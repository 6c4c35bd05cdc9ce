import { ApolloClient, ApolloLink, HttpLink } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { OperationTypeNode } from 'graphql';
import { createCache } from './cache.ts';
import { socketLink } from './live.ts';

/** Each request sends the present key. */
export const httpLink = (url: string, key: () => string) =>
  new SetContextLink(({ headers }) => ({ headers: { ...headers, authorization: `Bearer ${key()}` } })).concat(
    new HttpLink({ uri: url }),
  );

/** Subscriptions go over `live`, everything else over HTTP. */
export const splitLink = (url: string, key: () => string, live: ApolloLink = socketLink(url, key)) =>
  ApolloLink.split(({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION, live, httpLink(url, key));

export const createClient = (url: string, key: () => string, live?: ApolloLink, cache = createCache()) =>
  new ApolloClient({ cache, link: splitLink(url, key, live) });
