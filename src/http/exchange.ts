/** One HTTP request with its response, and what every stage reads from it. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

export const GRAPHQL_PATH = '/graphql';
export const STREAM_PATH = '/graphql/stream';
/** Of both paths. */
export const ALLOWED_METHODS = 'GET, HEAD, POST';
/** The request headers that an answer at these paths depends on, whatever it is. */
export const GRAPHQL_VARY = 'authorization, accept';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** GET for HEAD too, whose body node:http leaves out. */
  readonly method: string;
  readonly path: string;
  /** The query string with its question mark; empty if there is none. */
  readonly search: string;
}

export type Handler = (exchange: Exchange) => void | Promise<void>;

export function createExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const { method = 'GET', url = '/' } = request;
  const start = url.indexOf('?');
  const path = start < 0 ? url : url.slice(0, start);
  const search = start < 0 ? '' : url.slice(start);
  const requestId = requestIdOf(request.headers);
  return { request, response, requestId, method: method === 'HEAD' ? 'GET' : method, path, search };
}

/** The client's request id is used if it is safe to log; otherwise a new one. */
export function requestIdOf({ 'x-request-id': given }: IncomingHttpHeaders): string {
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}
