/** Stops a server without cutting an answer that is under way, and without waiting for connections that carry none. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export interface Drain {
  /** To be called when the server has begun to close. Answers how to call the end of it off. */
  begin(): Draining;
}

export interface Draining {
  readonly end: () => void;
  /** Resolves when what is still under way has been cut. */
  readonly cut: Promise<void>;
}

/** A connection on which no request has come yet may have one on its way: it gets this long. */
const UNUSED_MS = 500;
/** Then what is still under way is cut. */
const ALL_MS = 10_000;

/** To be called before the server listens. */
export function createDrain(server: Server): Drain {
  // Node counts a connection without any request as busy, and would wait for it.
  const unused = new Set<Socket>();
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }) => unused.delete(socket));

  return {
    begin() {
      const { promise: cut, resolve } = Promise.withResolvers<undefined>();
      const timers = [
        setTimeout(() => {
          for (const socket of unused) socket.destroy();
        }, UNUSED_MS),
        setTimeout(() => {
          server.closeAllConnections();
          resolve(undefined);
        }, ALL_MS),
      ];
      return {
        cut,
        end() {
          timers.forEach(clearTimeout);
        },
      };
    },
  };
}
