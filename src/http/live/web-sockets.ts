/** The WebSocket server of the Fastify app: the host's own, if it has one. */
import fastifyWebsocket from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import { endWithError } from '../connection/raw-response.ts';
import { requestIdOf } from '../routes.ts';
import { SOCKET_OPTIONS } from './sockets.ts';

/** RFC 6455 requires this header when a version is refused. */
const SUPPORTED_VERSIONS = 'sec-websocket-version: 13, 8';

/** Afterwards a route may have a `wsHandler`. */
export async function openWebSockets(app: FastifyInstance): Promise<void> {
  if (app.hasDecorator('websocketServer')) return;
  await app.register(fastifyWebsocket, {
    options: SOCKET_OPTIONS,
    // The sockets are closed one by one, with a message: see live-connections.ts.
    preClose(done) {
      done();
    },
    // Each socket has its own error listener.
    errorHandler: () => undefined,
  });
  app.websocketServer.on('headers', (lines, request) => {
    lines.push(`x-request-id: ${requestIdOf(request.headers)}`);
  });
  app.websocketServer.on('wsClientError', ({ message }, socket, { method, headers }) => {
    const requestId = requestIdOf(headers);
    const refusal =
      method === 'GET' ? { status: 400, headers: [SUPPORTED_VERSIONS] } : { status: 405, headers: ['allow: GET'] };
    endWithError(socket, { ...refusal, code: 'BAD_REQUEST', message: `${message}.`, requestId });
  });
}
