/** The primitives of a fleet over a real Valkey, without a gateway around them. */
import { readConfig } from '../../src/config/config.ts';
import { createFleet, type Fleet } from '../../src/fleet/fleet.ts';
import { createLogger, type Logger } from '../../src/observability/logger.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';
import { SECRET } from '../harness/fleet.ts';

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
