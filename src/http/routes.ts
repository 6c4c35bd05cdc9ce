/** Paths of the gateway, and helpers of all routes. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { errorAnswer, type Write } from './answer.ts';

export const GRAPHQL_PATH = '/graphql';
export const STREAM_PATH = '/graphql/stream';
export const MCP_PATH = '/mcp';
export const SCHEMA_PATH = '/schema.graphql';
export type GraphqlPath = typeof GRAPHQL_PATH | typeof STREAM_PATH;
export const ALLOWED_METHODS = 'GET, HEAD, POST';
/** The request headers that every response at these paths depends on. */
export const GRAPHQL_VARY = 'authorization, accept';

/** The client's request id if it is safe to log, otherwise a new one. */
export function requestIdOf({ 'x-request-id': given }: IncomingHttpHeaders): string {
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Responds with 405 to all methods but these and OPTIONS. */
export function refuseOtherMethods(
  app: FastifyInstance,
  url: string,
  allow: string,
  { write, vary }: { readonly write: Write; readonly vary: string },
): void {
  app.route({
    method: app.supportedMethods.filter((method) => !['OPTIONS', ...allow.split(', ')].includes(method)),
    url,
    handler: ({ id, method }, reply) => {
      void reply.headers({ allow, vary });
      return write(reply, errorAnswer(id, 405, 'BAD_REQUEST', `The method must be one of ${allow}, got ${method}.`));
    },
  });
}

/** Removes a prefix from the path of a URL. `/bases` doesn't begin with `/base`: the rest must be a path. */
export function withoutPrefix(url: string, prefix: string): string {
  if (prefix === '' || !url.startsWith(prefix)) return url;
  const rest = url.slice(prefix.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : url;
}
