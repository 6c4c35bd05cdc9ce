/** The upstream API over HTTP, by got: one function a call, each answering domain facts or a GatewayError. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { RequestError, type Request } from 'got';
import type { RunRecord, StepFacts } from '../domain/types.ts';
import { readRun, readSteps } from './contract.ts';
import { AbandonedError, GatewayError, type ErrorCode } from './errors.ts';
import { checkId } from './ids.ts';
import { createResilience, type ResilienceOptions } from './resilience.ts';

export interface RunRef {
  readonly workflowId: string;
  readonly runId: string;
}

export interface CallOptions {
  /** The bearer key that the call carries. */
  readonly credential: string;
  readonly requestId: string;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** What came, and how many bytes it took on the wire (decompressed). */
export interface Answer<T> {
  readonly value: T;
  readonly sizeBytes: number;
}

export interface UpstreamApi {
  /** Call 1. */
  listSteps(ref: RunRef, options: CallOptions): Promise<Answer<readonly StepFacts[]>>;
  /** Call 3. Null where the upstream answers an empty list. */
  getRun(ref: RunRef, options: CallOptions): Promise<Answer<RunRecord | null>>;
  close(): void;
}

export interface UpstreamClientOptions extends ResilienceOptions {
  /** Ends with `/`; may have a path of its own. */
  readonly baseUrl: string;
  readonly maxResponseBytes: number;
}

export function createUpstreamClient(options: UpstreamClientOptions): UpstreamApi {
  const { baseUrl, maxResponseBytes, timeoutMs } = options;
  const resilience = createResilience(options);
  const agent = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  const http = got.extend({
    agent,
    // A key must not follow a redirect to a host that its owner never named; retries belong to `resilience`.
    followRedirect: false,
    retry: { limit: 0 },
    // Statuses are read here: got would first take in an error's whole body, whatever its size.
    throwHttpErrors: false,
    headers: { 'user-agent': 'stepgate', accept: 'application/json' },
  });

  async function getJson(path: string, { credential, requestId, signal }: CallOptions): Promise<Answer<unknown>> {
    return resilience.repeatable(async (attemptSignal) => {
      const headers = { authorization: `Bearer ${credential}`, 'x-request-id': requestId };
      try {
        const request = http.stream(new URL(path, baseUrl), { headers, signal: attemptSignal });
        const body = await readBody(request, maxResponseBytes);
        checkStatus(request.response);
        return parseJson(body);
      } catch (error) {
        if (signal.aborted) throw new AbandonedError();
        if (attemptSignal.aborted) {
          throw new GatewayError('UPSTREAM_TIMEOUT', `the upstream did not answer within ${timeoutMs} ms`);
        }
        throw toGatewayError(error);
      }
    }, signal);
  }

  return {
    async listSteps(ref, call) {
      const { value, sizeBytes } = await getJson(`${runPath(ref)}/steps`, call);
      return { value: readSteps(value), sizeBytes };
    },
    async getRun(ref, call) {
      const { value, sizeBytes } = await getJson(runPath(ref), call);
      return { value: readRun(value, ref.runId), sizeBytes };
    },
    close() {
      agent.http.destroy();
      agent.https.destroy();
    },
  };
}

const runPath = ({ workflowId, runId }: RunRef): string =>
  `workflows/${checkId('workflow id', workflowId)}/runs/${checkId('run id', runId)}`;

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
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size);
}

function parseJson(body: Buffer): Answer<unknown> {
  try {
    return { value: JSON.parse(body.toString('utf8')), sizeBytes: body.length };
  } catch {
    // The parser's own message quotes the body.
    throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', "the upstream's answer is not JSON");
  }
}

/** got's errors hold the request's headers, so none of them is passed on or kept as a cause. */
function toGatewayError(error: unknown): unknown {
  if (!(error instanceof RequestError)) return error;
  return new GatewayError('UPSTREAM_UNAVAILABLE', `the upstream could not be reached (${error.code})`);
}

function checkStatus(response: Request['response']): void {
  const status = response?.statusCode ?? 0;
  if (status >= 200 && status < 300) return;
  const retryAfterSeconds = parseRetryAfter(response?.headers['retry-after']);
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
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}
