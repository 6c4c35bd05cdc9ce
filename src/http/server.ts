/** The HTTP server of `npm start`: everything that belongs to a server rather than to the gateway's plugin. */
import type { IncomingMessage, Server, ServerOptions as HttpServerOptions } from 'node:http';
import fastify, { type FastifyHttpOptions, type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import type { Config } from '../config/config.ts';
import { MAX_BODY_BYTES } from './body.ts';
import { isLoopback, networkOf, type IsTrustedProxy } from './connection/client-address.ts';
import { createConnections } from './connection/connections.ts';
import { createDrain, LingeringServer } from './connection/drain.ts';
import { endWithError, malformed } from './connection/raw-response.ts';

import type { Http } from './plugin.ts';
import { ALLOWED_METHODS, requestIdOf, withoutPrefix } from './routes.ts';

export interface AppOptions {
  readonly config: Pick<Config, 'basePath' | 'maxConnections'>;
  readonly isTrustedProxy: IsTrustedProxy;
  readonly refuseUrl: Http['refuseUrl'];
}

export interface ServerOptions extends AppOptions {
  readonly plugin: FastifyPluginAsync;
  readonly isReady: Http['isReady'];
  readonly acceptedConnections: Http['acceptedConnections'];
  /** How long idle connections take requests while the server stops, in milliseconds. */
  readonly lingerMs: () => number;
}

/** Connections of a network whose callers are not accepted: a tenth of all, but no fewer than this. */
const MIN_OF_NETWORK = 100;

const TIMES: HttpServerOptions = {
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  // Interval of checks of both times. With Node's default of 30 s they could last three times as long.
  connectionsCheckingInterval: 5_000,
  // Longer than a load balancer's usual 60 s, so that the balancer closes idle connections.
  keepAliveTimeout: 72_000,
};

/** Options of an app whose requests are all for the gateway. */
export const appOptions = ({ config: { basePath }, isTrustedProxy, refuseUrl }: AppOptions) =>
  ({
    trustProxy: isTrustedProxy,
    genReqId: ({ headers }) => requestIdOf(headers),
    // Every route is also served below BASE_PATH: a proxy in front may not have removed it.
    ...(basePath !== '' && { rewriteUrl: ({ url = '' }: IncomingMessage) => withoutPrefix(url, basePath) }),
    bodyLimit: MAX_BODY_BYTES,
    // No timeout: a fleet may take long to connect, and answers in progress to finish.
    pluginTimeout: 0,
    frameworkErrors(error, _request, reply) {
      refuseUrl(reply, error.message);
    },
  }) satisfies FastifyHttpOptions<Server>;

export function createServer(options: ServerOptions): FastifyInstance {
  const { plugin, isReady, acceptedConnections, isTrustedProxy, lingerMs } = options;
  const { maxConnections } = options.config;
  // The plugin checks the Host header, and sends an error with a body.
  const server = new LingeringServer({ ...TIMES, requireHostHeader: false, shouldUpgradeCallback: mayUpgrade });
  const connections = createConnections(server, {
    isAccepted: (socket) => acceptedConnections.has(socket),
    networkOf: (address) => (isTrustedProxy(address, 0) || isLoopback(address) ? null : networkOf(address)),
    maxOfNetwork: Math.max(MIN_OF_NETWORK, maxConnections / 10),
  });
  const drain = createDrain(server, connections);
  // Node closes each further connection at once.
  server.maxConnections = maxConnections;

  /** Otherwise the answer is HTTP/1.1: for other protocols (h2c), before earlier requests are answered, and while the gateway stops. */
  function mayUpgrade({ headers, socket }: IncomingMessage): boolean {
    return isReady() && headers.upgrade?.toLowerCase() === 'websocket' && !connections.isAnswering(socket);
  }

  const app = fastify({
    serverFactory: (handler) => server.on('request', handler),
    ...appOptions(options),
    // Requests that arrive on open connections are answered while the server stops.
    return503OnClosing: false,
    clientErrorHandler(error, socket) {
      if (connections.isAnswering(socket) || !socket.writable || error.code === 'ECONNRESET') socket.destroy(error);
      else endWithError(socket, malformed(error.code));
    },
  });

  // The plugin refuses other expectations.
  server.on('checkExpectation', (request, response) => {
    app.routing(request, response);
  });
  server.on('connect', (_request, socket) => {
    const message = `The method must be one of ${ALLOWED_METHODS}, got CONNECT.`;
    if (connections.isAnswering(socket)) socket.destroy();
    else endWithError(socket, { status: 405, code: 'BAD_REQUEST', message });
  });
  app.addHook('onRequest', (request, reply, done) => {
    connections.answer(request.raw, reply.raw);
    done();
  });
  // In this order: no new connection, the closing messages of live clients (the plugin), the last answers.
  app.addHook('preClose', () => drain.stopListening());
  void app.register(plugin);
  void app.register((last, _options, done) => {
    last.addHook('preClose', () => drain.finish(lingerMs()));
    done();
  });
  return app;
}
