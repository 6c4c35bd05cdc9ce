/**
 * Open connections of event streams and WebSockets: keeps them open through proxies, and ends all when the gateway
 * stops.
 */
import type { After } from '../runtime/clock.ts';

export interface LiveConnection {
  /** Sends bytes, so proxies keep the connection open. */
  ping(): void;
  /** Ends subscriptions with the protocol's message, and starts no more operations. Queries and mutations finish. */
  end(): void;
  /** Closes immediately. */
  cut(): void;
  /** Whether a query or mutation is in progress, and not only subscriptions. */
  isAnswering(): boolean;
}

export type LiveConnections = ReturnType<typeof createLiveConnections>;

const BEAT_EVERY_MS = 10_000;
/** How long a client may take to read its last message when the gateway stops. */
const GRACE_MS = 1000;

export function createLiveConnections(after: After) {
  const open = new Set<LiveConnection>();
  let onRemoved = (): void => undefined;
  let cancelBeat = after(BEAT_EVERY_MS, beat);

  function beat(): void {
    cancelBeat = after(BEAT_EVERY_MS, beat);
    for (const connection of open) connection.ping();
  }

  const subscribers = () => [...open].filter((connection) => !connection.isAnswering());

  return {
    /** Call the returned function when the connection is closed. */
    add(connection: LiveConnection): () => void {
      open.add(connection);
      return () => {
        open.delete(connection);
        onRemoved();
      };
    },
    /**
     * Ends all. Resolves when connections without a response in progress are closed. The timeout of server.ts applies
     * to the others.
     */
    async close(): Promise<void> {
      cancelBeat();
      for (const connection of open) connection.end();
      const { promise, resolve } = Promise.withResolvers<undefined>();
      onRemoved = () => {
        if (subscribers().length === 0) resolve(undefined);
      };
      onRemoved();
      const timer = setTimeout(() => {
        for (const connection of subscribers()) connection.cut();
      }, GRACE_MS);
      await promise;
      clearTimeout(timer);
    },
  };
}
