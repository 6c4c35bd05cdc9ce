/** A scripted upstream over real HTTP. Replies may be as faulty as a test needs. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { listen as listenAt, stop } from './local-server.ts';
import { wireRun, wireStep } from './wire.ts';

export type Endpoint = 'steps' | 'run' | 'runs' | 'workflows' | 'execute' | 'unknown';

export interface Call {
  readonly endpoint: Endpoint;
  readonly workflowId: string;
  readonly runId: string;
  /** The bearer key of the request. */
  readonly key: string | undefined;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Resolves when the caller cuts the connection before the answer is complete. */
  readonly cut: Promise<void>;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent without changes. */
  readonly raw?: string | Buffer;
  /** The connection is cut after this many bytes of `raw`. */
  readonly cutAfter?: number;
}

export type Script = (call: Call) => Reply | Promise<Reply>;

export interface ScriptedUpstream {
  readonly url: string;
  /** Answers calls from now on. */
  script: Script;
  readonly calls: readonly Call[];
  count(endpoint: Endpoint): number;
  /** Resolves with the next call, before it is answered. */
  nextCall(): Promise<Call>;
  /** All calls, or these, wait from now on until the returned function is called. Then they are answered as before. */
  holdCalls(isHeld?: (call: Call) => boolean): () => void;
  /** Stops listening and cuts all connections; `listen` opens the same port again. */
  shut(): Promise<void>;
  listen(): Promise<void>;
  close(): Promise<void>;
}

/** Each run exists and is finished: the default script. */
export const healthy: Script = ({ endpoint, runId }) => {
  if (endpoint === 'steps') return { json: [wireStep({ id: `${runId}-step` })] };
  if (endpoint === 'run') return { json: [wireRun(runId)] };
  return { status: 404, json: {} };
};

export interface Tls {
  readonly key: string;
  readonly cert: string;
}

/** With `tls`, over HTTPS. */
export async function startUpstream(script: Script = healthy, tls?: Tls): Promise<ScriptedUpstream> {
  const calls: Call[] = [];
  const listeners: ((call: Call) => void)[] = [];
  let server: Server;
  let port = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await toCall(request, response);
    calls.push(call);
    for (const notify of listeners.splice(0)) notify(call);
    send(response, await upstream.script(call));
  }

  async function listen(): Promise<void> {
    const listener = (request: IncomingMessage, response: ServerResponse) => void answer(request, response);
    server = tls ? createTlsServer({ ...tls }, listener) : createServer(listener);
    port = await listenAt(server, port);
  }

  const shut = () => stop(server);

  await listen();
  const upstream: ScriptedUpstream = {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    script,
    calls,
    count: (endpoint) => calls.filter((call) => call.endpoint === endpoint).length,
    nextCall: () => new Promise((resolve) => listeners.push(resolve)),
    holdCalls(isHeld = () => true) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const { script } = upstream;
      upstream.script = async (call) => {
        if (isHeld(call)) await promise;
        return script(call);
      };
      return () => {
        resolve(undefined);
      };
    },
    shut,
    listen,
    close: () => (server.listening ? shut() : Promise.resolve()),
  };
  return upstream;
}

const ROUTES: readonly (readonly [string, Endpoint, RegExp])[] = [
  ['GET', 'steps', /^\/workflows\/([^/]+)\/runs\/([^/]+)\/steps$/],
  ['GET', 'run', /^\/workflows\/([^/]+)\/runs\/([^/]+)$/],
  ['GET', 'runs', /^\/workflows\/([^/]+)\/runs$/],
  ['POST', 'execute', /^\/workflows\/([^/]+)\/execute$/],
  ['GET', 'workflows', /^\/workflows$/],
];

async function toCall(request: IncomingMessage, response: ServerResponse): Promise<Call> {
  const url = new URL(request.url ?? '/', 'http://upstream');
  const cut = new Promise<void>((resolve) => {
    response.once('close', () => {
      if (!response.writableFinished) resolve();
    });
  });
  let body = '';
  // setEncoding joins characters that are split between two chunks.
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  const route = ROUTES.find(([method, , path]) => method === request.method && path.test(url.pathname));
  const ids = route?.[2].exec(url.pathname)?.slice(1) ?? [];
  const [workflowId = '', runId = ''] = ids.map(decodeURIComponent);
  const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  return { endpoint: route?.[1] ?? 'unknown', workflowId, runId, key, url, headers: request.headers, body, cut };
}

function send(response: ServerResponse, { status = 200, headers, json, raw, cutAfter }: Reply): void {
  const body = Buffer.from(raw ?? JSON.stringify(json ?? null));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length, ...headers });
  if (cutAfter === undefined) response.end(body);
  else response.write(body.subarray(0, cutAfter), () => response.destroy());
}
