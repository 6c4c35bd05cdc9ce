/** A gateway over the sample, whose live runs advance only when the test advances them. */
import { createVirtualScheduler } from '../../src/sample/scheduler.ts';
import { createEmbeddedUpstream, type EmbeddedUpstream } from '../../src/sample/server.ts';
import { TestGateway, type GatewayOptions } from './gateway.ts';

/** So far in the past that no run ends in the future. */
const BEHIND_MS = 600_000;

export class SampleGateway extends TestGateway {
  readonly #scheduler = createVirtualScheduler(Date.now() - BEHIND_MS);
  #sample: EmbeddedUpstream | null = null;

  override async open(changes: GatewayOptions = {}): Promise<this> {
    this.#sample = await createEmbeddedUpstream({ port: 0, scheduler: this.#scheduler });
    return super.open({ ...changes, upstream: this.#sample, env: { LIVE_TTL_MS: '100', ...changes.env } });
  }

  /** Advances the clock of the runs: a run starts within 100 ms and ends within a minute. */
  advance(ms: number): void {
    this.#scheduler.advance(ms);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#sample?.close();
  }
}
