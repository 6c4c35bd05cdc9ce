import { ApolloLink, Observable } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { print } from 'graphql';
import { createClient as createStreamClient } from 'graphql-sse';
import { createClient as createSocketClient, type SubscribePayload } from 'graphql-ws';

/** After PersistedQueryLink an operation has a hash, and is sent without its document. */
const withoutText = <P extends Pick<SubscribePayload, 'query' | 'extensions'>>(payload: P): P =>
  payload.extensions?.persistedQuery === undefined ? payload : { ...payload, query: '' };

export function socketLink(url: string, key: () => string) {
  const client = createSocketClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: () => ({ authorization: `Bearer ${key()}` }),
  });
  return new GraphQLWsLink({
    ...client,
    subscribe: (payload, sink) => client.subscribe(withoutText(payload), sink),
  });
}

/** The same over server-sent events, for networks that block WebSockets. */
export function streamLink(url: string, key: () => string) {
  const client = createStreamClient({ url: `${url}/stream`, headers: () => ({ authorization: `Bearer ${key()}` }) });
  return new ApolloLink(
    ({ query, variables, operationName, extensions }) =>
      new Observable((observer) =>
        client.subscribe<Record<string, unknown>>(
          withoutText({ query: print(query), variables, operationName, extensions }),
          {
            next: (event) => observer.next(event as ApolloLink.Result),
            error: (error: unknown) => observer.error(error),
            complete: () => observer.complete(),
          },
        ),
      ),
  );
}
