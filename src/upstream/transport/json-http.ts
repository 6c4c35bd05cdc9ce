/** HTTP with JSON, by got. A request returns the body of a 2xx answer, bounded in bytes, or throws a GatewayError. */
import got, { type PlainResponse, type Request } from 'got';
import type { UpstreamProxy } from '../../config/config.ts';
import { toGatewayError } from './connection-errors.ts';
import { closeAgents, createAgents, createConnectionPools, type Agents } from './connection-pools.ts';
import { AbandonedError, GatewayError, type ErrorCode } from '../errors.ts';
import { createOwnBytes, type OwnBytes } from './own-bytes.ts';
import { createReadingLimit } from './reading-limit.ts';

export interface JsonRequest {
  readonly method: 'GET' | 'POST';
  /** Whose connections are used. */
  readonly viewerId: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** The body of a POST. */
  readonly json?: unknown;
  /** Its connection is kept for the next call of the viewer. */
  readonly isKept: boolean;
  /** Called with the status of each answer. */
  readonly answered?: (status: number) => void;
}

export interface JsonHttp {
  /** `gone` fires when nobody waits any more; `signal` does then, too, and when the time is up. */
  request(request: JsonRequest, gone: AbortSignal, signal: AbortSignal): Promise<Buffer>;
  close(): void;
}

export interface JsonHttpOptions {
  readonly maxResponseBytes: number;
  readonly timeoutMs: number;
  /** Null: no proxy. */
  readonly proxy: UpstreamProxy | null;
}

/** Two answers that fill MAX_ANSWER_BYTES are not read at the same time. */
const MAX_READING_BYTES = 32 * 2 ** 20;

export function createJsonHttp({ maxResponseBytes, timeoutMs, proxy }: JsonHttpOptions): JsonHttp {
  const pools = createConnectionPools(proxy);
  const own = createAgents(false, proxy);
  const limit = createReadingLimit(MAX_READING_BYTES);
  const http = got.extend({
    // A key must not be sent to another host by a redirect. Retries are the job of `resilience.ts`: got repeats no stream.
    followRedirect: false,
    // Statuses are checked here: got would read an error's whole body first, whatever its size.
    throwHttpErrors: false,
    headers: { 'user-agent': 'stepgate', accept: 'application/json' },
  });

  /** Reads no more than `maxResponseBytes`, counted after decompression. */
  async function readBody(request: Request, signal: AbortSignal): Promise<Buffer> {
    /** None where it is not told, or would be of compressed bytes. */
    const announcedBytes = () => request.downloadProgress.total;
    let body: OwnBytes | undefined;
    const reading = limit.begin(() => request.destroy());
    let size = 0;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (Math.max(size, announcedBytes() ?? 0) > maxResponseBytes) throw tooLarge(maxResponseBytes);
        body ??= createOwnBytes(announcedBytes() ?? chunk.length);
        body.append(chunk);
        reading.add(chunk.length);
        await reading.turn(signal);
      }
      return body?.end() ?? Buffer.alloc(0);
    } catch (error) {
      throw reading.isGivenUp ? new GatewayError('UPSTREAM_TIMEOUT', STALLED) : error;
    } finally {
      reading.end();
    }
  }

  async function call({ method, url, headers, json, answered }: JsonRequest, signal: AbortSignal, agent: Agents) {
    const request = http.stream(url, { method, headers, signal, agent, json });
    request.once('response', ({ statusCode }: PlainResponse) => {
      // Its connection is not used again: a proxy that has given its server up may still send that one's late answer.
      if (!isAnswer(statusCode)) request.destroy();
    });
    return readAnswer(request, readBody(request, signal), answered);
  }

  return {
    async request(request, gone, signal) {
      try {
        if (!request.isKept) return await call(request, signal, own);
        return await pools.use(request.viewerId, (agents) => call(request, signal, agents));
      } catch (error) {
        if (gone.aborted) throw new AbandonedError();
        if (error instanceof GatewayError) throw error;
        if (signal.aborted) {
          throw new GatewayError('UPSTREAM_TIMEOUT', `the upstream did not answer within ${timeoutMs} ms`);
        }
        throw toGatewayError(error, proxy !== null);
      }
    },
    close() {
      pools.close();
      closeAgents(own);
    },
  };
}

/** The body of a 2xx answer. Another status counts even if its body is cut off, broken or too long. */
async function readAnswer(request: Request, body: Promise<Buffer>, answered: JsonRequest['answered']): Promise<Buffer> {
  try {
    return await body;
  } finally {
    if (request.response) {
      answered?.(request.response.statusCode);
      checkStatus(request.response);
    }
  }
}

const STALLED = "the upstream's answer stopped coming, and others had to wait for the memory that it took";

const tooLarge = (maxBytes: number): GatewayError =>
  new GatewayError(
    'UPSTREAM_CONTRACT_VIOLATION',
    `the upstream's answer is larger than the ${maxBytes} bytes that UPSTREAM_MAX_RESPONSE_BYTES allows`,
  );

/** HTTP 204 says nothing. */
const isAnswer = (status: number): boolean => status >= 200 && status < 300 && status !== 204;

function checkStatus({ statusCode: status, headers }: NonNullable<Request['response']>): void {
  if (isAnswer(status)) return;
  if (status === 204) throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', NO_CONTENT, { upstreamStatus: status });
  const retryAfterSeconds = parseRetryAfter(headers['retry-after']);
  const [code, message] = STATUS_ERRORS[status] ?? otherStatus(status);
  throw new GatewayError(code, message, {
    upstreamStatus: status,
    ...(retryAfterSeconds !== null && { retryAfterSeconds }),
    // No retry gets past a proxy without its credentials.
    ...(status === 407 && { retryable: false }),
  });
}

const NO_CONTENT = "the upstream's answer has no content (HTTP 204), where its contract promises JSON";

const STATUS_ERRORS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  400: ['BAD_USER_INPUT', 'the upstream refused the input'],
  401: ['UNAUTHENTICATED', 'the upstream does not accept this key'],
  403: ['FORBIDDEN', 'the upstream does not allow this key to see it'],
  404: ['NOT_FOUND', 'the upstream knows nothing by this id'],
  407: ['UPSTREAM_UNAVAILABLE', 'the proxy asks for credentials (HTTP 407): put them into the URL of HTTP_PROXY'],
  408: ['UPSTREAM_TIMEOUT', 'the upstream waited too long for the request (HTTP 408)'],
  413: ['BAD_USER_INPUT', 'the upstream refused the input: it is too large (HTTP 413)'],
  422: ['BAD_USER_INPUT', 'the upstream refused the input (HTTP 422)'],
  429: ['RATE_LIMITED', 'the upstream asks for fewer calls'],
};

function otherStatus(status: number): readonly [ErrorCode, string] {
  if (status >= 500) return ['UPSTREAM_UNAVAILABLE', `the upstream failed (HTTP ${status})`];
  const isRedirect = status >= 300 && status < 400 && status !== 304;
  const hint = isRedirect ? '; redirects are never followed: set UPSTREAM_URL to their target' : '';
  return [
    'UPSTREAM_CONTRACT_VIOLATION',
    `the upstream answered HTTP ${status}, which its contract does not name${hint}`,
  ];
}

/** An upstream that says more has no clock, or no hope. */
const MAX_RETRY_AFTER_SECONDS = 86_400;

/** Seconds or an HTTP date, up to a day; null for anything else. */
function parseRetryAfter(value: string | undefined): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value)) return Math.min(Number(value), MAX_RETRY_AFTER_SECONDS);
  // `Date.parse` would read a number such as 1.5 as a date.
  const date = /[a-z]/i.test(value) ? Date.parse(value) : NaN;
  const seconds = Math.max(0, Math.ceil((date - Date.now()) / 1000));
  return Number.isNaN(date) ? null : Math.min(seconds, MAX_RETRY_AFTER_SECONDS);
}
