/**
 * Keys of starts in Valkey: a gateway claims one before it sends anything, and writes there what came of it. While secrets are
 * changed a key has a name for each: any two gateways have one secret in common, so one of them finds the other's claim.
 *
 * Claims have no expiry, so that `volatile-lru` never evicts one for a cached answer. Each start removes ended ones.
 */
import { LRUCache } from 'lru-cache';
import type { Redis } from 'ioredis';
import type { KeyedStart } from '../../runs/ports.ts';
import { KEY_LIFETIME_MS } from '../../runs/starts/idempotent-starts.ts';
import type { Fleet } from '../fleet.ts';
import { createRetries } from '../retries.ts';
import { MAX_RECORD_BYTES, readRecord, writeRecord, type StartRecord } from './start-record.ts';

export interface Claims {
  of(start: KeyedStart): Claim;
  close(): void;
}

export interface Claim {
  /** For announcements. */
  readonly name: string;
  /**
   * Resolves with null where it is this gateway's now, with what another has written, or with `unreadable`. Undefined: Valkey does
   * not say; then a claim that it may have taken all the same is withdrawn.
   */
  take(record: StartRecord): Promise<StartRecord | 'unreadable' | null | undefined>;
  /** Null frees the key. What can't be written now is written when Valkey takes it. */
  settle(record: StartRecord | null): Promise<void>;
}

/** Sealed, one for each name. */
type Values = readonly Buffer[];

interface Settlement {
  readonly names: readonly string[];
  readonly claimed: Values;
  /** Null: the claim is withdrawn. */
  readonly values: Values | null;
  readonly untilMs: number;
}

/** Names of claims, each scored with the end of its claim: milliseconds since 1970 by Valkey's clock. */
const ENDS = 'stepgate:starts';

/** KEYS: ENDS, names. ARGV: milliseconds that a claim lasts. A claim that has ended counts as absent until it is removed. */
const FIND_AND_PUT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function find(name)
  local ends = redis.call('ZSCORE', KEYS[1], name)
  return (not ends or tonumber(ends) > now) and redis.call('GET', name)
end
local function put(name, value)
  redis.call('ZADD', KEYS[1], now + ARGV[1], name)
  redis.call('SET', name, value)
end`;

/**
 * ARGV: milliseconds, a value for each name. Returns the value that was found with its number; nothing if the names were free.
 * Ended claims are removed first: after that Valkey takes a new one even where it is full of ended ones.
 */
const TAKE = `${FIND_AND_PUT}
local ended = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)
if #ended > 0 then
  redis.call('DEL', unpack(ended))
  redis.call('ZREM', KEYS[1], unpack(ended))
end
for i = 2, #KEYS do
  local value = find(KEYS[i])
  if value then return {i - 1, value} end
end
for i = 2, #KEYS do put(KEYS[i], ARGV[i]) end
return false`;

/**
 * ARGV: milliseconds, the claim's value for each name, then maybe another for each. Leaves alone what others have written. A
 * claim that Valkey has lost is written, too: other gateways learn of it.
 */
const SETTLE = `${FIND_AND_PUT}
for i = 2, #KEYS do
  local name, claimed, settled = KEYS[i], ARGV[i], ARGV[i + #KEYS - 1]
  local value = find(name)
  if value == claimed and not settled then
    redis.call('DEL', name)
    redis.call('ZREM', KEYS[1], name)
  elseif settled and (not value or value == claimed) then
    put(name, settled)
  end
end
return 1`;

const MAX_UNWRITTEN_BYTES = 4 * 2 ** 20;
/** Buffers, names and slots of a settlement that waits. */
const OVERHEAD_BYTES = 1000;

/** `maxWaitMs`: how long a start may be under way. */
export function createClaims({ valkey, keys, source, now, after }: Fleet, maxWaitMs: number): Claims {
  const unwritten = new LRUCache<Settlement, Settlement>({
    maxSize: MAX_UNWRITTEN_BYTES,
    sizeCalculation: ({ claimed, values }) => OVERHEAD_BYTES + bytesIn(claimed) + bytesIn(values ?? []),
  });
  const retries = createRetries({ valkey, after, unwritten: () => unwritten.keys(), write });

  /** Resolves with true if it is written, or too late. */
  async function write(settlement: Settlement): Promise<boolean> {
    const { names, claimed, values, untilMs } = settlement;
    const leftMs = Math.floor(untilMs - now());
    const send = (redis: Redis) => evaluate(redis, SETTLE, names, [leftMs, ...claimed, ...(values ?? [])]);
    const isDone = leftMs <= 0 || (await valkey.run('SETTLE', send)) !== undefined;
    if (isDone) unwritten.delete(settlement);
    else retries.begin();
    return isDone;
  }

  return {
    of({ identity, key }) {
      const keyed = keys.names('start', source, identity, key);
      const names = keyed.map(({ text }) => text);
      const seal = (record: StartRecord): Promise<Values> => {
        const written = writeRecord(record);
        return Promise.all(keyed.map((name) => name.seal(identity, written)));
      };
      let claimed: Values = [];
      const settle = (values: Values | null): Promise<boolean> => {
        const settlement = { names, claimed, values, untilMs: now() + KEY_LIFETIME_MS };
        unwritten.set(settlement, settlement);
        return write(settlement);
      };
      return {
        name: keyed[0].text,
        async take(record) {
          claimed = await seal(record);
          const ttlMs = maxWaitMs + KEY_LIFETIME_MS;
          // What is not sent takes no claim, and nothing waits to be withdrawn: whoever asks in an outage would push out outcomes.
          const isSent = valkey.isUp;
          const reply = await valkey.run('CLAIM', (redis) => evaluate(redis, TAKE, names, [ttlMs, ...claimed]));
          if (reply === undefined && isSent) void settle(null);
          if (reply === undefined || reply === null) return reply;
          const [number, value] = reply as readonly [number, Buffer];
          const opened = await keyed[number - 1]?.open(identity, value, MAX_RECORD_BYTES);
          return (opened && readRecord(opened)) ?? 'unreadable';
        },
        async settle(record) {
          await settle(record && (await seal(record)));
        },
      };
    },
    close() {
      retries.close();
    },
  };
}

const bytesIn = (values: Values): number => values.reduce((sum, { length }) => sum + length, 0);

/** The reply's texts as bytes. */
const evaluate = (redis: Redis, script: string, names: readonly string[], values: readonly (Buffer | number)[]) =>
  redis.callBuffer('EVAL', script, names.length + 1, ENDS, ...names, ...values);
