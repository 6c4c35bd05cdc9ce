/** Closes a server: answers in progress finish, idle connections are closed. */
import type { IncomingMessage, Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as aTurn, setTimeout as pause } from 'node:timers/promises';

export interface Drain {
  /** Resolves when no new connection is accepted any more. A proxy then opens it elsewhere. */
  stopListening(): Promise<void>;
  /**
   * After `stopListening`. Resolves when the last connection is closed. Idle ones stay open for `lingerMs`: a proxy may just be sending
   * a request over one, which would fail. Each answer until then has to close its connection.
   */
  close(lingerMs: number): Promise<void>;
}

/** How long connections are still accepted that arrived before the listener closes. */
const ACCEPT_MS = 500;

/** How long a connection without any request so far is kept open: its first request may be on its way. */
const UNUSED_MS = 500;
/** How often connections are looked for that have become idle. */
const IDLE_EVERY_MS = 100;
/** How long answers in progress may take. Then their connections are closed. */
const ALL_MS = 10_000;

/** Call it before the server listens. */
export function createDrain(server: Server): Drain {
  // Also those that have become WebSockets.
  const open = new Set<Socket>();
  // Node counts a connection without any request as busy, and would wait for it.
  const unused = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket) => {
    accepted += 1;
    open.add(socket);
    unused.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      unused.delete(socket);
    });
  });
  for (const event of ['request', 'upgrade']) server.on(event, ({ socket }: IncomingMessage) => unused.delete(socket));

  /** For Node a connection is idle when its answer has been written, also where its client has not taken all of it. */
  function closeIdle(): void {
    if ([...open].every(({ writableLength }) => writableLength === 0)) server.closeIdleConnections();
  }

  return {
    async stopListening() {
      // Node accepts one connection per turn of its loop. Closing the listener resets those that still wait, with the requests in them.
      const until = performance.now() + ACCEPT_MS;
      for (let before = -1; before !== accepted && performance.now() < until;) {
        before = accepted;
        await aTurn();
      }
      // http.Server's own `close` would close the idle connections at once, too.
      NetServer.prototype.close.call(server);
    },
    async close(lingerMs) {
      await pause(lingerMs);
      const timers = [
        setTimeout(() => {
          for (const socket of unused) socket.destroy();
        }, UNUSED_MS),
        setTimeout(() => {
          for (const socket of open) socket.destroy();
        }, ALL_MS),
      ];
      // The body of a request that was refused may come to its end when its answer has been sent.
      const closing = setInterval(closeIdle, IDLE_EVERY_MS);
      closeIdle();
      await new Promise((resolve) => NetServer.prototype.close.call(server, resolve));
      clearInterval(closing);
      timers.forEach(clearTimeout);
      // Ends Node's timer, too.
      server.close();
    },
  };
}
