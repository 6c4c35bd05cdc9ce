/** One HTTP request. Default: a new connection, since an open one might belong to a process that has ended. */
import { request, type Agent } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

export interface HttpRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of a POST. Without a body, the request is a GET. */
  readonly body?: string;
  readonly timeoutMs?: number;
  readonly agent?: Agent;
  /** The client's own address. */
  readonly localAddress?: string;
}

const TIMEOUT_MS = 60_000;

export function send(url: string, asked: HttpRequest = {}): Promise<HttpAnswer> {
  const { headers, body, timeoutMs = TIMEOUT_MS, agent = false, localAddress } = asked;
  const { hostname } = new URL(url);
  if (hostname !== '127.0.0.1') return Promise.reject(new Error(`the URL must be at 127.0.0.1, got ${url}`));
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      reject(new Error(`${url}: ${error.message}`, { cause: error }));
    };
    const options = {
      method: body === undefined ? 'GET' : 'POST',
      agent,
      localAddress,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
    } as const;
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', failed);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      });
    });
    sent.on('error', failed);
    sent.end(body);
  });
}
