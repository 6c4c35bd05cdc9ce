/**
 * A viewer's epoch begins with a 401 or 403, and records the last successful call at any gateway. Answers of another epoch are
 * never read. An epoch that Valkey has lost is replaced by another.
 */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Times are of Valkey's clock, in milliseconds since 1970. */
export interface Epoch {
  readonly token: string;
  /** When the right was withdrawn; 0 if never. */
  readonly sinceMs: number;
  /** When the last successful call was sent; 0 without one in this epoch. */
  readonly lastSuccessMs: number;
}

/**
 * Records a success. KEYS: epoch. ARGV: new token, time of sending, lifetime. Returns the token; nothing if the right was withdrawn
 * later. Future times are of another server: a success is ignored, a withdrawal counts as now, else it would last until then.
 */
const RENEW = `
local token, since, last = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%d+) (%d+)$')
if not token then token, since, last = ARGV[1], '0', '0' end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if tonumber(since) > now + 1 then
  since = string.format('%.0f', now + 1)
  redis.call('SET', KEYS[1], token .. ' ' .. since .. ' 0', 'PX', ARGV[3])
end
if tonumber(ARGV[2]) < tonumber(since) then return false end
if tonumber(ARGV[2]) > tonumber(last) or tonumber(last) > now then last = ARGV[2] end
redis.call('SET', KEYS[1], token .. ' ' .. since .. ' ' .. last, 'PX', ARGV[3])
return token`;

/**
 * Records a denial. KEYS: epoch. ARGV: token of the new epoch, lifetime, 1 if the viewer had a right here. Returns 1 if other
 * gateways must be informed. Stores nothing for an unknown viewer: keys can be invented.
 */
const WITHDRAW = `
local epoch = redis.call('GET', KEYS[1])
if not epoch and ARGV[3] ~= '1' then return 0 end
if epoch and string.find(epoch, ' 0$') then return 0 end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + 1)
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. now .. ' 0', 'PX', ARGV[2])
return 1`;

const newToken = (): string => randomBytes(16).toString('base64url');

export const renewEpoch = async (redis: Redis, name: string, sentMs: number, ttlMs: number): Promise<string | null> =>
  (await redis.eval(RENEW, 1, name, newToken(), sentMs, ttlMs)) as string | null;

/** Resolves with true if other gateways must be informed. */
export const withdrawEpoch = async (redis: Redis, name: string, ttlMs: number, hadRight: boolean): Promise<boolean> =>
  (await redis.eval(WITHDRAW, 1, name, newToken(), ttlMs, hadRight ? '1' : '0')) === 1;

/** Null for a missing or malformed epoch. */
export function readEpoch(stored: Buffer | null): Epoch | null {
  const [, token, since, last] = /^(\S{1,64}) (\d{1,16}) (\d{1,16})$/.exec(stored?.toString('latin1') ?? '') ?? [];
  return token === undefined ? null : { token, sinceMs: Number(since), lastSuccessMs: Number(last) };
}
