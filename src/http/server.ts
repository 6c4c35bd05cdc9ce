/** The HTTP server of `npm start`: everything that belongs to a server rather than to the gateway's plugin. */
import type { IncomingMessage, Server } from 'node:http';
import fastify, { type FastifyHttpOptions, type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import type { Config } from '../config/config.ts';
import { MAX_BODY_BYTES } from './body.ts';
import type { IsTrustedProxy } from './connection/client-address.ts';
import { createConnections } from './connection/connections.ts';
import { drain } from './connection/drain.ts';
import { endWithError, malformed } from './connection/raw-response.ts';
import { ALLOWED_METHODS, requestIdOf } from './exchange.ts';
import type { Http } from './plugin.ts';
import { withoutPrefix } from './prefix.ts';

export interface ServerOptions {
  readonly config: Pick<Config, 'basePath' | 'maxConnections'>;
  readonly isTrustedProxy: IsTrustedProxy;
  /** The gateway. */
  readonly plugin: FastifyPluginAsync;
  readonly refuseUrl: Http['refuseUrl'];
  readonly isReady: Http['isReady'];
}

export function createServer({ config, isTrustedProxy, plugin, refuseUrl, isReady }: ServerOptions): FastifyInstance {
  const { basePath, maxConnections } = config;
  const serverOptions: FastifyHttpOptions<Server> = {
    trustProxy: isTrustedProxy,
    genReqId: ({ headers }) => requestIdOf(headers),
    // Every route is also served below BASE_PATH: a proxy in front may not have removed it.
    ...(basePath !== '' && { rewriteUrl: ({ url = '' }) => withoutPrefix(url, basePath) }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: 30_000,
    // Longer than a load balancer's usual 60 s, so that the balancer closes idle connections.
    keepAliveTimeout: 72_000,
    http: {
      headersTimeout: 15_000,
      // How often the timeouts are checked. With Node's default of 30 s they could last three times as long.
      connectionsCheckingInterval: 5_000,
      // The plugin checks it, and sends an error with a body.
      requireHostHeader: false,
      shouldUpgradeCallback: mayUpgrade,
    },
    // Requests that arrive on open connections are answered while the server stops.
    return503OnClosing: false,
    // A fleet may take longer to connect, and answers under way to finish.
    pluginTimeout: 0,
    frameworkErrors: (error, _request, reply) => {
      refuseUrl(reply, error.message);
    },
    clientErrorHandler(error, socket) {
      if (connections.isAnswering(socket) || !socket.writable || error.code === 'ECONNRESET') socket.destroy(error);
      else endWithError(socket, malformed(error.code));
    },
  };
  const app = fastify(serverOptions);
  const { server } = app;
  const connections = createConnections(server);

  /**
   * Other offers are answered over HTTP/1.1: of another protocol (h2c), before earlier requests are answered, or while the gateway stops.
   */
  function mayUpgrade({ headers, socket }: IncomingMessage): boolean {
    return isReady() && headers.upgrade?.toLowerCase() === 'websocket' && !connections.isAnswering(socket);
  }

  // Node closes each further connection at once.
  server.maxConnections = maxConnections;
  // The plugin refuses them.
  server.on('checkExpectation', (request, response) => {
    app.routing(request, response);
  });
  server.on('connect', (_request, socket) => {
    const message = `Expected one of ${ALLOWED_METHODS}, got CONNECT.`;
    if (connections.isAnswering(socket)) socket.destroy();
    else endWithError(socket, { status: 405, code: 'BAD_REQUEST', message });
  });
  app.addHook('onRequest', (request, reply, done) => {
    connections.inTurn(request.raw, reply.raw, done);
  });
  void app.register(plugin);
  // After the plugin: its live clients have their closing message by then.
  void app.register((drained, _options, done) => {
    drained.addHook('preClose', () => drain(server, connections));
    done();
  });
  return app;
}
