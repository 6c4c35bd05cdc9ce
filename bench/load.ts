/** The load generator on the second core: wrk if it is installed, else autocannon. Limited in time, and only on loopback. */
import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runToEnd, whileAwake } from './processes.ts';
import { HEADERS, uniqueBody } from './queries.ts';

export interface LoadJob {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
  readonly requests: SameRequest | UniqueRequests;
  /** Searches each answer for errors, which takes the generator some time. */
  readonly checksAnswers: boolean;
}

export interface SameRequest {
  readonly kind: 'same';
  readonly body: string;
}

/** All requests are different, in this job and in all others. */
export interface UniqueRequests {
  readonly kind: 'unique';
  /** The body around the run's id and the probe. */
  readonly bodyParts: readonly [string, string, string];
  readonly idPrefix: string;
  readonly runs: number;
  /** Step from one run to the next: successive runs must not be neighbours in memory. Prime to `runs`. */
  readonly stride: number;
  readonly probePrefix: string;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

export const CONNECTIONS = 32;
export const generator: 'wrk' | 'autocannon' = spawnSync('wrk', ['-v']).error ? 'autocannon' : 'wrk';

const RUN_MARK = '@@run@@';
const PROBE_MARK = '@@probe@@';

export const sameRequest = (body: string): SameRequest => ({ kind: 'same', body });

const freshPrefix = (): string => `${randomBytes(6).toString('hex')}-`;

/** Requests about `idPrefix0`, `idPrefix1`, …: the runs that `runIdOf(shape, n)` names. */
export function uniqueRequests(idPrefix: string, runs: number, options: { stride?: number } = {}): UniqueRequests {
  const [before = '', rest = ''] = uniqueBody(RUN_MARK, PROBE_MARK).split(RUN_MARK);
  const [between = '', after = ''] = rest.split(PROBE_MARK);
  return {
    kind: 'unique',
    bodyParts: [before, between, after],
    idPrefix,
    runs,
    stride: options.stride ?? 1,
    probePrefix: freshPrefix(),
  };
}

export interface LoadOptions {
  readonly connections?: number;
  readonly seconds: number;
  readonly checksAnswers?: boolean;
  /** The request id that a proxy sends. */
  readonly requestId?: string;
}

export async function load(
  url: string,
  requests: SameRequest | UniqueRequests,
  { connections = CONNECTIONS, seconds, checksAnswers = requests.kind === 'unique', requestId }: LoadOptions,
): Promise<LoadResult> {
  if (new URL(url).hostname !== '127.0.0.1') throw new Error(`the URL must be at 127.0.0.1, got ${url}`);
  // Each job has its own number: a repeated job must not repeat its requests.
  const fresh = requests.kind === 'same' ? requests : { ...requests, probePrefix: freshPrefix() };
  const headers = { ...HEADERS, ...(requestId !== undefined && { 'x-request-id': requestId }) };
  const job: LoadJob = { url, headers, connections, seconds, requests: fresh, checksAnswers };
  return whileAwake(() => (generator === 'wrk' ? loadByWrk(job) : loadByAutocannon(job)));
}

const LUA = fileURLToPath(new URL('load.lua', import.meta.url));
const AUTOCANNON = fileURLToPath(new URL('clients/autocannon.ts', import.meta.url));

async function loadByWrk({
  url,
  headers,
  connections,
  seconds,
  requests,
  checksAnswers,
}: LoadJob): Promise<LoadResult> {
  const parts =
    requests.kind === 'same'
      ? [requests.body, '', '', '', '0', '1', '']
      : [
          ...requests.bodyParts,
          requests.idPrefix,
          String(requests.runs),
          String(requests.stride),
          requests.probePrefix,
        ];
  const script = [HEADERS.authorization, ...parts, checksAnswers ? 'check' : '-', headers['x-request-id'] ?? '-'];
  const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', LUA, url, '--', ...script];
  const output = await runToEnd(wrk, { core: 1 }, (seconds + 60) * 1000);
  const summary = /^@summary (.*)$/m.exec(output)?.[1];
  if (summary === undefined) throw new Error(`wrk must print a summary, got:\n${output}`);
  const measured = JSON.parse(summary) as Omit<LoadResult, 'requestsPerSecond'> & { seconds: number };
  const errorAnswers = output.match(/^@error$/gm)?.length ?? 0;
  return {
    requests: measured.requests,
    requestsPerSecond: measured.requests / measured.seconds,
    p50Ms: measured.p50Ms,
    p99Ms: measured.p99Ms,
    errors: measured.errors + errorAnswers,
  };
}

async function loadByAutocannon(job: LoadJob): Promise<LoadResult> {
  const command = [process.execPath, AUTOCANNON, JSON.stringify(job)];
  return JSON.parse(await runToEnd(command, { core: 1 }, (job.seconds + 60) * 1000)) as LoadResult;
}

/** Cycles through the runs with a step near 0.618 of their number and prime to it, so in no visible order. */
export function scatteredStride(runs: number): number {
  const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));
  let stride = Math.max(1, Math.round(runs * 0.618));
  while (greatestCommonDivisor(stride, runs) !== 1) stride += 1;
  return stride;
}
