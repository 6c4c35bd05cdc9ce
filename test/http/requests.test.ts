import { IncomingMessage, ServerResponse, type IncomingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createBasePath } from '../../src/http/base-path.ts';
import { createClientAddress, createClientScheme, createProxyTrust } from '../../src/http/connection/client-address.ts';
import { createEncodingNegotiation } from '../../src/http/compression/content-encoding.ts';
import { createCors, variesByOrigin } from '../../src/http/headers/cors.ts';
import { createExchange, requestIdOf } from '../../src/http/exchange.ts';
import { chosenExplorer, explorerCookie } from '../../src/http/graphql/explorers.ts';
import { createNegotiation, isJsonBody } from '../../src/http/graphql/media-types.ts';
import { createHsts } from '../../src/http/headers/hsts.ts';
import { mayUpgrade, originsOf } from '../../src/http/headers/origins.ts';

/** All that is read of one. */
interface Parts {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers?: IncomingHttpHeaders | undefined;
  readonly peer?: string;
}
function requestOf({ headers = {}, peer, ...parts }: Parts): IncomingMessage {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: peer });
  return Object.assign(new IncomingMessage(socket), { headers, ...parts });
}
const withHeader = (name: string, value: string | undefined) =>
  requestOf({ headers: value === undefined ? {} : { [name]: value } });

describe('the base path', () => {
  it.each([
    ['/stepgate', '/stepgate', '/'],
    ['/stepgate', '/stepgate?a=b', '/?a=b'],
    ['/stepgate', '/stepgate/graphql?a=b', '/graphql?a=b'],
    ['/stepgate', '/stepgates', '/stepgates'],
    ['/stepgate', '/graphql', '/graphql'],
    ['/stepgate', '/graphql/stepgate/a', '/graphql/stepgate/a'],
    ['', '/graphql', '/graphql'],
    ['', '?a', '?a'],
    ['/stepgate', undefined, undefined],
  ])('%j is taken from %j: %j', (basePath, url, rest) => {
    const request = requestOf({ url });
    createBasePath(basePath)(request);
    expect(request.url).toBe(rest);
  });
});

describe('the address of a client', () => {
  const from = (peer: string, forwarded?: string) => requestOf({ headers: { 'x-forwarded-for': forwarded }, peer });

  it.each<[false | number | readonly string[], string, string | undefined, string]>([
    [false, '10.0.0.1', '1.1.1.1', '10.0.0.1'],
    [1, '10.0.0.1', '1.1.1.1, 2.2.2.2', '2.2.2.2'],
    [2, '10.0.0.1', '0.0.0.0, 1.1.1.1, 2.2.2.2', '1.1.1.1'],
    [3, '10.0.0.1', '2.2.2.2', '2.2.2.2'],
    [1, '10.0.0.1', undefined, '10.0.0.1'],
    [['10.0.0.0/8'], '10.0.0.1', '1.1.1.1, 10.2.2.2', '1.1.1.1'],
    [['10.0.0.0/8'], '11.0.0.1', '1.1.1.1', '11.0.0.1'],
  ])('that trusts %j, over %s for %s: %s', (trusted, peer, forwarded, address) => {
    expect(createClientAddress(createProxyTrust(trusted))(from(peer, forwarded))).toBe(address);
  });

  it.each([
    [['10.0.0.0/8'], 'https', 'https'],
    [['10.0.0.0/8'], ' HTTPS , http', 'https'],
    [['10.0.0.0/8'], 'http, https', 'http'],
    [['10.0.0.0/8'], 'wss', 'http'],
    [['10.0.0.0/8'], undefined, 'http'],
    [['11.0.0.0/8'], 'https', 'http'],
    [1, 'https', 'https'],
    [false, 'https', 'http'],
  ] as const)('has a scheme, that trusts %j for %j: %s', (trusted, forwarded, scheme) => {
    const request = requestOf({ headers: { 'x-forwarded-proto': forwarded }, peer: '10.0.0.1' });
    expect(createClientScheme(createProxyTrust(trusted))(request)).toBe(scheme);
  });

  it('is empty where the connection is closed, and its scheme is http', () => {
    expect(createClientAddress(createProxyTrust(false))(requestOf({}))).toBe('');
    const schemeOf = createClientScheme(createProxyTrust(['10.0.0.0/8']));
    expect(schemeOf(withHeader('x-forwarded-proto', 'https'))).toBe('http');
  });

  it('has its header of HSTS over TLS alone', () => {
    const hstsOf = (seconds: number | null, scheme: 'http' | 'https') =>
      createHsts(seconds, () => scheme)(requestOf({}));
    expect(hstsOf(60, 'https')).toEqual(['strict-transport-security', 'max-age=60']);
    expect(hstsOf(0, 'https')).toEqual(['strict-transport-security', 'max-age=0']);
    expect([hstsOf(60, 'http'), hstsOf(null, 'https')]).toEqual([[], []]);
  });
});

describe('an origin', () => {
  const APP = 'https://app.example.com';
  const EXPOSED = 'x-request-id, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after';
  const read = (allowed: string) => [
    ...['access-control-allow-origin', allowed],
    ...['access-control-expose-headers', EXPOSED],
  ];
  const asked = (allowed: string, ...headers: readonly string[]) => [
    ...['access-control-allow-origin', allowed, 'access-control-allow-methods', 'GET, POST', ...headers],
    ...['access-control-max-age', '86400'],
  ];

  it.each<[readonly string[], Parts['headers'], readonly string[]]>([
    [[], { origin: APP }, []],
    [[APP], {}, []],
    [[APP], { origin: 'https://evil.example.com' }, []],
    [['https://b.example.com', APP], { origin: APP }, read(APP)],
    [['*'], { origin: APP }, read('*')],
    [[APP, '*'], {}, read('*')],
    [[APP], { origin: APP, 'access-control-request-method': 'POST' }, asked(APP)],
    [
      [APP],
      { origin: APP, 'access-control-request-method': 'POST', 'access-control-request-headers': 'a, b' },
      asked(APP, 'access-control-allow-headers', 'a, b'),
    ],
    [[APP], { origin: 'https://evil.example.com', 'access-control-request-method': 'POST' }, []],
  ])('of those that %j allows, %j, gets %j', (origins, headers, expected) => {
    expect(createCors(origins)(requestOf({ headers }))).toEqual(expected);
  });

  it('decides an answer where some are named', () => {
    expect([[], ['*'], [APP], [APP, '*']].map(variesByOrigin)).toEqual([false, false, true, false]);
  });

  it('of Sandbox is allowed with it', () => {
    expect(originsOf([APP], false)).toEqual([APP]);
    expect(originsOf([APP], true)).toEqual([
      APP,
      'https://studio.apollographql.com',
      'https://sandbox.embed.apollographql.com',
    ]);
  });

  it.each([
    [undefined, [], true],
    [APP, [], false],
    [APP, [APP], true],
    [APP, ['*'], true],
    ['http://gateway:4000', [], true],
    ['https://gateway:4000', [APP], true],
    ['http://gateway', [], false],
    ['null', [], false],
  ])('%j opens a WebSocket of gateway:4000 where %j are allowed: %s', (origin, origins, may) => {
    expect(mayUpgrade(requestOf({ headers: { origin, host: 'gateway:4000' } }), origins)).toBe(may);
  });
});

describe('an exchange', () => {
  const response = new ServerResponse(requestOf({}));

  it.each([
    ['GET', '/graphql?query=a?b', 'GET', '/graphql', '?query=a?b'],
    ['HEAD', '/', 'GET', '/', ''],
    ['POST', '/?', 'POST', '/', '?'],
    ['POST', '?a', 'POST', '', '?a'],
    [undefined, undefined, 'GET', '/', ''],
  ])('of %s %s is %s %s with the query %j', (method, url, ...expected) => {
    const exchange = createExchange(requestOf({ method, url }), response);
    expect([exchange.method, exchange.path, exchange.search]).toEqual(expected);
  });

  it('has the id that came with it, if that is safe to log', () => {
    const own = /^[\da-f-]{36}$/;
    for (const id of ['edge-7.a:1_X', 'x', 'x'.repeat(128)]) expect(requestIdOf({ 'x-request-id': id })).toBe(id);
    for (const id of ['', 'a b', 'a"', '"a', 'a\n', 'x'.repeat(129), undefined, ['a', 'b']]) {
      expect(requestIdOf({ 'x-request-id': id })).toMatch(own);
    }
    const { requestId } = createExchange(requestOf({ headers: { 'x-request-id': 'mine' } }), response);
    expect(requestId).toBe('mine');
  });
});

describe('the explorer of a browser', () => {
  const chosenBy = (search: string, cookie?: string) =>
    chosenExplorer({ request: withHeader('cookie', cookie), search });

  it.each([
    ['?explorer=graphiql', undefined, 'graphiql', true],
    ['?explorer=sandbox', 'stepgate-explorer=graphiql', 'sandbox', true],
    ['?explorer=other', undefined, 'sandbox', false],
    ['', 'stepgate-explorer=graphiql', 'graphiql', false],
    ['', 'a=b;stepgate-explorer=graphiql ; c=d', 'graphiql', false],
    ['', 'stepgate-explorer=sandbox', 'sandbox', false],
    ['', 'not-stepgate-explorer=graphiql', 'sandbox', false],
    ['', undefined, 'sandbox', false],
  ])('that asks %j with the cookie %j is %s', (search, cookie, explorer, isNew) => {
    expect(chosenBy(search, cookie)).toEqual({ explorer, isNew });
  });

  it('is remembered for a year, at its own path', () => {
    const cookie = explorerCookie('graphiql', '/stepgate');
    expect(cookie).toBe('stepgate-explorer=graphiql; Path=/stepgate/graphql; Max-Age=31536000; SameSite=Lax; HttpOnly');
    expect(chosenBy('', cookie.split(';')[0])).toEqual({ explorer: 'graphiql', isNew: false });
  });
});

describe('what a client accepts', () => {
  const JSON_TYPE = 'application/json; charset=utf-8';
  const GRAPHQL_TYPE = 'application/graphql-response+json; charset=utf-8';

  it.each([
    [undefined, JSON_TYPE, false, false],
    ['', JSON_TYPE, false, false],
    ['*/*', JSON_TYPE, false, false],
    ['application/json', JSON_TYPE, false, false],
    ['application/graphql-response+json', GRAPHQL_TYPE, false, false],
    ['application/graphql-response+json, application/json;q=0.9', GRAPHQL_TYPE, false, false],
    ['application/json;q=0.9, application/graphql-response+json;q=0.8', JSON_TYPE, false, false],
    ['text/event-stream', null, true, false],
    ['text/event-stream;q=0, application/json', JSON_TYPE, false, false],
    ['text/event-stream, application/json', JSON_TYPE, true, false],
    ['text/html, */*;q=0.8', JSON_TYPE, false, true],
    ['text/html;q=0.5, application/json', JSON_TYPE, false, false],
    ['text/html', null, false, true],
    ['image/png', null, false, false],
  ])('is the form of its answer: %j', (accept, json, events, prefersHtml) => {
    const { acceptedForms } = createNegotiation();
    for (let time = 0; time < 2; time += 1) {
      expect(acceptedForms(withHeader('accept', accept))).toEqual({ json, events, prefersHtml });
    }
  });

  it.each([
    ['text/event-stream', true],
    ['*/*', true],
    ['', true],
    [undefined, true],
    ['text/*;q=0.1', true],
    ['application/json', false],
    ['text/event-stream;q=0', false],
  ])('is a stream: %j', (accept, isStream) => {
    expect(createNegotiation().acceptsEvents(withHeader('accept', accept))).toBe(isStream);
  });

  it('is the same however it came before', () => {
    const accepts = fc.constantFrom(
      undefined,
      '',
      '*/*',
      'text/html',
      `text/event-stream,${' '.repeat(200)}application/json`,
    );
    fc.assert(
      fc.property(fc.array(accepts, { minLength: 1, maxLength: 6 }), (all) => {
        const { acceptedForms } = createNegotiation();
        for (const accept of all) {
          const request = withHeader('accept', accept);
          expect(acceptedForms(request)).toEqual(createNegotiation().acceptedForms(request));
        }
      }),
    );
  });

  it.each<[string | undefined, readonly string[]]>([
    [undefined, []],
    ['', []],
    ['gzip', ['gzip']],
    ['br, gzip', ['br', 'gzip']],
    ['*', ['br', 'gzip']],
    ['gzip;q=0, *', ['br']],
    ['identity', []],
    ['zstd', []],
  ])('of encodings in %j is %j, or none', (header, encodings) => {
    const encodingsOf = createEncodingNegotiation();
    for (let time = 0; time < 2; time += 1) {
      const { identity, ...accepted } = encodingsOf(withHeader('accept-encoding', header));
      expect(accepted).toEqual({ gzip: encodings.includes('gzip'), br: encodings.includes('br') });
      expect(identity).toBe(true);
    }
  });

  it('may be an encoding and nothing else', () => {
    const encodingsOf = createEncodingNegotiation();
    const all = ['gzip, identity;q=0', 'br, *;q=0', 'gzip'].map((header) =>
      encodingsOf(withHeader('accept-encoding', header)),
    );
    expect(all).toEqual([
      { gzip: true, br: false, identity: false },
      { gzip: false, br: true, identity: false },
      { gzip: true, br: false, identity: true },
    ]);
  });

  it.each([
    ['application/json', true],
    ['Application/JSON ; charset=UTF-8', true],
    ['application/json;charset="utf-8"', true],
    ['application/json ;  charset  =  utf-8  ', true],
    ['application/json; charset=latin1', false],
    ['application/jsonp', false],
    ['text/application/json', false],
    [undefined, false],
  ])('of a body is %j: %s', (type, isJson) => {
    expect(isJsonBody(type)).toBe(isJson);
  });
});
