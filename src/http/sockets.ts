/** graphql-ws at `/graphql`: the package's protocol over sockets that never hold more for a client than it takes. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { NOBODY } from '../auth/caller.ts';
import type { Logger } from '../observability/logger.ts';
import type { TakeBasePath } from './base-path.ts';
import type { Callers } from './callers.ts';
import { signalOf } from './client-signal.ts';
import type { KeepAlive } from './keep-alive.ts';
import { mayUpgrade } from './origins.ts';
import { GRAPHQL_PATH, requestIdOf } from './request.ts';
import { withEmptyQuery } from './socket-message.ts';
import type { SocketProtocol } from './socket-protocol.ts';

export interface SocketsOptions {
  readonly protocol: SocketProtocol;
  readonly callers: Callers;
  readonly takeBasePath: TakeBasePath;
  readonly origins: readonly string[];
  readonly maxMessageBytes: number;
  readonly keepAlive: KeepAlive;
  readonly isReady: () => boolean;
  readonly logger: Logger;
}

export interface Sockets {
  /** Tells every client that the gateway goes away. */
  end(): void;
  /** Cuts those that have not gone. */
  cut(): void;
  /** Resolves when none is open. */
  closed(): Promise<void>;
}

/** A client that has this much to take is not listened to until it has taken some. */
const MAX_UNTAKEN_BYTES = 65_536;

const signalOfSocket = (socket: WebSocket): (() => AbortSignal) =>
  signalOf((abort) => {
    if (socket.readyState === socket.CLOSED) abort();
    else socket.once('close', abort);
  });

export function serveSockets(server: Server, options: SocketsOptions): Sockets {
  const { protocol, callers, takeBasePath, origins, maxMessageBytes, keepAlive, isReady, logger } = options;
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    handleProtocols,
    perMessageDeflate: false,
    autoPong: false,
  });

  webSockets.on('headers', (lines, request) => {
    lines.push(`x-request-id: ${requestIdOf(request)}`);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    takeBasePath(request);
    const refusal = refusalOf(request);
    // One that came, or a new one: from here on it is the request's.
    const requestId = (request.headers['x-request-id'] = requestIdOf(request));
    if (refusal) {
      socket.once('error', () => socket.destroy());
      socket.end(`HTTP/1.1 ${refusal}\r\nconnection: close\r\ncontent-length: 0\r\nx-request-id: ${requestId}\r\n\r\n`);
    } else {
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        serve(webSocket, request);
      });
    }
  });

  function refusalOf(request: IncomingMessage): string | null {
    if (!isReady()) return '503 Service Unavailable';
    if (request.url?.split('?')[0] !== GRAPHQL_PATH) return '404 Not Found';
    return mayUpgrade(request, origins) ? null : '403 Forbidden';
  }

  function serve(socket: WebSocket, request: IncomingMessage): void {
    const { traceparent } = request.headers;
    const requestId = requestIdOf(request);
    let operations = 0;
    const kept = keepAlive.add({
      ping() {
        socket.ping();
      },
      cut() {
        socket.terminate();
      },
    });
    const taken = () => {
      kept.heard();
      if (socket.isPaused && socket.bufferedAmount <= MAX_UNTAKEN_BYTES) socket.resume();
    };
    /** What it asks is answered at some time, so whoever takes no answers must not go on asking. */
    const holdBack = () => {
      if (socket.bufferedAmount > MAX_UNTAKEN_BYTES) socket.pause();
    };
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) =>
          new Promise((resolve) => {
            if (socket.readyState !== socket.OPEN) {
              resolve();
              return;
            }
            socket.send(text, () => {
              taken();
              resolve();
            });
          }),
        close(code, reason) {
          socket.close(code, reason);
        },
        onMessage(receive) {
          socket.on('message', (data: Buffer) => {
            holdBack();
            receive(withEmptyQuery(data.toString())).catch(() => {
              // The error may quote the message, and that the key.
              logger.debug({ requestId }, 'a socket sent what graphql-ws does not know');
              socket.close(4400, 'Unexpected message');
            });
          });
        },
      },
      {
        socket,
        authenticate: (authorization) => callers.authenticate(request, authorization),
        caller: NOBODY,
        // The socket's own, numbered: many operations share the one that came.
        nextRequestId: () => `${requestId}.${(operations += 1)}`,
        traceparent,
        signal: signalOfSocket(socket),
      },
    );
    socket.on('ping', (data) => {
      holdBack();
      socket.pong(data, false, taken);
    });
    socket.on('pong', kept.heard);
    // A message that is too long or malformed: the package has closed the socket and said why.
    socket.on('error', (err) => {
      logger.debug({ err }, 'a socket failed');
    });
    socket.once('close', (code, reason) => {
      kept.remove();
      void closed(code, reason.toString());
    });
  }

  return {
    end() {
      for (const socket of webSockets.clients) socket.close(1001, 'The gateway is stopping');
    },
    cut() {
      for (const socket of webSockets.clients) socket.terminate();
    },
    closed: () =>
      new Promise((resolve) => {
        webSockets.close(() => {
          resolve();
        });
      }),
  };
}
