/**
 * The rate limit across all gateways: the same algorithm, in Valkey. Without Valkey, each gateway counts separately.
 */
import {
  allowanceOf,
  MINUTE_MS,
  TOLERANCE_MS,
  type RateLimit,
  type RateLimitOfFleet,
} from '../admission/rate-limit.ts';
import type { Fleet } from './fleet.ts';

/**
 * KEYS: time when everything is paid off. ARGV: cost, limit and tolerance, in ms, and what to do. Returns 1 or 0, and the debt before.
 * A debt above the limit is of another program or of a server whose clock was ahead: it counts as 0.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local takes, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local owed = math.max(0, (tonumber(redis.call('GET', KEYS[1]) or now) or now) - now)
if not (owed < most + 1) then owed = 0 end
if owed + takes > most + tonumber(ARGV[3]) then return { 0, tostring(owed) } end
if ARGV[4] == 'look' then return { 1, tostring(owed) } end
redis.call('SET', KEYS[1], string.format('%.6f', now + owed + takes), 'PX', math.ceil(owed + takes))
return { 1, tostring(owed) }`;

export function createSharedRateLimit(
  { valkey, keys }: Fleet,
  { kind, perMinute, local }: RateLimitOfFleet,
): RateLimit {
  return async (key, how = 'count') => {
    const name = keys.names('rate', kind, key)[0].text;
    const reply = await valkey.run('RATE', (redis) =>
      redis.eval(TAKE, 1, name, String(MINUTE_MS / perMinute), MINUTE_MS, TOLERANCE_MS, how),
    );
    if (!Array.isArray(reply)) return local(key, how);
    const [isAllowed, owedMs] = reply as readonly unknown[];
    return allowanceOf(perMinute, isAllowed === 1, Number(owedMs));
  };
}
