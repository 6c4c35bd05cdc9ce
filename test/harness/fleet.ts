/** Gateways of one fleet over a real Valkey. */
import type { Overrides } from '../../src/gateway.ts';
import { startGateway, type TestGateway } from './gateway.ts';

export const SECRET = 'a-secret-that-all-gateways-of-a-fleet-share';

/** Gateways of one fleet in this process, each with its own caches and connections. */
export const startGateways = (
  count: number,
  environment: Readonly<Record<string, string>>,
  overrides: Overrides = {},
): Promise<readonly TestGateway[]> =>
  Promise.all(
    Array.from({ length: count }, () =>
      startGateway(
        { FLEET_SECRET: SECRET, REDIS_TIMEOUT_MS: '1000', UPSTREAM_ENDPOINTS: 'steps,run', ...environment },
        overrides,
      ),
    ),
  );
