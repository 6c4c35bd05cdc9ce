/** Closes a server: answers under way finish, idle connections are closed. */
import type { Server } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Connections } from './connections.ts';

/** How long connections are accepted that arrived before the server stops listening. */
const ACCEPT_MS = 500;
/** How long a connection without any request is kept open: its first request may be on its way. */
const UNUSED_MS = 500;
/** How often connections that have become idle are closed. */
const IDLE_EVERY_MS = 100;
/** How long answers under way may take. Then all connections are closed. */
const ALL_MS = 10_000;

/** Resolves when the last connection is closed. */
export async function drain(server: Server, connections: Connections): Promise<void> {
  if (!server.listening) return;
  await acceptQueued(connections);
  const timers = [
    // node:http counts them as busy.
    setTimeout(() => {
      connections.destroyUnused();
    }, UNUSED_MS),
    setTimeout(() => {
      connections.destroyAll();
    }, ALL_MS),
  ];
  const closed = Promise.withResolvers<undefined>();
  server.once('close', closed.resolve);
  const closeIdle = () => {
    // It would cut answers that are written, but not taken.
    if (connections.hasUntaken()) return;
    if (server.listening) server.close();
    else server.closeIdleConnections();
  };
  const closing = setInterval(closeIdle, IDLE_EVERY_MS);
  closeIdle();
  await closed.promise;
  clearInterval(closing);
  timers.forEach(clearTimeout);
}

/** Node accepts one connection in a turn of its loop. A server that stops listening resets the others, with the requests in them. */
async function acceptQueued(connections: Connections): Promise<void> {
  const until = performance.now() + ACCEPT_MS;
  for (let before = -1; before !== connections.accepted && performance.now() < until;) {
    before = connections.accepted;
    await nextTurn();
  }
}
