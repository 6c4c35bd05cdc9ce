/** The HTTP server of `npm start`: what belongs to a server rather than to the gateway's plugin, and its shutdown. */
import { Server, type IncomingMessage, type ServerOptions as HttpServerOptions, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import fastify, { type FastifyHttpOptions, type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import type { Config } from '../config/config.ts';
import type { Forwarding } from './client-address.ts';
import type { Http } from './plugin.ts';
import { requestIdOf, withoutPrefix } from './routes.ts';

export interface AppOptions {
  readonly config: Pick<Config, 'basePath' | 'maxConnections'>;
  readonly client: Pick<Forwarding, 'isTrusted' | 'networkOfPeer'>;
  readonly refuseUrl: Http['refuseUrl'];
}

export interface ServerOptions extends AppOptions {
  readonly plugin: FastifyPluginAsync;
  readonly isReady: Http['isReady'];
  readonly acceptedConnections: Http['acceptedConnections'];
  /** How long idle connections accept requests while the server stops, in milliseconds. */
  readonly lingerMs: () => number;
}

/** Minimum number of connections of a network whose callers aren't accepted; beyond it, a tenth of all. */
const MIN_OF_NETWORK = 100;

const TIMES: HttpServerOptions = {
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  // Interval for checking both timeouts. With Node's default of 30 s, they could last three times as long.
  connectionsCheckingInterval: 5_000,
  // Longer than a load balancer's usual 60 s, so the balancer closes idle connections.
  keepAliveTimeout: 72_000,
};

/** Options of an app whose requests are all for the gateway. */
export const appOptions = ({ config: { basePath }, client, refuseUrl }: AppOptions) =>
  ({
    trustProxy: client.isTrusted,
    genReqId: ({ headers }) => requestIdOf(headers),
    // Every route is also served below BASE_PATH, because a proxy in front may not have removed it.
    ...(basePath !== '' && { rewriteUrl: ({ url = '' }: IncomingMessage) => withoutPrefix(url, basePath) }),
    // No timeout: a fleet may take long to connect, and responses in progress to finish.
    pluginTimeout: 0,
    frameworkErrors(error, _request, reply) {
      refuseUrl(reply, error.message);
    },
  }) satisfies FastifyHttpOptions<Server>;

export function createServer(options: ServerOptions): FastifyInstance {
  const { plugin, isReady, acceptedConnections, client, lingerMs, config } = options;
  // Otherwise, the response uses HTTP/1.1: for other protocols (h2c), before earlier requests have been answered, and
  // while the gateway stops.
  const shouldUpgradeCallback = ({ headers, socket }: IncomingMessage): boolean =>
    isReady() && headers.upgrade?.toLowerCase() === 'websocket' && !server.isAnswering(socket);
  const server: LingeringServer = new LingeringServer({ ...TIMES, shouldUpgradeCallback });
  // Node closes each additional connection at once.
  server.maxConnections = config.maxConnections;
  limitConnections(server, {
    isAccepted: (socket) => acceptedConnections.has(socket),
    networkOf: client.networkOfPeer,
    maxOfNetwork: Math.max(MIN_OF_NETWORK, config.maxConnections / 10),
  });
  const app = fastify({
    serverFactory: (handler) => server.on('request', handler),
    ...appOptions(options),
    // Requests on open connections are served while the server stops.
    return503OnClosing: false,
  });
  // In this order: no new connections, the closing messages of live clients (the plugin), the last responses.
  app.addHook('preClose', () => server.stopListening());
  void app.register(plugin);
  void app.register((last, _options, done) => {
    last.addHook('preClose', () => server.finish(lingerMs()));
    done();
  });
  return app;
}

export interface ConnectionLimitOptions {
  /** Whether an accepted caller has sent an operation over the connection. */
  readonly isAccepted: (socket: Socket) => boolean;
  /** Returns null for a peer whose connections aren't limited. */
  readonly networkOf: (address: string) => string | null;
  readonly maxOfNetwork: number;
}

/** Limits the connections of each network whose callers aren't accepted, closing each additional one at once. */
export function limitConnections(
  server: Server,
  { isAccepted, networkOf, maxOfNetwork }: ConnectionLimitOptions,
): void {
  /** Connections by network, until they are closed or their callers accepted. */
  const unaccepted = new Map<string, Set<Socket>>();

  server.on('connection', (socket: Socket) => {
    // Reading the address makes Node cache it for the log, even after the connection is closed.
    const network = networkOf(socket.remoteAddress ?? '');
    if (network === null) return;
    const sockets = unaccepted.get(network) ?? new Set();
    if (sockets.size >= maxOfNetwork) {
      for (const each of sockets) if (isAccepted(each)) sockets.delete(each);
    }
    if (sockets.size >= maxOfNetwork) {
      socket.destroy();
      return;
    }
    unaccepted.set(network, sockets.add(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0 && unaccepted.get(network) === sockets) unaccepted.delete(network);
    });
  });
}

/** How long arrived connections are still accepted before the server stops listening. */
const ACCEPT_MS = 500;
/** How often connections that have become idle are closed. */
const IDLE_EVERY_MS = 100;
/** How long responses in progress may take before all connections are closed. */
const ALL_MS = 10_000;

/** A server that stops without losing a request. */
class LingeringServer extends Server {
  readonly #open = new Set<Socket>();
  /** The latest response of each connection. */
  readonly #responses = new WeakMap<Socket, ServerResponse>();
  readonly #closed = Promise.withResolvers<undefined>();
  #accepted = 0;
  #closesIdle = false;

  constructor(options: HttpServerOptions) {
    super(options);
    this.on('connection', (socket: Socket) => {
      this.#accepted += 1;
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
    this.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#responses.set(socket, response);
    });
  }

  isAnswering(socket: Socket): boolean {
    return this.#responses.get(socket)?.writableFinished === false;
  }

  /** Called by `close`, but a proxy may be sending a request over an idle connection. */
  override closeIdleConnections(): void {
    if (this.#closesIdle) super.closeIdleConnections();
  }

  /** Resolves when no more connections are accepted. A proxy then opens them elsewhere. */
  async stopListening(): Promise<void> {
    // Node accepts one connection per turn of its loop. Closing resets waiting connections, with their requests.
    const until = performance.now() + ACCEPT_MS;
    for (let before = -1; before !== this.#accepted && performance.now() < until;) {
      before = this.#accepted;
      await nextTurn();
    }
    this.close(() => {
      this.#closed.resolve(undefined);
    });
  }

  /** Call it after `stopListening`. Resolves when the last connection is closed; idle ones stay open for `lingerMs`. */
  async finish(lingerMs: number): Promise<void> {
    if (lingerMs > 0) await pause(lingerMs);
    this.#closesIdle = true;
    // node:http counts a connection without a request as busy.
    this.#destroy(({ bytesRead }) => bytesRead === 0);
    const closing = setInterval(() => {
      this.#closeIdle();
    }, IDLE_EVERY_MS);
    // Includes WebSockets.
    const timeIsUp = setTimeout(() => {
      this.#destroy(() => true);
    }, ALL_MS);
    this.#closeIdle();
    await this.#closed.promise;
    clearInterval(closing);
    clearTimeout(timeIsUp);
  }

  /** node:http counts a written response that its client hasn't read as idle: closing would cut it off. */
  #closeIdle(): void {
    if (![...this.#open].some(({ writableLength }) => writableLength > 0)) this.closeIdleConnections();
  }

  #destroy(isChosen: (socket: Socket) => boolean): void {
    for (const socket of this.#open) if (isChosen(socket)) socket.destroy();
  }
}
