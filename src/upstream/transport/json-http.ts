/** HTTP with JSON, by got. A request returns the body of a 2xx answer, within its limits, or throws a GatewayError. */
import got, { type PlainResponse } from 'got';
import type { UpstreamProxy } from '../../config/config.ts';
import { AbandonedError, GatewayError, type ErrorCode } from '../errors.ts';
import { toGatewayError } from './connection-errors.ts';
import { closeAgents, createAgents, createConnectionPools, type Agents } from './connection-pools.ts';
import { IncomingAnswer } from './incoming-answer.ts';
import { createLargeAnswers } from './large-answers.ts';

export interface JsonRequest {
  readonly method: 'GET' | 'POST';
  /** Viewer whose connections are used. */
  readonly viewerId: string;
  readonly url: URL;
  /** Added to the headers of all requests. */
  readonly headers: Readonly<Record<string, string>>;
  /** Body of a POST. */
  readonly json?: unknown;
  /** Fires when no reader waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Called with the status of each answer. */
  readonly answered: ((status: number) => void) | undefined;
}

export interface JsonHttpOptions {
  readonly maxResponseBytes: number;
  readonly timeoutMs: number;
  /** Null if there is no proxy. */
  readonly proxy: UpstreamProxy | null;
  /** Headers sent with each request, by name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Limit of the bytes of large answers that are read at the same time. */
const MAX_READING_BYTES = 8 * 2 ** 20;

export function createJsonHttp({ maxResponseBytes, timeoutMs, proxy, headers: fixed }: JsonHttpOptions) {
  const pools = createConnectionPools(proxy);
  const own = createAgents(false, proxy);
  const limits = { maxResponseBytes, timeoutMs, largeAnswers: createLargeAnswers(MAX_READING_BYTES) };
  const http = got.extend({
    // A redirect must not send the key to another host. `resilience.ts` makes the retries, since got does not repeat a
    // stream.
    followRedirect: false,
    // Statuses are checked here: got would first read the whole body of an error, of any size.
    throwHttpErrors: false,
    headers: { 'user-agent': 'stepgate', accept: 'application/json', ...fixed },
  });

  async function send({ method, url, headers, json, signal, answered }: JsonRequest, agent: Agents): Promise<Buffer> {
    if (signal.aborted) throw new AbandonedError();
    const stream = http.stream(url, method === 'GET' ? { headers, agent } : { method, headers, agent, json });
    const answer = new IncomingAnswer(stream, limits);
    stream.once('response', (response: PlainResponse) => {
      answered?.(response.statusCode);
      // The connection is not used again: a proxy that has given up on its server may still send that server's late
      // answer.
      if (isAnswer(response.statusCode)) return;
      answer.end(statusError(response.statusCode, parseRetryAfter(response.headers['retry-after'])));
    });
    const abandon = () => {
      answer.end(new AbandonedError());
    };
    signal.addEventListener('abort', abandon);
    try {
      return await answer.body();
    } catch (error) {
      throw answer.endedBy ?? toGatewayError(error, proxy !== null);
    } finally {
      signal.removeEventListener('abort', abandon);
    }
  }

  return {
    /** `isKept`: the connection is kept for the viewer's next call. */
    request: (request: JsonRequest, isKept: boolean): Promise<Buffer> =>
      isKept ? pools.use(request.viewerId, (agents) => send(request, agents)) : send(request, own),
    close(): void {
      pools.close();
      closeAgents(own);
    },
  };
}

/** True for a 2xx with content. HTTP 204 has none. */
const isAnswer = (status: number): boolean => status >= 200 && status < 300 && status !== 204;

export function statusError(status: number, retryAfterSeconds: number | null): GatewayError {
  if (status === 204) return new GatewayError('UPSTREAM_CONTRACT_VIOLATION', NO_CONTENT, { upstreamStatus: status });
  const [code, message] = STATUS_ERRORS[status] ?? otherStatus(status);
  return new GatewayError(code, message, {
    upstreamStatus: status,
    ...(retryAfterSeconds !== null && { retryAfterSeconds }),
    // A retry does not help while the proxy's credentials are missing.
    ...(status === 407 && { retryable: false }),
  });
}

const NO_CONTENT = "the upstream's answer must be JSON, got no content (HTTP 204)";

const STATUS_ERRORS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  400: ['BAD_USER_INPUT', 'the upstream refused the input'],
  401: ['UNAUTHENTICATED', 'the upstream does not accept this key'],
  403: ['FORBIDDEN', 'the upstream does not allow this key to access the resource'],
  404: ['NOT_FOUND', 'not found upstream'],
  407: ['UPSTREAM_UNAVAILABLE', 'the proxy asks for credentials (HTTP 407): put them into the URL of HTTP_PROXY'],
  408: ['UPSTREAM_TIMEOUT', 'the upstream waited too long for the request (HTTP 408)'],
  413: ['BAD_USER_INPUT', 'the upstream refused the input: it is too large (HTTP 413)'],
  422: ['BAD_USER_INPUT', 'the upstream refused the input (HTTP 422)'],
  429: ['RATE_LIMITED', 'rate limit of the upstream reached (HTTP 429); try again later'],
};

function otherStatus(status: number): readonly [ErrorCode, string] {
  if (status >= 500) return ['UPSTREAM_UNAVAILABLE', `the upstream failed (HTTP ${status})`];
  const isRedirect = status >= 300 && status < 400 && status !== 304;
  const hint = isRedirect ? '; redirects are not followed: set UPSTREAM_URL to the target' : '';
  return [
    'UPSTREAM_CONTRACT_VIOLATION',
    `the upstream must answer with a status of its contract, got HTTP ${status}${hint}`,
  ];
}

/** Maximum of a Retry-After header. A longer time is taken for a mistake. */
const MAX_RETRY_AFTER_SECONDS = 86_400;

/** Reads seconds or an HTTP date, at most a day. Null for any other value. */
function parseRetryAfter(value: string | undefined): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value)) return Math.min(Number(value), MAX_RETRY_AFTER_SECONDS);
  // `Date.parse` would read a number such as 1.5 as a date.
  const date = /[a-z]/i.test(value) ? Date.parse(value) : NaN;
  const seconds = Math.max(0, Math.ceil((date - Date.now()) / 1000));
  return Number.isNaN(date) ? null : Math.min(seconds, MAX_RETRY_AFTER_SECONDS);
}
