/** What is read off a request's head, by the route of GraphQL and by the short way to what is ready. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Viewer } from '../runs/viewer.ts';

export const GRAPHQL_PATH = '/graphql';

/** A proxy's request id is kept if it is a plain word, so that it can stand in a log. */
export function requestIdOf({ headers }: { readonly headers: IncomingHttpHeaders }): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

const BEARER = /^Bearer +([\x21-\x7e]{1,4096}) *$/i;

/** Null without a bearer key. Cookies are never read. */
export function readViewer(headers: IncomingHttpHeaders, viewerOf: (credential: string) => Viewer): Viewer | null {
  const credential = BEARER.exec(headers.authorization ?? '')?.[1];
  return credential === undefined ? null : viewerOf(credential);
}

/** From the question mark on; empty without one. */
export function searchOf(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start);
}

/** All that decides an answer beside the viewer: the exact text of the request and what form the client accepts. */
export function requestKey({ method, headers, url }: IncomingMessage, body: string): string {
  const { accept = '', 'content-type': contentType = '' } = headers;
  return `${method ?? ''} ${accept} ${contentType} ${searchOf(url ?? '')} ${body}`;
}
