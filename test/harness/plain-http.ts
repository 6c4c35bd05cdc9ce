/** One HTTP request by node:http, which adds no header and decodes nothing. */
import { request as requestPlain, type IncomingHttpHeaders } from 'node:http';
import { request as requestTls } from 'node:https';

export interface PlainAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Not decompressed. */
  readonly body: Buffer;
}

export interface PlainRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The trusted certificate, for `https`. */
  readonly ca?: string;
  /** The source address of the request. */
  readonly localAddress?: string;
}

export function ask(url: string, options: PlainRequest = {}): Promise<PlainAnswer> {
  const { method = 'GET', headers = {}, body, ...connection } = options;
  const request = url.startsWith('https:') ? requestTls : requestPlain;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false, ...connection });
    outgoing.once('error', reject).once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject).once('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    outgoing.end(body);
  });
}
