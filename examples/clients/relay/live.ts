import { createClient as createStreamClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import {
  Observable,
  type GraphQLResponse,
  type RequestParameters,
  type SubscribeFunction,
  type Variables,
} from 'relay-runtime';

/** With `persistConfig`, a request has an id instead of a document. */
const payloadOf = ({ id, text }: RequestParameters, variables: Variables) => ({
  query: text ?? '',
  variables,
  ...(id != null && { extensions: { persistedQuery: { version: 1, sha256Hash: id } } }),
});

export function overSockets(url: string, key: () => string): SubscribeFunction {
  const client = createSocketClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: () => ({ authorization: `Bearer ${key()}` }),
  });
  return (request, variables) =>
    Observable.create<GraphQLResponse>((sink) =>
      client.subscribe<Record<string, unknown>>(payloadOf(request, variables), {
        ...sink,
        next: (event) => sink.next(event as GraphQLResponse),
      }),
    );
}

/** The same over server-sent events, for networks that block WebSockets. */
export function overStreams(url: string, key: () => string): SubscribeFunction {
  const client = createStreamClient({ url: `${url}/stream`, headers: () => ({ authorization: `Bearer ${key()}` }) });
  return (request, variables) =>
    Observable.create<GraphQLResponse>((sink) =>
      client.subscribe<Record<string, unknown>>(payloadOf(request, variables), {
        ...sink,
        next: (event) => sink.next(event as GraphQLResponse),
      }),
    );
}
