/** The two transports that carry events, and how they end together. */
import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Gate } from '../graphql/gate.ts';
import type { Logger } from '../observability/logger.ts';
import type { After } from '../runs/timer.ts';
import type { TakeBasePath } from './base-path.ts';
import type { Callers } from './callers.ts';
import { createKeepAlive } from './keep-alive.ts';
import { createSocketProtocol } from './socket-protocol.ts';
import { serveSockets } from './sockets.ts';
import { registerStreamRoute } from './stream-route.ts';

export interface LiveOptions {
  readonly gate: Gate;
  readonly schema: GraphQLSchema;
  readonly callers: Callers;
  readonly takeBasePath: TakeBasePath;
  readonly origins: readonly string[];
  readonly maxMessageBytes: number;
  readonly maxSubscriptionsPerConnection: number;
  readonly isReady: () => boolean;
  readonly logger: Logger;
  readonly after: After;
}

export interface Live {
  /** Tells every client that it is over, and cuts those that do not take it. */
  close(): Promise<void>;
}

/** How long a client gets to take its last message. Not by the clock of a test: sockets know none. */
const GRACE_MS = 1000;

/** To be called before the app listens. */
export function createLive(app: FastifyInstance, options: LiveOptions): Live {
  const { gate, schema, maxSubscriptionsPerConnection: maxOperations, after } = options;
  const keepAlive = createKeepAlive(after);
  const streams = registerStreamRoute(app, { ...options, keepAlive });
  const protocol = createSocketProtocol({ gate, schema, maxOperations });
  const sockets = serveSockets(app.server, { ...options, protocol, keepAlive });
  const all = [streams, sockets];

  return {
    async close() {
      keepAlive.close();
      for (const transport of all) transport.end();
      const timer = setTimeout(() => {
        for (const transport of all) transport.cut();
      }, GRACE_MS);
      await Promise.all(all.map((transport) => transport.closed()));
      clearTimeout(timer);
    },
  };
}
