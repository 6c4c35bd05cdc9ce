import { defineConfig } from '@graphql-hive/gateway';
import { gatewayConfig as overStreams } from './gateway.config.ts';

/** Subscriptions go to Stepgate over WebSockets. Without this they go over server-sent events. */
export const gatewayConfig = defineConfig({
  ...overStreams,
  transportEntries: {
    stepgate: {
      options: {
        subscriptions: {
          kind: 'ws',
          location: '/graphql',
          options: { connectionParams: { authorization: '{context.headers.authorization}' } },
        },
      },
    },
  },
});
