import { request } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { startFaultyUpstream, type FaultyUpstream, type Script } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { openSocket, openStream, subscribe } from '../harness/live-client.ts';
import { startLiveRun, type LiveRun } from '../harness/live-run.ts';
import { NGINX, startNginx, type Nginx } from '../harness/nginx.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const QUERY = `{ run(workflowId: "wf", id: "r1") { outputs } }`;
const WATCH = `subscription { runUpdated(workflowId: "wf", id: "r1") { stepCounts { total } } }`;
const told = (total: number) => ({ runUpdated: { stepCounts: { total } } });

/** To each key its own data. */
const ofKey: Script = ({ endpoint, runId, key = '' }) => ({
  json: endpoint === 'run' ? [wireRun(runId, { outputs: `run of ${key}` })] : [wireStep()],
});
const dataOf = (key: string) => ({ data: { run: { outputs: `run of ${key}` } } });

// In CI a missing nginx is a failure, and no reason to skip.
const withNginx = NGINX === null && process.env.CI === undefined ? describe.skip : describe;

withNginx(`behind nginx${NGINX === null ? ' (skipped: there is no nginx on this machine)' : ''}`, () => {
  let upstream: FaultyUpstream | null = null;
  let gateway: TestGateway | null = null;
  let run: LiveRun | null = null;
  let nginx: Nginx | null = null;
  let logged = '';

  /** Answers where nginx listens. */
  async function start(environment: Readonly<Record<string, string>> = {}): Promise<string> {
    upstream = await startFaultyUpstream(ofKey);
    const stream = { write: (line: string) => void (logged += line) };
    gateway = await startGateway(
      { UPSTREAM_URL: upstream.url, ...environment },
      { logger: pino({ level: 'info' }, stream) },
    );
    nginx = await startNginx(gateway.url);
    return nginx.url;
  }
  async function startLive(environment: Readonly<Record<string, string>> = {}) {
    run = await startLiveRun(environment);
    nginx = await startNginx(run.gateway.url);
    return { run, url: nginx.url };
  }
  afterEach(async () => {
    await nginx?.close();
    await gateway?.close();
    await upstream?.close();
    await run?.close();
    [nginx, gateway, upstream, run] = [null, null, null, null];
    logged = '';
  });

  const post = (url: string, key: string, query = QUERY) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query }),
    });
  const get = (url: string, key: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${url}/graphql?query=${encodeURIComponent(QUERY)}`, {
      headers: { authorization: `Bearer ${key}`, 'apollo-require-preflight': 'true', ...headers },
    });

  it('a POST is answered, each key with its own, over whichever connection nginx keeps', async () => {
    const url = await start();
    for (const key of ['key-a', 'key-b', 'key-a', 'key-b']) {
      expect(await (await post(url, key)).json()).toEqual(dataOf(key));
    }
  });

  it('a GET has an ETag, and is answered 304 to whoever has it already', async () => {
    const url = await start();
    const first = await get(url, 'key-a');
    expect(await first.json()).toEqual(dataOf('key-a'));
    const again = await get(url, 'key-a', { 'if-none-match': first.headers.get('etag') ?? '' });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
  });

  it('a GET that nginx keeps is answered by it to the same bearer alone', async () => {
    const url = await start();
    const first = await get(url, 'key-a');
    const second = await get(url, 'key-a');
    expect([first, second].map(({ headers }) => headers.get('x-cache'))).toEqual(['MISS', 'HIT']);
    // It is the very answer: the gateway was not asked.
    expect(second.headers.get('x-request-id')).toBe(first.headers.get('x-request-id'));
    expect(await second.json()).toEqual(dataOf('key-a'));
    const other = await get(url, 'key-b');
    expect(other.headers.get('x-cache')).toBe('MISS');
    expect(await other.json()).toEqual(dataOf('key-b'));
  });

  it('is kept once for each origin, whatever its clients decode', async () => {
    const url = await start({ CORS_ORIGINS: 'https://a.example.com,https://b.example.com' });
    for (const origin of ['https://a.example.com', 'https://b.example.com']) {
      const seen: unknown[] = [];
      for (const encoding of ['gzip', 'identity', 'br']) {
        const { headers } = await get(url, 'key-a', { origin, 'accept-encoding': encoding });
        seen.push([headers.get('x-cache'), headers.get('access-control-allow-origin')]);
      }
      expect(seen).toEqual([
        ['MISS', origin],
        ['HIT', origin],
        ['HIT', origin],
      ]);
    }
  });

  it('an error is not kept by nginx', async () => {
    const url = await start();
    if (upstream) upstream.script = () => ({ status: 403 });
    for (const turn of [1, 2]) {
      const answer = await get(url, 'key-a');
      expect({ turn, cache: answer.headers.get('x-cache') }).toEqual({ turn, cache: 'MISS' });
      expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    }
  });

  it('figures are kept from the outside', async () => {
    const url = await start({ BASE_PATH: '/stepgate' });
    for (const path of ['/metrics', '/stepgate/metrics', '/%6detrics', '//metrics', '/metrics?', '/./metrics']) {
      expect({ path, status: (await fetch(`${url}${path}`)).status }).toEqual({ path, status: 404 });
    }
    expect((await fetch(`${gateway?.url ?? ''}/metrics`)).status).toBe(200);
  });

  it('graphql-ws is let through, and what happens to a run comes at once', async () => {
    const live = await startLive();
    const client = await subscribe('graphql-ws', live.url, WATCH);
    expect(await client.nextData()).toEqual(told(1));
    live.run.steps = 2;
    await live.run.feeds(1);
    await live.run.poll();
    expect(await client.nextData()).toEqual(told(2));
    client.leave();
  });

  it('server-sent events come one by one, while the stream goes on', async () => {
    const live = await startLive();
    const client = await openStream(live.url, { query: WATCH }, 'key-1');
    expect(await client.nextData()).toEqual(told(1));
    live.run.steps = 2;
    await live.run.feeds(1);
    await live.run.poll();
    expect(await client.nextData()).toEqual(told(2));
    expect(client.waiting).toBe(0);
    const direct = await openStream(live.run.gateway.url, { query: WATCH }, 'key-1');
    expect(direct.headers).toMatchObject({ 'x-accel-buffering': 'no' });
    direct.leave();
    client.leave();
  });

  describe('below a path (BASE_PATH) that it leaves on', () => {
    it('every route is found there, and at its own place', async () => {
      const url = await start({ BASE_PATH: '/stepgate' });
      for (const base of [`${url}/stepgate`, url]) {
        expect(await (await post(base, 'key-a')).json()).toEqual(dataOf('key-a'));
        expect(await (await get(base, 'key-a')).json()).toEqual(dataOf('key-a'));
        expect(await (await fetch(`${base}/readyz`)).json()).toEqual({ status: 'ready' });
      }
      // Ready by now: the short way knows the path, too.
      for (let turn = 0; turn < 3; turn += 1) {
        expect(await (await post(`${url}/stepgate`, 'key-a')).json()).toEqual(dataOf('key-a'));
      }
      for (const path of ['/stepgateway/graphql', '/other/graphql', '/stepgate/stepgate/graphql']) {
        expect((await fetch(`${url}${path}`)).status).toBe(404);
      }
    });

    it('sockets and streams are, too', async () => {
      const live = await startLive({ BASE_PATH: '/stepgate' });
      for (const transport of ['graphql-ws', 'graphql-sse'] as const) {
        const client = await subscribe(transport, `${live.url}/stepgate`, WATCH);
        expect(await client.nextData()).toEqual(told(1));
        client.leave();
      }
      await expect(openSocket(`${live.url}/other`, {})).rejects.toThrow('404');
    });
  });

  describe("the client's address", () => {
    const REFUSING = { UPSTREAM_AUTH: 'service', UPSTREAM_API_KEY: 'key', GATEWAY_KEYS_SHA256: '0'.repeat(64) };

    /** What the log says of whoever is refused, asking from 127.0.0.2 and claiming to be another. */
    async function addressIn(url: string): Promise<unknown> {
      const outgoing = request(`${url}/graphql`, {
        method: 'POST',
        localAddress: '127.0.0.2',
        headers: {
          'content-type': 'application/json',
          authorization: 'Bearer wrong',
          'x-forwarded-for': '203.0.113.9',
        },
      });
      outgoing.end(JSON.stringify({ query: QUERY }));
      await new Promise((resolve) => outgoing.once('response', (answer) => answer.resume().once('end', resolve)));
      const line = logged.split('\n').find((text) => text.includes('a credential was refused')) ?? '{}';
      return (JSON.parse(line) as { readonly client?: unknown }).client;
    }

    it.each([
      ['is that of nginx without TRUST_PROXY, whatever it says', {}, '127.0.0.1'],
      ["is nginx's word with TRUST_PROXY=1, and not the client's own", { TRUST_PROXY: '1' }, '127.0.0.2'],
      ["is nginx's word where its address is named", { TRUST_PROXY: '10.0.0.0/8, 127.0.0.1' }, '127.0.0.2'],
      ['is that of nginx where another is trusted', { TRUST_PROXY: '10.0.0.0/8' }, '127.0.0.1'],
    ])('%s', async (_which, environment, address) => {
      expect(await addressIn(await start({ ...REFUSING, ...environment }))).toBe(address);
    });

    it('is that of whoever is connected where no trusted proxy stands between', async () => {
      await start({ ...REFUSING, TRUST_PROXY: '127.0.0.1' });
      expect(await addressIn(gateway?.url ?? '')).toBe('127.0.0.2');
    });
  });
});
