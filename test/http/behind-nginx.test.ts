import { describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type Script } from '../harness/faulty-upstream.ts';
import { startGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { NGINX, startNginx } from '../harness/nginx.ts';
import { captureLog } from '../harness/observed.ts';
import { ask } from '../harness/plain-http.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const QUERY = `{ run(workflowId: "wf", id: "r1") { outputs } }`;

/** To each key its own data. */
const ofKey: Script = ({ endpoint, runId, key = '' }) => ({
  json: endpoint === 'run' ? [wireRun(runId, { outputs: `run of ${key}` })] : [wireStep()],
});
const dataOf = (key: string) => ({ data: { run: { outputs: `run of ${key}` } } });

// In CI a missing nginx is a failure, and no reason to skip.
const withNginx = NGINX === null && process.env.CI === undefined ? describe.skip : describe;

withNginx(`behind nginx${NGINX === null ? ' (skipped: there is no nginx on this machine)' : ''}`, () => {
  const log = captureLog('info');
  const upstream = perTest(() => startFaultyUpstream(ofKey));
  const startWith = (environment: Readonly<Record<string, string>> = {}) =>
    startGateway({ UPSTREAM_URL: upstream.url, ...environment }, { logger: log.logger });
  const gateway = perTest(startWith);
  const nginx = perTest(() => startNginx(gateway.url));

  /** Answers where nginx listens. */
  async function start(environment: Readonly<Record<string, string>>): Promise<string> {
    await gateway.replace(() => startWith(environment));
    await nginx.replace(() => startNginx(gateway.url));
    return nginx.url;
  }

  const get = (url: string, key: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${url}/graphql?query=${encodeURIComponent(QUERY)}`, {
      headers: { authorization: `Bearer ${key}`, 'apollo-require-preflight': 'true', ...headers },
    });

  it('a GET that nginx keeps is answered by it to the same bearer alone', async () => {
    const { url } = nginx;
    const first = await get(url, 'key-a');
    const second = await get(url, 'key-a');
    expect([first, second].map(({ headers }) => headers.get('x-cache'))).toEqual(['MISS', 'HIT']);
    // The gateway was not asked, and each request has an id of its own.
    const [id, ...others] = [first, second].map(({ headers }) => headers.get('x-request-id'));
    expect(id).toMatch(/^[\da-f]{32}$/);
    expect(others).not.toEqual([id]);
    expect(log.operations.filter(({ requestId }) => others.includes(String(requestId)))).toEqual([]);
    expect(log.operations.at(-1)?.requestId).toBe(id);
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
    const { url } = nginx;
    upstream.script = () => ({ status: 403 });
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
    expect((await fetch(`${gateway.url}/metrics`)).status).toBe(200);
  });

  describe("the client's address", () => {
    const REFUSING = { UPSTREAM_AUTH: 'service', UPSTREAM_API_KEY: 'key', GATEWAY_KEYS_SHA256: '0'.repeat(64) };

    /** What the log says of whoever is refused, asking from 127.0.0.2 and claiming to be another. */
    async function addressIn(url: string): Promise<unknown> {
      const body = JSON.stringify({ query: QUERY });
      const authorization = 'Bearer wrong';
      const headers = { 'content-type': 'application/json', authorization, 'x-forwarded-for': '203.0.113.9' };
      await ask(`${url}/graphql`, { method: 'POST', localAddress: '127.0.0.2', headers, body });
      return log.lines.findLast(({ msg }) => msg === 'a credential was refused')?.client;
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
      expect(await addressIn(gateway.url)).toBe('127.0.0.2');
    });
  });
});
