/** JSON over HTTP, by got: what comes back is the body of a good answer, within a bound of bytes, or a GatewayError. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { RequestError, type Request } from 'got';
import { AbandonedError, GatewayError, type ErrorCode } from './errors.ts';

export interface JsonRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent as JSON, with POST. */
  readonly json?: unknown;
  /** Hears the status of an answer, whatever comes of it. */
  readonly answered?: (status: number) => void;
}

export interface JsonHttp {
  /** `gone` fires when nobody waits any more, `signal` then too, and when the time is up. */
  request(request: JsonRequest, gone: AbortSignal, signal: AbortSignal): Promise<Buffer>;
  close(): void;
}

export function createJsonHttp(maxResponseBytes: number, timeoutMs: number): JsonHttp {
  const kept = agents(true);
  // A kept connection may be closing just then. A GET is sent again; a POST can't be, so it gets one of its own.
  const own = agents(false);
  const http = got.extend({
    // A key must not follow a redirect to a host that its owner never named; retries belong to `resilience`.
    followRedirect: false,
    retry: { limit: 0 },
    // Statuses are read here: got would first take in an error's whole body, whatever its size.
    throwHttpErrors: false,
    headers: { 'user-agent': 'stepgate', accept: 'application/json' },
  });

  return {
    async request({ method, url, headers, json, answered }, gone, signal) {
      const agent = method === 'GET' ? kept : own;
      try {
        const request = http.stream(url, { method, headers, signal, agent, ...(json !== undefined && { json }) });
        return await readAnswer(request, maxResponseBytes, answered);
      } catch (error) {
        if (gone.aborted) throw new AbandonedError();
        if (error instanceof GatewayError) throw error;
        if (signal.aborted) {
          throw new GatewayError('UPSTREAM_TIMEOUT', `the upstream did not answer within ${timeoutMs} ms`);
        }
        throw toGatewayError(error);
      }
    },
    close() {
      for (const agent of [kept, own]) {
        agent.http.destroy();
        agent.https.destroy();
      }
    },
  };
}

const agents = (keepAlive: boolean) => ({ http: new HttpAgent({ keepAlive }), https: new HttpsAgent({ keepAlive }) });

/** The body of a good answer. A status that says otherwise counts even where its body is cut, broken or too long. */
async function readAnswer(request: Request, maxBytes: number, answered: JsonRequest['answered']): Promise<Buffer> {
  try {
    return await readBody(request, maxBytes);
  } finally {
    if (request.response) {
      answered?.(request.response.statusCode);
      checkStatus(request.response);
    }
  }
}

/** Reads an answer to its end, but never more than the bound (counted after decompression). */
async function readBody(request: Request, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new GatewayError(
        'UPSTREAM_CONTRACT_VIOLATION',
        `the upstream's answer is larger than the ${maxBytes} bytes that UPSTREAM_MAX_RESPONSE_BYTES allows`,
      );
    }
    chunks.push(chunk);
  }
  return join(chunks, size);
}

/** Into memory of its own: a chunk may be a small part of something larger that it would keep alive. */
function join(chunks: readonly Buffer[], size: number): Buffer {
  const whole = Buffer.allocUnsafeSlow(size);
  let end = 0;
  for (const chunk of chunks) end += chunk.copy(whole, end);
  return whole;
}

/** Where a connection was never made, nothing was sent either. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** got's errors hold the request's headers, so none of them is passed on or kept as a cause. */
function toGatewayError(error: unknown): unknown {
  if (!(error instanceof RequestError)) return error;
  const message = `the upstream could not be reached (${error.code})`;
  return new GatewayError('UPSTREAM_UNAVAILABLE', message, NOT_SENT.has(error.code) ? { wasNotSent: true } : {});
}

function checkStatus({ statusCode: status, headers }: NonNullable<Request['response']>): void {
  if (status >= 200 && status < 300) return;
  const retryAfterSeconds = parseRetryAfter(headers['retry-after']);
  const [code, message] = STATUS_ERRORS[status] ?? otherStatus(status);
  throw new GatewayError(code, message, {
    upstreamStatus: status,
    ...(retryAfterSeconds !== null && { retryAfterSeconds }),
  });
}

const STATUS_ERRORS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  400: ['BAD_USER_INPUT', 'the upstream refused the input'],
  401: ['UNAUTHENTICATED', 'the upstream does not accept this key'],
  403: ['FORBIDDEN', 'the upstream does not allow this key to see it'],
  404: ['NOT_FOUND', 'the upstream knows nothing by this id'],
  429: ['RATE_LIMITED', 'the upstream asks for fewer calls'],
};

function otherStatus(status: number): readonly [ErrorCode, string] {
  if (status >= 500) return ['UPSTREAM_UNAVAILABLE', `the upstream failed (HTTP ${status})`];
  const hint = status >= 300 && status < 400 ? '; redirects are never followed: set UPSTREAM_URL to their target' : '';
  return [
    'UPSTREAM_CONTRACT_VIOLATION',
    `the upstream answered HTTP ${status}, which its contract does not name${hint}`,
  ];
}

/** Seconds, or an HTTP date; null where it says neither. */
function parseRetryAfter(value: string | undefined): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value);
  // A number that is no whole one would else be taken for a year.
  const date = /[a-z]/i.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}
