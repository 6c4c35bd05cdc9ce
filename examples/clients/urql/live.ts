import { createClient as createStreamClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { subscriptionExchange } from 'urql';

export function socketExchange(url: string, key: () => string) {
  const client = createSocketClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: () => ({ authorization: `Bearer ${key()}` }),
  });
  return subscriptionExchange({
    forwardSubscription: ({ query = '', variables }) => ({
      subscribe: (sink) => ({ unsubscribe: client.subscribe({ query, variables }, sink) }),
    }),
  });
}

/** The same over server-sent events, for networks that block WebSockets. */
export function streamExchange(url: string, key: () => string) {
  const client = createStreamClient({ url: `${url}/stream`, headers: () => ({ authorization: `Bearer ${key()}` }) });
  return subscriptionExchange({
    forwardSubscription: ({ query = '', variables }) => ({
      subscribe: (sink) => ({ unsubscribe: client.subscribe({ query, variables }, sink) }),
    }),
  });
}
