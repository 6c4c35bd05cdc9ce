/** Closes a server without losing a request: it stops listening, idle connections linger, answers in progress finish. */
import { Server } from 'node:http';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Connections } from './connections.ts';

/** A server whose `close` stops listening, and keeps idle connections open: a proxy may be sending a request over one. */
export class LingeringServer extends Server {
  /** Node's `close` calls `closeIdleConnections`. */
  closesIdle = false;

  override closeIdleConnections(): void {
    if (this.closesIdle) super.closeIdleConnections();
  }
}

/** How long connections that have arrived are still accepted before the server stops listening. */
const ACCEPT_MS = 500;
/** How long a connection without any request is kept open: its first request may be on its way. */
const UNUSED_MS = 500;
/** How often connections that have become idle are closed. */
const IDLE_EVERY_MS = 100;
/** How long answers in progress may take. Then all connections are closed. */
const ALL_MS = 10_000;

export function createDrain(server: LingeringServer, connections: Connections) {
  const closed = Promise.withResolvers<unknown>();

  function closeIdle(): void {
    // Closing now would cut off written answers that clients have not read.
    if (!connections.hasUntaken()) server.closeIdleConnections();
  }

  return {
    /** Resolves when no new connection is accepted. A proxy then opens it elsewhere. */
    async stopListening(): Promise<void> {
      // Node accepts one connection a turn of its loop. Closing resets waiting connections, with their requests.
      const until = performance.now() + ACCEPT_MS;
      for (let before = -1; before !== connections.accepted && performance.now() < until;) {
        before = connections.accepted;
        await nextTurn();
      }
      server.close(closed.resolve);
    },
    /** After `stopListening`. Resolves when the last connection is closed; idle ones stay open for `lingerMs`. */
    async finish(lingerMs: number): Promise<void> {
      await pause(lingerMs);
      server.closesIdle = true;
      const timers = [
        // node:http counts unused connections as busy.
        setTimeout(() => {
          connections.destroyUnused();
        }, UNUSED_MS),
        setTimeout(() => {
          connections.destroyAll();
        }, ALL_MS),
      ];
      const closing = setInterval(closeIdle, IDLE_EVERY_MS);
      closeIdle();
      await closed.promise;
      clearInterval(closing);
      timers.forEach(clearTimeout);
    },
  };
}
