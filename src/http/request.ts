/** What is read off a request's head, by the route of GraphQL and by the short way to what is ready. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Viewer } from '../runs/viewer.ts';

export const GRAPHQL_PATH = '/graphql';
export const STREAM_PATH = '/graphql/stream';

/** A proxy's request id is kept if it is a plain word, so that it can stand in a log. */
export function requestIdOf({ headers }: { readonly headers: IncomingHttpHeaders }): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

const BEARER = /^Bearer +([\x21-\x7e]{1,4096}) *$/i;

export type ReadViewer = (request: IncomingMessage) => Viewer | null;

/** The bearer key of an `Authorization` header, or of what stands in its place; null if there is none. */
export const bearerOf = (authorization: string): string | null => BEARER.exec(authorization)?.[1] ?? null;

/**
 * Answers null without a bearer key. Cookies are never read. A connection mostly carries requests of one viewer, who is
 * remembered as long as it is open: an HMAC for every request takes a tenth of the time of a ready answer.
 */
export function createViewerReader(viewerOf: (credential: string) => Viewer): ReadViewer {
  const latest = new WeakMap<Socket, { readonly authorization: string; readonly viewer: Viewer | null }>();

  return ({ headers: { authorization = '' }, socket }) => {
    const known = latest.get(socket);
    if (known?.authorization === authorization) return known.viewer;
    const credential = bearerOf(authorization);
    const viewer = credential === null ? null : viewerOf(credential);
    latest.set(socket, { authorization, viewer });
    return viewer;
  };
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
