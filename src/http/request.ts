/** What is read off a request's head, by the route of GraphQL and by the short way to what is ready. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export const GRAPHQL_PATH = '/graphql';
export const STREAM_PATH = '/graphql/stream';

/** A proxy's request id is kept if it is a plain word, so that it can stand in a log. */
export function requestIdOf({ headers }: { readonly headers: IncomingHttpHeaders }): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/** From the question mark on; empty without one. */
export function searchOf(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start);
}

/**
 * All that decides an answer beside the viewer: the exact text of the request and what form the client accepts. No header
 * can hold a line break, so that none can run into the next.
 */
export function requestKey({ method, headers, url }: IncomingMessage, body: string): string {
  const { accept = '', 'content-type': contentType = '' } = headers;
  return `${method ?? ''}\n${accept}\n${contentType}\n${searchOf(url ?? '')}\n${body}`;
}
