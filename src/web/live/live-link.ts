/** Subscriptions over server-sent events. They reconnect as long as they have an observer. */
import { ApolloLink, Observable } from '@apollo/client';
import { print, type FormattedExecutionResult } from 'graphql';
import { createClient, NetworkError } from 'graphql-sse';
import { pauseBefore } from './backoff.ts';
import type { LiveConnection } from './connection.ts';

export interface LiveLinkOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connection: LiveConnection;
  /** Whether this is the final event. The end of a stream proves nothing: a gateway that stops also ends its streams. */
  readonly isLast: (result: FormattedExecutionResult) => boolean;
}

/** The gateway sends at least a comment every ten seconds. */
const SILENT_MS = 30_000;

export function createLiveLink({ url, headers, connection, isLast }: LiveLinkOptions): ApolloLink {
  // The client's own retries don't distinguish an unreachable gateway from a rejection.
  const client = createClient({ url, headers: { ...headers }, retryAttempts: 0, fetchFn: fetchHeard });

  return new ApolloLink(
    ({ query, variables, operationName }) =>
      new Observable<ApolloLink.Result>((observer) => {
        let stop: () => void = () => undefined;
        let attempt = 0;
        let timer: ReturnType<typeof setTimeout> | undefined;
        let latest: FormattedExecutionResult | null = null;

        function connectLater(): void {
          // `unavailable` remains during retries, so that the page keeps polling.
          if (connection.read().kind !== 'unavailable') connection.become({ kind: 'reconnecting', since: Date.now() });
          timer = setTimeout(connect, pauseBefore(attempt));
          attempt += 1;
        }

        function connect(): void {
          const request = { query: print(query), variables, ...(operationName !== undefined && { operationName }) };
          // After `dispose`, the client still reports the end of the connection.
          let isWanted = true;
          const dispose = client.subscribe(request, {
            next(result) {
              if (!isWanted) return;
              latest = result as FormattedExecutionResult;
              if (latest.data) attempt = 0;
              // Errors next to data affect a part; the rest is live.
              connection.become({ kind: latest.data ? 'live' : 'unavailable' });
              observer.next(latest);
            },
            error(error) {
              if (!isWanted) return;
              if (!isRefusal(error)) {
                connectLater();
                return;
              }
              connection.become({ kind: 'unavailable' });
              observer.error(error);
            },
            complete() {
              if (!isWanted) return;
              if (!latest || !isLast(latest)) connectLater();
              else observer.complete();
            },
          });
          stop = () => {
            isWanted = false;
            dispose();
          };
        }

        function disconnect(): void {
          clearTimeout(timer);
          stop();
        }

        function connectIfSeen(): void {
          disconnect();
          if (document.hidden) return;
          connection.become({ kind: 'connecting' });
          connect();
        }

        // Browsers allow few connections to one host, so hidden tabs must not use them up.
        document.addEventListener('visibilitychange', connectIfSeen);
        connectIfSeen();
        return () => {
          document.removeEventListener('visibilitychange', connectIfSeen);
          disconnect();
          if (connection.read().kind !== 'unavailable') connection.become({ kind: 'off' });
        };
      }),
  );
}

/** `fetch` that aborts when the response is silent for too long. */
const fetchHeard: typeof fetch = async (url, { signal, ...init } = {}) => {
  const silence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENT_MS);
  };
  const stop = () => clearTimeout(timer);
  signal?.addEventListener('abort', stop);
  listen();
  const response = await fetch(url, {
    ...init,
    signal: AbortSignal.any([silence.signal, ...(signal ? [signal] : [])]),
  });
  const heard = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      listen();
      controller.enqueue(chunk);
    },
    flush: stop,
  });
  return new Response(response.body?.pipeThrough(heard) ?? null, response);
};

/** A 4xx response is final. 429, 5xx and network errors may pass. */
function isRefusal(error: unknown): boolean {
  const status = error instanceof NetworkError ? (error as NetworkError).response?.status : undefined;
  return status !== undefined && status >= 400 && status < 500 && status !== 429;
}
