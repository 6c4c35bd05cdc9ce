/** Subscribers that use the protocols' own client packages, and reconnect to another gateway when theirs stops. */
import { createClient as createStreamClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';

export interface WatchedEvent<T> {
  readonly atMs: number;
  readonly data: T;
}

export interface Watcher<T> {
  readonly events: readonly WatchedEvent<T>[];
  /** The transport. */
  readonly by: string;
  /** The number of temporary errors that it received. */
  readonly passingErrors: number;
  /** Resolves when the subscription completes after the final state. Rejects with the error that ended it. */
  readonly done: Promise<unknown>;
}

export interface Watchers<T> {
  /** Over its own stream. */
  bySse(query: string): Watcher<T>;
  /** Over one of a few shared sockets. */
  bySocket(query: string): Watcher<T>;
  close(): Promise<void>;
}

/** The delay before a client reconnects. */
const RETRY_MS = 100;
const SUBSCRIPTIONS_PER_SOCKET = 50;
const MANY = 1000;

interface Sink {
  next(value: { readonly data?: unknown; readonly errors?: readonly ClientError[] | undefined }): void;
  error(error: unknown): void;
  complete(): void;
}

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, RETRY_MS));

export interface WatchersOptions<T> {
  /** The URL of the next connection. */
  readonly nextUrl: () => string;
  readonly key: string;
  readonly isFinal: (data: T) => boolean;
  /** Temporary errors, after which it subscribes again. None by default. */
  readonly isPassing?: (answer: { readonly errors: readonly ClientError[] }) => boolean;
}

export interface ClientError {
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

export function createWatchers<T>({ nextUrl, key, isFinal, isPassing = () => false }: WatchersOptions<T>): Watchers<T> {
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

  function watch(by: string, subscribe: (sink: Sink) => void): Watcher<T> {
    const events: WatchedEvent<T>[] = [];
    let passingErrors = 0;
    const { promise: done, resolve, reject } = Promise.withResolvers<undefined>();
    done.catch(() => undefined);
    const again = () => {
      if (!isClosed)
        void pause().then(() => {
          subscribe(sink);
        });
    };
    const report = (errors: readonly ClientError[]): boolean => {
      const passes = isPassing({ errors });
      if (passes) passingErrors += 1;
      else reject(new Error(JSON.stringify(errors)));
      return passes;
    };
    const sink: Sink = {
      next({ data, errors }) {
        if (errors) report(errors);
        else events.push({ atMs: Date.now(), data: data as T });
      },
      error(error) {
        if (!Array.isArray(error)) reject(error instanceof Error ? error : new Error(JSON.stringify(error)));
        else if (report(error as readonly ClientError[])) again();
      },
      complete() {
        const last = events.at(-1);
        if (last && isFinal(last.data)) resolve(undefined);
        // A gateway that stops completes its streams.
        else again();
      },
    };
    subscribe(sink);
    return {
      events,
      by,
      done,
      get passingErrors() {
        return passingErrors;
      },
    };
  }

  return {
    bySse: (query) => watch('SSE', (sink) => void streams.subscribe({ query }, sink)),
    bySocket: (query) => watch('graphql-ws', (sink) => void socket().subscribe({ query }, sink)),
    async close() {
      isClosed = true;
      streams.dispose();
      for (const client of sockets) await client.dispose();
    },
  };
}
