/** Leases: at most one gateway has a lease at a time. Only Valkey's clock decides how long. */
import { randomBytes } from 'node:crypto';
import type { FleetMetrics } from '../observability/fleet-metrics.ts';
import type { Valkey } from './valkey.ts';

export interface Lease {
  readonly name: string;
  /** False if the lease is lost: another gateway may have it. Undefined if Valkey does not answer. */
  extend(ms: number): Promise<boolean | undefined>;
  /** Has no effect on a lost lease. */
  release(): Promise<void>;
}

export interface Leases {
  /** Null if another gateway has the lease. Undefined if Valkey does not answer. `purpose` is a metric label. */
  acquire(purpose: string, name: string, ms: number): Promise<Lease | null | undefined>;
}

/**
 * KEYS: lease. ARGV: holder, milliseconds. Returns 1, or 0 if another gateway has the lease. A lease that lasts longer than allowed
 * was written by another program: it is shortened.
 */
const ACQUIRE = `
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
local left = redis.call('PTTL', KEYS[1])
if left < 0 or left > tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`;

/** KEYS: lease. ARGV: holder, milliseconds. Returns 1 if the holder still has it. */
const EXTEND = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS: lease. ARGV: holder. */
const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** Valkey refuses fractions of a millisecond. */
const whole = (ms: number): number => Math.ceil(ms);

export function createLeases(valkey: Valkey, metrics: FleetMetrics): Leases {
  return {
    async acquire(purpose, name, ms) {
      const holder = randomBytes(16).toString('base64url');
      const reply = await valkey.run('ACQUIRE', (redis) => redis.eval(ACQUIRE, 1, name, holder, whole(ms)));
      if (reply === undefined) return undefined;
      metrics.lease(purpose, reply === 1 ? 'acquired' : 'taken');
      return reply === 1 ? leaseOf(purpose, name, holder) : null;
    },
  };

  function leaseOf(purpose: string, name: string, holder: string): Lease {
    let isLost = false;
    const checked = (reply: unknown): boolean | undefined => {
      if (reply === 0 && !isLost) metrics.lease(purpose, 'lost');
      isLost ||= reply === 0;
      return reply === undefined ? undefined : reply === 1;
    };
    return {
      name,
      extend: async (ms) =>
        checked(await valkey.run('EXTEND', (redis) => redis.eval(EXTEND, 1, name, holder, whole(ms)))),
      async release() {
        checked(await valkey.run('RELEASE', (redis) => redis.eval(RELEASE, 1, name, holder)));
      },
    };
  }
}
