import { ApolloLink, Observable } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { print } from 'graphql';
import { createClient as createStreamClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';

export const socketLink = (url: string, key: () => string) =>
  new GraphQLWsLink(
    createSocketClient({
      url: url.replace(/^http/, 'ws'),
      connectionParams: () => ({ authorization: `Bearer ${key()}` }),
    }),
  );

/** The same over server-sent events, for networks that block WebSockets. */
export function streamLink(url: string, key: () => string) {
  const client = createStreamClient({ url: `${url}/stream`, headers: () => ({ authorization: `Bearer ${key()}` }) });
  return new ApolloLink(
    ({ query, variables, operationName }) =>
      new Observable((observer) =>
        client.subscribe<Record<string, unknown>>(
          { query: print(query), variables, operationName },
          {
            next: (event) => observer.next(event as ApolloLink.Result),
            error: (error: unknown) => observer.error(error),
            complete: () => observer.complete(),
          },
        ),
      ),
  );
}
