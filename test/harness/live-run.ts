/** A gateway with a manual clock, over a run that the test controls. */
import { createManualClock } from './clock.ts';
import { TestGateway, type GatewayOptions, type Given } from './gateway.ts';
import type { Call, Reply, ScriptedUpstream } from './upstream.ts';
import { wireRun, wireStep } from './wire.ts';

/** The longest interval between two polls without changes. */
const SLOWEST_MS = 5000;
export class LiveRun {
  readonly gateway: TestGateway;
  clock = createManualClock();
  steps = 1;
  status = 'running';
  /** The outputs of each step. */
  outputs: unknown = null;
  /** Replaces all other replies, unless null. */
  reply: Reply | null = null;
  /** Timers of the gateway itself: for keep-alives, and to look at manifests. */
  #otherTimers = 1;

  constructor(given: Given = {}) {
    this.gateway = new TestGateway(() => {
      const { env, ...options } = typeof given === 'function' ? given() : given;
      const script = (call: Call) => this.#answer(call);
      this.#otherTimers = env?.PERSISTED_MANIFESTS === undefined ? 1 : 2;
      return { clock: this.clock, ...options, script, env: { UPSTREAM_ENDPOINTS: 'steps,run', ...env } };
    });
  }

  get upstream(): ScriptedUpstream {
    return this.gateway.upstream;
  }

  async open(changes?: GatewayOptions): Promise<this> {
    this.clock = createManualClock();
    [this.steps, this.status, this.outputs, this.reply] = [1, 'running', null, null];
    await this.gateway.open(changes);
    return this;
  }

  /** Begins anew with these options instead. */
  async restart(changes: GatewayOptions): Promise<void> {
    await this.close();
    await this.open(changes);
  }

  /** Lets each of `feeds` feeds poll once, and waits until all have their answers. */
  async poll(feeds = 1, ms = SLOWEST_MS): Promise<void> {
    this.clock.advance(ms);
    await this.feeds(feeds);
  }

  /** Resolves when exactly this number of feeds waits for its next poll. */
  feeds(count: number): Promise<void> {
    return this.clock.timers(count + this.#otherTimers);
  }

  close(): Promise<void> {
    return this.gateway.close();
  }

  #answer({ endpoint, runId }: Call): Reply {
    if (this.reply) return this.reply;
    const isOver = this.status !== 'running';
    if (endpoint === 'run') {
      return { json: [wireRun(runId, { status: this.status, ...(!isOver && { end_time: null }) })] };
    }
    const steps = Array.from({ length: this.steps }, (_, index) =>
      wireStep({ id: `s${index}`, outputs: this.outputs }),
    );
    return endpoint === 'steps' ? { json: steps } : { status: 404 };
  }
}
