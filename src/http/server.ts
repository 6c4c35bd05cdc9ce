/** The HTTP server: timeouts, one answer at a time on a connection, and the handler of each path. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Logger } from '../observability/logger.ts';
import type { TakeBasePath } from './base-path.ts';
import { createExchange, GRAPHQL_PATH, STREAM_PATH, type Exchange, type Handler } from './exchange.ts';
import { createTurns } from './one-answer-at-a-time.ts';
import { errorResponse, type ResponseWriter } from './response-writer.ts';

export interface HttpServerOptions {
  readonly takeBasePath: TakeBasePath;
  readonly writer: ResponseWriter;
  readonly graphql: Handler;
  readonly page: Handler;
  readonly assets: Handler;
  /** Health, readiness, metrics: by path. */
  readonly operations: Readonly<Record<string, Handler>>;
  readonly logger: Logger;
}

const SERVER_OPTIONS = {
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  // How often the two are checked. Node's default of 30 s would let them last up to three times as long.
  connectionsCheckingInterval: 5_000,
  // Longer than a load balancer's usual 60 s, so that the balancer closes idle connections.
  keepAliveTimeout: 72_000,
  // Offers of other protocols (h2c) are ignored; the request is answered over HTTP/1.1.
  shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
};

export function createHttpServer(options: HttpServerOptions): Server {
  const { takeBasePath, writer, logger } = options;
  const inTurn = createTurns();

  async function handle(exchange: Exchange): Promise<void> {
    try {
      await handlerOf(exchange)(exchange);
    } catch (err) {
      logger.error({ err, requestId: exchange.requestId }, 'a request failed');
      const message = 'Something went wrong inside the gateway. The request id leads to its log.';
      writer.write(exchange, errorResponse(exchange, 500, 'INTERNAL_SERVER_ERROR', message));
    }
  }

  function handlerOf({ method, path }: Exchange): Handler {
    if (method === 'OPTIONS') return preflight;
    if (path === GRAPHQL_PATH || path === STREAM_PATH) return options.graphql;
    if (method !== 'GET' && method !== 'HEAD') return notFound;
    if (path === '/' || path.startsWith('/workflows/')) return options.page;
    if (path.startsWith('/assets/')) return options.assets;
    return Object.hasOwn(options.operations, path) ? (options.operations[path] ?? notFound) : notFound;
  }

  const preflight: Handler = (exchange) => {
    writer.write(exchange, { status: 204, body: '', headers: ['allow', 'GET, POST'] });
  };

  const notFound: Handler = (exchange) => {
    const message = 'There is nothing at this path; GraphQL is at /graphql, the run page at /.';
    writer.write(exchange, errorResponse(exchange, 404, 'NOT_FOUND', message));
  };

  const server = createServer(SERVER_OPTIONS, (request, response) => {
    inTurn(request, response, () => {
      takeBasePath(request);
      void handle(createExchange(request, response));
    });
  });
  // Node keeps the address once it was read; that of a closed connection can't be read any more, and the log needs it.
  server.on('connection', ({ remoteAddress }) => remoteAddress);
  return server;
}
