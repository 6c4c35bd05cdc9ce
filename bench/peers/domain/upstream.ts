/** The peers' way to the upstream: plain node:http with kept connections, the cheapest that Node has, 50 calls at once. */
import { Agent, get } from 'node:http';
import pLimit from 'p-limit';
import { deriveRun, type Run } from './schema.ts';
import type { WireStep } from './wire.ts';

/** How many calls go out at once: what W3 allows everybody. */
export const CONCURRENCY = 50;

export interface FetchedRun {
  readonly run: Run;
  readonly sizeBytes: number;
}

export type FetchRun = (authorization: string, workflowId: string, id: string) => Promise<FetchedRun>;

export function createFetchRun(upstreamUrl: string): FetchRun {
  const agent = new Agent({ keepAlive: true });
  const limit = pLimit(CONCURRENCY);

  const fetchBody = (url: string, authorization: string) =>
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

  return async (authorization, workflowId, id) => {
    const url = `${upstreamUrl}/workflows/${encodeURIComponent(workflowId)}/runs/${encodeURIComponent(id)}/steps`;
    const body = await limit(fetchBody, url, authorization);
    const steps = JSON.parse(body.toString()) as WireStep[];
    return { run: deriveRun(workflowId, id, steps), sizeBytes: body.length };
  };
}
