/**
 * The open connections of events and WebSockets. Keeps them open through proxies, closes the ones whose client has read nothing for
 * 30 s, and ends all when the gateway stops.
 */
import type { After } from '../../runs/timer.ts';

export interface LiveConnection {
  /** Sends bytes that show whether the client reads. */
  ping(): void;
  /** Closes at once. */
  cut(): void;
  /** Ends subscriptions with the protocol's message, and starts no more operations. Queries and mutations are answered. */
  end(): void;
  /** False: the connection has only subscriptions. */
  isAnswering(): boolean;
}

export type LiveConnections = ReturnType<typeof createLiveConnections>;

const BEAT_EVERY_MS = 10_000;
/** A connection is closed at the beat after this many unanswered ones. */
const MAX_UNANSWERED = 2;
/** How long a client may take to read its last message when the gateway stops. */
const GRACE_MS = 1000;

/** Messages are sent in pieces of this size: each piece that was sent shows that a slow client still reads. */
export const PIECE_BYTES = 131_072;

interface Entry {
  readonly connection: LiveConnection;
  readonly closed: PromiseWithResolvers<undefined>;
  unansweredBeats: number;
}

export function createLiveConnections(after: After) {
  const open = new Set<Entry>();
  let cancelBeat = after(BEAT_EVERY_MS, beat);

  function beat(): void {
    cancelBeat = after(BEAT_EVERY_MS, beat);
    for (const entry of open) {
      if (entry.unansweredBeats >= MAX_UNANSWERED) {
        entry.connection.cut();
      } else {
        entry.unansweredBeats += 1;
        entry.connection.ping();
      }
    }
  }

  const subscribers = () => [...open].filter(({ connection }) => !connection.isAnswering());

  return {
    add(connection: LiveConnection) {
      const entry: Entry = { connection, closed: Promise.withResolvers(), unansweredBeats: 0 };
      open.add(entry);
      return {
        /** Call it when the client has read something. */
        heard: (): void => {
          entry.unansweredBeats = 0;
        },
        /** Call it when the connection is closed. */
        remove: (): void => {
          open.delete(entry);
          entry.closed.resolve(undefined);
        },
      };
    },
    /** Ends all. Resolves when connections without an answer in progress are closed. The others have the time of drain.ts. */
    async close(): Promise<void> {
      cancelBeat();
      for (const { connection } of open) connection.end();
      const timer = setTimeout(() => {
        for (const { connection } of subscribers()) connection.cut();
      }, GRACE_MS);
      await Promise.all(subscribers().map(({ closed }) => closed.promise));
      clearTimeout(timer);
    },
  };
}
