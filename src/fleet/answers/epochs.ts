/**
 * Epochs: since when a viewer's right is the one that it has now, and when a call of the viewer last succeeded at any gateway. A
 * 401 or 403 begins a new epoch. What was stored in another epoch is never read again; one that Valkey has lost is another, too.
 */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Times are Valkey's, in milliseconds since 1970. */
export interface Epoch {
  readonly token: string;
  /** When the right was withdrawn; 0 if it never was. */
  readonly sinceMs: number;
  /** When the last successful call was sent; 0 if none has been since. */
  readonly lastSuccessMs: number;
}

/**
 * A call has succeeded. KEYS: epoch. ARGV: token of a new epoch, when the call was sent, how long it lasts. Returns the token of
 * the epoch; none if the right was withdrawn after the call had been sent. A success from the future is none, since another server's
 * clock was ahead, and a withdrawal from the future is of now: else the viewer would have no right until then.
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
 * A call was denied. KEYS: epoch. ARGV: token of the new epoch, how long it lasts, 1 if the viewer had a right here. Returns 1 if
 * others are to be told. For a viewer of whom nothing is known nothing is stored: anybody can make up keys.
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

/** Resolves with the epoch's token, or null. */
export const renewEpoch = async (redis: Redis, name: string, sentMs: number, ttlMs: number): Promise<string | null> =>
  (await redis.eval(RENEW, 1, name, newToken(), sentMs, ttlMs)) as string | null;

/** Resolves with true if others are to be told. */
export const withdrawEpoch = async (redis: Redis, name: string, ttlMs: number, hadRight: boolean): Promise<boolean> =>
  (await redis.eval(WITHDRAW, 1, name, newToken(), ttlMs, hadRight ? '1' : '0')) === 1;

/** Null for nothing, and for whatever is no epoch. */
export function readEpoch(stored: Buffer | null): Epoch | null {
  const [, token, since, last] = /^(\S{1,64}) (\d{1,16}) (\d{1,16})$/.exec(stored?.toString('latin1') ?? '') ?? [];
  return token === undefined ? null : { token, sinceMs: Number(since), lastSuccessMs: Number(last) };
}
