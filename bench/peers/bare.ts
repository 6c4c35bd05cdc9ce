/**
 * The bare script of W3 and W6: got + p-limit + JSON.parse over the requested runs, without GraphQL. It runs behind an HTTP server,
 * so that it is timed like the others.
 */
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import got from 'got';
import pLimit from 'p-limit';
import { CONCURRENCY } from './domain/upstream.ts';
import type { WireStep } from './domain/wire.ts';
import { announce, HOST, upstreamUrl } from './settings.ts';

interface Wanted {
  readonly variables: { readonly workflowId: string; readonly ids: readonly string[] };
}

const agent = { http: new Agent({ keepAlive: true }) };

async function countSteps({ variables: { workflowId, ids } }: Wanted, authorization: string): Promise<number[]> {
  const limit = pLimit(CONCURRENCY);
  return limit.map(ids, async (id) => {
    const url = `${upstreamUrl}/workflows/${workflowId}/runs/${id}/steps`;
    const text = await got(url, { agent, headers: { authorization }, retry: { limit: 0 } }).text();
    return (JSON.parse(text) as WireStep[]).length;
  });
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const wanted = JSON.parse(Buffer.concat(chunks).toString()) as Wanted;
    countSteps(wanted, request.headers.authorization ?? '').then(
      (stepCounts) => response.end(JSON.stringify({ stepCounts })),
      (error: unknown) => response.writeHead(502).end(JSON.stringify({ errors: [String(error)] })),
    );
  });
});
server.listen(0, HOST, () => {
  announce((server.address() as AddressInfo).port);
});
