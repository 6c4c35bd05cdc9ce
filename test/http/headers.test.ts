/** The headers of answers are the same from each cache, and Vary names all that an answer depends on. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { ask, type PlainAnswer, type PlainRequest } from '../harness/plain-http.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';
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

/** All kinds of answers of the GraphQL paths. Each is requested three times, so that each cache answers. */
const ANSWERS: readonly (readonly [name: string, status: number, path: string, request: PlainRequest])[] = [
  ['a POST', 200, '/graphql', post(QUERY)],
  ['a GET', 200, `/graphql${search(QUERY)}`, { headers: KEY }],
  ['a HEAD', 200, `/graphql${search(QUERY)}`, { method: 'HEAD', headers: KEY }],
  ['a 304', 304, `/graphql${search(QUERY)}`, { headers: { ...KEY, 'if-none-match': '*' } }],
  ['a compressed GET', 200, `/graphql${search(QUERY)}`, { headers: { ...KEY, 'accept-encoding': 'gzip' } }],
  ['a field error', 200, '/graphql', post('{ run(workflowId: "wf", id: "missing") { status } }')],
  ['an invalid operation', 200, '/graphql', post('{ nothing }')],
  ['no credential', 401, '/graphql', { ...post(QUERY), headers: JSON_BODY }],
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

const upstream = perBlock(
  new ScriptedUpstream(({ runId }) => (runId === 'missing' ? { status: 404 } : { json: [wireRun(runId)] })),
);
/** One gateway for each environment: the requests here change only its caches. */
const gateways = new Map<string, Promise<TestGateway>>();
afterAll(async () => {
  for (const each of gateways.values()) await (await each).close();
});

async function urlWith(environment: Headers): Promise<string> {
  const name = JSON.stringify(environment);
  const { now } = createManualClock();
  const gateway = gateways.get(name) ?? startGateway({ upstream, env: environment, clock: { now } });
  gateways.set(name, gateway);
  return (await gateway).url;
}

async function thrice(url: string, request: PlainRequest): Promise<PlainAnswer[]> {
  const all: PlainAnswer[] = [];
  for (let time = 0; time < 3; time += 1) all.push(await ask(url, request));
  return all;
}
/** Without the headers that differ in each answer. */
const comparable = ({ headers }: PlainAnswer) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      /^(?:date|x-request-id|ratelimit-re.*)$/.test(name) ? '' : value,
    ]),
  );
const without = (headers: Record<string, unknown>, name: string) =>
  Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name));

describe.each([
  ['no origin', { SANDBOX: 'off' }, 'authorization, accept, accept-encoding'],
  ['every origin', { CORS_ORIGINS: '*' }, 'authorization, accept, accept-encoding'],
  ['named origins', { CORS_ORIGINS: APP }, 'authorization, accept, accept-encoding, origin'],
])('CORS for %s', (_, environment, vary) => {
  const answers = ANSWERS.filter(([name]) => name !== 'a browser' || !('SANDBOX' in environment));

  it.each(answers)('varies %s by all headers that the response depends on', async (_name, status, path, request) => {
    for (const answer of await thrice(`${await urlWith(environment)}${path}`, request)) {
      expect({ status: answer.status, headers: answer.headers }).toMatchObject({
        status,
        headers: {
          vary,
          'x-content-type-options': 'nosniff',
          'content-security-policy': "frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
          'x-request-id': expect.stringMatching(/^[\da-f-]{36}$/),
        },
      });
    }
  });
});

describe.each<[string, Headers, Headers, Headers]>([
  ['no CORS', { SANDBOX: 'off' }, { origin: 'https://evil.example.com' }, {}],
  ['CORS', { CORS_ORIGINS: APP }, { origin: APP }, { 'access-control-allow-origin': APP }],
  ['a rate limit', { RATE_LIMIT_PER_MINUTE: '1000000' }, {}, { 'ratelimit-limit': '1000000' }],
])('headers with %s', (_, environment, sent, own) => {
  it.each([
    ['POST', '/graphql', post(QUERY, sent)],
    ['GET', `/graphql${search(QUERY)}`, { headers: { ...KEY, ...sent } }],
  ])('are the same for a %s from each cache, without duplicates', async (_method, path, request) => {
    const [first, ...others] = (await thrice(`${await urlWith(environment)}${path}`, request)).map(comparable);
    expect(first).toMatchObject({
      ...own,
      'content-type': 'application/json; charset=utf-8',
      'cache-control': expect.stringMatching(/^private, max-age=\d+$/),
    });
    // node:http joins a header that comes twice.
    for (const value of Object.values(first ?? {})) expect(value).not.toMatch(/^(.+), \1$/);
    expect(others).toEqual([first, first]);
  });

  it('are the same with 304, and caches store no errors', async () => {
    const url = await urlWith(environment);
    const headers = { ...KEY, ...sent };
    const whole = without(comparable(await ask(`${url}/graphql${search(QUERY)}`, { headers })), 'content-length');
    for (const answer of await thrice(`${url}/graphql${search(QUERY)}`, {
      headers: { ...headers, 'if-none-match': String(whole.etag) },
    })) {
      expect([answer.status, comparable(answer)]).toEqual([304, whole]);
    }
    const error = { ...without(whole, 'etag'), 'cache-control': 'no-store' };
    for (const answer of await thrice(
      `${url}/graphql`,
      post('{ run(workflowId: "wf", id: "missing") { id } }', sent),
    )) {
      expect(without(comparable(answer), 'content-length')).toEqual(error);
    }
  });
});

it.each(ANSWERS)('sends CORS headers for allowed origins only: %s', async (_name, _status, path, request) => {
  for (const [CORS_ORIGINS, origin, allowed] of [
    [`${APP},https://b.example.com`, APP, APP],
    [`${APP},https://b.example.com`, 'https://b.example.com', 'https://b.example.com'],
    [`${APP},https://b.example.com`, 'https://evil.example.com', undefined],
    [`${APP},https://b.example.com`, 'null', undefined],
    [`${APP},https://b.example.com`, null, undefined],
    // A cache may serve this answer to any page.
    ['*', null, '*'],
    ['*', APP, '*'],
  ] as const) {
    const sent = { ...request, headers: { ...request.headers, ...(origin !== null && { origin }) } };
    for (const { headers } of await thrice(`${await urlWith({ CORS_ORIGINS })}${path}`, sent)) {
      expect(headers['access-control-allow-origin']).toBe(allowed);
      expect(headers['access-control-expose-headers']).toBe(allowed && EXPOSED);
      expect(headers['access-control-allow-credentials']).toBeUndefined();
    }
  }
});

const ASKED = { origin: APP, 'access-control-request-method': 'POST' };
const ALLOWED = {
  'access-control-allow-origin': APP,
  'access-control-allow-methods': 'GET, POST',
  'access-control-max-age': '86400',
};
it.each<[string, string, Headers, Headers]>([
  ['a method', APP, ASKED, ALLOWED],
  [
    'a method and headers',
    APP,
    { ...ASKED, 'access-control-request-headers': 'a, b' },
    { ...ALLOWED, 'access-control-allow-headers': 'a, b' },
  ],
  ['a method where every origin is allowed', '*', ASKED, { ...ALLOWED, 'access-control-allow-origin': '*' }],
  ['a method from another origin', APP, { ...ASKED, origin: 'https://evil.example.com' }, {}],
  ['nothing', APP, { origin: APP }, { 'access-control-allow-origin': APP, 'access-control-expose-headers': EXPOSED }],
])('answers a preflight for %s with methods and headers for a day', async (_, CORS_ORIGINS, sent, allowed) => {
  for (const path of ['/graphql', '/graphql/stream', '/other']) {
    const { status, headers, body } = await ask(`${await urlWith({ CORS_ORIGINS })}${path}`, {
      method: 'OPTIONS',
      headers: sent,
    });
    const cors = Object.entries(headers).filter(([name]) => name.startsWith('access-control-'));
    expect(Object.fromEntries(cors)).toEqual(allowed);
    const byOrigin = CORS_ORIGINS === '*' ? '' : ', origin';
    const vary = `access-control-request-method, access-control-request-headers, accept-encoding${byOrigin}`;
    expect({ status, headers, length: body.length }).toMatchObject({
      ...{ status: 204, length: 0 },
      headers: { allow: 'GET, HEAD, POST', vary },
    });
    expect(headers['content-length']).toBeUndefined();
  }
});

it('answers HEAD with the headers of GET, without a body', async () => {
  const url = `${await urlWith({})}/graphql${search('{ run(workflowId: "wf", id: "head") { status } }')}`;
  for (let time = 0; time < 3; time += 1) {
    const [get, head] = [await ask(url, { headers: KEY }), await ask(url, { method: 'HEAD', headers: KEY })];
    expect(comparable(head)).toEqual(comparable(get));
    expect([head.body.length, get.body.length]).toEqual([0, Number(get.headers['content-length'])]);
  }
});

it.each<[string, Headers, string | undefined, string | undefined]>([
  ['a trusted proxy has TLS', { TRUST_PROXY: 'loopback' }, 'https', 'max-age=60'],
  ['the last proxy has TLS', { TRUST_PROXY: '1' }, ' HTTPS , http', 'max-age=60'],
  ['the first proxy has no TLS', { TRUST_PROXY: '1' }, 'http, https', undefined],
  ['the scheme is another one', { TRUST_PROXY: 'loopback' }, 'wss', undefined],
  ['no proxy names a scheme', { TRUST_PROXY: 'loopback' }, undefined, undefined],
  ['an unknown proxy has TLS', { TRUST_PROXY: '10.0.0.0/8' }, 'https', undefined],
  ['it is not configured', { TRUST_PROXY: 'loopback', HSTS_MAX_AGE_SECONDS: '' }, 'https', undefined],
  ['it is to be forgotten', { TRUST_PROXY: '1', HSTS_MAX_AGE_SECONDS: '0' }, 'https', 'max-age=0'],
])('sends Strict-Transport-Security only over TLS: %s', async (_, environment, scheme, expected) => {
  const url = await urlWith({ HSTS_MAX_AGE_SECONDS: '60', ...environment });
  for (const path of ['/', '/graphql?query={__typename}', '/nothing']) {
    const headers = { ...KEY, ...(scheme !== undefined && { 'x-forwarded-proto': scheme }) };
    expect((await ask(`${url}${path}`, { headers })).headers['strict-transport-security']).toBe(expected);
  }
});
