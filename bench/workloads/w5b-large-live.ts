/** W5b: 50 subscribers to a running run of 1,000 steps: `changedSteps` compared with all steps at each change. */
import { request } from 'node:http';
import { startContender, stepgate } from '../contenders.ts';
import { ORDINARY, runIdOf, WORKFLOW_ID } from '../fixture-runs.ts';
import { sleep } from '../processes.ts';
import { AUTHORIZATION } from '../queries.ts';
import { atMost, promise, type Row, type WorkloadResult } from '../report.ts';
import { median } from '../median.ts';
import type { Bench } from '../rounds.ts';
import { stallOf, WATCHED } from '../stall.ts';

const STEPS = 1000;
const SUBSCRIBERS = 50;
const CHANGE_EVERY_MS = 1000;
const WINDOW_SECONDS = 10;
const RUN_ID = runIdOf({ ...ORDINARY, state: 'running', steps: STEPS }, 'large');

interface Measured {
  readonly bytesAnEvent: number;
  readonly events: number;
  readonly firstBytes: number;
  readonly stallMs: number;
  readonly polls: number;
  readonly rssMb: number | null;
}

export async function w5bLargeLive(bench: Bench): Promise<WorkloadResult> {
  await bench.fixture.set({ changeEveryMs: CHANGE_EVERY_MS });
  try {
    const whole = await measure(bench, 'steps');
    const changes = await measure(bench, 'changedSteps');
    const ratio = changes.bytesAnEvent / whole.bytesAnEvent;
    const targets = [
      promise(atMost('bytes an event, of those with all steps', ratio, 0.01)),
      atMost('longest stall', changes.stallMs, 50, 'ms'),
    ];
    return {
      id: 'W5b',
      title: `large live, ${STEPS.toLocaleString('en-US')} steps, ${SUBSCRIBERS} subscribers`,
      reference: 'all steps at each change',
      rows: [toRow('all steps', whole, 1), { ...toRow('changedSteps', changes, ratio), targets }],
      notes: [
        `one step changes every ${CHANGE_EVERY_MS} ms; events are not compressed; the first event of each has all steps`,
      ],
    };
  } finally {
    await bench.fixture.set({ changeEveryMs: 0 });
  }
}

async function measure({ fixture, settings, say }: Bench, field: 'steps' | 'changedSteps'): Promise<Measured> {
  const gateway = await startContender(stepgate, { upstreamUrl: fixture.url, ...WATCHED });
  const subscribers: Subscriber[] = [];
  try {
    say(`${SUBSCRIBERS} subscribers to ${field}`);
    const { origin } = new URL(gateway.url);
    subscribers.push(...(await Promise.all(Array.from({ length: SUBSCRIBERS }, () => subscribe(origin, field)))));
    await fixture.reset();
    await stallOf(gateway, 'reset');
    // A shortened run must also see some changes.
    await sleep(1000 * (settings.isShortened ? settings.seconds + 2 * (CHANGE_EVERY_MS / 1000) : WINDOW_SECONDS));
    const stallMs = await stallOf(gateway, 'read');
    const counts = subscribers.map(({ counted }) => counted());
    const events = counts.reduce((sum, each) => sum + each.events, 0);
    return {
      bytesAnEvent: counts.reduce((sum, each) => sum + each.bytes, 0) / events,
      events,
      firstBytes: median(counts.map(({ firstBytes }) => firstBytes)),
      stallMs,
      polls: (await fixture.calls()).steps,
      rssMb: gateway.rssMb(),
    };
  } finally {
    for (const { leave } of subscribers) leave();
    await gateway.stop();
  }
}

interface Subscriber {
  /** Bytes of the events after the first one. */
  counted(): { readonly events: number; readonly bytes: number; readonly firstBytes: number };
  leave(): void;
}

/** Resolves with the first event. */
function subscribe(origin: string, field: 'steps' | 'changedSteps'): Promise<Subscriber> {
  const list = `${field} { id nodeId status startTime endTime elapsedTime durationMs }`;
  const selection = field === 'steps' ? `run { status ${list} }` : `run { status } ${list}`;
  const query = `subscription ($workflowId: ID!, $id: ID!) {
    runUpdated(workflowId: $workflowId, id: $id) { ${selection} }
  }`;
  const headers = { authorization: AUTHORIZATION, accept: 'text/event-stream', 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    let events = -1;
    let bytes = 0;
    let firstBytes = 0;
    let rest = '';
    const outgoing = request(`${origin}/graphql/stream`, { method: 'POST', headers, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => {
        bytes += Buffer.byteLength(chunk);
        rest += chunk;
        const blocks = rest.split('\n\n');
        rest = blocks.pop() ?? '';
        events += blocks.filter((block) => block.includes('event: next')).length;
        if (events !== 0 || firstBytes > 0) return;
        firstBytes = bytes;
        bytes = 0;
        resolve({ counted: () => ({ events, bytes, firstBytes }), leave: () => outgoing.destroy() });
      });
    });
    outgoing.end(JSON.stringify({ query, variables: { workflowId: WORKFLOW_ID, id: RUN_ID } }));
  });
}

const toRow = (
  name: string,
  { bytesAnEvent, events, firstBytes, stallMs, polls, rssMb }: Measured,
  ratio: number,
): Row => ({
  contender: `${stepgate.name}, ${name}`,
  peakRssMb: rssMb,
  upstreamCalls: polls,
  ratio,
  note: `${Math.round(bytesAnEvent)} bytes an event (the first ${Math.round(firstBytes)}), ${events} events, longest stall ${Math.round(stallMs)} ms`,
  problem: events > 0 ? null : 'no change was received',
});
