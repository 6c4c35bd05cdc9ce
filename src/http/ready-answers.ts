/**
 * The short way to an answer that is ready: before Fastify is asked, whose routing, hooks and parsing take several times
 * as long as looking it up. Whatever is not ready goes on to Fastify as if nothing had happened.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Viewer } from '../runs/viewer.ts';
import { GRAPHQL_PATH, requestIdOf, requestKey, type ReadViewer } from './request.ts';
import { isNotModified, MAX_REQUEST_LENGTH, type ReadyAnswer, type ResponseCache } from './response-cache.ts';

const READ_BODY = Symbol('the body that was read already');

/** On the request itself: a map beside it would cost more than reading the body does. */
export interface RequestWithBody extends IncomingMessage {
  [READ_BODY]?: string;
}

/** The body that was read on the short way, for whoever would read it again. */
export const readBodyOf = (request: RequestWithBody): string | undefined => request[READ_BODY];

export interface ReadyAnswers {
  /** Answers, or calls `next`: at once, or when the body has been read. */
  handle(request: RequestWithBody, response: ServerResponse, next: () => void): void;
}

export interface ReadyAnswersOptions {
  readonly responses: ResponseCache;
  readonly readViewer: ReadViewer;
  readonly isReady: () => boolean;
}

export function createReadyAnswers({ responses, readViewer, isReady }: ReadyAnswersOptions): ReadyAnswers {
  function tryAnswer(request: IncomingMessage, response: ServerResponse, viewer: Viewer, body: string): boolean {
    const ready = responses.find(viewer, requestKey(request, body));
    if (ready) send(request, response, ready, isReady());
    return ready !== null;
  }

  return {
    handle(request, response, next) {
      const viewer = mayBeReady(request) ? readViewer(request) : null;
      if (!viewer) {
        next();
      } else if (request.method === 'GET') {
        if (!tryAnswer(request, response, viewer, '')) next();
      } else {
        readWhole(request, (body) => {
          if (tryAnswer(request, response, viewer, body)) return;
          request[READ_BODY] = body;
          next();
        });
      }
    },
  };
}

/** CORS is Fastify's to answer, and a body that is long, or of a length that is not told, is seldom sent twice. */
function mayBeReady({ method, url = '', headers }: IncomingMessage): boolean {
  const { authorization, origin, 'content-length': length = '' } = headers;
  if (authorization === undefined || origin !== undefined) return false;
  if (url !== GRAPHQL_PATH && !url.startsWith(`${GRAPHQL_PATH}?`)) return false;
  return method === 'GET' || (method === 'POST' && Number(length) > 0 && Number(length) <= MAX_REQUEST_LENGTH);
}

/** Node reads no more of it than its `content-length` says. A client that goes away meanwhile is answered nothing. */
function readWhole(request: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    done((chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)).toString());
  });
}

function send(request: IncomingMessage, response: ServerResponse, ready: ReadyAnswer, keepAlive: boolean): void {
  const { answer, maxAgeSeconds } = ready;
  // Names and values in turn: node writes such a list out as it is, without looking each up.
  const headers = ['content-type', answer.contentType, 'cache-control', `private, max-age=${maxAgeSeconds}`];
  headers.push(
    'vary',
    'authorization, accept',
    'x-request-id',
    requestIdOf(request),
    'x-content-type-options',
    'nosniff',
  );
  if (!keepAlive) headers.push('connection', 'close');
  if (answer.etag !== null) {
    headers.push('etag', answer.etag);
    if (isNotModified(request.headers['if-none-match'], answer.etag)) {
      response.writeHead(304, headers).end();
      return;
    }
  }
  headers.push('content-length', String(answer.body.length));
  // Every character of a ready string is one byte.
  response.writeHead(200, headers).end(answer.body, 'latin1');
}
