/** One gateway's connection to its fleet: Valkey, keys, announcements. */
import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { FleetMetrics } from '../observability/fleet-metrics.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { After } from '../runtime/clock.ts';
import { createAnnouncements, type Announcements } from './announcements.ts';
import { createComplaints } from './complaints.ts';
import { createConnection } from './connection.ts';
import { createKeyring, type Keyring } from './fleet-keys.ts';
import { createValkey, type Valkey } from './valkey.ts';

export interface Fleet {
  readonly valkey: Valkey;
  readonly keys: Keyring;
  readonly announcements: Announcements;
  readonly metrics: FleetMetrics;
  /** How long final responses are shared. */
  readonly sharedTtlMs: number;
  /** Identifies the upstream and its fixed headers. Gateways with different sources share no responses. */
  readonly source: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: After;
  close(): Promise<void>;
}

export interface FleetOptions extends Pick<Fleet, 'now' | 'after'> {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Returns null without REDIS_URL. Resolves even while Valkey is down: the gateway works alone until it responds. */
export async function createFleet({ config, metrics: all, logger, now, after }: FleetOptions): Promise<Fleet | null> {
  if (!config.fleet) return null;
  const { redisUrl: url, redisTimeoutMs: timeoutMs, secrets, sharedTtlMs } = config.fleet;
  const metrics = all.fleet();
  const connected = Promise.withResolvers<undefined>();
  const settle = () => {
    connected.resolve(undefined);
  };
  const complaints = createComplaints(logger);
  const redis = await createConnection({ url, timeoutMs, name: 'stepgate', whenReady: settle, complaints });
  redis.once('error', settle);
  await connected.promise;
  const valkey = createValkey({ redis, timeoutMs, metrics, complaints, logger });
  await valkey.probe();
  const announcements = await createAnnouncements({ url, timeoutMs, valkey, metrics, complaints });
  return {
    valkey,
    keys: createKeyring(secrets),
    announcements,
    metrics,
    sharedTtlMs,
    source: sourceOf(config),
    now,
    after,
    async close() {
      await valkey.close();
      announcements.close();
      redis.disconnect();
    },
  };
}

/** Each embedded upstream has its own runs. */
const sourceOf = ({ upstreamUrl, upstreamConnection: { headers } }: Config): string =>
  JSON.stringify([upstreamUrl ?? randomUUID(), Object.entries(headers).sort()]);
