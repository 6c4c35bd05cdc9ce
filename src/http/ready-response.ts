/** A ready answer as HTTP: through node's response, or as the very text that node would write. */
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Allowance } from '../graphql/rate-limit.ts';
import { allowanceHeaders } from './admission.ts';
import { isNotModified, type ReadyAnswer, type ReadyBody } from './response-cache.ts';

export interface ReadyResponse {
  readonly status: 200 | 304;
  /** Names and values in turn: node writes such a list out as it is, without looking each up. */
  readonly headers: readonly string[];
  readonly body: ReadyBody;
}

/** What an answer's head depends on beside the answer. */
export interface HeadOptions {
  readonly requestId: string;
  readonly ifNoneMatch: string | undefined;
  /** Null where there is no limit. */
  readonly allowance: Allowance | null;
}

export function readyResponse({ answer, maxAgeSeconds }: ReadyAnswer, options: HeadOptions): ReadyResponse {
  const { requestId, ifNoneMatch, allowance } = options;
  const headers = ['content-type', answer.contentType, 'x-request-id', requestId, 'x-content-type-options', 'nosniff'];
  if (maxAgeSeconds === null) headers.push('cache-control', 'no-store');
  else headers.push('cache-control', `private, max-age=${maxAgeSeconds}`, 'vary', 'authorization, accept');
  if (allowance) for (const [name, value] of allowanceHeaders(allowance)) headers.push(name, value);
  if (answer.etag !== null) {
    headers.push('etag', answer.etag);
    if (isNotModified(ifNoneMatch, answer.etag)) return { status: 304, headers, body: '' };
  }
  headers.push('content-length', String(answer.body.length));
  return { status: 200, headers, body: answer.body };
}

/** `isLast` asks the client to close the connection. */
export function send(response: ServerResponse, ready: ReadyResponse, isLast: boolean): void {
  const headers = isLast ? [...ready.headers, 'connection', 'close'] : [...ready.headers];
  // Every character of a ready string is one byte.
  response.writeHead(ready.status, headers).end(ready.body, 'latin1');
}

/** The head as node writes it on a connection that is kept for so many seconds after it. */
export function headText({ status, headers }: ReadyResponse, keepAliveSeconds: number): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (let index = 0; index < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return `${text}Date: ${httpDate()}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=${keepAliveSeconds}\r\n\r\n`;
}

let dateText = '';
let dateSecond = 0;

/** Written once a second. */
function httpDate(): string {
  const nowMs = Date.now();
  const second = Math.floor(nowMs / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(nowMs).toUTCString();
  }
  return dateText;
}
