import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSharedOperations } from '../../src/graphql/operations/shared-operations.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { SECRET, startGateways, until } from '../harness/fleet.ts';
import { joinFleet, type TestFleet } from '../support/join-fleet.ts';
import type { TestGateway } from '../harness/gateway.ts';
import { scrape } from '../support/observed.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

/** Nearly as long as a text may be, of characters of three bytes. */
const TEXT = `{ run(workflowId: "wf", id: "r1") { status } } #${'अ'.repeat(130_000)}`;
const HASH = createHash('sha256').update(TEXT).digest('hex');

describeWithValkey(`what gateways share beside runs${withoutValkey}`, () => {
  let valkey: TestValkey;
  let upstream: FaultyUpstream;
  const fleets: TestFleet[] = [];
  const gateways: TestGateway[] = [];

  beforeEach(async () => {
    valkey = await startValkey();
    upstream = await startFaultyUpstream();
  });
  afterEach(async () => {
    for (const fleet of fleets.splice(0)) fleet.close();
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
    await upstream.close();
    await valkey.close();
  });

  async function start(environment: Readonly<Record<string, string>>) {
    const settings = { UPSTREAM_URL: upstream.url, REDIS_URL: valkey.url, ...environment };
    gateways.push(...(await startGateways(2, settings)));
    return gateways as unknown as readonly [TestGateway, TestGateway];
  }

  async function join(secrets = SECRET) {
    const fleet = await joinFleet(valkey.url, { FLEET_SECRET: secrets });
    fleets.push(fleet);
    return fleet;
  }

  async function post(gateway: TestGateway, body: unknown, key: string | null = 'key-1') {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key !== null && { authorization: `Bearer ${key}` }) },
      body: JSON.stringify(body),
    });
    const limit = response.headers.get('ratelimit-remaining');
    return { status: response.status, limit, body: (await response.json()) as Readonly<Record<string, unknown>> };
  }
  const hashed = { extensions: { persistedQuery: { version: 1, sha256Hash: HASH } } };
  const NOT_FOUND = { errors: [{ message: 'PersistedQueryNotFound' }] };

  describe('registered operations', () => {
    it('are known at each gateway, once a caller with a key has registered them at one', async () => {
      const [first, second] = await start({ PERSISTED_OPERATIONS: 'allow' });
      for (const gateway of [first, second]) expect((await post(gateway, hashed)).body).toMatchObject(NOT_FOUND);
      await post(first, { query: '{ __typename }', ...hashed });
      await post(first, { query: TEXT, ...hashed }, null);
      expect((await post(second, hashed)).body).toMatchObject(NOT_FOUND);
      await post(first, { query: TEXT, ...hashed });
      await until(async () => (await valkey.client.keys('stepgate:operation:*')).length === 1);
      for (let time = 0; time < 3; time += 1) {
        expect((await post(second, hashed)).body).toEqual({ data: { run: { status: 'COMPLETED' } } });
      }
    });

    it('are answered to who sends their text while Valkey is away', async () => {
      const [first] = await start({ PERSISTED_OPERATIONS: 'allow' });
      await valkey.kill();
      expect((await post(first, hashed)).body).toMatchObject(NOT_FOUND);
      for (const body of [{ query: TEXT, ...hashed }, hashed]) {
        expect((await post(first, body)).body).toEqual({ data: { run: { status: 'COMPLETED' } } });
      }
    });

    it('are none but those of the hash, whatever stands in Valkey', async () => {
      const [gateway] = await start({ PERSISTED_OPERATIONS: 'allow' });
      await createSharedOperations(await join()).set(HASH, '{ __typename }');
      expect((await post(gateway, hashed)).body).toMatchObject(NOT_FOUND);
      const [name = ''] = await valkey.client.keys('stepgate:operation:*');
      await valkey.client.set(name, TEXT);
      expect((await post(gateway, hashed)).body).toMatchObject(NOT_FOUND);
    });

    it('are opened with each of the secrets, and sealed with the first', async () => {
      const NEW = 'another-secret-that-all-gateways-will-share';
      const [old, both, next] = [await join(), await join(`${NEW},${SECRET}`), await join(NEW)];
      await createSharedOperations(old).set(HASH, TEXT);
      expect(await createSharedOperations(both).get(HASH)).toBe(TEXT);
      expect(await createSharedOperations(next).get(HASH)).toBeUndefined();
      await createSharedOperations(both).set(HASH, TEXT);
      expect(await createSharedOperations(next).get(HASH)).toBe(TEXT);
      const figures = await both.figures.scrape();
      for (const command of ['READ', 'STORE']) expect(figures).toContain(`{command="${command}",outcome="ok"} 1`);
    });
  });

  describe('the rate limit', () => {
    // Valkey keeps the count of an address for as long as it owes: 3 s an operation here.
    const LIMIT = { RATE_LIMIT_PER_MINUTE: '10', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '20' };
    const RUN = '{ run(workflowId: "wf", id: "r1") { status } }';
    const ask = (gateway: TestGateway) => post(gateway, { query: '{ __typename }' });

    it('counts over all gateways', async () => {
      const [first, second] = await start({ RATE_LIMIT_PER_MINUTE: '12', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '4' });
      // Once a key is accepted, no operation counts against its address.
      for (const gateway of [first, second]) await post(gateway, { query: RUN });
      const answers = [];
      for (let time = 0; time < 12; time += 1) answers.push(await ask(time % 2 === 0 ? first : second));
      expect(answers.map(({ status }) => status)).toEqual([...Array<number>(10).fill(200), 429, 429]);
      expect(answers.slice(0, 10).map(({ limit }) => Number(limit))).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
      const metrics = await scrape(first.url);
      expect(metrics.value('stepgate_valkey_commands_total', { command: 'RATE', outcome: 'ok' })).toBe(2 + 6);
      expect(await valkey.client.keys('stepgate:rate:*')).toHaveLength(2);
    });

    it.each(['inf', 'nan', '1e300', 'word', ''])(
      'takes "%s", which somebody else has written, for nothing',
      async (text) => {
        const [gateway] = await start(LIMIT);
        await ask(gateway);
        const names = await valkey.client.keys('stepgate:rate:*');
        for (const name of names) await valkey.client.set(name, text);
        expect(await ask(gateway)).toMatchObject({ status: 200, limit: '9' });
        for (const name of names) expect(await valkey.client.pttl(name)).toBeGreaterThan(0);
      },
    );

    it('is counted by each gateway for itself while Valkey is away', async () => {
      const [first, second] = await start(LIMIT);
      await valkey.kill();
      for (const gateway of [first, second]) {
        const statuses = [];
        for (let time = 0; time < 11; time += 1) statuses.push((await ask(gateway)).status);
        expect(statuses).toEqual([...Array<number>(10).fill(200), 429]);
      }
    });
  });
});
