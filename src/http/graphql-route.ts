/** GraphQL over HTTP at `/graphql`: turns Fastify's request into Apollo's and Apollo's answer into Fastify's. */
import { setMaxListeners } from 'node:events';
import { HeaderMap, type ApolloServer } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createContext, type Context, type ContextSource } from '../graphql/context.ts';
import type { Viewer } from '../runs/viewer.ts';

export interface GraphqlRouteOptions {
  readonly apollo: ApolloServer<Context>;
  readonly contextSource: ContextSource;
  readonly viewerOf: (credential: string) => Viewer;
}

export function registerGraphqlRoute(app: FastifyInstance, options: GraphqlRouteOptions): void {
  const { apollo, contextSource, viewerOf } = options;

  app.route({
    // The others are here to be told so, by a 405.
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/graphql',
    async handler(request, reply) {
      const context = createContext(contextSource, {
        viewer: readViewer(request, viewerOf),
        requestId: request.id,
        signal: signalOfClient(reply),
      });
      const answer = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: {
          method: request.method,
          headers: readHeaders(request),
          search: new URL(request.url, 'http://stepgate').search,
          body: request.body,
        },
        context: () => Promise.resolve(context),
      });
      if (answer.body.kind === 'chunked') throw new Error('incremental delivery is not part of the schema');
      for (const [name, value] of answer.headers) reply.header(name, value);
      return reply.code(answer.status ?? 200).send(answer.body.string);
    },
  });
}

const BEARER = /^Bearer +([\x21-\x7e]{1,4096}) *$/i;

/** Null without a bearer key. Cookies are never read. */
function readViewer(request: FastifyRequest, viewerOf: (credential: string) => Viewer): Viewer | null {
  const credential = BEARER.exec(request.headers.authorization ?? '')?.[1];
  return credential === undefined ? null : viewerOf(credential);
}

function readHeaders(request: FastifyRequest): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

/** Fires when the client went away or has its whole answer: then nobody waits for what is still being loaded. */
function signalOfClient(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  // One operation may wait for many runs, each with a listener.
  setMaxListeners(0, controller.signal);
  reply.raw.once('close', () => {
    controller.abort();
  });
  return controller.signal;
}
