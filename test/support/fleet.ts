/** The primitives of a fleet over a real Valkey, without a gateway around them. */
import { setTimeout as pause } from 'node:timers/promises';
import { readConfig } from '../../src/config/config.ts';
import { createFleet, type Fleet } from '../../src/fleet/fleet.ts';
import { createLogger, type Logger } from '../../src/observability/logger.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';
import { startGateway, type TestGateway } from './gateway.ts';

export const SECRET = 'a-secret-that-all-gateways-of-a-fleet-share';

export interface TestFleet extends Fleet {
  readonly figures: Metrics;
}

export interface FleetOverrides {
  readonly now?: () => number;
  readonly logger?: Logger;
}

export async function joinFleet(
  url: string,
  environment: Readonly<Record<string, string>> = {},
  { now = Date.now, logger = createLogger('silent') }: FleetOverrides = {},
): Promise<TestFleet> {
  const { fleet } = readConfig({ REDIS_URL: url, FLEET_SECRET: SECRET, REDIS_TIMEOUT_MS: '500', ...environment });
  if (!fleet) throw new Error('expected a fleet');
  const figures = createMetrics();
  const joined = await createFleet({ config: fleet, metrics: figures.fleet(), logger, now });
  return { ...joined, figures };
}

/** A question may be a whole operation: where the wait is long, it need not be asked hundreds of times a second. */
const MAX_PAUSE_MS = 25;

/** Resolves when the condition holds. Between two questions the processor is left to whoever is waited for. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let ms = 2; !(await isTrue()); ms = Math.min(1.5 * ms, MAX_PAUSE_MS)) await pause(ms);
}

/** Gateways of one fleet in this process, each with its own caches and connections. */
export const startGateways = (
  count: number,
  environment: Readonly<Record<string, string>>,
): Promise<readonly TestGateway[]> =>
  Promise.all(
    Array.from({ length: count }, () =>
      startGateway({ FLEET_SECRET: SECRET, REDIS_TIMEOUT_MS: '1000', UPSTREAM_ENDPOINTS: 'steps,run', ...environment }),
    ),
  );
