/** Errors on a socket without a response of node:http: malformed requests and refused upgrades. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

export interface RawError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly requestId?: string;
  /** Further header lines. */
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

/** The answer to a request that node:http could not read, by the code of its error. */
export function malformed(errorCode: string | undefined): RawError {
  const [status, message] = MALFORMED[errorCode ?? ''] ?? [400, 'The request is not valid HTTP/1.1.'];
  return { status, code: 'BAD_REQUEST', message };
}

const MALFORMED: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers have more than 16 KiB.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The extensions of the chunks have more than 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time: headers may take 15 s, the whole request 30 s.'],
};
