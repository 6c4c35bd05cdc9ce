/** The HTTP server: timeouts, one answer at a time on a connection, and the handler of each path. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '../observability/logger.ts';
import type { TakeBasePath } from './base-path.ts';
import { ALLOWED_METHODS, createExchange, GRAPHQL_PATH, STREAM_PATH, type Exchange, type Handler } from './exchange.ts';
import { PREFLIGHT_VARY } from './headers/cors.ts';
import { createTurns } from './connection/one-answer-at-a-time.ts';
import { endMalformed, endWithError, isAnswering } from './connection/raw-response.ts';
import { ASSETS_PATH } from './page/page-handler.ts';
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
  // Checked below, where the answer has a body.
  requireHostHeader: false,
};

export function createHttpServer(options: HttpServerOptions): Server {
  const { takeBasePath, writer, logger } = options;
  const inTurn = createTurns();
  /** The response under way, by connection. */
  const current = new WeakMap<Duplex, ServerResponse>();

  async function handle(exchange: Exchange): Promise<void> {
    try {
      await handlerOf(exchange)(exchange);
    } catch (err) {
      logger.error({ err, requestId: exchange.requestId }, 'a request failed');
      const message = 'Something went wrong inside the gateway. The request id leads to its log.';
      // An answer that has begun can't become an error any more; left open, its client would wait for the rest.
      if (exchange.response.headersSent) exchange.response.destroy();
      else writer.write(exchange, errorResponse(exchange, 500, 'INTERNAL_SERVER_ERROR', message));
    }
  }

  function handlerOf({ request, method, path }: Exchange): Handler {
    if (request.headers.host === undefined && request.httpVersion === '1.1') return noHost;
    if (method === 'OPTIONS') return preflight;
    if (path === GRAPHQL_PATH || path === STREAM_PATH) return options.graphql;
    if (method !== 'GET') return notFound;
    if (path === '/' || path.startsWith('/workflows/')) return options.page;
    if (path.startsWith(ASSETS_PATH)) return options.assets;
    return options.operations[path] ?? notFound;
  }

  const preflight: Handler = (exchange) => {
    writer.write(exchange, { status: 204, body: '', vary: PREFLIGHT_VARY, headers: ['allow', ALLOWED_METHODS] });
  };

  const noHost: Handler = (exchange) => {
    writer.write(exchange, errorResponse(exchange, 400, 'BAD_REQUEST', 'The request has no Host header.'));
  };

  const noExpectation: Handler = (exchange) => {
    const message = 'Expect: only 100-continue is known.';
    writer.write(exchange, errorResponse(exchange, 417, 'BAD_REQUEST', message));
  };

  const notFound: Handler = (exchange) => {
    const message = 'There is nothing at this path; GraphQL is at /graphql, the run page at /.';
    writer.write(exchange, errorResponse(exchange, 404, 'NOT_FOUND', message));
  };

  function inItsTurn(request: IncomingMessage, response: ServerResponse, work: Handler): void {
    inTurn(request, response, () => {
      current.set(request.socket, response);
      takeBasePath(request);
      void work(createExchange(request, response));
    });
  }

  /** An offer that is ignored is answered over HTTP/1.1: of another protocol (h2c), or before earlier requests are answered. */
  const shouldUpgradeCallback = ({ headers, socket }: IncomingMessage): boolean =>
    headers.upgrade?.toLowerCase() === 'websocket' && !isAnswering(current.get(socket));

  return (
    createServer({ ...SERVER_OPTIONS, shouldUpgradeCallback }, (request, response) => {
      inItsTurn(request, response, handle);
    })
      // Node keeps the address once it was read; that of a closed connection can't be read any more, and the log needs it.
      .on('connection', ({ remoteAddress }) => remoteAddress)
      .on('checkExpectation', (request, response) => {
        inItsTurn(request, response, noExpectation);
      })
      .on('connect', (_request, socket) => {
        const message = `Expected one of ${ALLOWED_METHODS}, got CONNECT.`;
        if (isAnswering(current.get(socket))) socket.destroy();
        else endWithError(socket, { status: 405, code: 'BAD_REQUEST', message });
      })
      .on('clientError', (error, socket) => {
        endMalformed(error, socket, current.get(socket));
      })
  );
}
