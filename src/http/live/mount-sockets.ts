/** Opens WebSockets at `/graphql` of an HTTP server. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { TakeBasePath } from '../base-path.ts';
import { endWithError } from '../connection/raw-response.ts';
import { GRAPHQL_PATH, requestIdOf } from '../exchange.ts';
import { SOCKET_OPTIONS, type Sockets, type UpgradeRefusal } from './sockets.ts';

/** RFC 6455 requires them where a version is refused. */
const SUPPORTED_VERSIONS = 'sec-websocket-version: 13, 8';

const OTHER_PATH: UpgradeRefusal = { status: 404, code: 'NOT_FOUND', message: 'WebSockets are opened at /graphql.' };

export function mountSockets(server: Server, { refusalOf, serve }: Sockets, takeBasePath: TakeBasePath): void {
  const webSockets = new WebSocketServer({ noServer: true, ...SOCKET_OPTIONS });

  webSockets.on('headers', (lines, request) => {
    lines.push(`x-request-id: ${requestIdOf(request.headers)}`);
  });
  webSockets.on('wsClientError', ({ message }, socket, { method, headers }) => {
    const requestId = requestIdOf(headers);
    const refusal =
      method === 'GET' ? { status: 400, headers: [SUPPORTED_VERSIONS] } : { status: 405, headers: ['allow: GET'] };
    endWithError(socket, { ...refusal, code: 'BAD_REQUEST', message: `${message}.`, requestId });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    takeBasePath(request);
    // Set on the request, so that every later reader gets the same id.
    const requestId = (request.headers['x-request-id'] = requestIdOf(request.headers));
    const isAtPath = request.url?.split('?')[0] === GRAPHQL_PATH;
    const refusal = isAtPath ? refusalOf(request) : OTHER_PATH;
    if (refusal) {
      endWithError(socket, { ...refusal, requestId });
    } else {
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        serve(webSocket, request);
      });
    }
  });
}
