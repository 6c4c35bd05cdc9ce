/** The peers' upstream client, with keep-alive and 50 calls at once: node:http, the cheapest client of Node, or got. */
import { Agent, get } from 'node:http';
import got from 'got';
import pLimit from 'p-limit';
import { deriveRun, type Run } from './schema.ts';
import type { WireStep } from './wire.ts';

/** Calls at once: the limit of W3 for all. */
export const CONCURRENCY = 50;

export interface FetchedRun {
  readonly run: Run;
  readonly sizeBytes: number;
}

export type FetchRun = (authorization: string, workflowId: string, id: string) => Promise<FetchedRun>;

type FetchBody = (url: string, authorization: string) => Promise<Buffer | Uint8Array>;

function byNodeHttp(): FetchBody {
  const agent = new Agent({ keepAlive: true });
  return (url, authorization) =>
    new Promise<Buffer>((resolve, reject) => {
      get(url, { agent, headers: { authorization, accept: 'application/json' } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve(Buffer.concat(chunks));
          else reject(new Error(`the upstream answered ${response.statusCode ?? 'nothing'}`));
        });
      }).on('error', reject);
    });
}

function byGot(): FetchBody {
  const agent = { http: new Agent({ keepAlive: true }) };
  return (url, authorization) => got(url, { agent, headers: { authorization }, retry: { limit: 0 } }).buffer();
}

export function createFetchRun(upstreamUrl: string, client: 'node:http' | 'got' = 'node:http'): FetchRun {
  const fetchBody = client === 'got' ? byGot() : byNodeHttp();
  const limit = pLimit(CONCURRENCY);
  return async (authorization, workflowId, id) => {
    const url = `${upstreamUrl}/workflows/${encodeURIComponent(workflowId)}/runs/${encodeURIComponent(id)}/steps`;
    const body = await limit(fetchBody, url, authorization);
    const steps = JSON.parse(Buffer.from(body).toString()) as WireStep[];
    return { run: deriveRun(workflowId, id, steps), sizeBytes: body.length };
  };
}
