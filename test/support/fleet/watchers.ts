/** Subscribers by the packages' own clients, which connect again, to another gateway, when theirs is gone. */
import { createClient as createStreamClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';

export interface WatchedEvent<T> {
  readonly atMs: number;
  readonly data: T;
}

export interface Watcher<T> {
  readonly events: readonly WatchedEvent<T>[];
  /** Resolves when its subscription has completed after the final state; rejects with what ended it instead. */
  readonly done: Promise<void>;
}

export interface Watchers<T> {
  /** Over a stream of its own. */
  bySse(query: string): Watcher<T>;
  /** Over one of a few sockets. */
  bySocket(query: string): Watcher<T>;
  close(): Promise<void>;
}

/** The pause before a client connects again. */
const RETRY_MS = 100;
const SUBSCRIPTIONS_PER_SOCKET = 50;
const MANY = 1000;

interface Sink {
  next(value: { readonly data?: unknown; readonly errors?: unknown }): void;
  error(error: unknown): void;
  complete(): void;
}

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, RETRY_MS));

export interface WatchersOptions<T> {
  /** Where the next connection goes. */
  readonly nextUrl: () => string;
  readonly key: string;
  readonly isFinal: (data: T) => boolean;
}

export function createWatchers<T>({ nextUrl, key, isFinal }: WatchersOptions<T>): Watchers<T> {
  const authorization = `Bearer ${key}`;
  const streams = createStreamClient({
    url: () => `${nextUrl()}/graphql/stream`,
    headers: { authorization },
    retryAttempts: MANY,
    retry: pause,
  });
  const sockets: ReturnType<typeof createSocketClient>[] = [];
  let subscriptions = 0;
  let isClosed = false;

  function socket(): ReturnType<typeof createSocketClient> {
    if (subscriptions % SUBSCRIPTIONS_PER_SOCKET === 0) {
      sockets.push(
        createSocketClient({
          url: () => `${nextUrl().replace('http', 'ws')}/graphql`,
          webSocketImpl: WebSocket,
          connectionParams: { authorization },
          shouldRetry: () => true,
          retryAttempts: MANY,
          retryWait: pause,
        }),
      );
    }
    subscriptions += 1;
    const client = sockets.at(-1);
    if (!client) throw new Error('expected a socket');
    return client;
  }

  function watch(subscribe: (sink: Sink) => void): Watcher<T> {
    const events: WatchedEvent<T>[] = [];
    const done = new Promise<void>((resolve, reject) => {
      const sink: Sink = {
        next({ data, errors }) {
          if (errors) reject(new Error(JSON.stringify(errors)));
          else events.push({ atMs: Date.now(), data: data as T });
        },
        error(error) {
          reject(error instanceof Error ? error : new Error(JSON.stringify(error)));
        },
        complete() {
          const last = events.at(-1);
          if (last && isFinal(last.data)) resolve();
          // A gateway that stops completes its streams.
          else if (!isClosed)
            void pause().then(() => {
              subscribe(sink);
            });
        },
      };
      subscribe(sink);
    });
    done.catch(() => undefined);
    return { events, done };
  }

  return {
    bySse: (query) => watch((sink) => void streams.subscribe({ query }, sink)),
    bySocket: (query) => watch((sink) => void socket().subscribe({ query }, sink)),
    async close() {
      isClosed = true;
      streams.dispose();
      for (const client of sockets) await client.dispose();
    },
  };
}
