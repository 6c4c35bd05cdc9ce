/** A scripted upstream over real HTTP. Replies may be as faulty as a test needs. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { listen, stop } from './local-server.ts';
import { wireRun, wireStep } from './wire.ts';

export type Endpoint = 'steps' | 'run' | 'runs' | 'workflows' | 'execute' | 'cancel' | 'resume' | 'unknown';

export interface Call {
  readonly endpoint: Endpoint;
  readonly workflowId: string;
  readonly runId: string;
  readonly stepId: string;
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

/** A call that waits until the test answers it. */
export interface HeldCall extends Call {
  /** Answers with a reply, or by a script. */
  answer(reply: Reply | Script): void;
}

export interface HeldCalls {
  /** The waiting calls, in order of arrival. */
  readonly waiting: readonly HeldCall[];
  /** The next call that the test has not taken. */
  next(): Promise<HeldCall>;
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

export class ScriptedUpstream {
  /** Answers calls from now on. */
  script: Script;
  #calls: Call[] = [];
  readonly #failures: Error[] = [];
  readonly #first: Script;
  readonly #tls: Tls | null;
  readonly #listeners: ((call: Call) => void)[] = [];
  #server: Server | null = null;
  #port = 0;

  /** With `tls`, over HTTPS. */
  constructor(script: Script = healthy, tls: Tls | null = null) {
    this.script = script;
    this.#first = script;
    this.#tls = tls;
  }

  /** Begins anew: with the first script, without calls, and at another port. */
  async open(script = this.#first): Promise<this> {
    this.script = script;
    this.#calls = [];
    this.#port = 0;
    await this.listen();
    return this;
  }

  get isOpen(): boolean {
    return this.#server?.listening ?? false;
  }

  get url(): string {
    if (this.#port === 0) throw new Error('the scripted upstream is not open yet: read its url in a test or a hook');
    return `${this.#tls ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
  }

  get calls(): readonly Call[] {
    return this.#calls;
  }

  count(endpoint: Endpoint): number {
    return this.#calls.filter((call) => call.endpoint === endpoint).length;
  }

  /** The number of calls that the action causes. */
  async callsOf(action: () => unknown): Promise<number> {
    const before = this.#calls.length;
    await action();
    return this.#calls.length - before;
  }

  /** Resolves with the next call, before it is answered. */
  nextCall(): Promise<Call> {
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  /** All calls, or these, wait from now on until the returned function is called. Then they are answered as before. */
  holdCalls(isHeld: (call: Call) => boolean = () => true): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const { script } = this;
    this.script = async (call) => {
      if (isHeld(call)) await promise;
      return script(call);
    };
    return () => {
      resolve(undefined);
    };
  }

  /** Each call waits from now on until the test answers it. */
  holdEach(): HeldCalls {
    const waiting: HeldCall[] = [];
    const untaken: HeldCall[] = [];
    const takers: ((call: HeldCall) => void)[] = [];
    this.script = (call) => {
      const { promise, resolve } = Promise.withResolvers<Reply>();
      const held: HeldCall = {
        ...call,
        answer(reply) {
          waiting.splice(waiting.indexOf(held), 1);
          resolve(typeof reply === 'function' ? reply(call) : reply);
        },
      };
      waiting.push(held);
      const taker = takers.shift();
      if (taker) taker(held);
      else untaken.push(held);
      return promise;
    };
    return {
      waiting,
      next: () => {
        const call = untaken.shift();
        return call ? Promise.resolve(call) : new Promise((resolve) => takers.push(resolve));
      },
    };
  }

  /** Listens at the same port again. */
  async listen(): Promise<void> {
    const calls = this.#calls;
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      void this.#answer(calls, request, response);
    this.#server = this.#tls ? createTlsServer({ ...this.#tls }, listener) : createServer(listener);
    this.#port = await listen(this.#server, this.#port);
  }

  /** Stops listening and cuts all connections. Throws the first error of the script, if it threw any. */
  async close(): Promise<void> {
    if (this.#server?.listening === true) await stop(this.#server);
    const [failure] = this.#failures.splice(0);
    if (failure) throw failure;
  }

  async #answer(calls: Call[], request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await toCall(request, response);
    calls.push(call);
    for (const notify of this.#listeners.splice(0)) notify(call);
    try {
      send(response, await this.script(call));
    } catch (error) {
      this.#failures.push(error as Error);
      send(response, { status: 500 });
    }
  }
}

/** For one test, which closes it. */
export const startUpstream = (script?: Script, tls?: Tls): Promise<ScriptedUpstream> =>
  new ScriptedUpstream(script, tls).open();

const ROUTES: readonly (readonly [string, Endpoint, RegExp])[] = [
  ['GET', 'steps', /^\/workflows\/([^/]+)\/runs\/([^/]+)\/steps$/],
  ['GET', 'run', /^\/workflows\/([^/]+)\/runs\/([^/]+)$/],
  ['GET', 'runs', /^\/workflows\/([^/]+)\/runs$/],
  ['POST', 'execute', /^\/workflows\/([^/]+)\/execute$/],
  ['POST', 'cancel', /^\/workflows\/([^/]+)\/runs\/([^/]+)\/cancel$/],
  ['POST', 'resume', /^\/workflows\/([^/]+)\/runs\/([^/]+)\/steps\/([^/]+)\/resume$/],
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
  const [workflowId = '', runId = '', stepId = ''] = ids.map(decodeURIComponent);
  const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const { headers } = request;
  return { endpoint: route?.[1] ?? 'unknown', workflowId, runId, stepId, key, url, headers, body, cut };
}

function send(response: ServerResponse, { status = 200, headers, json, raw, cutAfter }: Reply): void {
  const body = Buffer.from(raw ?? JSON.stringify(json ?? null));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length, ...headers });
  if (cutAfter === undefined) response.end(body);
  else response.write(body.subarray(0, cutAfter), () => response.destroy());
}
