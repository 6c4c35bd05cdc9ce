/** The WebSocket server of the Fastify: that of the host, if it has one. */
import fastifyWebsocket from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import { endWithError } from '../connection/raw-response.ts';
import { requestIdOf } from '../routes.ts';
import { SOCKET_OPTIONS } from './sockets.ts';

/** RFC 6455 requires them where a version is refused. */
const SUPPORTED_VERSIONS = 'sec-websocket-version: 13, 8';

/** After it, a route may have a `wsHandler`. */
export async function openWebSockets(app: FastifyInstance): Promise<void> {
  if (app.hasDecorator('websocketServer')) return;
  await app.register(fastifyWebsocket, {
    options: SOCKET_OPTIONS,
    // The sockets are closed one by one, with a message: see live-connections.ts.
    preClose(done) {
      done();
    },
    // Each socket has a listener of its own.
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
