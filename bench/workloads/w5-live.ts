/** W5: 2,000 subscribers over SSE and 2,000 over graphql-ws to 20 running runs, compared with 20 subscribers to the same. */
import { get } from 'node:http';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LiveJob, LiveReport } from '../clients/live.ts';
import { startContender, stepgate, type StartedContender } from '../contenders.ts';
import { ORDINARY, runIdOf, WORKFLOW_ID } from '../fixture-runs.ts';
import { sleep, start, type Running } from '../processes.ts';
import { AUTHORIZATION } from '../queries.ts';
import { atMost, promise, type Row, type WorkloadResult } from '../report.ts';
import { median } from '../median.ts';
import { percentile, type Bench } from '../rounds.ts';

const RUN_IDS = Array.from({ length: 20 }, (_, index) => runIdOf({ ...ORDINARY, state: 'running' }, `live-${index}`));
const FEW = 20;
const MANY = 4000;
const CHANGE_EVERY_MS = 2000;
const WINDOW_SECONDS = 10;
const CLIENT = fileURLToPath(new URL('../clients/live.ts', import.meta.url));
const RESULT = { id: 'W5', title: 'live', reference: '–' } as const;

interface Live {
  readonly subscribers: number;
  readonly polls: number;
  readonly rssMb: number | null;
  readonly report: LiveReport;
}

export async function w5Live(bench: Bench): Promise<WorkloadResult> {
  if (!(await isOffered(bench))) {
    return { ...RESULT, rows: [{ contender: stepgate.name, note: 'not offered yet' }], notes: [] };
  }
  await bench.fixture.set({ changeEveryMs: CHANGE_EVERY_MS });
  try {
    const few = await measureLive(bench, FEW);
    const many = await measureLive(bench, MANY);
    return { ...RESULT, rows: [toLiveRow(few), { ...toLiveRow(many), targets: targetsOf(few, many) }], notes: NOTES };
  } finally {
    await bench.fixture.set({ changeEveryMs: 0 });
  }
}

const NOTES = [
  `half of the subscribers came over SSE, half over graphql-ws; p50 and p99 are the lag from the poll that saw a change to the subscriber; runs change every ${CHANGE_EVERY_MS} ms`,
];

/** A 404 of either means that this release doesn't have subscriptions. */
async function isOffered({ fixture }: Bench): Promise<boolean> {
  const started = await startContender(stepgate, { upstreamUrl: fixture.url });
  try {
    const { origin } = new URL(started.url);
    const headers = { authorization: AUTHORIZATION, accept: 'text/event-stream', 'content-type': 'application/json' };
    const body = JSON.stringify({ query: '{ __typename }' });
    const signal = AbortSignal.timeout(10_000);
    const sse = await fetch(`${origin}/graphql/stream`, { method: 'POST', headers, body, signal });
    await sse.body?.cancel();
    return sse.status !== 404 && (await upgrades(origin));
  } finally {
    await started.stop();
  }
}

function upgrades(origin: string): Promise<boolean> {
  const headers = {
    authorization: AUTHORIZATION,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'c3RlcGdhdGUtYmVuY2gxMg==',
    'sec-websocket-protocol': 'graphql-transport-ws',
  };
  return new Promise((resolve) => {
    const request = get(`${origin}/graphql`, { headers, timeout: 10_000 });
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      resolve(true);
    });
    request.on('response', (response) => {
      response.destroy();
      resolve(false);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => {
      resolve(false);
    });
  });
}

async function measureLive(bench: Bench, subscribers: number): Promise<Live> {
  const { fixture, settings } = bench;
  const gateway = await startContender(stepgate, { upstreamUrl: fixture.url });
  const client = startSubscribers(gateway, fixture.url, subscribers);
  try {
    bench.say(`${subscribers} subscribers connect`);
    await messageOf(client, 120_000);
    bench.say(`${subscribers} subscribers listen`);
    await fixture.reset();
    // A shortened run must also see a change.
    await sleep(1000 * (settings.isShortened ? settings.seconds + CHANGE_EVERY_MS / 1000 : WINDOW_SECONDS));
    const polls = (await fixture.calls()).steps;
    const rssMb = gateway.rssMb();
    client.child.send('report');
    return { subscribers, polls, rssMb, report: (await messageOf(client, 60_000)) as LiveReport };
  } finally {
    await client.stop();
    await gateway.stop();
  }
}

function startSubscribers(gateway: StartedContender, fixtureUrl: string, subscribers: number): Running {
  const job: LiveJob = {
    gatewayUrl: new URL(gateway.url).origin,
    fixtureUrl,
    authorization: AUTHORIZATION,
    workflowId: WORKFLOW_ID,
    runIds: RUN_IDS,
    sseSubscribers: subscribers / 2,
    wsSubscribers: subscribers / 2,
  };
  return start([process.execPath, CLIENT, JSON.stringify(job)], { core: 1, hasChannel: true });
}

async function messageOf(client: Running, timeoutMs: number): Promise<unknown> {
  try {
    const [message] = (await once(client.child, 'message', { signal: AbortSignal.timeout(timeoutMs) })) as unknown[];
    return message;
  } catch (error) {
    throw new Error(`the subscribers must report, but printed:\n${client.output()}`, { cause: error });
  }
}

const toLiveRow = ({ subscribers, polls, rssMb, report: { lagsMs, errors } }: Live): Row => ({
  contender: `${stepgate.name}, ${subscribers.toLocaleString('en-US')} subscribers`,
  p50Ms: lagsMs.length > 0 ? median(lagsMs) : null,
  p99Ms: lagsMs.length > 0 ? percentile(lagsMs, 0.99) : null,
  peakRssMb: rssMb,
  upstreamCalls: polls,
  note: `${lagsMs.length} changes received`,
  problem: errors.length > 0 ? errors.join('; ').slice(0, 200) : lagsMs.length === 0 ? 'no change was received' : null,
});

function targetsOf(few: Live, many: Live) {
  const lag = many.report.lagsMs.length > 0 ? percentile(many.report.lagsMs, 0.99) : Infinity;
  const extraKb = few.rssMb === null || many.rssMb === null ? null : ((many.rssMb - few.rssMb) * 1000) / (MANY - FEW);
  return [
    // Both windows begin between polls, so each run may have one more.
    promise(atMost('polls beyond those for 20 subscribers', many.polls - few.polls, RUN_IDS.length)),
    atMost('push lag p99', lag, 250, 'ms'),
    ...(extraKb === null ? [] : [atMost('RSS a subscriber', extraKb, 40, 'KB')]),
  ];
}
