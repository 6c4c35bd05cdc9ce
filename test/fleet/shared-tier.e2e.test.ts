import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-sse';
import { PREFIX } from '../../src/fleet/fleet-keys.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { answerOf, codesOf, Fleet, queryOf, recordOf, SECRET, waiting } from '../harness/fleet.ts';
import type { TestGateway } from '../harness/gateway.ts';
import { type Claims, Issuer } from '../harness/issuer.ts';
import { perTest } from '../harness/lasting.ts';
import { captureLog, rowsOf, scrape, wordsIn } from '../harness/observed.ts';
import { passed, until } from '../harness/until.ts';
import type { Call, Reply } from '../harness/upstream.ts';
import { wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const FLEET_PAGE = new URL('../../docs/fleet.md', import.meta.url);
const HOUR_MS = 3_600_000;
const MIB = 2 ** 20;
const STORED = { command: 'PUT', outcome: 'ok' };
const COMMANDS = 'stepgate_valkey_commands_total';
const EXTENDED = { command: 'EXTEND', outcome: 'ok' };
const LIVE: Readonly<Record<string, unknown>> = { status: 'running', end_time: null, elapsed_time: null };

/** A run that has not ended. */
const live = (outputs: string): Reply => ({ json: [wireRun('r1', { ...LIVE, outputs })] });

const outputsAt = async (gateway: TestGateway, id = 'r1', key = 'key-1') => {
  const { data, errors } = await gateway.query(recordOf(id), { key });
  expect(errors).toEqual([]);
  return (data as { readonly run: { readonly outputs: string } }).run.outputs;
};

describeWithValkey(`the shared cache of a fleet${withoutValkey}`, () => {
  const fleet = perTest(new Fleet());

  /** Each upstream call waits until the test answers it. */
  function holdCalls() {
    const replies: ((reply: Reply) => void)[] = [];
    fleet.upstream.script = () => new Promise((resolve) => replies.push(resolve));
    return {
      /** Resolves after this many calls. */
      calls: (count: number) => until(() => replies.length >= count),
      reply: (index: number, reply: Reply) => replies[index]?.(reply),
    };
  }
  const answer = (text: string): Reply => ({ json: [wireRun('r1', { outputs: text })] });

  describe('sharing', () => {
    it('gives a shared response the time of its call, whatever the clocks', async () => {
      const [first] = await fleet.start(1);
      const [second] = await fleet.start(1, {}, { clock: { now: () => Date.now() + HOUR_MS } });
      const before = await first.query(queryOf('r1'));
      await fleet.storedForGood(2);
      const after = await second.query(queryOf('r1'));
      interface Fetched {
        readonly run: { readonly freshness: { readonly fetchedAt: string } };
      }
      const [one, another] = [before, after].map(({ data }) => (data as unknown as Fetched).run);
      expect(another).toMatchObject({ freshness: { isFinal: true, isStale: false } });
      expect({ ...another, freshness: null }).toEqual({ ...one, freshness: null });
      const apartMs = Date.parse(another?.freshness.fetchedAt ?? '') - Date.parse(one?.freshness.fetchedAt ?? '');
      expect(Math.abs(apartMs - HOUR_MS)).toBeLessThan(1000);
      expect(fleet.upstream.calls).toHaveLength(2);
      const figures = await scrape(second.url);
      expect(figures.counts('stepgate_shared_reads_total')).toEqual({ hit: 2 });
      expect(figures.counts('stepgate_operation_cache_total')).toEqual({ hit: 1 });
    });

    it('makes one call for concurrent requests everywhere, even beyond a lease', async () => {
      const gateways = await fleet.start(3);
      const held = holdCalls();
      const answers = gateways.map((gateway) => outputsAt(gateway));
      await held.calls(1);
      // The lease is extended each third of its length.
      const isExtended = async ({ url }: TestGateway) => (await scrape(url)).value(COMMANDS, EXTENDED) > 3;
      await until(async () => (await Promise.all(gateways.map(isExtended))).includes(true));
      held.reply(0, answer('one'));
      expect(await Promise.all(answers)).toEqual(['one', 'one', 'one']);
      expect(fleet.upstream.calls).toHaveLength(1);
      await until(async () => (await fleet.names('call')).length === 0);
    });

    it('shares live responses for LIVE_TTL_MS, and final ones for SHARED_TTL_S', async () => {
      fleet.upstream.script = ({ endpoint, runId }) => ({
        json: endpoint === 'run' ? [wireRun(runId, LIVE)] : [wireStep({ ...LIVE, id: `${runId}-step` })],
      });
      const [first, second] = await fleet.start(2, { LIVE_TTL_MS: '5000', SHARED_TTL_S: '100' });
      const ttls = async () => Promise.all((await fleet.names('answer')).map((name) => fleet.valkey.client.pttl(name)));
      await first.query(queryOf('r1'));
      await fleet.stored(2);
      const { data } = await second.query(queryOf('r1'));
      expect(data).toMatchObject({ run: { status: 'RUNNING', freshness: { isFinal: false, isStale: false } } });
      expect(fleet.upstream.calls).toHaveLength(2);
      for (const ttl of await ttls()) expect(ttl).toBeLessThanOrEqual(5000);
      fleet.upstream.script = answerOf;
      await fleet.valkey.client.flushall();
      await first.query(queryOf('r2'));
      await fleet.storedForGood(2);
      for (const ttl of await ttls()) expect(ttl).toBeLessThanOrEqual(100_000);
    });

    it('shares a 404, but never as final', async () => {
      const [first, second] = await fleet.start(2, { LIVE_TTL_MS: '500' });
      await outputsAt(first, 'other');
      fleet.upstream.script = () => ({ status: 404 });
      for (const gateway of [first, second]) expect(await codesOf(gateway, 'r1')).toEqual(['NOT_FOUND']);
      fleet.upstream.script = answerOf;
      for (const gateway of [first, second]) await until(async () => (await codesOf(gateway, 'r1')).length === 0);
    });

    it('stores responses before a gateway stops', async () => {
      const [first, second] = await fleet.start(2);
      await outputsAt(first);
      await first.close();
      await outputsAt(second);
      expect(fleet.upstream.calls).toHaveLength(1);
    });

    it('shares the newest response, and ignores earlier calls that finish later', async () => {
      const [first, second, third] = await fleet.start(3, { LIVE_TTL_MS: '60000' });
      const held = holdCalls();
      const late = outputsAt(first);
      await held.calls(1);
      // This simulates a gateway that was paused for longer than its lease.
      await fleet.valkey.client.del([...(await fleet.names('call'))]);
      const early = outputsAt(second);
      await held.calls(2);
      held.reply(1, live('newer'));
      expect(await early).toBe('newer');
      await fleet.stored(1);
      held.reply(0, live('older'));
      await late;
      await until(async () => (await scrape(first.url)).value(COMMANDS, STORED) === 1);
      expect(await outputsAt(third)).toBe('newer');
      expect(fleet.upstream.calls).toHaveLength(2);
    });

    it('needs the same upstream, headers and secret', async () => {
      const headers = (text: string) => ({ UPSTREAM_HEADERS: text });
      const [first] = await fleet.start(1, headers('x-a: 1; x-b: 2'));
      await outputsAt(first);
      await fleet.storedForGood(1);
      const [sameHeaders] = await fleet.start(1, headers('x-b: 2; x-a: 1'));
      await outputsAt(sameHeaders);
      expect(fleet.upstream.calls).toHaveLength(1);
      for (const environment of [
        headers('x-a: 1; x-b: 3'),
        {},
        { UPSTREAM_URL: `${fleet.upstream.url}/other/..`, ...headers('x-a: 1; x-b: 2') },
        { FLEET_SECRET: SECRET.toUpperCase(), ...headers('x-a: 1; x-b: 2') },
      ]) {
        const before = fleet.upstream.calls.length;
        const [another] = await fleet.start(1, environment);
        await outputsAt(another);
        expect({ environment, calls: fleet.upstream.calls.length - before }).toEqual({ environment, calls: 1 });
      }
    });
  });

  describe('a call per gateway', () => {
    it('follows the failure of the awaited call', async () => {
      const [first, second, third] = await fleet.start(3);
      const held = holdCalls();
      const failed = first.query(recordOf('r1'));
      await held.calls(1);
      const others = [second, third].map((gateway) => outputsAt(gateway));
      for (const gateway of [second, third]) await waiting(gateway, 1);
      held.reply(0, { status: 418 });
      expect((await failed).errors).toHaveLength(1);
      await held.calls(3);
      for (const index of [1, 2]) held.reply(index, answer('own'));
      expect(await Promise.all(others)).toEqual(['own', 'own']);
    });

    it('loads a response larger than 4 MiB', async () => {
      const sizes = { large: 4 * MIB, allowed: 3.9 * MIB };
      fleet.upstream.script = ({ runId }) => ({
        json: [wireRun(runId, { outputs: 'x'.repeat(sizes[runId as 'large' | 'allowed']) })],
      });
      const gateways = await fleet.start(2);
      const [first] = gateways;
      await outputsAt(first, 'allowed');
      await fleet.storedForGood(1);
      for (const id of ['allowed', 'large']) {
        for (const gateway of gateways) expect(await outputsAt(gateway, id)).toMatch(/^x+$/);
      }
      expect(fleet.upstream.calls.map(({ runId }) => runId)).toEqual(['allowed', 'large', 'large']);
    });

    it('follows a lost lease, within a second', async () => {
      const [first, second] = await fleet.start(2);
      const held = holdCalls();
      const one = outputsAt(first);
      await held.calls(1);
      const [lease = ''] = await fleet.names('call');
      // The gateway that holds it has died.
      await fleet.valkey.client.set(lease, 'dead', 'PX', 1000);
      const another = outputsAt(second);
      await held.calls(2);
      for (const index of [0, 1]) held.reply(index, answer('answered'));
      expect(await Promise.all([one, another])).toEqual(['answered', 'answered']);
      expect((await scrape(first.url)).value('stepgate_leases_total', { outcome: 'lost' })).toBe(1);
      await until(async () => (await fleet.names('call')).length === 0);
    });
  });

  it('makes one call for the other gateways if the first client disconnects', async () => {
    const [first, second, third] = await fleet.start(3);
    const held = holdCalls();
    const controller = new AbortController();
    const left = first.query(recordOf('r1'), { signal: controller.signal }).catch(() => 'left');
    await held.calls(1);
    const others = [second, third].map((gateway) => outputsAt(gateway));
    for (const gateway of [second, third]) await waiting(gateway, 1);
    controller.abort();
    expect(await left).toBe('left');
    await held.calls(2);
    held.reply(1, answer('own'));
    expect(await Promise.all(others)).toEqual(['own', 'own']);
    expect(fleet.upstream.calls).toHaveLength(2);
  });

  it('makes no call for a client that disconnects while waiting', async () => {
    const log = captureLog('info');
    const [first] = await fleet.start(1);
    const [second] = await fleet.start(1, {}, { logger: log.logger });
    const held = holdCalls();
    const failed = first.query(recordOf('r1'));
    await held.calls(1);
    const controller = new AbortController();
    const left = second.query(recordOf('r1'), { signal: controller.signal }).catch(() => 'left');
    await waiting(second, 1);
    controller.abort();
    expect(await left).toBe('left');
    await until(() => log.lines.some(({ msg }) => msg === 'operation'));
    // Another client may join the load within 50 ms.
    await passed(100);
    held.reply(0, { status: 418 });
    await failed;
    const own = second.query(recordOf('r2'));
    await held.calls(2);
    held.reply(1, { status: 418 });
    await own;
    expect(fleet.upstream.calls.map(({ runId }) => runId)).toEqual(['r1', 'r2']);
  });

  describe('secrecy', () => {
    it('reveals nothing to a reader of all of Valkey', async () => {
      const [first] = await fleet.start(1, { PERSISTED_OPERATIONS: 'allow' });
      await first.query(queryOf('a-run-id'), { key: 'a-secret-key' });
      await fleet.storedForGood(2);
      const names = await fleet.valkey.client.keys('*');
      expect(names.length).toBeGreaterThanOrEqual(3);
      const contents = await Promise.all(names.map((name) => fleet.valkey.client.getBuffer(name)));
      const all = Buffer.concat([Buffer.from(names.join('\n')), ...contents.map((each) => each ?? Buffer.of())]);
      const text = all.toString('latin1').replaceAll(`${PREFIX}:`, '');
      for (const word of ['a-run-id', 'a-secret-key', 'output', 'step', 'completed', SECRET]) {
        expect({ word, found: text.includes(word) }).toEqual({ word, found: false });
      }
    });

    it.each<readonly [string, (stored: Buffer, other: Buffer) => Buffer]>([
      ['another answer of the same viewer', (_, other) => other],
      // A stored answer begins with the holder of the lease, in 22 characters, and its time.
      ['its bytes with a time that is not digits', (stored) => changed(stored, 25)],
      ['nonsense', () => Buffer.from('nonsense')],
    ])('hides a value that another program wrote: %s', async (_name, forge) => {
      const [first, second] = await fleet.start(2);
      await outputsAt(first, 'r1');
      await fleet.storedForGood(1);
      const [name = ''] = await fleet.names('answer');
      await outputsAt(first, 'r2');
      await fleet.storedForGood(2);
      const other = (await fleet.names('answer')).find((each) => each !== name) ?? '';
      const read = async (from: string) => (await fleet.valkey.client.getBuffer(from)) ?? Buffer.of();
      const forged = forge(await read(name), await read(other));
      await fleet.valkey.client.set(name, forged, 'PX', HOUR_MS);
      expect(await outputsAt(second, 'r1')).toBe('output of r1 for key-1');
      expect(fleet.upstream.calls).toHaveLength(3);
      const reads = (await scrape(second.url)).counts('stepgate_shared_reads_total');
      // A miss reads twice: before and after it gets the lease.
      expect(reads).toEqual({ miss: 2, unreadable: 2 });
    });

    it('shows a response only with valid rights of viewer and workflow', async () => {
      const [first] = await fleet.start(1);
      await outputsAt(first);
      await fleet.storedForGood(1);
      const { client } = fleet.valkey;
      for (const right of await fleet.names('right')) {
        const [token = '', life = ''] = (await client.get(right))?.split(' ') ?? [];
        const forged = [
          null,
          '',
          token,
          `${token} x`,
          `${token} ${life} 3`,
          `other ${life}`,
          `${'t'.repeat(65)} ${life}`,
        ];
        for (const text of forged) {
          if (text === null) await client.del(right);
          else await client.set(right, text, 'PX', HOUR_MS);
          const before = fleet.upstream.calls.length;
          const [another] = await fleet.start(1);
          await outputsAt(another);
          expect({ text, calls: fleet.upstream.calls.length - before }).toEqual({ text, calls: 1 });
          await until(async () => (await fleet.names('call')).length === 0);
        }
      }
    });
  });

  it('needs only the Valkey permissions that the docs list', async () => {
    const [, rights = ''] = /^ *user stepgate (.+)$/m.exec(readFileSync(FLEET_PAGE, 'utf8')) ?? [];
    await fleet.valkey.client.call('ACL', 'SETUSER', 'stepgate', ...rights.split(' '));
    const gateways = await fleet.start(2, {
      REDIS_URL: fleet.valkey.url.replace('redis://', 'redis://stepgate:password@'),
      RATE_LIMIT_PER_MINUTE: '1000',
      PERSISTED_OPERATIONS: 'allow',
      UPSTREAM_ENDPOINTS: 'steps,run,execute',
    });
    const [first, second] = gateways;
    const { upstream } = fleet;
    await first.query(queryOf('r1'));
    await fleet.storedForGood(2);
    expect(await codesOf(second, 'r1')).toEqual([]);
    expect(upstream.calls).toHaveLength(2);
    upstream.script = () => ({ json: { run_id: 'r2', message: 'started' } });
    const execute = 'mutation ($key: String) { executeWorkflow(workflowId: "wf", idempotencyKey: $key) { message } }';
    for (const gateway of gateways) {
      expect((await gateway.query(execute, { variables: { key: 'taken' } })).errors).toEqual([]);
    }
    expect(upstream.count('execute')).toBe(1);
    upstream.script = () => ({ status: 404 });
    const client = createClient({ url: `${second.url}/graphql/stream`, headers: { authorization: 'Bearer key-1' } });
    const events = client.iterate({
      query: 'subscription { runUpdated(workflowId: "wf", id: "r9") { run { status } } }',
    });
    expect(JSON.stringify(await events.next())).toContain('NOT_FOUND');
    upstream.script = () => ({ status: 401 });
    expect(await codesOf(first, 'r2')).toContain('UNAUTHENTICATED');
    await until(async () => (await codesOf(second, 'r1')).includes('UNAUTHENTICATED'));
    await first.query(execute, { variables: { key: 'freed' } });
    expect(upstream.count('execute')).toBe(2);
    expect(await fleet.names('start')).toHaveLength(1);
    for (const { url } of gateways) {
      const commands = (await scrape(url)).counts(COMMANDS);
      expect(Object.keys(commands).filter((name) => name.includes('refused'))).toEqual([]);
    }
  });

  it('uses one format for announcements, and ignores anything else', async () => {
    const log = captureLog('error');
    const [first] = await fleet.start(1, {}, { logger: log.logger });
    const [second] = await fleet.start(1, {}, { logger: log.logger });
    const held = holdCalls();
    const one = outputsAt(first);
    await held.calls(1);
    const another = outputsAt(second);
    await waiting(second, 1);
    const id = (await fleet.names('call'))[0]?.slice(-43) ?? '';
    const junk = ['', 'a', id, `${id} done`, `${id}a alone`, `a${id} alone`, `${id} alone!`, `x ${id} alone`];
    for (const payload of [...junk, `${id} ${'alone'.repeat(200)}`]) {
      for (const channel of ['call', 'withdrawn', 'start']) {
        await fleet.valkey.client.publish(`${PREFIX}:${channel}`, payload);
      }
    }
    held.reply(0, answer('one'));
    expect(await Promise.all([one, another])).toEqual(['one', 'one']);
    expect(fleet.upstream.calls).toHaveLength(1);
    expect(log.lines).toEqual([]);
  });

  it('has the documented metrics and labels, unlike a single gateway', async () => {
    const [ofFleet] = await fleet.start(1);
    const [alone] = await fleet.start(1, { REDIS_URL: '', FLEET_SECRET: '' });
    for (const gateway of [ofFleet, alone]) await outputsAt(gateway);
    const [shown, others] = [await scrape(ofFleet.url), await scrape(alone.url)];
    const names = shown.names.filter((name) => !others.names.includes(name));
    const rows = rowsOf('Metrics of a fleet');
    expect(names.sort()).toEqual(rows.flatMap(([listed]) => wordsIn(listed)).sort());
    for (const [listed, labels] of rows) {
      const [name = ''] = wordsIn(listed);
      const sample = shown.samples.find((each) => [name, `${name}_sum`].includes(each.name));
      expect({ name, labels: Object.keys(sample?.labels ?? {}) }).toEqual({ name, labels: wordsIn(labels) });
    }
  });
});

describeWithValkey(`a fleet in service mode${withoutValkey}`, () => {
  it('shares responses between tokens with one scope, and applies the scope', async () => {
    const script = ({ endpoint, runId }: Call): Reply => {
      if (endpoint === 'workflows') {
        return { json: ['a', 'b'].map((id) => wireWorkflow(id, { organization_id: `org-${id}` })) };
      }
      return { json: [endpoint === 'run' ? wireRun(runId) : wireStep({ organization_id: 'org-a' })] };
    };
    const [fleet, issuer] = await Promise.all([new Fleet(script).open(), new Issuer(Date.now).open()]);
    try {
      const environment = { ...issuer.env, AUTH_ORGANIZATION_CLAIM: 'org' };
      const gateways = await fleet.start(2, { ...environment, UPSTREAM_ENDPOINTS: 'steps,run,workflows' });
      const [first, second] = gateways;
      const ask = async (gateway: TestGateway, claims: Claims, query: string) => {
        const { data, errors } = await gateway.query(query, { key: await issuer.token(claims) });
        return { data, codes: errors.map(({ extensions }) => extensions.code) };
      };
      const run = '{ run(workflowId: "a", id: "r1") { steps { id } } }';
      const found = { data: { run: { steps: [{ id: 'step-1' }] } }, codes: [] };
      expect(await ask(first, { org: 'org-a', sub: 'ada' }, run)).toEqual(found);
      await fleet.storedForGood(2);
      const calls = () => fleet.upstream.count('run') + fleet.upstream.count('steps');
      const before = calls();
      for (let time = 0; time < 3; time += 1) {
        expect(await ask(second, { org: 'org-a', sub: 'bob' }, run)).toEqual(found);
        expect(await ask(second, { org: 'org-b' }, run)).toEqual({ data: { run: null }, codes: ['NOT_FOUND'] });
      }
      expect(calls()).toBe(before);
      // The upstream lists the workflows of all organizations.
      for (const gateway of gateways) {
        for (const each of ['a', 'b']) {
          const { data } = await ask(gateway, { org: `org-${each}` }, '{ workflows { nodes { id } } }');
          expect(data).toEqual({ workflows: { nodes: [{ id: each }] } });
        }
      }
    } finally {
      await fleet.close();
      await issuer.close();
    }
  });
});

/** A copy with one changed byte. */
function changed(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[index] = (copy[index] ?? 0) ^ 0xff;
  return copy;
}
