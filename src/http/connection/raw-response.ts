/** Errors on a socket for which node:http has made no response: malformed requests and refused upgrades. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

export interface RawError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly requestId?: string;
  /** More lines of the head. */
  readonly headers?: readonly string[];
}

/** Sends an error in the form of a GraphQL error, and closes the connection. */
export function endWithError(socket: Duplex, error: RawError): void {
  const { status, code, message, requestId = randomUUID(), headers = [] } = error;
  const body = JSON.stringify({ errors: [{ message, extensions: { code, retryable: status >= 500, requestId } }] });
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    `x-request-id: ${requestId}`,
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  socket.once('error', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/**
 * True while a request waits for its answer, or gets it. Whatever else is written on its connection would be taken for this answer, or
 * for a part of it. `current` is the response that was begun last on the connection.
 */
export const isAnswering = (current: ServerResponse | undefined): boolean =>
  current !== undefined && !current.writableFinished && (current.headersSent || current.req.complete);

/** Answers a request that node:http could not read. */
export function endMalformed(error: NodeJS.ErrnoException, socket: Duplex, current: ServerResponse | undefined): void {
  if (isAnswering(current) || !socket.writable || error.code === 'ECONNRESET') socket.destroy(error);
  else endWithError(socket, MALFORMED[error.code ?? ''] ?? NOT_HTTP);
}

const NOT_HTTP: RawError = { status: 400, code: 'BAD_REQUEST', message: 'The request is not valid HTTP/1.1.' };

/** By the code of node:http's error. */
const MALFORMED: Readonly<Record<string, RawError>> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: 'BAD_REQUEST', message: 'The headers have more than 16 KiB.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    code: 'BAD_REQUEST',
    message: 'The extensions of the chunks have more than 16 KiB.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'BAD_REQUEST',
    message: 'The request did not arrive in time: headers may take 15 s, the whole request 30 s.',
  },
};
