import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-sse';
import { startFaultyUpstream, type Call, type FaultyUpstream, type Reply } from '../harness/faulty-upstream.ts';
import { SECRET, startGateways, until } from '../harness/fleet.ts';
import type { TestGateway } from '../harness/gateway.ts';
import { scrape } from '../support/observed.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const FLEET_PAGE = new URL('../../docs/fleet.md', import.meta.url);

const queryOf = (id: string) =>
  `{ run(workflowId: "wf", id: "${id}") { id status outputs freshness { fetchedAt isFinal isStale } steps { id outputs } } }`;

/** What the upstream has for a key: its own words in each answer. */
const answerOf = ({ endpoint, runId, key = '' }: Call): Reply => ({
  json:
    endpoint === 'run'
      ? [wireRun(runId, { outputs: `output of ${runId} for ${key}` })]
      : [wireStep({ id: `step of ${runId}`, outputs: `step output for ${key}` })],
});

interface RunAnswer {
  readonly run: { readonly freshness: { readonly fetchedAt: string } };
}

const LIVE: Readonly<Record<string, unknown>> = { status: 'running', end_time: null, elapsed_time: null };

describeWithValkey(`the shared tier${withoutValkey}`, () => {
  let valkey: TestValkey;
  let upstream: FaultyUpstream;
  const gateways: TestGateway[] = [];

  beforeEach(async () => {
    valkey = await startValkey();
    upstream = await startFaultyUpstream(answerOf);
  });
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
    await upstream.close();
    await valkey.close();
  });

  async function start(count: number, environment: Readonly<Record<string, string>> = {}) {
    const started = await startGateways(count, { UPSTREAM_URL: upstream.url, REDIS_URL: valkey.url, ...environment });
    gateways.push(...started);
    return started as readonly [TestGateway, TestGateway, TestGateway];
  }

  const codesOf = async (gateway: TestGateway, id: string, key = 'key-1') =>
    (await gateway.query(queryOf(id), { key })).errors.map(({ extensions }) => extensions.code);

  /** Until what a gateway has fetched is stored: nobody waits for that. */
  const stored = (count: number) => until(async () => (await valkey.client.keys('stepgate:answer:*')).length >= count);

  /** Until a final run is stored for good: its steps are known to be final only when its record has come. */
  const storedForGood = (count: number) =>
    until(async () => {
      const names = await valkey.client.keys('stepgate:answer:*');
      const ttls = await Promise.all(names.map((name) => valkey.client.pttl(name)));
      return ttls.filter((ttl) => ttl > 60_000).length >= count;
    });

  it('answers at each gateway what one has fetched, with the time of that call', async () => {
    const [first, second] = await start(2);
    const before = await first.query(queryOf('r1'));
    await storedForGood(2);
    for (let time = 0; time < 3; time += 1) {
      const answer = await second.query(queryOf('r1'));
      expect(answer.errors).toEqual([]);
      expect(answer.data).toMatchObject({ run: { freshness: { isFinal: true, isStale: false } } });
      const [one, another] = [before, answer].map(({ data }) => (data as unknown as RunAnswer).run);
      expect({ ...another, freshness: null }).toEqual({ ...one, freshness: null });
      const apartMs = Date.parse(another?.freshness.fetchedAt ?? '') - Date.parse(one?.freshness.fetchedAt ?? '');
      expect(Math.abs(apartMs)).toBeLessThan(1000);
    }
    expect(upstream.calls).toHaveLength(2);
    const figures = await scrape(second.url);
    expect(figures.value('stepgate_shared_reads_total', { result: 'hit' })).toBe(2);
    expect(figures.counts('stepgate_operation_cache_total')).toEqual({ held: 2, ready: 1 });
  });

  it('makes one call for all gateways that ask at the same time, also while it takes longer than a lease', async () => {
    const fleet = await start(3);
    const asked = Promise.withResolvers<undefined>();
    upstream.script = async (call) => {
      await asked.promise;
      return answerOf(call);
    };
    const startedAt = Date.now();
    const answers = fleet.map((gateway) => gateway.query(queryOf('r1')));
    await until(async () => (await valkey.client.keys('stepgate:call:*')).length === 2);
    await until(() => Date.now() > startedAt + 1500);
    asked.resolve(undefined);
    for (const { data, errors } of await Promise.all(answers)) {
      expect(errors).toEqual([]);
      expect(data).toMatchObject({ run: { outputs: 'output of r1 for key-1' } });
    }
    expect(upstream.calls).toHaveLength(2);
  });

  it('leaves each gateway to itself where a call has failed, or a lease was lost', async () => {
    const fleet = await start(3);
    let calls = 0;
    upstream.script = (call) => {
      calls += 1;
      return calls <= 2 ? { status: 418 } : answerOf(call);
    };
    const answers = await Promise.all(fleet.map((gateway) => gateway.query(queryOf('r1'))));
    expect(answers.filter(({ errors }) => errors.length === 0).length).toBeGreaterThanOrEqual(1);

    const held = Promise.withResolvers<undefined>();
    upstream.script = async (call) => {
      if (upstream.calls.filter(({ runId }) => runId === 'r2').length <= 2) await held.promise;
      return answerOf(call);
    };
    const first = fleet[0].query(queryOf('r2'));
    await until(() => upstream.calls.filter(({ runId }) => runId === 'r2').length === 2);
    // As if its gateway had been paused: others take the lease, and it can't extend it.
    for (const name of await valkey.client.keys('stepgate:call:*')) await valkey.client.del(name);
    expect((await fleet[1].query(queryOf('r2'))).errors).toEqual([]);
    held.resolve(undefined);
    expect((await first).errors).toEqual([]);
    expect(upstream.calls.filter(({ runId }) => runId === 'r2')).toHaveLength(4);
  });

  it('holds live data no longer than LIVE_TTL_MS', async () => {
    upstream.script = ({ endpoint, runId }) => ({
      json: endpoint === 'run' ? [wireRun(runId, LIVE)] : [wireStep({ ...LIVE, id: `${runId}-step` })],
    });
    const [first, second] = await start(2, { LIVE_TTL_MS: '5000' });
    await first.query(queryOf('r1'));
    await stored(2);
    const { data } = await second.query(queryOf('r1'));
    expect(data).toMatchObject({ run: { status: 'RUNNING', freshness: { isFinal: false, isStale: false } } });
    expect(upstream.calls).toHaveLength(2);
    for (const name of await valkey.client.keys('stepgate:answer:*')) {
      expect(await valkey.client.pttl(name)).toBeLessThanOrEqual(5000);
    }
  });

  it('never has a run for good that may not be there yet', async () => {
    const [first, second] = await start(2, { LIVE_TTL_MS: '100' });
    await first.query(queryOf('other'));
    upstream.script = () => ({ status: 404 });
    expect(await codesOf(first, 'r1')).toEqual(['NOT_FOUND']);
    expect(await codesOf(second, 'r1')).toEqual(['NOT_FOUND']);
    upstream.script = answerOf;
    for (const gateway of [first, second]) {
      await until(async () => (await codesOf(gateway, 'r1')).length === 0);
    }
  });

  it('has stored what was fetched when a gateway has stopped', async () => {
    const [first, second] = await start(2);
    await first.query(queryOf('r1'));
    await first.close();
    gateways.shift();
    expect(await codesOf(second, 'r1')).toEqual([]);
    expect(upstream.calls).toHaveLength(2);
  });

  it('leaves answers of more than 4 MiB to each gateway', async () => {
    const outputs = 'x'.repeat(4 * 2 ** 20);
    upstream.script = (call) => (call.endpoint === 'steps' ? { json: [wireStep({ outputs })] } : answerOf(call));
    const fleet = await start(2);
    for (const gateway of fleet) {
      const { data } = await gateway.query('{ run(workflowId: "wf", id: "r1") { stepCounts { total } } }');
      expect(data).toEqual({ run: { stepCounts: { total: 1 } } });
      await stored(1);
    }
    expect(upstream.count('run')).toBe(1);
    expect(upstream.count('steps')).toBe(2);
  });

  it('works with no more rights in Valkey than the docs name', async () => {
    const [, rights = ''] = /^ *user stepgate (.+)$/m.exec(readFileSync(FLEET_PAGE, 'utf8')) ?? [];
    await valkey.client.call('ACL', 'SETUSER', 'stepgate', ...rights.split(' '));
    const fleet = await start(2, {
      REDIS_URL: valkey.url.replace('redis://', 'redis://stepgate:password@'),
      RATE_LIMIT_PER_MINUTE: '1000',
      PERSISTED_OPERATIONS: 'allow',
      UPSTREAM_ENDPOINTS: 'steps,run,execute',
    });
    await fleet[0].query(queryOf('r1'));
    await storedForGood(2);
    expect(await codesOf(fleet[1], 'r1')).toEqual([]);
    expect(upstream.calls).toHaveLength(2);
    upstream.script = () => ({ json: { run_id: 'r2', message: 'started' } });
    const execute = 'mutation ($key: String) { executeWorkflow(workflowId: "wf", idempotencyKey: $key) { message } }';
    for (const gateway of fleet) {
      expect((await gateway.query(execute, { variables: { key: 'taken' } })).errors).toEqual([]);
    }
    expect(upstream.count('execute')).toBe(1);
    upstream.script = () => ({ status: 404 });
    const live = createClient({ url: `${fleet[1].url}/graphql/stream`, headers: { authorization: 'Bearer key-1' } });
    const events = live.iterate({ query: 'subscription { runUpdated(workflowId: "wf", id: "r9") { status } }' });
    expect(JSON.stringify(await events.next())).toContain('NOT_FOUND');
    upstream.script = () => ({ status: 401 });
    expect(await codesOf(fleet[0], 'r2')).toContain('UNAUTHENTICATED');
    await until(async () => (await codesOf(fleet[1], 'r1')).includes('UNAUTHENTICATED'));
    await fleet[0].query(execute, { variables: { key: 'freed' } });
    expect(upstream.count('execute')).toBe(2);
    expect(await valkey.client.keys('stepgate:start:*')).toHaveLength(1);
    for (const { url } of fleet) {
      const commands = (await scrape(url)).counts('stepgate_valkey_commands_total');
      expect(Object.keys(commands).filter((name) => name.includes('refused'))).toEqual([]);
    }
  });

  describe('shows nothing', () => {
    it('of one viewer to another', async () => {
      const fleet = await start(2);
      await fleet[0].query(queryOf('r1'), { key: 'key-1' });
      await storedForGood(2);
      for (const gateway of fleet) {
        const { data } = await gateway.query(queryOf('r1'), { key: 'key-2' });
        expect(JSON.stringify(data)).toContain('output of r1 for key-2');
        expect(JSON.stringify(data)).not.toContain('key-1');
      }
      expect(upstream.calls.filter(({ key }) => key === 'key-2')).toHaveLength(2);
    });

    it('to whoever reads all of Valkey', async () => {
      const [first] = await start(1, { PERSISTED_OPERATIONS: 'allow' });
      await first.query(queryOf('a-run-id'), { key: 'a-secret-key' });
      await storedForGood(2);
      const names = await valkey.client.keys('*');
      expect(names.length).toBeGreaterThanOrEqual(3);
      const contents = await Promise.all(names.map((name) => valkey.client.getBuffer(name)));
      const all = Buffer.concat([Buffer.from(names.join('\n')), ...contents.map((each) => each ?? Buffer.of())]);
      for (const word of ['a-run-id', 'a-secret-key', 'wf', 'output', 'step', 'completed', SECRET]) {
        const found = all.toString('latin1').replaceAll('stepgate:', '').includes(word);
        // Base64 may hold a short word by chance.
        if (word.length > 3) expect({ word, found }).toEqual({ word, found: false });
      }
    });

    it('of what somebody has put there', async () => {
      const [first, second] = await start(2);
      await first.query(queryOf('r1'));
      await first.query(queryOf('r2'));
      await storedForGood(4);
      const names = await valkey.client.keys('stepgate:answer:*');
      const contents = await Promise.all(names.map((name) => valkey.client.getBuffer(name)));
      // Each answer under the name of the next.
      for (const [index, name] of names.entries()) {
        await valkey.client.set(name, contents[(index + 1) % names.length] ?? '', 'PX', 600_000);
      }
      const { data, errors } = await second.query(queryOf('r1'));
      expect(errors).toEqual([]);
      expect(data).toMatchObject({ run: { id: 'r1', outputs: 'output of r1 for key-1' } });
      expect(upstream.calls).toHaveLength(6);
    });
  });

  describe('a right that is withdrawn', () => {
    const refuse = (): Reply => ({ status: 401 });

    /** Two gateways have a run cached. */
    async function cachedAtBoth(environment: Readonly<Record<string, string>> = {}) {
      const [first, second] = await start(2, environment);
      await first.query(queryOf('r1'));
      await storedForGood(2);
      await second.query(queryOf('r1'));
      upstream.script = refuse;
      return { first, second };
    }

    it('and was noticed at one gateway is refused at all, and nothing stored is served any more', async () => {
      const { first, second } = await cachedAtBoth();
      expect(await codesOf(first, 'r2')).toContain('UNAUTHENTICATED');
      await until(async () => (await codesOf(second, 'r1')).includes('UNAUTHENTICATED'));
      const [late] = await start(1);
      expect(await codesOf(late, 'r1')).toContain('UNAUTHENTICATED');
      // The key is good again, and its right is proven: what was stored before stays unread.
      upstream.script = (call) => answerOf({ ...call, key: 'a key that is good again' });
      expect(await codesOf(late, 'r2')).toEqual([]);
      const { data, errors } = await late.query(queryOf('r1'));
      expect(errors).toEqual([]);
      expect(data).toMatchObject({
        run: {
          outputs: 'output of r1 for a key that is good again',
          steps: [{ outputs: 'step output for a key that is good again' }],
        },
      });
    });

    /** Two gateways have a run cached; the second does not hear the first. */
    async function cachedAtADeafOne() {
      await valkey.client.call('ACL', 'SETUSER', 'deaf', 'on', '>password', '~*', '&*', '+@all', '-subscribe');
      const interval = { REAUTH_INTERVAL_MS: '2000' };
      const [first] = await start(1, interval);
      const [deaf] = await start(1, {
        ...interval,
        REDIS_URL: valkey.url.replace('redis://', 'redis://deaf:password@'),
      });
      await first.query(queryOf('r1'));
      await storedForGood(2);
      await deaf.query(queryOf('r1'));
      expect(upstream.calls).toHaveLength(2);
      upstream.script = refuse;
      return { first, deaf };
    }

    it('and given again leaves nothing from before at a gateway that heard of neither', async () => {
      const { first, deaf } = await cachedAtADeafOne();
      const startedAt = Date.now();
      expect(await codesOf(first, 'r2')).toContain('UNAUTHENTICATED');
      upstream.script = answerOf;
      let asked = 0;
      await until(async () => {
        asked += 1;
        await first.query(queryOf(`other-${asked}`));
        return Date.now() > startedAt + 2500;
      });
      expect(await codesOf(deaf, 'r1')).toEqual([]);
      expect(upstream.calls.filter(({ runId }) => runId === 'r1')).toHaveLength(4);
    });

    // Its run is final: without the interval it would be served for as long as the gateway runs.
    it('is noticed after REAUTH_INTERVAL_MS by a gateway that hears nothing', async () => {
      const { first, deaf } = await cachedAtADeafOne();
      expect(await codesOf(first, 'r2')).toContain('UNAUTHENTICATED');
      await until(async () => (await codesOf(deaf, 'r1')).includes('UNAUTHENTICATED'));
    });

    it('while Valkey is away is withdrawn in it before anything else is read from it', async () => {
      const { first, second } = await cachedAtBoth();
      await valkey.client.call('CLIENT', 'PAUSE', '1500', 'ALL');
      const answer = first.query(queryOf('r2'));
      expect((await answer).errors.map(({ extensions }) => extensions.code)).toContain('UNAUTHENTICATED');
      await until(async () => (await codesOf(second, 'r1')).includes('UNAUTHENTICATED'));
      expect(await codesOf(first, 'r1')).toContain('UNAUTHENTICATED');
    });

    it('leaves nothing in Valkey for keys that never had one but the rate of their address', async () => {
      const [first] = await start(1);
      upstream.script = refuse;
      for (const key of ['made-up-1', 'made-up-2'])
        expect(await codesOf(first, 'r1', key)).toContain('UNAUTHENTICATED');
      await until(async () => (await valkey.client.keys('stepgate:call:*')).length === 0);
      const names = await valkey.client.keys('*');
      expect(names.filter((name) => !name.startsWith('stepgate:rate:'))).toEqual([]);
    });
  });

  it('renews the right at all gateways by a success at one', async () => {
    const [first, second] = await start(2, { REAUTH_INTERVAL_MS: '1000' });
    await first.query(queryOf('r1'));
    await storedForGood(2);
    await second.query(queryOf('r1'));
    const startedAt = Date.now();
    let asked = 0;
    await until(async () => {
      asked += 1;
      await first.query(queryOf(`other-${asked}`));
      return Date.now() > startedAt + 1500;
    });
    const before = upstream.calls.length;
    expect(await codesOf(second, 'r1')).toEqual([]);
    expect(upstream.calls.length).toBe(before);
  });

  it('is read with the old secret and written with the new one while the secret is changed', async () => {
    const NEW = 'another-secret-that-all-gateways-will-share';
    const [old] = await start(1);
    await old.query(queryOf('r1'));
    await storedForGood(2);
    const [both] = await start(1, { FLEET_SECRET: `${NEW},${SECRET}` });
    expect(await codesOf(both, 'r1')).toEqual([]);
    expect(upstream.calls).toHaveLength(2);
    await both.query(queryOf('r2'));
    await storedForGood(4);
    const [next] = await start(1, { FLEET_SECRET: NEW });
    expect(await codesOf(next, 'r2')).toEqual([]);
    expect(upstream.calls).toHaveLength(4);
    // A right that a gateway with the new secret alone sees withdrawn is withdrawn for those with both.
    upstream.script = () => ({ status: 401 });
    expect(await codesOf(next, 'r3')).toContain('UNAUTHENTICATED');
    await until(async () => (await codesOf(both, 'r2')).includes('UNAUTHENTICATED'));
  });
});
