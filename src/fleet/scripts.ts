/** What Valkey must do in one step. Sent as text each time: Valkey keeps it compiled, and a restart needs no care. */

/**
 * Takes a lease. KEYS: lease. ARGV: holder, milliseconds. Returns 1; 0 if another has the lease.
 * A lease that lasts longer than it may was written by somebody else: nobody waits longer for it.
 */
export const ACQUIRE = `
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
local left = redis.call('PTTL', KEYS[1])
if left < 0 or left > tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`;

/** KEYS: lease. ARGV: holder, milliseconds. Returns 1 if the holder still has it. */
export const EXTEND = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS: lease. ARGV: holder. */
export const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/**
 * Stores a value, unless a newer version is there. KEYS: value. ARGV: version (16 digits), bytes, when it expires (ms since
 * 1970). Returns 1 if it was stored. A version from the future is of another server, whose clock was ahead: it is not newer.
 */
export const STORE_NEWEST = `
local stored = redis.call('GETRANGE', KEYS[1], 0, 15)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if stored > ARGV[1] and (tonumber(stored) or 0) <= now then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PXAT', ARGV[3])
return 1`;
