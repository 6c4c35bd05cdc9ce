/** Values that only newer versions overwrite in Valkey: a paused gateway may store its value late. */
import type { Redis } from 'ioredis';

/**
 * KEYS: value. ARGV: version (16 digits), bytes, expiry (ms since 1970). Returns 1 if stored, 0 if a newer version is there. A
 * version in the future is of another server's clock, so it is not newer.
 */
const STORE_NEWEST = `
local stored = redis.call('GETRANGE', KEYS[1], 0, 15)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if stored > ARGV[1] and (tonumber(stored) or 0) <= now then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PXAT', ARGV[3])
return 1`;

const VERSION_DIGITS = 16;

export interface NewestValue {
  readonly bytes: Buffer;
  /** Valkey's time in whole milliseconds since 1970, like `expiresAt`. */
  readonly version: number;
  readonly expiresAt: number;
}

/** Resolves with false if a newer version is there. */
export async function storeNewest(redis: Redis, name: string, value: NewestValue): Promise<boolean> {
  const version = String(value.version).padStart(VERSION_DIGITS, '0');
  return (await redis.eval(STORE_NEWEST, 1, name, version, value.bytes, value.expiresAt)) === 1;
}

/** The bytes. Null for a missing value, or for a value that `storeNewest` has not written. */
export function readNewest(stored: Buffer | null | undefined): Buffer | null {
  const version = stored?.toString('latin1', 0, VERSION_DIGITS) ?? '';
  return stored && /^\d{16}$/.test(version) ? stored.subarray(VERSION_DIGITS) : null;
}
