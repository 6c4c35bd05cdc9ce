/** The gateway behind another framework's server: handlers for `node:http` and for the Fetch API. */
import { once } from 'node:events';
import {
  request as sendRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { duplexPair, Readable, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as pause } from 'node:timers/promises';
import fastify, { type FastifyPluginAsync } from 'fastify';
import { errorAnswer } from './answer.ts';
import { GRAPHQL_PATH, requestIdOf } from './routes.ts';
import { appOptions, type AppOptions } from './server.ts';

export interface Handlers {
  /** For `node:http` and Express. The request's body must not have been read. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** For a server's `upgrade` event: WebSockets. Returns false for a path of the host, without touching its socket. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
  /** For serverless functions and tests. The response's body arrives as it is written. */
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * Ends subscriptions, responds to further requests with 503, and resolves when the last response is sent, or after 10
   * s.
   */
  close(): Promise<void>;
}

/** How long responses in progress may take. */
const FINISH_MS = 10_000;

export async function createHandlers(options: AppOptions & { readonly plugin: FastifyPluginAsync }): Promise<Handlers> {
  const app = fastify(appOptions(options));
  const answering = new Set<Promise<unknown>>();

  app.addHook('onRequest', (_request, { raw }, done) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    answering.add(promise);
    raw.once('close', () => {
      answering.delete(promise);
      resolve(undefined);
    });
    done();
  });
  // In this order: the closing messages of live clients (the plugin), then the last responses.
  void app.register(options.plugin);
  void app.register((last, _options, done) => {
    last.addHook('preClose', async () => {
      await Promise.race([Promise.all(answering), pause(FINISH_MS, undefined, { ref: false })]);
    });
    done();
  });
  await app.ready();
  let isClosing = false;

  return {
    handler: (request, response) => {
      if (!isClosing) {
        app.routing(request, response);
        return;
      }
      const { status, headers, body } = closedAnswer(requestIdOf(request.headers));
      response.writeHead(status, { ...headers, connection: 'close' }).end(body);
    },
    upgrade: (request, socket, head) => {
      const [path] = (request.url ?? '').split('?', 1);
      if (path !== `${options.config.basePath}${GRAPHQL_PATH}`) return false;
      return app.server.emit('upgrade', request, socket, head);
    },
    fetch: async (request) => {
      if (!isClosing) return fetchFrom(app.server, request);
      const { body, ...init } = closedAnswer(requestIdOf(Object.fromEntries(request.headers)));
      return new Response(new Uint8Array(body), init);
    },
    close: () => {
      isClosing = true;
      return app.close();
    },
  };
}

/** Fastify's own 503 isn't a GraphQL error. */
const closedAnswer = (id: string) => errorAnswer(id, 503, 'BAD_REQUEST', 'The gateway is closed.');

/** HTTP over an in-memory connection, so a response waits for its reader as over a network. */
async function fetchFrom(server: Server, request: Request): Promise<Response> {
  const [client, connection] = duplexPair();
  client.once('close', () => {
    connection.destroy();
  });
  server.emit('connection', Object.assign(connection, SOCKET));
  const { host, pathname, search } = new URL(request.url);
  const sent = sendRequest({
    createConnection: () => client,
    method: request.method,
    path: pathname + search,
    headers: { host, ...Object.fromEntries(endToEnd(Object.fromEntries(request.headers))) },
    signal: request.signal,
  });
  // Once the response has begun, errors belong to its body.
  sent.on('error', () => undefined);
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  // In projects with browser types, they differ from Node's.
  const body: unknown = request.body;
  // A gateway that rejects the request may not read its body.
  if (body) pipeline(Readable.fromWeb(body as ReadableStream), sent).catch(() => undefined);
  else sent.end();
  const [answer] = await answered;
  const { statusCode: status = 500, headers } = answer;
  const hasBody = request.method !== 'HEAD' && !WITHOUT_BODY.has(status);
  if (!hasBody) answer.resume();
  return new Response(hasBody ? (Readable.toWeb(answer) as globalThis.ReadableStream) : null, {
    status,
    headers: endToEnd(headers),
  });
}

/** What the gateway reads from and sets on a socket. */
const SOCKET = { remoteAddress: '127.0.0.1', setTimeout: () => undefined };
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);
/** Headers that apply to one connection. */
const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding']);

const endToEnd = (headers: IncomingHttpHeaders): [string, string][] =>
  Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || HOP_BY_HOP.has(name) ? [] : [[name, String(value)]],
  );
