/** Response writer: sets every header of every answer, whichever cache the answer came from. */
import { createCors, variesByOrigin } from './cors.ts';
import type { Exchange } from './exchange.ts';

export interface HttpResponse {
  readonly status: number;
  readonly body: string | Buffer;
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly etag?: string | null;
  /** The request headers that the answer depends on, apart from `origin`. */
  readonly vary?: string;
  /** Replaces the policy of answers that are not documents. */
  readonly contentSecurityPolicy?: string;
  /** More headers: names and values in turn. */
  readonly headers?: readonly string[];
}

export interface ResponseWriter {
  write(exchange: Exchange, response: HttpResponse): void;
  /** The headers of a response whose body is written by somebody else. Names and values in turn. */
  head(exchange: Exchange, response: Omit<HttpResponse, 'status' | 'body'>): string[];
}

export interface ResponseWriterOptions {
  readonly origins: readonly string[];
  /** False while the gateway stops: connections are closed after the current answer. */
  readonly isReady: () => boolean;
  /** A reader that takes nothing for this long is cut. Default: 15 s, see below. */
  readonly stalledReaderMs?: number | undefined;
}

/** Sandbox has its own policy in a meta element, where `frame-ancestors` has no effect. */
const POLICY = "frame-ancestors 'none'; base-uri 'none'; object-src 'none'";
/** node:http looks once in this time whether a write made progress: a stalled reader is cut after 15 to 30 s. */
const STALLED_READER_MS = 15_000;

const MAX_COPIED_BYTES = 16_384;

export function createResponseWriter(options: ResponseWriterOptions): ResponseWriter {
  const { origins, isReady, stalledReaderMs = STALLED_READER_MS } = options;
  const cors = createCors(origins);
  const isByOrigin = variesByOrigin(origins);

  function head({ request, requestId }: Exchange, response: Omit<HttpResponse, 'status' | 'body'>): string[] {
    const { contentType, cacheControl, etag, vary, contentSecurityPolicy = POLICY, headers = [] } = response;
    const all = ['x-request-id', requestId, 'x-content-type-options', 'nosniff'];
    all.push('content-security-policy', contentSecurityPolicy);
    if (contentType !== undefined) all.push('content-type', contentType);
    if (cacheControl !== undefined) all.push('cache-control', cacheControl);
    if (etag != null) all.push('etag', etag);
    const varying = [...(vary === undefined ? [] : [vary]), ...(isByOrigin ? ['origin'] : [])];
    if (varying.length > 0) all.push('vary', varying.join(', '));
    if (!isReady()) all.push('connection', 'close');
    all.push(...cors(request), ...headers);
    return all;
  }

  return {
    head,
    write(exchange, answer) {
      const { request, response } = exchange;
      if (response.headersSent || response.destroyed) return;
      const { etag, body } = answer;
      const isCurrent = etag != null && isNotModified(request.headers['if-none-match'], etag);
      const headers = head(exchange, answer);
      if (isCurrent) {
        response.writeHead(304, headers).end();
        return;
      }
      const length = Buffer.byteLength(body);
      if (answer.status !== 204) headers.push('content-length', String(length));
      response.writeHead(answer.status, headers);
      // node:http copies a text twice, with its head and for the socket. That is fast for a small one, but not for 32 MB.
      if (length > MAX_COPIED_BYTES) response.end(typeof body === 'string' ? Buffer.from(body) : body);
      else if (typeof body !== 'string') response.end(body.toString('latin1'), 'latin1');
      else response.end(body, length === body.length ? 'latin1' : 'utf8');
      if (response.writableLength > 0) request.socket.setTimeout(stalledReaderMs);
    },
  };
}

/** True if one of the client's validators is the answer's. `If-None-Match` compares weakly. */
function isNotModified(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => {
    const validator = tag.trim();
    return validator === '*' || validator.replace(/^W\//, '') === etag;
  });
}

export const jsonResponse = (status: number, value: unknown): HttpResponse => ({
  status,
  contentType: 'application/json; charset=utf-8',
  cacheControl: 'no-store',
  body: JSON.stringify(value),
});

/** An error outside GraphQL, in the form of a GraphQL error. */
export const errorResponse = ({ requestId }: Exchange, status: number, code: string, message: string): HttpResponse =>
  jsonResponse(status, { errors: [{ message, extensions: { code, retryable: false, requestId } }] });
