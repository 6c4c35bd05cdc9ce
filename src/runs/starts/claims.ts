/**
 * Keys of starts in Valkey: a gateway claims one before it sends anything, and writes there what came of it. While secrets are
 * changed a key has a name for each: any two gateways have one secret in common, so one of them finds the other's claim.
 */
import { LRUCache } from 'lru-cache';
import type { Redis } from 'ioredis';
import type { FleetKeys } from '../../fleet/fleet-keys.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { createRetries } from '../shared/retries.ts';
import type { After } from '../timer.ts';
import { KEY_LIFETIME_MS, type KeyedStart } from './idempotent-starts.ts';
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

export interface ClaimsOptions {
  readonly fleet: Pick<Fleet, 'valkey' | 'keys'>;
  /** What decides a start beside viewer and key: the upstream. */
  readonly source: string;
  /** How long a start may be under way. */
  readonly maxWaitMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: After;
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

/** KEYS: names. ARGV: milliseconds, a value for each name. Returns what is there with its number; nothing if it was free. */
const TAKE = `
for i, name in ipairs(KEYS) do
  local value = redis.call('GET', name)
  if value then return {i, value} end
end
for i, name in ipairs(KEYS) do redis.call('SET', name, ARGV[i + 1], 'PX', ARGV[1]) end
return false`;

/**
 * KEYS: names. ARGV: milliseconds, the claim's value for each name, then maybe another for each. Leaves alone what others have
 * written. A claim that Valkey has lost is written, too: other gateways learn of it.
 */
const SETTLE = `
for i, name in ipairs(KEYS) do
  local value = redis.call('GET', name)
  local settled = ARGV[1 + #KEYS + i]
  if value == ARGV[1 + i] and not settled then redis.call('DEL', name) end
  if settled and (not value or value == ARGV[1 + i]) then redis.call('SET', name, settled, 'PX', ARGV[1]) end
end
return 1`;

const MAX_UNWRITTEN_BYTES = 4 * 2 ** 20;
/** Buffers, names and slots of a settlement that waits. */
const OVERHEAD_BYTES = 1000;

export function createClaims({ fleet: { valkey, keys }, source, maxWaitMs, now, after }: ClaimsOptions): Claims {
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
      const nameBy = (each: FleetKeys) => each.name('start', source, identity, key);
      const names = keys.map(nameBy);
      const seal = (record: StartRecord): Promise<Values> => {
        const written = writeRecord(record);
        return Promise.all(keys.map((each) => each.seal(identity, nameBy(each), written)));
      };
      let claimed: Values = [];
      const settle = (values: Values | null): Promise<boolean> => {
        const settlement = { names, claimed, values, untilMs: now() + KEY_LIFETIME_MS };
        unwritten.set(settlement, settlement);
        return write(settlement);
      };
      return {
        name: nameBy(keys[0]),
        async take(record) {
          claimed = await seal(record);
          const ttlMs = maxWaitMs + KEY_LIFETIME_MS;
          // What is not sent takes no claim, and nothing waits to be withdrawn: whoever asks in an outage would push out outcomes.
          const isSent = valkey.isUp;
          const reply = await valkey.run('CLAIM', (redis) => evaluate(redis, TAKE, names, [ttlMs, ...claimed]));
          if (reply === undefined && isSent) void settle(null);
          if (reply === undefined || reply === null) return reply;
          const [number, value] = reply as readonly [number, Buffer];
          const finder = keys[number - 1] ?? keys[0];
          const opened = await finder.open(identity, nameBy(finder), value, MAX_RECORD_BYTES);
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
  redis.callBuffer('EVAL', script, names.length, ...names, ...values);
