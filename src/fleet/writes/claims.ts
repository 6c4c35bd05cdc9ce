/**
 * Claims of idempotency keys in Valkey: written before a write is sent, and replaced by its outcome. A key has one name
 * per secret: two gateways share at least one. Without an expiry, `volatile-lru` never evicts a claim; each write
 * removes expired ones.
 */
import { LRUCache } from 'lru-cache';
import type { Redis } from 'ioredis';
import type { KeyedWrite } from '../../runs/ports.ts';
import { KEY_LIFETIME_MS } from '../../runs/writes/idempotent-writes.ts';
import type { Fleet } from '../fleet.ts';
import { PREFIX } from '../fleet-keys.ts';
import { evaluate } from '../valkey.ts';
import { MAX_RECORD_BYTES, readRecord, writeRecord, type WriteRecord } from './write-record.ts';

export interface Claims {
  of(write: KeyedWrite): Claim;
  close(): void;
}

/** Another gateway's claim. */
export interface Taken {
  readonly record: WriteRecord | 'unreadable';
  /** Remaining time of the claim, in milliseconds. */
  readonly leftMs: number;
}

export interface Claim {
  /** Name in announcements. */
  readonly name: string;
  /**
   * Resolves to null if this gateway now has the claim, or to another gateway's record. Undefined if Valkey doesn't
   * respond: a claim that it may have stored is then withdrawn.
   */
  take(record: WriteRecord): Promise<Taken | null | undefined>;
  /** A null outcome frees the key. A failed write is retried later. */
  settle(record: WriteRecord | null): Promise<void>;
}

/** Encrypted, one per name. */
type Values = readonly Buffer[];

interface Settlement {
  readonly names: readonly string[];
  readonly claimed: Values;
  /** Outcome to write, or null to withdraw the claim. */
  readonly values: Values | null;
  readonly untilMs: number;
}

/** Names of claims, scored by the end of each: milliseconds since 1970 on Valkey's clock. */
const ENDS = `${PREFIX}:starts`;

/** KEYS: ENDS, names. ARGV: lifetime of a claim (ms). A claim that has ended counts as absent until it is removed. */
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
 * ARGV: milliseconds, a value for each name. Returns the number, value and remaining time of an existing claim; nothing if
 * the names were free.
 * Ended claims are removed first, so that a full Valkey has room for a new one.
 */
const TAKE = `${FIND_AND_PUT}
local ended = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)
if #ended > 0 then
  redis.call('DEL', unpack(ended))
  redis.call('ZREM', KEYS[1], unpack(ended))
end
for i = 2, #KEYS do
  local value = find(KEYS[i])
  if value then return {i - 1, value, (redis.call('ZSCORE', KEYS[1], KEYS[i]) or now) - now} end
end
for i = 2, #KEYS do put(KEYS[i], ARGV[i]) end
return false`;

/**
 * ARGV: milliseconds, the claim's value for each name, then an outcome for each or nothing. Leaves records of others unchanged.
 * Writes the outcome even if Valkey has lost the claim: other gateways find it.
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

const RETRY_MS = 1000;
const WRITTEN_AT_ONCE = 100;
const MAX_UNWRITTEN_BYTES = 4 * 2 ** 20;
/** Buffers, names and slots of a waiting settlement. */
const OVERHEAD_BYTES = 1000;

/** `maxWaitMs` is how long a write may be in progress. */
export function createClaims({ valkey, keys, source, now, after }: Fleet, maxWaitMs: number): Claims {
  const unwritten = new LRUCache<Settlement, Settlement>({
    maxSize: MAX_UNWRITTEN_BYTES,
    sizeCalculation: ({ claimed, values }) => OVERHEAD_BYTES + bytesIn(claimed) + bytesIn(values ?? []),
  });
  let cancelRetry: (() => void) | null = null;
  let isClosed = false;

  /** Retries every second until all are written. A rejected outcome doesn't delay the others. */
  function retry(): void {
    if (isClosed) return;
    cancelRetry ??= after(RETRY_MS, () => {
      cancelRetry = null;
      void writeAll();
    });
  }

  async function writeAll(): Promise<void> {
    const waiting = [...unwritten.keys()];
    for (let from = 0; from < waiting.length && valkey.isUp; from += WRITTEN_AT_ONCE) {
      await Promise.all(waiting.slice(from, from + WRITTEN_AT_ONCE).map(write));
    }
    if (unwritten.size > 0) retry();
  }

  /** Resolves to true once the settlement is written or has expired. */
  async function write(settlement: Settlement): Promise<boolean> {
    const { names, claimed, values, untilMs } = settlement;
    const leftMs = Math.floor(untilMs - now());
    const send = (redis: Redis) => evaluate(redis, SETTLE, [ENDS, ...names], [leftMs, ...claimed, ...(values ?? [])]);
    const isDone = leftMs <= 0 || (await valkey.run('SETTLE', send)) !== undefined;
    if (isDone) unwritten.delete(settlement);
    else retry();
    return isDone;
  }

  return {
    of({ identity, owner, key, endpoint }) {
      const keyed = keys.names('start', source, identity, owner, key);
      const names = keyed.map(({ text }) => text);
      const seal = (record: WriteRecord): Promise<Values> => {
        const written = writeRecord(record, endpoint);
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
          // A command that wasn't sent claims nothing. Withdrawing it would push outcomes out of `unwritten` during an
          // outage.
          const claim = { isSent: false };
          const reply = await valkey.insist('CLAIM', (redis) => {
            claim.isSent = true;
            return evaluate(redis, TAKE, [ENDS, ...names], [ttlMs, ...claimed]);
          });
          if (reply === undefined && claim.isSent) void settle(null);
          if (reply === undefined || reply === null) return reply;
          const [number, value, leftMs] = reply as readonly [number, Buffer, number];
          const opened = await keyed[number - 1]?.open(identity, value, MAX_RECORD_BYTES);
          return { record: (opened && readRecord(opened)) ?? 'unreadable', leftMs };
        },
        async settle(record) {
          await settle(record && (await seal(record)));
        },
      };
    },
    close() {
      isClosed = true;
      cancelRetry?.();
    },
  };
}

const bytesIn = (values: Values): number => values.reduce((sum, { length }) => sum + length, 0);
