import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { Fleet, SECRET } from '../harness/fleet.ts';
import { postTo, type TestGateway } from '../harness/gateway.ts';
import { Issuer } from '../harness/issuer.ts';
import { perTest } from '../harness/lasting.ts';
import { scrape } from '../harness/observed.ts';
import { until } from '../harness/until.ts';
import { healthy } from '../harness/upstream.ts';

const RUN = '{ run(workflowId: "wf", id: "r1") { status } }';
/** The longest allowed document, of characters of three bytes. */
const LONG_RUN = `${RUN} #`.padEnd(131_072, 'अ');
const ANSWER = { data: { run: { status: 'COMPLETED' } } };
const NOT_FOUND = { errors: [{ message: 'PersistedQueryNotFound' }] };
const ALLOWED = { PERSISTED_OPERATIONS: 'allow' };
/** That of the run page, without RUN. */
const MANIFEST = 'src/web/__generated__/persisted-documents.json';

const hashed = (text: string) => {
  const sha256Hash = createHash('sha256').update(text).digest('hex');
  return { extensions: { persistedQuery: { version: 1, sha256Hash } } };
};

async function post(gateway: TestGateway, body: object, key: string | null = 'key-1') {
  const response = await postTo(gateway.url, body, { key });
  const limit = response.headers.get('ratelimit-remaining');
  return { status: response.status, limit, body: (await response.json()) as Readonly<Record<string, unknown>> };
}

describeWithValkey(`a fleet${withoutValkey}`, () => {
  const fleet = perTest(new Fleet(healthy));

  describe('registered operations', () => {
    const register = (gateway: TestGateway, text: string, key: string | null = 'key-1') =>
      post(gateway, { query: text, ...hashed(text) }, key);
    const byHash = async (gateway: TestGateway, text: string) => (await post(gateway, hashed(text))).body;
    const registered = (count: number) => until(async () => (await fleet.names('operation')).length === count);

    it('are found if registered at another gateway', async () => {
      const [first, second] = await fleet.start(2, ALLOWED);
      for (const gateway of [first, second]) expect(await byHash(gateway, LONG_RUN)).toMatchObject(NOT_FOUND);
      await register(first, LONG_RUN, null);
      expect(await byHash(second, LONG_RUN)).toMatchObject(NOT_FOUND);
      await register(first, LONG_RUN);
      await registered(1);
      for (let time = 0; time < 3; time += 1) expect(await byHash(second, LONG_RUN)).toEqual(ANSWER);
      const [name = ''] = await fleet.names('operation');
      expect((await fleet.valkey.client.getBuffer(name))?.toString('latin1')).not.toContain('workflowId');
    });

    it("aren't executed in the mode `only` if registered elsewhere", async () => {
      const [allowing] = await fleet.start(1, ALLOWED);
      const [listed] = await fleet.start(1, { PERSISTED_OPERATIONS: 'only', PERSISTED_MANIFESTS: MANIFEST });
      await register(allowing, RUN);
      await registered(1);
      expect(await byHash(listed, RUN)).toMatchObject(NOT_FOUND);
    });

    it('stay local to each gateway while Valkey is down', async () => {
      const [first] = await fleet.start(1, ALLOWED);
      await fleet.valkey.kill();
      expect(await byHash(first, RUN)).toMatchObject(NOT_FOUND);
      expect((await register(first, RUN)).body).toEqual(ANSWER);
      expect(await byHash(first, RUN)).toEqual(ANSWER);
    });

    it('ignore a foreign value in place of an operation', async () => {
      const [first, second] = await fleet.start(2, ALLOWED);
      await register(first, RUN);
      await registered(1);
      const [name = ''] = await fleet.names('operation');
      const other = '{ __typename }';
      await register(first, other);
      await registered(2);
      const another = (await fleet.names('operation')).find((each) => each !== name) ?? '';
      await fleet.valkey.client.copy(another, name, 'REPLACE');
      expect(await byHash(second, RUN)).toMatchObject(NOT_FOUND);
      await fleet.valkey.client.set(name, RUN);
      expect(await byHash(second, RUN)).toMatchObject(NOT_FOUND);
      expect(await byHash(second, other)).toEqual({ data: { __typename: 'Query' } });
    });

    it('are opened with each secret and sealed with the first', async () => {
      const NEW = 'another-secret-that-all-gateways-will-share';
      const [old] = await fleet.start(1, ALLOWED);
      const [both] = await fleet.start(1, { ...ALLOWED, FLEET_SECRET: `${NEW},${SECRET}` });
      const [next] = await fleet.start(1, { ...ALLOWED, FLEET_SECRET: NEW });
      await register(old, RUN);
      await registered(1);
      expect(await byHash(both, RUN)).toEqual(ANSWER);
      expect(await byHash(next, RUN)).toMatchObject(NOT_FOUND);
      await register(both, LONG_RUN);
      await registered(2);
      expect(await byHash(next, LONG_RUN)).toEqual(ANSWER);
    });
  });

  describe('the rate limit', () => {
    // Valkey stores the count of an address while it is not 0: 3 s for an operation here.
    const LIMIT = { RATE_LIMIT_PER_MINUTE: '10', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '20' };
    const ask = (gateway: TestGateway) => post(gateway, { query: '{ __typename }' });

    it('counts across all gateways', async () => {
      const [first, second] = await fleet.start(2, {
        RATE_LIMIT_PER_MINUTE: '12',
        RATE_LIMIT_ANONYMOUS_PER_MINUTE: '4',
      });
      // Operations of an accepted key do not count against its address.
      for (const gateway of [first, second]) await post(gateway, { query: RUN });
      const answers = [];
      for (let time = 0; time < 12; time += 1) answers.push(await ask(time % 2 === 0 ? first : second));
      expect(answers.map(({ status }) => status)).toEqual([...Array<number>(10).fill(200), 429, 429]);
      expect(answers.slice(0, 10).map(({ limit }) => Number(limit))).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
      const metrics = await scrape(first.url);
      expect(metrics.value('stepgate_valkey_commands_total', { command: 'RATE', outcome: 'ok' })).toBe(2 + 6);
      expect(await fleet.names('rate')).toHaveLength(2);
    });

    it('counts failed verifications across all gateways', async () => {
      const issuer = await new Issuer(Date.now).open();
      try {
        const [first, second] = await fleet.start(2, { ...issuer.env, RATE_LIMIT_ANONYMOUS_PER_MINUTE: '2' });
        const tokens = [await issuer.token(), await issuer.token({ sub: 'eve' })];
        expect((await post(second, { query: RUN }, tokens[0])).status).toBe(200);
        for (const key of ['a.b.c', 'd.e.f']) expect((await post(first, { query: RUN }, key)).status).toBe(401);
        expect((await post(second, { query: RUN }, tokens[1])).status).toBe(429);
        expect((await post(second, { query: RUN }, tokens[0])).status).toBe(200);
      } finally {
        await issuer.close();
      }
    });

    it.each(['inf', 'nan', '1e300', 'word', ''])('ignores a count of "%s" that another program wrote', async (text) => {
      const [gateway] = await fleet.start(1, LIMIT);
      await ask(gateway);
      const names = await fleet.names('rate');
      for (const name of names) await fleet.valkey.client.set(name, text);
      expect(await ask(gateway)).toMatchObject({ status: 200, limit: '9' });
      for (const name of names) expect(await fleet.valkey.client.pttl(name)).toBeGreaterThan(0);
    });

    it('counts per gateway while Valkey is down', async () => {
      const [first, second] = await fleet.start(2, LIMIT);
      await fleet.valkey.kill();
      for (const gateway of [first, second]) {
        const statuses = [];
        for (let time = 0; time < 11; time += 1) statuses.push((await ask(gateway)).status);
        expect(statuses).toEqual([...Array<number>(10).fill(200), 429]);
      }
    });
  });
});
