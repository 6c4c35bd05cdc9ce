/** One GraphQL request with its response, as the stages of the handler and the live transports read it. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const GRAPHQL_PATH = '/graphql';
export const STREAM_PATH = '/graphql/stream';
export const GRAPHQL_PATHS = [GRAPHQL_PATH, STREAM_PATH] as const;
export type GraphqlPath = (typeof GRAPHQL_PATHS)[number];
/** Of both paths. */
export const ALLOWED_METHODS = 'GET, HEAD, POST';
/** The request headers that every answer at these paths depends on. */
export const GRAPHQL_VARY = 'authorization, accept';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** GET for HEAD too: node:http leaves out its body. */
  readonly method: string;
  /** The path of the route, without a prefix. */
  readonly path: GraphqlPath;
  /** The query string with its question mark; empty if there is none. */
  readonly search: string;
}

export function createExchange({ raw, id }: FastifyRequest, reply: FastifyReply, path: GraphqlPath): Exchange {
  const { method = 'GET', url = '/' } = raw;
  const start = url.indexOf('?');
  return {
    request: raw,
    response: reply.raw,
    requestId: id,
    method: method === 'HEAD' ? 'GET' : method,
    path,
    search: start < 0 ? '' : url.slice(start),
  };
}

/** The client's request id is used if it is safe to log; otherwise a new one. */
export function requestIdOf({ 'x-request-id': given }: IncomingHttpHeaders): string {
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}
