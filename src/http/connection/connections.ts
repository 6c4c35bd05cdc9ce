/** The open connections of a server, each with its latest response: a connection gets one answer at a time. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

interface Connection {
  /** Response to the latest request; undefined before the first. */
  response?: ServerResponse;
  /** Pipelined requests that wait for the answers before theirs. */
  waiting: number;
  /** False before the first request. */
  isUsed: boolean;
}

export type Connections = ReturnType<typeof createConnections>;

/** Each waiting request takes the memory of its head. A connection with more is closed. */
const MAX_WAITING = 100;

export function createConnections(server: Server) {
  const open = new Map<Duplex, Connection>();
  let accepted = 0;
  const destroy = (isChosen: (connection: Connection) => boolean) => {
    for (const [socket, connection] of open) if (isChosen(connection)) socket.destroy();
  };

  server.on('connection', (socket: Socket) => {
    accepted += 1;
    open.set(socket, { waiting: 0, isUsed: false });
    socket.once('close', () => open.delete(socket));
  });
  // Node caches an address once it is read: the log needs it also after the connection is closed.
  server.on('connection', ({ remoteAddress }) => remoteAddress);
  server.on('upgrade', (_request, socket: Duplex) => {
    const connection = open.get(socket);
    if (connection) connection.isUsed = true;
  });

  return {
    /** Calls `handle` when the earlier answers of the connection are sent. Otherwise a client could cause many answers and read none. */
    inTurn({ socket }: IncomingMessage, response: ServerResponse, handle: () => void): void {
      const connection = open.get(socket);
      const earlier = connection?.response;
      if (connection) Object.assign(connection, { response, isUsed: true });
      if (!connection || !earlier || earlier.closed) {
        handle();
        return;
      }
      connection.waiting += 1;
      if (connection.waiting > MAX_WAITING) {
        socket.destroy();
        return;
      }
      earlier.once('close', () => {
        connection.waiting -= 1;
        if (socket.destroyed) return;
        // Clears the timeout of the earlier answer: node:http does so only if no request waits.
        socket.setTimeout(0);
        handle();
      });
    },
    /** True while a request waits for its answer, or receives it: other bytes would be read as a part of that answer. */
    isAnswering(socket: Duplex): boolean {
      const response = open.get(socket)?.response;
      return response !== undefined && !response.writableFinished && (response.headersSent || response.req.complete);
    },
    /** True if a client has not read a written answer. node:http counts its connection as idle. */
    hasUntaken: (): boolean =>
      [...open.values()].some(({ response }) => response?.writableEnded === true && !response.writableFinished),
    /** Number of connections accepted so far. */
    get accepted(): number {
      return accepted;
    },
    destroyUnused(): void {
      destroy(({ isUsed }) => !isUsed);
    },
    /** Includes WebSockets. */
    destroyAll(): void {
      destroy(() => true);
    },
  };
}
