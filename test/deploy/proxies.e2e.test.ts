import { once } from 'node:events';
import { connect as connectHttp2, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Authority } from '../harness/certificates.ts';
import { perBlock, perTest } from '../harness/lasting.ts';
import { openSocket } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import { ask, type PlainAnswer, type PlainRequest } from '../harness/plain-http.ts';
import { PROXIES, type Proxy } from './proxies.ts';

const QUERY = '{ run(workflowId: "wf", id: "r1") { id steps { outputs } } }';
const WATCH = `subscription { runUpdated(workflowId: "wf", id: "r1") { run { stepCounts { total } steps { outputs } } } }`;
const ORIGINS = ['https://a.example.com', 'https://b.example.com'];
/** Long enough that the gateway, nginx and HTTP/2 compress or divide it. */
const OUTPUTS = 'é'.repeat(30_000);
/** The files of deploy/ do not name it. */
const BASE = '/bff';
const KEY = { authorization: 'Bearer key-1' };

const ENVIRONMENT = {
  TRUST_PROXY: '127.0.0.1',
  BASE_PATH: BASE,
  CORS_ORIGINS: ORIGINS.join(),
  HSTS_MAX_AGE_SECONDS: '31536000',
  RATE_LIMIT_ANONYMOUS_PER_MINUTE: '2',
};

describe.each(PROXIES)('a proxy', (program) => {
  // In CI a missing program is a failure.
  const isMissing = program.command === null && process.env.CI === undefined;
  const skipped = isMissing ? ` (skipped: install ${program.package})` : '';

  (isMissing ? describe.skip : describe)(`behind ${program.name}${skipped}`, () => {
    const authority = perBlock(new Authority());
    const run = perTest(new LiveRun({ env: ENVIRONMENT }));
    let proxy: Proxy;
    beforeEach(async () => {
      run.outputs = OUTPUTS;
      proxy = await program.start(run.gateway.url, authority.issue('IP:127.0.0.1'));
    });
    afterEach(() => proxy.close());

    const send = (path: string, { headers, ...request }: PlainRequest = {}) =>
      ask(`${proxy.url}${path}`, { ca: authority.pem, headers: { ...KEY, ...headers }, ...request });
    const post = (path = '/graphql', headers: Readonly<Record<string, string>> = {}) => {
      const body = JSON.stringify({ query: QUERY });
      return send(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
    };
    const get = (headers: Readonly<Record<string, string>> = {}) =>
      send(`/graphql?query=${encodeURIComponent(QUERY)}`, { headers });

    const expected = JSON.stringify({ data: { run: { id: 'r1', steps: [{ outputs: OUTPUTS }] } } });

    it('passes a POST, compressed if the client accepts it', async () => {
      const plain = await post();
      expect([plain.status, plain.headers['content-encoding'], plain.body.toString()]).toEqual([
        200,
        undefined,
        expected,
      ]);
      const zipped = await post('/graphql', { 'accept-encoding': 'gzip' });
      expect([zipped.headers['content-encoding'], gunzipSync(zipped.body).toString()]).toEqual(['gzip', expected]);
      expect(zipped.headers).toMatchObject({
        'strict-transport-security': 'max-age=31536000',
        vary: 'authorization, accept, accept-encoding, origin',
      });
    });

    it('passes a 304 for a matching ETag, compressed or not', async () => {
      for (const headers of [{}, { 'accept-encoding': 'gzip' }, { 'accept-encoding': 'br, gzip' }]) {
        const first = await get(headers);
        expect(first.status).toBe(200);
        const again = await get({ ...headers, 'if-none-match': first.headers.etag ?? '' });
        expect([again.status, digestOf(again), again.body.length]).toEqual([304, digestOf(first), 0]);
        const changed = await get({ ...headers, 'if-none-match': '"another"' });
        expect([changed.status, changed.headers.etag]).toEqual([200, first.headers.etag]);
      }
    });

    it('delivers each event before the next, over HTTP/2 and uncompressed', async () => {
      for (const [index, encoding] of ['identity', 'gzip'].entries()) {
        const session = connectHttp2(proxy.url, { ca: authority.pem });
        const stream = await watchOver(session, encoding);
        expect(session.alpnProtocol).toBe('h2');
        expect(await stream.until(`"total":${index + 1}`)).not.toContain(`"total":${index + 2}`);
        run.steps = index + 2;
        await run.feeds(1);
        await run.poll();
        await stream.until(`"total":${index + 2}`);
        await closed(session);
        await run.feeds(0);
      }
    });

    it('opens WebSockets only for same-origin pages and listed origins', async () => {
      const { pem: ca } = authority;
      const open = (origin: string, base = '') =>
        openSocket(`${proxy.url}${base}`, KEY, { ca, headers: { origin, 'accept-encoding': 'gzip' } });
      for (const [origin, base] of [
        [proxy.url, ''],
        [ORIGINS[0] ?? '', BASE],
      ] as const) {
        const client = await open(origin, base);
        client.subscribe({ query: WATCH });
        expect(await client.nextData()).toMatchObject({ runUpdated: { run: { stepCounts: { total: run.steps } } } });
        run.steps += 1;
        await run.feeds(1);
        await run.poll();
        expect(await client.nextData()).toMatchObject({ runUpdated: { run: { stepCounts: { total: run.steps } } } });
        client.leave();
        await run.feeds(0);
      }
      await expect(open('https://evil.example.com')).rejects.toThrow('403');
    });

    it('serves every route below a path', async () => {
      for (const base of ['', BASE]) {
        expect((await post(`${base}/graphql`)).body.toString()).toBe(expected);
        expect(JSON.parse((await send(`${base}/readyz`)).body.toString())).toEqual({ status: 'ready' });
        const page = (await send(`${base}/`)).body.toString();
        const [file = ''] = /\/bff\/assets\/index-[\w-]+\.js/.exec(page) ?? [];
        const { status, headers } = await send(file, { headers: { 'accept-encoding': 'gzip, br' } });
        expect([status, headers['content-encoding']]).toEqual([200, 'br']);
      }
    });

    it('hides /metrics in any spelling, below any path', async () => {
      expect((await fetch(`${run.gateway.url}${BASE}/metrics`)).status).toBe(200);
      const spellings = ['/metrics', '/metrics?', '/%6detrics', '//metrics', '/./metrics'];
      for (const path of [...spellings, `${BASE}/metrics`, `${BASE}/%6Detric%73`, `${BASE}//metrics`]) {
        expect({ path, status: (await send(path)).status }).toEqual({ path, status: 404 });
      }
    });

    it('passes on the client address that it sees', async () => {
      const statusFor = async (localAddress: string, claimed: string) => {
        const body = JSON.stringify({ query: QUERY });
        const headers = { 'content-type': 'application/json', 'x-forwarded-for': claimed };
        return (await ask(`${proxy.url}/graphql`, { method: 'POST', ca: authority.pem, headers, body, localAddress }))
          .status;
      };
      // Two operations a minute from one address, whatever address it claims.
      expect(await statusFor('127.0.0.2', '203.0.113.1')).toBe(401);
      expect(await statusFor('127.0.0.2', '203.0.113.2')).toBe(401);
      expect(await statusFor('127.0.0.2', '203.0.113.3')).toBe(429);
      expect(await statusFor('127.0.0.3', '203.0.113.3')).toBe(401);
    });
  });
});

/** Weak or not: nginx answers a 304 with the ETag of its uncompressed answer. */
const digestOf = ({ headers }: PlainAnswer): string | undefined => headers.etag?.replace(/^W\//, '');

function request2(
  session: ClientHttp2Session,
  query: string,
  headers: Readonly<Record<string, string>>,
): ClientHttp2Stream {
  const { HTTP2_HEADER_METHOD, HTTP2_HEADER_PATH } = constants;
  const head = { [HTTP2_HEADER_METHOD]: 'POST', [HTTP2_HEADER_PATH]: '/graphql', 'content-type': 'application/json' };
  const stream = session.request({ ...head, ...KEY, ...headers });
  stream.end(JSON.stringify({ query }));
  return stream;
}

async function watchOver(session: ClientHttp2Session, encoding: string) {
  const stream = request2(session, WATCH, { accept: 'text/event-stream', 'accept-encoding': encoding });
  const [headers] = (await once(stream, 'response')) as [Readonly<Record<string, unknown>>];
  expect(headers).not.toHaveProperty('content-encoding');
  stream.on('error', () => undefined);
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return {
    async until(part: string): Promise<string> {
      while (!text.includes(part)) await once(stream, 'data');
      return text;
    },
  };
}

async function closed(session: ClientHttp2Session): Promise<void> {
  session.destroy();
  if (!session.closed) await once(session, 'close');
}
