/** Response writer: sets every header of every answer, whichever cache the answer came from. */
import { bytesOf, lengthOf, type Body } from './body-parts.ts';
import type { CompressedForms } from './compression/compressed-forms.ts';
import type { Compression } from './compression/compression.ts';
import type { Encoding } from './compression/content-encoding.ts';
import { createCors, variesByOrigin } from './headers/cors.ts';
import type { Exchange } from './exchange.ts';
import type { HstsHeaders } from './headers/hsts.ts';

export interface HttpResponse {
  readonly status: number;
  readonly body: Body;
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly etag?: string | null;
  /** The request headers that the answer depends on, apart from `accept-encoding` and `origin`. */
  readonly vary?: string;
  readonly contentEncoding?: Encoding | null;
  /** Where the compressed forms of a body that is answered often are kept. */
  readonly forms?: CompressedForms | undefined;
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
  readonly compression: Compression;
  readonly hsts: HstsHeaders;
  /** False when the server accepts no new connection: each answer closes its own. */
  readonly isListening: () => boolean;
  /** A reader that takes nothing for this long is cut. Default: 15 s, see below. */
  readonly stalledReaderMs?: number | undefined;
}

/** Sandbox has its own policy in a meta element, where `frame-ancestors` has no effect. */
const POLICY = "frame-ancestors 'none'; base-uri 'none'; object-src 'none'";
/** node:http looks once in this time whether a write made progress: a stalled reader is cut after 15 to 30 s. */
const STALLED_READER_MS = 15_000;

export function createResponseWriter(options: ResponseWriterOptions): ResponseWriter {
  const { origins, compression, hsts, isListening, stalledReaderMs = STALLED_READER_MS } = options;
  const cors = createCors(origins);
  const varyOfAll = variesByOrigin(origins) ? 'accept-encoding, origin' : 'accept-encoding';

  function head({ request, requestId }: Exchange, response: Omit<HttpResponse, 'status' | 'body'>): string[] {
    const { contentType, contentEncoding, cacheControl, etag, vary, headers = [] } = response;
    const { contentSecurityPolicy = POLICY } = response;
    const all = ['x-request-id', requestId, 'x-content-type-options', 'nosniff'];
    all.push('content-security-policy', contentSecurityPolicy);
    if (contentType !== undefined) all.push('content-type', contentType);
    if (cacheControl !== undefined) all.push('cache-control', cacheControl);
    if (etag != null) all.push('etag', etag);
    if (contentEncoding != null) all.push('content-encoding', contentEncoding);
    all.push('vary', vary === undefined ? varyOfAll : `${vary}, ${varyOfAll}`);
    if (!isListening()) all.push('connection', 'close');
    all.push(...cors(request), ...hsts(request), ...headers);
    return all;
  }

  function send(exchange: Exchange, answer: HttpResponse): void {
    const { request, response } = exchange;
    if (response.headersSent || response.destroyed) return;
    const { status, body } = answer;
    const headers = head(exchange, answer);
    if (status !== 204) headers.push('content-length', String(lengthOf(body)));
    response.writeHead(status, headers);
    if (Array.isArray(body)) {
      for (const part of body) response.write(part);
      response.end();
      // As bytes: node:http copies a text twice, with its head and for the socket.
    } else response.end(bytesOf(body));
    if (response.writableLength > 0) request.socket.setTimeout(stalledReaderMs);
  }

  return {
    head,
    write(exchange, answer) {
      const { request, response } = exchange;
      if (response.headersSent || response.destroyed) return;
      const { status, etag, body, forms } = answer;
      const contentEncoding = status === 204 ? null : compression.encodingOf(request, body);
      // Weak: the compressed bytes are others, but mean the same.
      const compressed = contentEncoding && { ...answer, contentEncoding, ...(etag != null && { etag: `W/${etag}` }) };
      if (etag != null && isNotModified(request.headers['if-none-match'], etag)) {
        response.writeHead(304, head(exchange, { ...(compressed ?? answer), contentEncoding: null })).end();
        return;
      }
      if (!compressed) {
        send(exchange, answer);
        return;
      }
      const bytes = compression.compress(body, compressed.contentEncoding, forms);
      if (Buffer.isBuffer(bytes)) send(exchange, { ...compressed, body: bytes });
      else {
        void bytes.then((made) => {
          send(exchange, made ? { ...compressed, body: made } : answer);
        });
      }
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
