/** Keeps live connections open through idle proxies, and cuts those whose client has taken nothing for long. */
import type { After } from '../runs/timer.ts';

/** A proxy's usual patience is 60 s. */
export const BEAT_EVERY_MS = 25_000;
/** So many beats may pass unanswered: a client that stalls for a minute gets over it. */
const MAX_UNANSWERED = 3;

export interface LiveConnection {
  ping(): void;
  cut(): void;
}

export interface KeptAlive {
  /** The client has shown that it takes what it is sent. */
  readonly heard: () => void;
  /** The connection is closed. */
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
