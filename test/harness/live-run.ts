/** A gateway with a manual clock, over a run that the test controls. */
import type { Additions, Overrides } from '../../src/gateway.ts';
import { createManualClock, type ManualClock } from './clock.ts';
import { startUpstream, type ScriptedUpstream, type Reply } from './upstream.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import { wireRun, wireStep } from './wire.ts';

export interface LiveRun {
  readonly clock: ManualClock;
  readonly upstream: ScriptedUpstream;
  readonly gateway: TestGateway;
  steps: number;
  status: string;
  /** The outputs of each step. */
  outputs: unknown;
  /** Replaces all other replies, unless null. */
  reply: Reply | null;
  /** Lets each of `feeds` feeds poll once, and waits until all have their answers. */
  poll(feeds?: number, ms?: number): Promise<void>;
  /** Resolves when exactly this number of feeds waits for its next poll. */
  feeds(count: number): Promise<void>;
  close(): Promise<void>;
}

/** The longest interval between two polls without changes. */
const SLOWEST_MS = 5000;
/** The gateway itself has one timer, for keep-alives. */
const OTHER_TIMERS = 1;

export async function startLiveRun(
  environment: Readonly<Record<string, string>> = {},
  overrides: Overrides & Additions = {},
): Promise<LiveRun> {
  const clock = createManualClock();
  const upstream = await startUpstream(({ endpoint, runId }) => {
    if (run.reply) return run.reply;
    const isOver = run.status !== 'running';
    if (endpoint === 'run') {
      return { json: [wireRun(runId, { status: run.status, ...(!isOver && { end_time: null }) })] };
    }
    const steps = Array.from({ length: run.steps }, (_, index) => wireStep({ id: `s${index}`, outputs: run.outputs }));
    return endpoint === 'steps' ? { json: steps } : { status: 404 };
  });
  const gateway = await startGateway(
    { UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps,run', ...environment },
    { now: clock.now, after: clock.after, ...overrides },
  );
  const run: LiveRun = {
    clock,
    upstream,
    gateway,
    steps: 1,
    status: 'running',
    outputs: null,
    reply: null,
    async poll(feeds = 1, ms = SLOWEST_MS) {
      clock.advance(ms);
      await run.feeds(feeds);
    },
    feeds: (count) => clock.timers(count + OTHER_TIMERS),
    async close() {
      await gateway.close();
      await upstream.close();
    },
  };
  return run;
}
