/** A gateway over the sample API, whose live runs advance only when the test advances them. */
import type { Overrides } from '../../src/gateway.ts';
import { createVirtualScheduler } from '../../src/sample/scheduler.ts';
import { createEmbeddedUpstream } from '../../src/sample/server.ts';
import { startGateway, type TestGateway } from './gateway.ts';

export interface SampleGateway extends TestGateway {
  /** Advances the clock of the runs: a run starts within 100 ms and ends within a minute. */
  advance(ms: number): void;
}

/** So far in the past that no run ends in the future. */
const BEHIND_MS = 600_000;

export async function startSampleGateway(
  environment: Readonly<Record<string, string>> = {},
  overrides: Overrides = {},
): Promise<SampleGateway> {
  const scheduler = createVirtualScheduler(Date.now() - BEHIND_MS);
  const upstream = await createEmbeddedUpstream({ port: 0, scheduler });
  const gateway = await startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '100', ...environment }, overrides);
  return {
    ...gateway,
    advance(ms) {
      scheduler.advance(ms);
    },
    async close() {
      await gateway.close();
      await upstream.close();
    },
  };
}
