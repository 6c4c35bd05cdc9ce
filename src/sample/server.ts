/** The embedded upstream as an HTTP server: the gateway's upstream without UPSTREAM_URL. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from './definition.ts';
import { RequestError } from './request.ts';
import { answer } from './routes.ts';
import { createTimerScheduler, type Scheduler } from './scheduler.ts';
import { createStore, type Store } from './store.ts';

export interface EmbeddedUpstreamOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  /** Decides the content of the history. The docs quote the history of the default seed. */
  readonly seed?: number;
  /** Speed of live runs. Default: 1 (4 to 15 seconds a run). */
  readonly pace?: number;
  /** The clock of all runs. Default: the machine's. */
  readonly scheduler?: Scheduler;
  /** An incident began within the last hour, and a run is stuck. Default: false. */
  readonly hasIncident?: boolean;
}

export interface EmbeddedUpstream {
  /** The base URL, without a slash at its end. */
  readonly url: string;
  /** Stops runs in progress and closes every connection. */
  close(): Promise<void>;
}

const DEFAULT_SEED = 20261120;
/** Longer than a client keeps an idle connection, so that no request meets a connection that is being closed. */
const KEEP_ALIVE_MS = 75_000;

export async function createEmbeddedUpstream({
  host = '127.0.0.1',
  port,
  seed = DEFAULT_SEED,
  pace = 1,
  scheduler = createTimerScheduler(),
  hasIncident = false,
}: EmbeddedUpstreamOptions): Promise<EmbeddedUpstream> {
  const store = createStore({ seed, pace, scheduler, hasIncident });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 30_000 }, (request, response) => {
    void respond(request, response, store);
  });
  await listen(server, host, port);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        store.close();
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    // The listener stays: a later error, such as too many open files, must not be uncaught.
    server.on('error', reject);
    server.listen(port, host, resolve);
  });

async function respond(request: IncomingMessage, response: ServerResponse, store: Store): Promise<void> {
  try {
    send(response, 200, await answer(request, store));
  } catch (error) {
    if (error instanceof RequestError) send(response, error.status, { detail: error.message }, error.headers);
    else send(response, 500, { detail: 'The server failed' });
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: Json,
  headers: Readonly<Record<string, string>> = {},
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { ...headers, 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}
