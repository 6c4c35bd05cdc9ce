/** Keep-alive: keeps live connections open through proxies, and closes those whose client has read nothing for 30 s. */
import type { After } from '../../runs/timer.ts';

export const BEAT_EVERY_MS = 10_000;
/** A connection is closed at the beat after this many unanswered ones. */
const MAX_UNANSWERED = 2;

export interface LiveConnection {
  ping(): void;
  cut(): void;
}

export interface KeptAlive {
  /** Call it when the client has read something. */
  readonly heard: () => void;
  /** Call it when the connection is closed. */
  readonly remove: () => void;
}

export interface KeepAlive {
  add(connection: LiveConnection): KeptAlive;
  close(): void;
}

export function createKeepAlive(after: After): KeepAlive {
  const connections = new Map<LiveConnection, number>();
  let cancel = after(BEAT_EVERY_MS, beat);

  function beat(): void {
    cancel = after(BEAT_EVERY_MS, beat);
    for (const [connection, unanswered] of connections) {
      if (unanswered >= MAX_UNANSWERED) {
        connection.cut();
      } else {
        connections.set(connection, unanswered + 1);
        connection.ping();
      }
    }
  }

  return {
    add(connection) {
      connections.set(connection, 0);
      return {
        heard: () => {
          if (connections.has(connection)) connections.set(connection, 0);
        },
        remove: () => void connections.delete(connection),
      };
    },
    close() {
      cancel();
    },
  };
}
