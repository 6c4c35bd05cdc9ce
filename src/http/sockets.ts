/** WebSockets: the server of the Fastify app, rejected upgrades, and the graphql-ws protocol. */
import type { IncomingMessage } from 'node:http';
import fastifyWebsocket from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parse, type FormattedExecutionResult, type GraphQLSchema } from 'graphql';
import { handleProtocols, makeServer, type ExecutionResult } from 'graphql-ws';
import type { ServerOptions, WebSocket } from 'ws';
import { ConfigError } from '../config/config-error.ts';
import { SubscriptionError } from '../graphql/subscriptions/live-events.ts';
import type { LiveConnections } from './live-connections.ts';
import { Socket, type Received, type SocketOptions } from './socket.ts';

export interface SocketsOptions extends SocketOptions {
  readonly schema: GraphQLSchema;
  readonly liveConnections: LiveConnections;
}

/** `ws` keeps the pieces of a message until its end, which may never come, so it limits them itself. */
const MESSAGE_BOUNDS = { maxPayload: 65_536, maxFragments: 64, maxBufferedChunks: 1024 } satisfies ServerOptions;

const SERVER_OPTIONS = {
  ...MESSAGE_BOUNDS,
  handleProtocols,
  // Compression would take 80 KB more per connection.
  perMessageDeflate: false,
  // One message per turn: a client may send hundreds at once, and others get responses in between.
  allowSynchronousEvents: false,
} satisfies ServerOptions;

const CONNECTION_INIT_MS = 10_000;
/** graphql-ws needs a document to execute; the operation pipeline reads the real one. */
const ANY_DOCUMENT = parse('{ __typename }');

/**
 * After this, a route may have a `wsHandler`. The server is the host's own, if it has one. Throws ConfigError if that
 * has other limits.
 */
export async function openWebSockets(app: FastifyInstance): Promise<void> {
  if (app.hasDecorator('websocketServer')) {
    checkBounds(app.websocketServer.options);
    return;
  }
  await app.register(fastifyWebsocket, {
    options: SERVER_OPTIONS,
    // The sockets are closed one by one, with a message: see live-connections.ts.
    preClose(done) {
      done();
    },
    // Each socket has its own error listener.
    errorHandler: () => undefined,
  });
  app.websocketServer.on('headers', (lines, request) => {
    const id = UPGRADES.get(request);
    if (id !== undefined) lines.push(`x-request-id: ${id}`);
  });
}

/** Ids of requests that became sockets, because `ws` knows only Node's request. */
const UPGRADES = new WeakMap<IncomingMessage, string>();

export const rememberUpgrade = ({ raw, id }: FastifyRequest): void => void UPGRADES.set(raw, id);

function checkBounds(options: ServerOptions): void {
  for (const name of ['maxPayload', 'maxFragments', 'maxBufferedChunks'] as const) {
    if (options[name] === MESSAGE_BOUNDS[name]) continue;
    throw new ConfigError(
      `${name} of the server's @fastify/websocket must be ${MESSAGE_BOUNDS[name]}, got ${options[name]}. ` +
        `Register it with options: ${JSON.stringify(MESSAGE_BOUNDS)}.`,
    );
  }
}

/** The result serves an open socket. `request` is its upgrade request, and `id` that request's id. */
export function createSockets(options: SocketsOptions): (ws: WebSocket, request: IncomingMessage, id: string) => void {
  const { schema, liveConnections, logger } = options;

  const protocol = makeServer<undefined, Socket>({
    schema,
    connectionInitWaitTimeout: CONNECTION_INIT_MS,
    onConnect: ({ extra: socket }) => socket.connect(),
    onSubscribe: () => ({ schema, document: ANY_DOCUMENT }),
    execute: () => ({}),
    onOperation({ subscriptions, extra: socket }, id, payload) {
      // The socket created the payload. `subscriptions` includes this operation.
      const results = socket.resultsOf(id, payload as unknown as Received, Object.keys(subscriptions).length);
      // The pipeline has already formatted the errors: see `onNext`.
      return results as AsyncGenerator<ExecutionResult>;
    },
    onNext: (_context, _id, _payload, _args, result) => result as FormattedExecutionResult,
    onError(_context, _id, _payload, [error]) {
      const cause = error?.originalError;
      if (cause instanceof SubscriptionError) return cause.errors;
      // A defect, which graphql-ws would only send to the client. If thrown, it is logged and closes the socket.
      throw cause ?? new Error('graphql-ws rejected an operation itself', { cause: error });
    },
  });

  return (ws, request, id) => {
    const socket = new Socket(ws, request, id, options);
    const closed = protocol.opened(socket, socket);
    const remove = liveConnections.add(socket);
    // For a message that is too long or malformed, `ws` has closed the socket with a reason.
    ws.on('error', (err) => {
      logger.debug({ err }, 'a socket failed');
    });
    ws.once('close', (code, reason) => {
      remove();
      void closed(code, reason.toString());
    });
  };
}
