import { ApolloClient, ApolloLink, HttpLink } from '@apollo/client';
import { OperationTypeNode } from 'graphql';
import { createCache } from './cache.ts';
import { socketLink } from './live.ts';

export const createClient = (
  url: string,
  key: string,
  live: ApolloLink = socketLink(url, key),
  cache = createCache(),
) =>
  new ApolloClient({
    cache,
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      live,
      new HttpLink({ uri: url, headers: { authorization: `Bearer ${key}` } }),
    ),
  });
