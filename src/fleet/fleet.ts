/** What gateways of a fleet share things by: Valkey, keys, a clock, leases, announcements. */
import type { FleetConfig } from '../config/config.ts';
import type { FleetMetrics } from '../observability/fleet-metrics.ts';
import type { Logger } from '../observability/logger.ts';
import { createAnnouncements, type Announcements } from './announcements.ts';
import { createComplaints } from './complaints.ts';
import { createConnection } from './connection.ts';
import { watchEvictionPolicy } from './eviction-policy.ts';
import { createFleetClock, type FleetClock } from './fleet-clock.ts';
import { createKeyring, type Keyring } from './fleet-keys.ts';
import { createLeases, type Leases } from './leases.ts';
import { createValkey, type Valkey } from './valkey.ts';

export interface Fleet {
  readonly valkey: Valkey;
  readonly keys: Keyring;
  readonly clock: FleetClock;
  readonly leases: Leases;
  readonly announcements: Announcements;
  readonly metrics: FleetMetrics;
  /** How long what is final is shared. */
  readonly sharedTtlMs: number;
  close(): void;
}

export interface FleetOptions {
  readonly config: FleetConfig;
  readonly metrics: FleetMetrics;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Resolves also where Valkey is away: then the gateway works alone until it is there. */
export async function createFleet({ config, metrics, logger, now }: FleetOptions): Promise<Fleet> {
  const { redisUrl: url, redisTimeoutMs: timeoutMs } = config;
  const clock = createFleetClock();
  const connected = Promise.withResolvers<undefined>();
  const settle = () => {
    connected.resolve(undefined);
  };
  const complaints = createComplaints(logger);
  const redis = await createConnection({ url, name: 'stepgate', whenReady: settle, complaints });
  redis.once('error', settle);
  await connected.promise;
  const valkey = createValkey({ redis, timeoutMs, clock, metrics, complaints, logger, now });
  await valkey.probe();
  watchEvictionPolicy(valkey, logger);
  const announcements = await createAnnouncements({ url, timeoutMs, valkey, metrics, complaints, logger });
  return {
    valkey,
    keys: createKeyring(config.secrets),
    clock,
    leases: createLeases(valkey, metrics),
    announcements,
    metrics,
    sharedTtlMs: config.sharedTtlMs,
    close() {
      announcements.close();
      valkey.close();
      redis.disconnect();
    },
  };
}
