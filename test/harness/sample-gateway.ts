/** A gateway over the sample API, whose live runs go on when the test says so. */
import { createVirtualScheduler } from '../../src/sample/scheduler.ts';
import { createEmbeddedUpstream } from '../../src/sample/server.ts';
import { startGateway, type TestGateway } from './gateway.ts';

export interface SampleGateway extends TestGateway {
  /** Moves the clock of the runs on: a run starts within 100 ms, and ends within a minute. */
  advance(ms: number): void;
}

/** So that no run ends after now. */
const BEHIND_MS = 600_000;

export async function startSampleGateway(environment: Readonly<Record<string, string>> = {}): Promise<SampleGateway> {
  const scheduler = createVirtualScheduler(Date.now() - BEHIND_MS);
  const upstream = await createEmbeddedUpstream({ port: 0, scheduler });
  const gateway = await startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '100', ...environment });
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
