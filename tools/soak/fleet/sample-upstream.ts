/** The embedded upstream as a separate process, behind a proxy that fails on demand. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createRunHistory, type RunHistory } from './run-history.ts';

export const UPSTREAM_FAULTS = ['errors', 'slow', 'cut', 'gone'] as const;
export type UpstreamFault = (typeof UPSTREAM_FAULTS)[number];

export interface SampleUpstream {
  /** The URL of the proxy. */
  readonly url: string;
  readonly calls: number;
  /** The number of calls within `ms` after a call for the same path. */
  callsAgainWithin(ms: number): number;
  fault: UpstreamFault | null;
  /** Starts a run. Resolves with its id. */
  execute(): Promise<string>;
  historyOf(runId: string): Promise<RunHistory>;
  close(): Promise<void>;
}

export const SAMPLE_KEY = 'demo-key';
export const SAMPLE_WORKFLOW = 'support-triage';
/** The longest delay of an answer. */
export const MAX_DELAY_MS = 300;
const FAULT_RATE = 0.4;
const MAIN = fileURLToPath(new URL('../../../src/sample/main.ts', import.meta.url));

interface WireStep {
  readonly id: string;
  readonly status: string;
  readonly start_time: string;
  readonly end_time: string;
}

/** `random` decides which calls fail. */
export async function startSampleUpstream(random: () => number): Promise<SampleUpstream> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, UPSTREAM_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'close');
  const target = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const url = /on (http\S+)/.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    });
    void exited.then(() => {
      reject(new Error('the embedded upstream did not start'));
    });
  });
  const agent = new Agent({ keepAlive: true });
  let calls = 0;
  /** The last call of each path, and all times between two calls of one path. */
  const lastCalls = new Map<string, number>();
  const gapsMs: number[] = [];

  function count({ url = '/' }: IncomingMessage): void {
    calls += 1;
    const atMs = performance.now();
    const lastMs = lastCalls.get(url);
    if (lastMs !== undefined) gapsMs.push(atMs - lastMs);
    lastCalls.set(url, atMs);
  }

  function handle(incoming: IncomingMessage, response: ServerResponse): void {
    count(incoming);
    const { fault } = upstream;
    const fails = fault === 'gone' || (fault !== null && random() < FAULT_RATE);
    if (fails && fault === 'errors') response.writeHead(503, { 'content-length': 0 }).end();
    else if (fails && fault !== 'slow') incoming.socket.destroy();
    else pass(incoming, response, fails ? random() * MAX_DELAY_MS : 0);
  }

  function pass(incoming: IncomingMessage, response: ServerResponse, delayMs: number): void {
    const { method, headers, url = '/' } = incoming;
    const outgoing = forward(`${target}${url}`, { method, headers, agent }, (answer) => {
      setTimeout(() => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }, delayMs);
    });
    outgoing.on('error', () => incoming.socket.destroy());
    incoming.pipe(outgoing);
  }

  const server = createServer({ keepAliveTimeout: 75_000 }, handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const headers = { authorization: `Bearer ${SAMPLE_KEY}` };
  const upstream: SampleUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get calls() {
      return calls;
    },
    callsAgainWithin: (ms) => gapsMs.filter((gapMs) => gapMs < ms).length,
    fault: null,
    async execute() {
      const path = `${target}/workflows/${SAMPLE_WORKFLOW}/execute`;
      const answer = await fetch(path, { method: 'POST', headers, body: '{}' });
      return ((await answer.json()) as { readonly run_id: string }).run_id;
    },
    async historyOf(runId) {
      const answer = await fetch(`${target}/workflows/${SAMPLE_WORKFLOW}/runs/${runId}/steps`, { headers });
      const steps = (await answer.json()) as readonly WireStep[];
      return createRunHistory(
        steps.map(({ id, status, start_time, end_time }) => ({
          id,
          status,
          startMs: Date.parse(start_time),
          endMs: Date.parse(end_time),
        })),
      );
    },
    async close() {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      child.kill('SIGTERM');
      await exited;
    },
  };
  return upstream;
}
