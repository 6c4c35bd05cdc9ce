/** `/graphql` and `/graphql/stream`: operations over HTTP, server-sent events and WebSockets. */
import type { FastifyPluginCallback } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Graphql } from '../graphql/graphql.ts';
import type { Observer } from '../observability/observer.ts';
import type { After } from '../runtime/clock.ts';
import { errorAnswer } from './answer.ts';
import { isFromAllowedOrigin } from './common-headers.ts';
import type { Entrance } from './entrance.ts';
import { createSendEvents } from './event-streams.ts';
import { createExplorerPage } from './explorer-page.ts';
import { createGraphqlHandler, type GraphqlHandlerOptions } from './graphql-handler.ts';
import { createLiveConnections } from './live-connections.ts';
import { ALLOWED_METHODS, GRAPHQL_PATH, refuseOtherMethods, STREAM_PATH } from './routes.ts';
import type { SocketOptions } from './socket.ts';
import { createSockets } from './sockets.ts';

export interface GraphqlRoutesOptions
  extends
    Omit<SocketOptions, 'operations' | 'observer' | 'entrance'>,
    Pick<GraphqlHandlerOptions, 'negotiation' | 'write' | 'responses' | 'vary'> {
  readonly entrance: Entrance;
  readonly graphql: Graphql & { readonly schema: GraphQLSchema };
  /** BASE_PATH and the plugin's prefix. */
  readonly basePath: string;
  /** Origins whose pages may open a WebSocket. */
  readonly origins: readonly string[];
  readonly observer: Observer;
  readonly isReady: () => boolean;
  readonly stop: () => void;
  readonly after: After;
}

export function createGraphqlRoutes(options: GraphqlRoutesOptions): FastifyPluginCallback {
  const { graphql, basePath, origins, isReady, stalledReaderMs, write } = options;
  const { operations, schema, landingPage } = graphql;

  return (app, _options, done) => {
    const liveConnections = createLiveConnections(options.after);
    const serveSocket = createSockets({ ...options, operations, schema, liveConnections });
    const handle = createGraphqlHandler({
      ...options,
      operations,
      sendEvents: createSendEvents({ liveConnections, isReady, stalledReaderMs, write: operations.write }),
      explorerPage: createExplorerPage({ landingPage, basePath }),
    });

    app.addHook('onRequest', ({ ws, raw, id }, reply, next) => {
      if (ws && !isFromAllowedOrigin(raw, origins)) write(reply, errorAnswer(id, 403, 'FORBIDDEN', OTHER_ORIGIN));
      else next();
    });
    app.route({
      method: ['GET', 'HEAD'],
      url: GRAPHQL_PATH,
      exposeHeadRoute: false,
      handler: handle(GRAPHQL_PATH),
      wsHandler: (ws, { raw, id }) => {
        // `ws` declares this class twice: for CommonJS and for modules.
        // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
        serveSocket(ws, raw, id);
      },
    });
    app.post(GRAPHQL_PATH, handle(GRAPHQL_PATH));
    app.route({
      method: ['GET', 'POST'],
      url: STREAM_PATH,
      exposeHeadRoute: false,
      handler: handle(STREAM_PATH),
    });
    refuseOtherMethods(app, GRAPHQL_PATH, ALLOWED_METHODS, options);
    // A HEAD of a stream would never end.
    refuseOtherMethods(app, STREAM_PATH, 'GET, POST', options);

    app.addHook('preClose', async () => {
      options.stop();
      await liveConnections.close();
    });
    done();
  };
}

const OTHER_ORIGIN = 'This origin may not open a WebSocket. Add it to CORS_ORIGINS.';
