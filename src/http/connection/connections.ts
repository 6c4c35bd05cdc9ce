/** The open connections of a server, each with its latest response, and a limit for each network. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

interface Connection {
  /** Response to the latest request; undefined before the first. */
  response?: ServerResponse;
  /** False before the first request. */
  isUsed: boolean;
}

export interface ConnectionsOptions {
  /** True once an accepted caller has sent a request over the connection. */
  readonly isAccepted: (socket: Duplex) => boolean;
  /** Null for a peer whose connections are not limited. */
  readonly networkOf: (address: string) => string | null;
  /** Connections of one network whose callers are not accepted. */
  readonly maxOfNetwork: number;
}

export type Connections = ReturnType<typeof createConnections>;

export function createConnections(server: Server, { isAccepted, networkOf, maxOfNetwork }: ConnectionsOptions) {
  const open = new Map<Duplex, Connection>();
  /** Connections by network, until they are closed or their callers accepted. */
  const unaccepted = new Map<string, Set<Duplex>>();
  let accepted = 0;
  const destroy = (isChosen: (connection: Connection) => boolean) => {
    for (const [socket, connection] of open) if (isChosen(connection)) socket.destroy();
  };

  /** False if the network has too many connections. */
  function addToNetwork(socket: Socket): boolean {
    const network = networkOf(socket.remoteAddress ?? '');
    if (network === null) return true;
    const sockets = unaccepted.get(network) ?? new Set();
    if (sockets.size >= maxOfNetwork) {
      for (const each of sockets) if (isAccepted(each)) sockets.delete(each);
      if (sockets.size >= maxOfNetwork) return false;
    }
    unaccepted.set(network, sockets.add(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0 && unaccepted.get(network) === sockets) unaccepted.delete(network);
    });
    return true;
  }

  server.on('connection', (socket: Socket) => {
    accepted += 1;
    // This reads the address: Node caches it, and the log needs it also after the connection is closed.
    if (!addToNetwork(socket)) {
      socket.destroy();
      return;
    }
    open.set(socket, { isUsed: false });
    socket.once('close', () => open.delete(socket));
  });
  server.on('upgrade', (_request, socket: Duplex) => {
    const connection = open.get(socket);
    if (connection) connection.isUsed = true;
  });

  return {
    /** Call it for each request. */
    answer({ socket }: IncomingMessage, response: ServerResponse): void {
      const connection = open.get(socket);
      if (connection) Object.assign(connection, { response, isUsed: true });
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
