/**
 * Shares responses through Valkey. On a miss, one gateway takes a lease, and its call serves all gateways. A failure
 * here costs one more upstream call, and nothing else. Ages are measured by the time to live of keys, never by two
 * clocks.
 */
import type { Called, Lease, Resource, SharedAnswers, SharedState, WaitOutcome } from '../runs/ports.ts';
import { identityOf } from '../auth/viewer.ts';
import { createAwaitedCalls } from './awaited-calls.ts';
import type { Fleet } from './fleet.ts';
import type { KeyedName } from './fleet-keys.ts';
import { newToken, readRight, WITHDRAWN, type SharedRight } from './rights.ts';
import { readAnswer, writeAnswer } from './stored-answer.ts';
import { evaluate } from './valkey.ts';
import { createWithdrawals } from './withdrawals.ts';

/** How long others wait for a dead gateway. A live one extends its lease. */
const LEASE_MS = 1000;
/** Reading a larger response from Valkey takes longer than the timeout. */
const MAX_SHARED_BYTES = 4 * 2 ** 20;
const MAX_HEAD_BYTES = 1024;
/** A withdrawal is stored until no gateway that missed it can have older data. */
const MISSED_MS = 60_000;

/** KEYS: any. Returns each value with its time to live. */
const READ = `
local found = {}
for i = 1, #KEYS do
  found[2 * i - 1] = redis.call('GET', KEYS[i])
  found[2 * i] = redis.call('PTTL', KEYS[i])
end
return found`;

/** KEYS: lease. ARGV: holder, milliseconds. A lease is its holder and the time. Returns the time, or 0. */
const ACQUIRE = `
local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
return redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. at, 'NX', 'PX', ARGV[2]) and tonumber(at) or 0`;

/**
 * KEYS: lease, answer, rights of the viewer, rights to the workflow. ARGV: lease, its time, sealed answer, its life (ms), 1
 * if it is final, life of rights (ms; 0 if the call proves no right), number of secrets, tokens for the two rights, then
 * the token of each right when the lease was taken. Stores nothing if a right was withdrawn since, or the lease is lost:
 * a newer answer may be there. A stored answer begins with the lease and the tokens. Its holder may store it again.
 */
const PUT = `
local isHeld = redis.call('GET', KEYS[1]) == ARGV[1] or redis.call('GETRANGE', KEYS[2], 0, #ARGV[1] - 1) == ARGV[1]
if not isHeld and (ARGV[5] == '0' or redis.call('EXISTS', KEYS[2]) == 1) then return 0 end
local function expiry(life) return string.format('%.0f', ARGV[2] + life) end
local function kind(i) return i < 3 + ARGV[7] and 1 or 2 end
local tokens = {ARGV[8], ARGV[9]}
for i = 3, #KEYS do
  local before = ARGV[7 + i]
  local token = string.match(redis.call('GET', KEYS[i]) or '', '^%S+') or ''
  if before ~= '' and token ~= before then return 0 end
  if before == '' and string.sub(token, 1, 1) == '${WITHDRAWN}' then return 0 end
  if token == '' and ARGV[6] == '0' then return 0 end
  if before == '' and token ~= '' then tokens[kind(i)] = token end
end
if ARGV[6] ~= '0' then
  for i = 3, #KEYS do
    redis.call('SET', KEYS[i], tokens[kind(i)] .. ' ' .. ARGV[6], 'PXAT', expiry(ARGV[6]))
  end
end
local head = ARGV[1] .. ' ' .. tokens[1] .. ' ' .. tokens[2] .. '\\n'
redis.call('SET', KEYS[2], head .. ARGV[3], 'PXAT', expiry(ARGV[4]))
return 1`;

/** KEYS: lease. ARGV: lease, milliseconds. Returns 1 if it is still held. */
const EXTEND = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS: lease. ARGV: lease. */
const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** Precedes the sealed bytes of a response: the lease, and the tokens of its rights. */
const STORED_HEAD = /^\S{22} \d{13} (\S{1,64}) (\S{1,64})\n/;
const MAX_STORED_HEAD = 200;

interface KnownState extends SharedState {
  readonly rights: readonly [SharedRight, SharedRight];
}

export function createSharedAnswers(
  fleet: Fleet,
  reauthIntervalMs: number,
): SharedAnswers & { close(): Promise<void> } {
  const { valkey, keys, metrics, source, sharedTtlMs, now } = fleet;
  const calls = createAwaitedCalls(fleet, 'call');
  /** Gateways that miss a withdrawal renew their right within the interval. The tokens must be kept until then. */
  const rightMs = Math.max(sharedTtlMs, reauthIntervalMs + MISSED_MS);
  /** Puts in progress. Bounded by the calls in progress. */
  const underWay = new Set<Promise<unknown>>();

  function track<T>(work: Promise<T>): Promise<T> {
    const tracked = work.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
    return tracked;
  }

  const rightNames = (identity: string, workflowId: string | null) =>
    keys.names('right', source, identity, ...(workflowId === null ? [] : [workflowId])).map(({ text }) => text);

  const withdrawals = createWithdrawals({ fleet, rightNames, rightMs });

  function namesOf({ viewer, workflowId, key }: Resource) {
    const identity = identityOf(viewer);
    return {
      identity,
      workflowId,
      lease: keys.names('call', source, identity, key)[0].text,
      rights: [...rightNames(identity, null), ...rightNames(identity, workflowId)],
      answers: keys.names('answer', source, identity, key),
    };
  }

  async function read(wanted: ReturnType<typeof namesOf>): Promise<KnownState | null> {
    const { identity, workflowId, rights: rightsOf, answers } = wanted;
    if (!withdrawals.areWritten(identity, workflowId)) return null;
    const askedAt = now();
    const names = [...rightsOf, ...answers.map(({ text }) => text)];
    const replies = await valkey.run('READ', (redis) => evaluate(redis, READ, names, []));
    if (!Array.isArray(replies)) {
      metrics.sharedRead('unavailable');
      return null;
    }
    const stored = names.map((_name, index) => [replies[2 * index], replies[2 * index + 1]] as [Buffer | null, number]);
    const secrets = answers.length;
    const rights = [readRight(stored.slice(0, secrets)), readRight(stored.slice(secrets, 2 * secrets))] as const;
    const [{ successAgeMs, withdrawal }, { withdrawal: workflowWithdrawal }] = rights;

    async function open(name: KeyedName, [value, ttlMs]: readonly [Buffer | null, number]) {
      if (!value || ttlMs < 0) return null;
      const [head, ...tokens] = STORED_HEAD.exec(value.toString('latin1', 0, MAX_STORED_HEAD)) ?? [];
      if (head !== undefined && tokens.some((token, index) => token !== rights[index]?.valid)) return null;
      const opened =
        head === undefined
          ? null
          : await name.open(identity, value.subarray(head.length), MAX_SHARED_BYTES + MAX_HEAD_BYTES);
      const answer = opened && readAnswer(opened);
      if (!answer) {
        metrics.sharedRead('unreadable');
        return null;
      }
      const { lifeMs, tookMs, isFinal } = answer.facts;
      const sentAt = askedAt - Math.max(0, lifeMs - ttlMs);
      return { sentAt, fetchedAt: Math.min(askedAt, sentAt + tookMs), isFinal, bytes: answer.body };
    }

    return {
      successAt: successAgeMs === null ? null : askedAt - successAgeMs,
      withdrawal,
      workflowWithdrawal,
      rights,
      async answer() {
        for (const [index, name] of answers.entries()) {
          const answer = await open(name, stored[2 * secrets + index] ?? [null, -1]);
          if (answer) {
            metrics.sharedRead('hit');
            return answer;
          }
        }
        metrics.sharedRead('miss');
        return null;
      },
    };
  }

  function leaseOf(
    { identity, lease: name, answers: [answer], rights: rightsOf }: ReturnType<typeof namesOf>,
    { holder, at, leasedAt }: { readonly holder: string; readonly at: number; readonly leasedAt: number },
    known: KnownState['rights'] | null,
  ): Omit<Lease, 'state'> {
    const held = `${holder} ${at}`;
    const timer = setInterval(() => void extend(), LEASE_MS / 3);

    async function extend(): Promise<void> {
      const isHeld = await valkey.run('EXTEND', (redis) => evaluate(redis, EXTEND, [name], [held, LEASE_MS]));
      if (isHeld === 0) clearInterval(timer);
      if (isHeld === 0) metrics.lease('lost');
    }

    async function release(outcome: WaitOutcome): Promise<void> {
      clearInterval(timer);
      await valkey.run('RELEASE', (redis) => evaluate(redis, RELEASE, [name], [held]));
      await calls.announce(name, outcome);
    }

    async function store({ cached, isProof, body }: Called<unknown>, sharedMs: number): Promise<boolean> {
      if (!known || body === undefined || (body?.length ?? 0) > MAX_SHARED_BYTES || sharedMs <= 0) return false;
      const tookMs = Math.max(0, Math.floor(cached.fetchedAt - leasedAt));
      const lifeMs = tookMs + Math.floor(Math.min(sharedMs, sharedTtlMs));
      const isFinal = sharedMs === Infinity;
      const bytes = await answer.seal(identity, writeAnswer({ lifeMs, tookMs, isFinal }, body));
      const facts = [lifeMs, isFinal ? 1 : 0, isProof ? rightMs : 0, known[0].tokens.length];
      const tokens = [...known.map(({ next }) => next), ...known.flatMap((right) => right.tokens)];
      const names = [name, answer.text, ...rightsOf];
      const put = await valkey.run('PUT', (redis) =>
        evaluate(redis, PUT, names, [held, at, bytes, ...facts, ...tokens]),
      );
      return put === 1;
    }

    return {
      put: (called, sharedMs) =>
        track(
          store(called, sharedMs)
            .catch(() => false)
            .then((isStored) => release(isStored ? 'again' : 'alone')),
        ),
      release: (outcome) => void track(release(outcome)),
    };
  }

  return {
    get: (resource) => read(namesOf(resource)),

    async lease(resource, signal) {
      const names = namesOf(resource);
      const holder = newToken();
      const expected = calls.expect(names.lease);
      try {
        const acquiring = valkey.run('ACQUIRE', (redis) => evaluate(redis, ACQUIRE, [names.lease], [holder, LEASE_MS]));
        // Reads in the same round trip: the last holder may have just stored its response.
        const state = await read(names);
        const at = await acquiring;
        if (typeof at !== 'number') return 'alone';
        metrics.lease(at > 0 ? 'acquired' : 'taken');
        if (at === 0) return await expected.outcome(LEASE_MS, signal);
        const lease = leaseOf(names, { holder, at, leasedAt: now() }, state?.rights ?? null);
        if (state) return { ...lease, state };
        lease.release('alone');
        return 'alone';
      } finally {
        expected.end();
      }
    },

    withdraw: withdrawals.withdraw,
    onWithdrawn: withdrawals.onWithdrawn,

    /** Waits for puts in progress. */
    async close() {
      while (underWay.size > 0) await Promise.all(underWay);
      await withdrawals.close();
    },
  };
}
