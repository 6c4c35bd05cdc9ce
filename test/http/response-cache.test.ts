import { describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock, perTest } from '../harness/lasting.ts';
import { scrape } from '../harness/observed.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const QUERY = '{ run(workflowId: "wf", id: "r1") { status outputs totalElapsedTime freshness { fetchedAt isStale } } }';

describe('cached whole responses', () => {
  const clock = createManualClock();
  const gateway = perTest(new TestGateway({ env: { REAUTH_INTERVAL_MS: '60000' }, clock: { now: clock.now } }));
  const { upstream } = gateway;

  const running = () => {
    upstream.script = ({ endpoint, runId, key }) => ({
      json:
        endpoint === 'run'
          ? [
              wireRun(runId, {
                status: 'running',
                end_time: null,
                outputs: `of ${key ?? ''} #${upstream.calls.length}`,
              }),
            ]
          : [wireStep({ end_time: null })],
    });
  };

  const get = (headers: Record<string, string> = {}, query = QUERY) =>
    fetch(`${gateway.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { authorization: 'Bearer key-1', ...headers },
    });

  it('are served unchanged, with the rest of their max-age', async () => {
    const miss = await gateway.query(QUERY);
    expect(miss.headers.get('cache-control')).toBe('private, max-age=60');
    clock.advance(20_000);
    const hit = await gateway.query(QUERY);
    expect(hit.data).toEqual(miss.data);
    expect(hit.headers.get('cache-control')).toBe('private, max-age=40');
    expect(hit.headers.get('content-type')).toBe(miss.headers.get('content-type'));
    expect(hit.headers.get('x-request-id')).not.toBe(miss.headers.get('x-request-id'));
    expect(hit.headers.get('vary')).toContain('authorization');
    // The size proves that the cached answer was used, not a new one of the same data.
    const size = gateway.cachedBytes();
    await gateway.query(QUERY);
    expect(gateway.cachedBytes()).toBe(size);
    // Another document is another request, and an answer is cached from the second time on.
    await gateway.query(`${QUERY} `);
    expect(gateway.cachedBytes()).toBe(size);
    await gateway.query(`${QUERY} `);
    expect(gateway.cachedBytes()).toBeGreaterThan(size);
  });

  it('expire with the right, and are evicted on rejection', async () => {
    await gateway.query(QUERY);
    const calls = upstream.calls.length;
    clock.advance(59_999);
    await gateway.query(QUERY);
    expect(upstream.calls).toHaveLength(calls);
    upstream.script = () => ({ status: 401 });
    clock.advance(1);
    expect((await gateway.query(QUERY)).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(gateway.cachedBytes()).toBe(0);
  });

  it('exclude errors, stale data and mutations', async () => {
    upstream.script = ({ endpoint, runId }) =>
      endpoint === 'execute'
        ? { json: { run_id: 'r1' } }
        : endpoint === 'run'
          ? { json: [wireRun(runId)] }
          : { status: 404 };
    const failing = await gateway.query(QUERY);
    expect(failing.errors).toHaveLength(1);
    expect(failing.headers.get('cache-control')).toBe('no-store');

    const mutation = 'mutation { executeWorkflow(workflowId: "wf") { message } }';
    for (const count of [1, 2]) {
      expect((await gateway.query(mutation)).headers.get('cache-control')).toBe('no-store');
      expect(upstream.count('execute')).toBe(count);
    }

    const live = QUERY.replace('r1', 'live');
    running();
    await gateway.query(live);
    await upstream.close();
    clock.advance(2000);
    const stale = await gateway.query(live);
    expect(stale.data).toMatchObject({ run: { freshness: { isStale: true } } });
    expect(stale.headers.get('cache-control')).toBe('no-store');
    await upstream.listen();
    clock.advance(1000);
    expect((await gateway.query(live)).data).toMatchObject({ run: { freshness: { isStale: false } } });
  });

  it.each([
    ['a thousand characters', 900, true],
    ['sixteen thousand', 16_000, true],
    ['more than 16 KiB', 16_384, false],
  ])('are stored for requests up to 16 KiB, per document: %s', async (_, length, isKept) => {
    const ask = async (id: string) => {
      const { data } = await gateway.query(`#${'x'.repeat(length)}\n{ run(workflowId: "wf", id: "${id}") { id } }`);
      expect(data).toEqual({ run: { id } });
      return gateway.cachedBytes();
    };
    const once = [await ask('r1'), await ask('r2')];
    const again = [await ask('r2'), await ask('r1')];
    expect(again.map((bytes) => bytes > Math.max(...once))).toEqual([isKept, isKept]);
    expect([await ask('r1'), await ask('r2')]).toEqual([again[1], again[1]]);
  });

  it('are not returned to a request with a rejected content type', async () => {
    const post = (headers: Record<string, string>, search = '', body = JSON.stringify({ query: QUERY })) =>
      fetch(`${gateway.url}/graphql${search}`, {
        method: 'POST',
        headers: { authorization: 'Bearer key-1', ...headers },
        ...(body !== '' && { body }),
      });
    for (let time = 0; time < 3; time += 1) {
      expect((await post({ 'content-type': 'application/json' })).status).toBe(200);
      expect((await get()).status).toBe(200);
    }
    expect((await post({ 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post({}, `?query=${encodeURIComponent(QUERY)}`, '')).status).toBe(415);
  });

  it('have an ETag only for a GET without errors', async () => {
    expect((await gateway.query(QUERY)).headers.get('etag')).toBeNull();
    expect((await get()).headers.get('etag')).not.toBeNull();
    for (const query of ['{ nothing }', '{ run(workflowId: "..", id: "r1") { id } }']) {
      expect((await get({}, query)).headers.get('etag')).toBeNull();
    }
    const refused = await get({ accept: 'application/graphql-response+json' }, '{ nothing }');
    expect([refused.status, refused.headers.get('etag')]).toEqual([400, null]);
  });

  it('become a 304 for a valid ETag, otherwise are sent whole', async () => {
    const first = await get();
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    for (const validator of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get({ 'if-none-match': validator });
      expect({ validator, status: again.status }).toEqual({ validator, status: 304 });
      expect(again.headers.get('etag')).toBe(etag);
      expect(again.headers.get('cache-control')).toMatch(/^private, max-age=/);
      expect(await again.text()).toBe('');
    }
    const other = await get({ 'if-none-match': '"other"' });
    expect(other.status).toBe(200);
    expect(await other.json()).toEqual(await first.json());
  });

  it('become a 304 on a cache miss if unchanged', async () => {
    const query = '{ run(workflowId: "wf", id: "r1") { status } }';
    running();
    const etag = (await get({}, query)).headers.get('etag') ?? '';
    clock.advance(5000);
    const calls = upstream.calls.length;
    expect((await get({ 'if-none-match': etag }, query)).status).toBe(304);
    expect(upstream.calls.length).toBeGreaterThan(calls);
  });
});

describe('concurrent requests for an expired whole response', () => {
  const clock = createManualClock();
  const gateway = perBlock(
    new TestGateway({
      script: ({ endpoint, runId, key }) => ({
        status: endpoint === 'run' ? 200 : 404,
        json: [wireRun(runId, { status: 'running', end_time: null, outputs: `of ${key ?? ''} ${clock.now()}` })],
      }),
      clock: { now: clock.now },
    }),
  );
  const { upstream } = gateway;

  const QUERY = '{ run(workflowId: "wf", id: "live") { outputs } }';
  const CACHED = 'stepgate_operation_cache_total';
  const outputsOf = (key: string) => ({ run: { outputs: `of ${key} ${clock.now()}` } });

  it('renew it with one call per key', async () => {
    const keys = ['key-a', 'key-a', 'key-b', 'key-a', 'key-b'];
    for (let turn = 0; turn < 4; turn += 1) {
      const calls = await upstream.callsOf(async () => {
        const answers = await Promise.all(keys.map((key) => gateway.data(QUERY, { key })));
        expect(answers).toEqual(keys.map(outputsOf));
      });
      expect(calls).toBe(2);
      clock.advance(1000);
    }
  });

  it('run one operation per caller', async () => {
    const ask = () =>
      Promise.all(['key-c', 'key-c', 'key-c', 'key-d', 'key-d'].map((key) => gateway.data(QUERY, { key })));
    for (let turn = 0; turn < 2; turn += 1) {
      await ask();
      clock.advance(1000);
    }
    const fromCache = async () => (await scrape(gateway.url)).value(CACHED, { cache: 'response' });
    const before = await fromCache();
    await ask();
    expect((await fromCache()) - before).toBe(3);
  });

  it('all complete if the new response is an unshared error', async () => {
    for (let turn = 0; turn < 2; turn += 1) await gateway.data(QUERY);
    clock.advance(1000);
    const held = upstream.holdEach();
    const answers = Array.from({ length: 4 }, () => gateway.codes(QUERY));
    const call = await held.next();
    await gateway.taken();
    upstream.script = () => ({ status: 404 });
    call.answer({ status: 401 });
    for (const codes of await Promise.all(answers)) expect(codes).toHaveLength(1);
  });
});
