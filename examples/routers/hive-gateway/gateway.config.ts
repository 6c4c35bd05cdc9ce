import { defineConfig } from '@graphql-hive/gateway';

/** Its name in the supergraph, and the name that the proxy mode has for it. The key is sent to no other subgraph. */
const STEPGATE = ['stepgate', 'upstream'];
const FORWARDED = ['authorization', 'x-request-id'];

export const gatewayConfig = defineConfig({
  propagateHeaders: {
    fromClientToSubgraphs({ context, subgraphName }) {
      if (!STEPGATE.includes(subgraphName)) return {};
      // For a WebSocket these are its `connectionParams`.
      return Object.fromEntries(FORWARDED.map((name) => [name, context.headers[name]]));
    },
  },
  // In version 2.15.1 the logger is missing when a client subscribes over a WebSocket, which fails.
  plugins: ({ log }) => [
    {
      onSubscribe({ args }: { readonly args: { readonly contextValue: { log?: unknown } } }) {
        args.contextValue.log ??= log;
      },
    },
  ],
});
