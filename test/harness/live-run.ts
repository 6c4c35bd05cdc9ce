/** A gateway by a manual clock over a run that goes on as the test says. */
import type { Additions, Overrides } from '../../src/gateway.ts';
import { createManualClock, type ManualClock } from './clock.ts';
import { startFaultyUpstream, type FaultyUpstream, type Reply } from './faulty-upstream.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import { wireRun, wireStep } from './wire.ts';

export interface LiveRun {
  readonly clock: ManualClock;
  readonly upstream: FaultyUpstream;
  readonly gateway: TestGateway;
  steps: number;
  status: string;
  /** Of each step. */
  outputs: unknown;
  /** In place of whatever would be answered. */
  reply: Reply | null;
  /** Lets every feed's next look come, and waits until all have had their answers. There are `feeds` of them. */
  poll(feeds?: number, ms?: number): Promise<void>;
  /** Resolves when just so many feeds wait for their next look. */
  feeds(count: number): Promise<void>;
  close(): Promise<void>;
}

/** The longest time between two looks while nothing changes. */
const SLOWEST_MS = 5000;
/** The gateway has one timer of its own, that of its keep-alive. */
const OTHER_TIMERS = 1;

export async function startLiveRun(
  environment: Readonly<Record<string, string>> = {},
  overrides: Overrides & Additions = {},
): Promise<LiveRun> {
  const clock = createManualClock();
  const upstream = await startFaultyUpstream(({ endpoint, runId }) => {
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
