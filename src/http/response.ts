/** Sends an answer: compressed if the client accepts that, or 304 if the client has it already. */
import type { FastifyReply } from 'fastify';
import { createCompressedForms, type CompressedForms, type Encoding } from './compression/compressed-forms.ts';
import type { Compression } from './compression/compression.ts';
import type { Headers } from './headers/common-headers.ts';

export interface HttpResponse {
  readonly status: number;
  readonly body: string | Buffer;
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly etag?: string | null;
  /** Caches the compressed forms of a body that is sent often. */
  readonly forms?: CompressedForms | undefined;
  readonly headers?: Headers;
}

/** Resolves when the answer is written. */
export type Send = (reply: FastifyReply, response: HttpResponse) => Promise<void>;

export interface SendOptions {
  readonly compression: Compression;
  /** False once the gateway is stopping: each answer then closes its connection. */
  readonly isReady: () => boolean;
  /** A client that reads nothing for this long is disconnected. */
  readonly stalledReaderMs: number;
}

export function createSend({ compression, isReady, stalledReaderMs }: SendOptions): Send {
  /** `bytes` null: the client has them already. The reply has the common headers. */
  function write(reply: FastifyReply, response: HttpResponse, encoding: Encoding | null, bytes: Buffer | null): void {
    const { raw } = reply;
    if (raw.destroyed) {
      // The client is gone: Fastify must not write either.
      reply.hijack();
      return;
    }
    const { status, contentType, cacheControl, etag, headers } = response;
    if (headers) void reply.headers(headers);
    if (contentType !== undefined) void reply.header('content-type', contentType);
    if (cacheControl !== undefined) void reply.header('cache-control', cacheControl);
    // Weak: the compressed bytes differ, but mean the same.
    if (etag != null) void reply.header('etag', encoding === null ? etag : `W/${etag}`);
    if (encoding !== null && bytes) void reply.header('content-encoding', encoding);
    if (!isReady()) void reply.header('connection', 'close');
    void reply.code(bytes ? status : 304).send(bytes ?? undefined);
    if (raw.writableLength > 0) raw.socket?.setTimeout(stalledReaderMs);
  }

  return async (reply, response) => {
    const { body, etag, forms } = response;
    const request = reply.request.raw;
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const encoding = compression.encodingOf(request, bytes.length);
    if (etag != null && isNotModified(request.headers['if-none-match'], etag)) write(reply, response, encoding, null);
    else if (encoding === null) write(reply, response, null, bytes);
    else {
      const make = () => compression.compress(bytes, encoding);
      const compressed = await (forms ? forms.get(encoding, make) : make());
      write(reply, response, compressed && encoding, compressed ?? bytes);
    }
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

/** A page with the same content each time. */
export const htmlResponse = (html: string, headers: Headers = {}): HttpResponse => ({
  status: 200,
  contentType: 'text/html; charset=utf-8',
  cacheControl: 'no-cache',
  body: html,
  headers: { 'referrer-policy': 'same-origin', ...headers },
  forms: createCompressedForms(),
});

/** An error outside GraphQL, in the form of a GraphQL error. */
export const errorResponse = (requestId: string, status: number, code: string, message: string): HttpResponse =>
  jsonResponse(status, { errors: [{ message, extensions: { code, retryable: false, requestId } }] });
