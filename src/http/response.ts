/** Sends an answer: compressed if its client takes that, or 304 if its client has it already. */
import type { FastifyReply } from 'fastify';
import type { CompressedForms } from './compression/compressed-forms.ts';
import type { Compression } from './compression/compression.ts';
import type { Headers } from './headers/common-headers.ts';
import { bytesOf, type Body } from './body-parts.ts';

export interface HttpResponse {
  readonly status: number;
  readonly body: Body;
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly etag?: string | null;
  /** Keeps the compressed forms of a body that is answered often. */
  readonly forms?: CompressedForms | undefined;
  readonly headers?: Headers;
}

/** Resolves when the answer is written. */
export type Send = (reply: FastifyReply, response: HttpResponse) => Promise<void> | undefined;

export interface SendOptions {
  readonly compression: Compression;
  /** False once the gateway is stopping: each answer then closes its connection. */
  readonly isReady: () => boolean;
  /** A reader that takes nothing for this long is cut. Default: 15 s. */
  readonly stalledReaderMs?: number | undefined;
}

/** node:http checks once in this time whether a write made progress: a stalled reader is cut after 15 to 30 s. */
const STALLED_READER_MS = 15_000;

export function createSend(options: SendOptions): Send {
  const { compression, isReady, stalledReaderMs = STALLED_READER_MS } = options;

  /** The headers of this answer; `reply` has the common ones already. */
  function headersOf(response: HttpResponse, isCompressed: boolean): Headers {
    const { contentType, cacheControl, etag } = response;
    const headers: Headers = { ...response.headers };
    if (contentType !== undefined) headers['content-type'] = contentType;
    if (cacheControl !== undefined) headers['cache-control'] = cacheControl;
    // Weak: the compressed bytes differ, but mean the same.
    if (etag != null) headers.etag = isCompressed ? `W/${etag}` : etag;
    if (!isReady()) headers.connection = 'close';
    return headers;
  }

  function write(reply: FastifyReply, status: number, headers: Headers, bytes?: Buffer): void {
    const { raw } = reply;
    // Its client is gone: nothing is written, and Fastify must not write either.
    if (raw.destroyed) reply.hijack();
    else reply.code(status).headers(headers).send(bytes);
    if (raw.writableLength > 0) raw.socket?.setTimeout(stalledReaderMs);
  }

  return (reply, response) => {
    const { status, body, etag, forms } = response;
    const { headers: sent } = reply.request.raw;
    const encoding = status === 204 ? null : compression.encodingOf(reply.request.raw, body);
    const headers = headersOf(response, encoding !== null);
    if (etag != null && isNotModified(sent['if-none-match'], etag)) {
      write(reply, 304, headers);
      return;
    }
    if (encoding === null) {
      write(reply, status, headers, status === 204 ? undefined : bytesOf(body));
      return;
    }
    const writeCompressed = (bytes: Buffer) => {
      write(reply, status, { ...headers, 'content-encoding': encoding }, bytes);
    };
    const compressed = compression.compress(body, encoding, forms);
    if (Buffer.isBuffer(compressed)) {
      writeCompressed(compressed);
      return;
    }
    return compressed.then((bytes) => {
      if (bytes) writeCompressed(bytes);
      else write(reply, status, headersOf(response, false), bytesOf(body));
    });
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
export const errorResponse = (requestId: string, status: number, code: string, message: string): HttpResponse =>
  jsonResponse(status, { errors: [{ message, extensions: { code, retryable: false, requestId } }] });
