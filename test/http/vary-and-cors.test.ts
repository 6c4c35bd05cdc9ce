import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { ask, type PlainAnswer, type PlainRequest } from '../harness/plain-http.ts';
import { wireRun } from '../harness/wire.ts';

type Headers = Readonly<Record<string, string>>;

const QUERY = '{ run(workflowId: "wf", id: "r1") { status } }';
const search = (query: string) => `?query=${encodeURIComponent(query)}`;
const KEY = { authorization: 'Bearer key-1' };
const JSON_BODY = { 'content-type': 'application/json' };
const post = (query: string, headers: Headers = {}): PlainRequest => ({
  method: 'POST',
  headers: { ...KEY, ...JSON_BODY, ...headers },
  body: JSON.stringify({ query }),
});

/** Every way in which a path of GraphQL answers, each from every cache: asked three times. */
const ANSWERS: readonly (readonly [what: string, status: number, path: string, request: PlainRequest])[] = [
  ['a POST', 200, '/graphql', post(QUERY)],
  ['a GET', 200, `/graphql${search(QUERY)}`, { headers: KEY }],
  ['a HEAD', 200, `/graphql${search(QUERY)}`, { method: 'HEAD', headers: KEY }],
  ['a 304', 304, `/graphql${search(QUERY)}`, { headers: { ...KEY, 'if-none-match': '*' } }],
  ['a compressed GET', 200, `/graphql${search(QUERY)}`, { headers: { ...KEY, 'accept-encoding': 'gzip' } }],
  ['a field error', 200, '/graphql', post('{ run(workflowId: "wf", id: "missing") { status } }')],
  ['an invalid operation', 200, '/graphql', post('{ nothing }')],
  ['no credential', 200, '/graphql', { ...post(QUERY), headers: JSON_BODY }],
  ['a body that is not JSON', 400, '/graphql', { ...post(QUERY), body: '{' }],
  ['another method', 405, '/graphql', { method: 'DELETE', headers: KEY }],
  ['another content type', 415, '/graphql', { ...post(QUERY), headers: { ...KEY, 'content-type': 'text/plain' } }],
  ['no acceptable form', 406, '/graphql', post(QUERY, { accept: 'image/png' })],
  ['a stream by POST', 200, '/graphql', post(QUERY, { accept: 'text/event-stream' })],
  ['a stream', 200, '/graphql/stream', post(QUERY, { accept: 'text/event-stream' })],
  ['a HEAD of a stream', 405, '/graphql/stream', { method: 'HEAD', headers: KEY }],
  ['a browser', 200, '/graphql', { headers: { accept: 'text/html' } }],
];

const APP = 'https://app.example.com';
const EXPOSED = 'x-request-id, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after';

describe('vary and CORS', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  /** By their environment: nothing that is asked here changes a gateway but its caches. */
  const gateways = new Map<string, TestGateway>();
  beforeAll(async () => {
    upstream = await startFaultyUpstream(({ runId }) =>
      runId === 'missing' ? { status: 404 } : { json: [wireRun(runId)] },
    );
  });
  afterAll(async () => {
    for (const each of gateways.values()) await each.close();
    await upstream.close();
  });
  const start = async (environment: Headers) => {
    const name = JSON.stringify(environment);
    gateway = gateways.get(name) ?? (await startGateway({ UPSTREAM_URL: upstream.url, ...environment }));
    gateways.set(name, gateway);
  };
  const withOrigin = ({ headers, ...request }: PlainRequest, origin: string): PlainRequest => ({
    ...request,
    headers: { ...headers, origin },
  });

  async function answers(path: string, request: PlainRequest): Promise<PlainAnswer[]> {
    const all: PlainAnswer[] = [];
    for (let time = 0; time < 3; time += 1) all.push(await ask(`${gateway.url}${path}`, request));
    return all;
  }

  describe.each([
    ['no CORS', { SANDBOX: 'off' }, 'authorization, accept, accept-encoding'],
    ['every origin', { CORS_ORIGINS: '*' }, 'authorization, accept, accept-encoding'],
    ['named origins', { CORS_ORIGINS: APP }, 'authorization, accept, accept-encoding, origin'],
  ])('with %s', (_what, environment, vary) => {
    beforeEach(() => start(environment));

    it.each(ANSWERS)('%s names everything that it depends on', async (what, status, path, request) => {
      if (what === 'a browser' && 'SANDBOX' in environment) return;
      // Which explorer a browser gets is remembered in a cookie.
      const named = what === 'a browser' ? vary.replace('accept,', 'accept, cookie,') : vary;
      for (const answer of await answers(path, request)) {
        expect({ status: answer.status, vary: answer.headers.vary }).toEqual({ status, vary: named });
      }
    });
  });

  it.each(ANSWERS)('%s is for the pages of the origins that are named, and for no others', async (...row) => {
    const [, , path, request] = row;
    await start({ CORS_ORIGINS: `${APP},https://b.example.com` });
    for (const origin of [APP, 'https://b.example.com', 'https://evil.example.com', null]) {
      const allowed = origin === null || origin.includes('evil') ? undefined : origin;
      for (const { headers } of await answers(path, origin === null ? request : withOrigin(request, origin))) {
        expect(headers['access-control-allow-origin']).toBe(allowed);
        expect(headers['access-control-expose-headers']).toEqual(allowed && EXPOSED);
      }
    }
  });

  it.each(ANSWERS)('%s is the same with and without an origin where all are allowed', async (...row) => {
    const [, , path, request] = row;
    await start({ CORS_ORIGINS: '*' });
    for (const each of [request, withOrigin(request, APP), request]) {
      for (const { headers } of await answers(path, each)) expect(headers['access-control-allow-origin']).toBe('*');
    }
  });

  it.each([
    ['named', APP, `access-control-request-method, access-control-request-headers, accept-encoding, origin`],
    ['all', '*', `access-control-request-method, access-control-request-headers, accept-encoding`],
  ])('a preflight says what it depends on: %s', async (_which, CORS_ORIGINS, vary) => {
    await start({ CORS_ORIGINS });
    const { status, headers } = await ask(`${gateway.url}/graphql`, {
      method: 'OPTIONS',
      headers: { origin: APP, 'access-control-request-method': 'POST', 'access-control-request-headers': 'a, b' },
    });
    expect({ status, headers }).toMatchObject({
      status: 204,
      headers: {
        vary,
        'access-control-allow-origin': CORS_ORIGINS,
        'access-control-allow-headers': 'a, b',
        allow: 'GET, HEAD, POST',
      },
    });
  });

  it('a preflight is answered what it asks for, and for how long that holds', async () => {
    await start({ CORS_ORIGINS: APP });
    const corsOf = async (sent: Headers) => {
      const { headers } = await ask(`${gateway.url}/graphql`, { method: 'OPTIONS', headers: sent });
      return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));
    };
    const asked = { origin: APP, 'access-control-request-method': 'POST' };
    const allowed = {
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, POST',
      'access-control-max-age': '86400',
    };
    expect(await corsOf(asked)).toEqual(allowed);
    expect(await corsOf({ ...asked, 'access-control-request-headers': 'a' })).toEqual({
      ...allowed,
      'access-control-allow-headers': 'a',
    });
    expect(await corsOf({ ...asked, origin: 'https://evil.example.com' })).toEqual({});
    // No page asks so: it is no preflight.
    expect(await corsOf({ origin: APP })).toEqual({
      'access-control-allow-origin': APP,
      'access-control-expose-headers': EXPOSED,
    });
  });

  it('a HEAD has the headers of its GET, and no body', async () => {
    await start({});
    const url = `${gateway.url}/graphql${search(QUERY)}`;
    const strip = ({ headers }: PlainAnswer) => ({ ...headers, date: '', 'x-request-id': '' });
    for (let time = 0; time < 3; time += 1) {
      const [get, head] = [await ask(url, { headers: KEY }), await ask(url, { method: 'HEAD', headers: KEY })];
      expect(strip(head)).toEqual(strip(get));
      expect(head.body).toHaveLength(0);
      expect(get.body).toHaveLength(Number(get.headers['content-length']));
    }
  });

  it('the run page and its files say so, too', async () => {
    await start({ CORS_ORIGINS: APP });
    const page = await ask(gateway.url);
    const path = /\/assets\/index-[\w-]+\.js/.exec(page.body.toString())?.[0] ?? '';
    expect(page.headers.vary).toBe('accept-encoding, origin');
    const file = await ask(`${gateway.url}${path}`);
    const known = await ask(`${gateway.url}${path}`, { headers: { 'if-none-match': file.headers.etag ?? '' } });
    expect([file, known].map(({ status, headers }) => [status, headers.vary, headers['cache-control']])).toEqual([
      [200, 'accept-encoding, origin', 'public, max-age=31536000, immutable'],
      [304, 'accept-encoding, origin', 'public, max-age=31536000, immutable'],
    ]);
  });
});

describe('HSTS', () => {
  let gateway: TestGateway;
  afterEach(() => gateway.close());
  const hsts = async (headers: Headers) => (await ask(gateway.url, { headers })).headers['strict-transport-security'];

  it('is sent where a trusted proxy says that the client came over TLS', async () => {
    gateway = await startGateway({ HSTS_MAX_AGE_SECONDS: '31536000', TRUST_PROXY: 'loopback' });
    expect(await hsts({ 'x-forwarded-proto': 'https' })).toBe('max-age=31536000');
    expect(await hsts({ 'x-forwarded-proto': 'http' })).toBeUndefined();
    expect(await hsts({})).toBeUndefined();
  });

  it("is not sent on anybody else's word, nor unless it is asked for", async () => {
    gateway = await startGateway({ HSTS_MAX_AGE_SECONDS: '31536000', TRUST_PROXY: '10.0.0.0/8' });
    expect(await hsts({ 'x-forwarded-proto': 'https' })).toBeUndefined();
    await gateway.close();
    gateway = await startGateway({ TRUST_PROXY: 'loopback' });
    expect(await hsts({ 'x-forwarded-proto': 'https' })).toBeUndefined();
  });
});
