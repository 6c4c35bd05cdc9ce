/** The form of requests and answers: methods, media types, status codes and CSRF protection. */
import { describe, expect, it } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { ask, type PlainAnswer } from '../harness/plain-http.ts';

type Headers = Readonly<Record<string, string>>;

const JSON_TYPE = 'application/json; charset=utf-8';
const GRAPHQL_TYPE = 'application/graphql-response+json; charset=utf-8';
const EVENTS_TYPE = 'text/event-stream';
const KEY = { authorization: 'Bearer key-1' };
const TYPENAME = '{ __typename }';
const RUN = '{ run(workflowId: "wf", id: "r1") { status } }';
const WATCH = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { status } } }';
const MUTATION = 'mutation { executeWorkflow(workflowId: "wf") { message } }';

const gateway = perBlock(new TestGateway());
const { upstream } = gateway;

const get = (query: string, headers: Headers = {}, path = '/graphql', method = 'GET') =>
  ask(`${gateway.url}${path}?query=${encodeURIComponent(query)}`, { method, headers: { ...KEY, ...headers } });
const post = (query: string, headers: Headers = {}, path = '/graphql') =>
  ask(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...KEY, ...headers },
    body: JSON.stringify({ query }),
  });
const typeOf = ({ headers }: PlainAnswer) => headers['content-type'];
const codeOf = ({ body }: PlainAnswer) =>
  (JSON.parse(body.toString()) as { errors?: { extensions: { code: string } }[] }).errors?.[0]?.extensions.code;

describe('the public GraphQL-over-HTTP audit', () => {
  const audits = serverAudits({
    url: () => `${gateway.url}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', 'Bearer demo-key');
      return fetch(url, { ...init, headers });
    },
  });

  it.each(audits.map((audit) => [audit.name, audit] as const))('%s', async (_, audit) => {
    expect(await audit.fn()).toMatchObject({ status: 'ok' });
  });
});

describe('the content type of a response', () => {
  it.each<[string, string | null]>([
    ['', JSON_TYPE],
    ['*/*', JSON_TYPE],
    ['application/json', JSON_TYPE],
    ['application/graphql-response+json', GRAPHQL_TYPE],
    ['application/graphql-response+json, application/json;q=0.9', GRAPHQL_TYPE],
    ['application/json;q=0.9, application/graphql-response+json;q=0.8', JSON_TYPE],
    ['text/event-stream', EVENTS_TYPE],
    ['text/event-stream;q=0, application/json', JSON_TYPE],
    ['text/event-stream, application/json', JSON_TYPE],
    ['text/html, */*;q=0.8', JSON_TYPE],
    ['text/html', null],
    ['image/png', null],
    [`image/png,${' '.repeat(200)}application/json`, JSON_TYPE],
  ])('follows Accept %j: %s', async (accept, type) => {
    // The second and the third answer come from caches.
    for (let time = 0; time < 3; time += 1) {
      const answer = await post(RUN, { accept });
      if (type === null) expect([answer.status, codeOf(answer)]).toEqual([406, 'BAD_REQUEST']);
      else expect([answer.status, typeOf(answer)?.split(';')[0]]).toEqual([200, type.split(';')[0]]);
      if (type !== EVENTS_TYPE && type !== null) expect(typeOf(answer)).toBe(type);
    }
  });

  it('ignores an Accept header longer than 1 KiB', async () => {
    const acceptOf = (length: number) => EVENTS_TYPE.padEnd(length, ', a/b');
    expect(typeOf(await post(RUN, { accept: acceptOf(1024) }))).toMatch(EVENTS_TYPE);
    for (const length of [1025, 15_000]) expect(typeOf(await post(RUN, { accept: acceptOf(length) }))).toBe(JSON_TYPE);
  });

  it.each([
    ['text/event-stream', 200],
    ['*/*', 200],
    ['', 200],
    ['text/*;q=0.1', 200],
    ['application/json', 406],
    ['text/event-stream;q=0', 406],
  ])('is an event stream or error at /graphql/stream: %j gets %d', async (accept, status) => {
    for (const answer of [
      await post(RUN, { accept }, '/graphql/stream'),
      await get(RUN, { accept }, '/graphql/stream'),
    ]) {
      expect(answer.status).toBe(status);
      if (status === 200) expect(typeOf(answer)).toMatch(/^text\/event-stream/);
      else expect(codeOf(answer)).toBe('BAD_REQUEST');
    }
  });

  const BOTH = 'application/json, text/event-stream';
  it.each([
    ['a subscription that names events', () => post(WATCH, { accept: BOTH }), 200],
    ['a subscription that accepts anything', () => post(WATCH, { accept: '*/*' }), 400],
    ['a HEAD of a query', () => get(TYPENAME, { accept: BOTH }, '/graphql', 'HEAD'), 200],
    ['a HEAD of a subscription', () => get(WATCH, { accept: BOTH }, '/graphql', 'HEAD'), 400],
    ['a HEAD that accepts events alone', () => get(TYPENAME, { accept: EVENTS_TYPE }, '/graphql', 'HEAD'), 406],
    ['a HEAD of the stream', () => get(TYPENAME, {}, '/graphql/stream', 'HEAD'), 405],
  ])('is an event stream if nothing else is accepted: %s', async (_, send, status) => {
    const answer = await send();
    expect(answer.status).toBe(status);
    expect(typeOf(answer)?.startsWith(EVENTS_TYPE)).toBe(status === 200 && answer.body.length > 0);
  });
});

describe('the status of a response without data', () => {
  const send = (body: string, accept: string, headers: Headers = {}, method = 'POST') =>
    ask(`${gateway.url}/graphql`, {
      method,
      headers: { 'content-type': 'application/json', ...KEY, accept, ...headers },
      body,
    });

  it.each([
    ['a parse error', '{"query":"{"}', 'GRAPHQL_PARSE_FAILED', 200, 400],
    ['an unknown field', '{"query":"{ nothing }"}', 'GRAPHQL_VALIDATION_FAILED', 200, 400],
    [
      'a variable of the wrong type',
      '{"query":"query ($a: Int!) { workflows(first: $a) { totalCount } }","variables":{"a":"x"}}',
      'BAD_USER_INPUT',
      200,
      400,
    ],
    ['a body that is not JSON', '{', 'BAD_REQUEST', 400, 400],
    ['a long body', ' '.repeat(2 ** 20 + 1), 'BAD_USER_INPUT', 413, 413],
  ])('is 200 for %s only if invalid in application/json', async (_, body, code, older, newer) => {
    for (const [accept, type, status] of [
      ['application/json', JSON_TYPE, older],
      ['application/graphql-response+json', GRAPHQL_TYPE, newer],
    ] as const) {
      const answer = await send(body, accept);
      expect([answer.status, typeOf(answer), codeOf(answer)]).toEqual([status, type, code]);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  it.each(['application/json', 'application/graphql-response+json'])(
    'is 401 if no root field could run without accepted key: %s',
    async (accept) => {
      const statusOf = async (query: string, authorization?: string) => {
        const given = { 'content-type': 'application/json', accept, ...(authorization && { authorization }) };
        const { status, headers, body } = await ask(`${gateway.url}/graphql`, {
          method: 'POST',
          headers: given,
          body: JSON.stringify({ query }),
        });
        const { errors = [] } = JSON.parse(body.toString()) as { errors?: readonly unknown[] };
        return [status, headers['www-authenticate'], errors.length];
      };
      await post(RUN);
      const calls = upstream.calls.length;
      expect(await statusOf(RUN)).toEqual([401, 'Bearer', 1]);
      expect(upstream.calls).toHaveLength(calls);
      expect(await statusOf(`{ a: __typename ${RUN.slice(1)}`)).toEqual([200, undefined, 1]);
      expect(await statusOf(TYPENAME)).toEqual([200, undefined, 0]);
      const { script } = upstream;
      for (const [refused, ...outcome] of [
        [401, 401, 'Bearer'],
        [403, 200, undefined],
      ] as const) {
        upstream.script = () => ({ status: refused });
        expect(await statusOf(RUN, `Bearer refused-${refused}`)).toEqual([...outcome, 1]);
      }
      upstream.script = script;
    },
  );

  it("is 405 for a mutation by GET, which isn't executed", async () => {
    for (const method of ['GET', 'HEAD']) {
      const { status, headers } = await get(MUTATION, {}, '/graphql', method);
      expect([status, headers.allow]).toEqual([405, 'GET, HEAD, POST']);
    }
    expect(upstream.count('execute')).toBe(0);
    expect((await get(RUN)).headers.allow).toBeUndefined();
  });
});

describe('a request that another site could have sent', () => {
  it.each<[string, Headers, boolean]>([
    ['no header of its own', {}, false],
    ['a type that a page may send', { 'content-type': 'text/plain;charset=utf-8' }, false],
    ['the type of a form with files', { 'content-type': 'Multipart/form-data' }, false],
    ['the type of a form', { 'content-type': 'application/x-www-form-urlencoded' }, false],
    ['a type that a page may not send', { 'content-type': 'application/json' }, true],
    ['a type that names another one', { 'content-type': 'application/x-own; not=text/plain' }, true],
    ['a key', KEY, true],
    ['the name of an operation', { 'x-apollo-operation-name': 'A' }, true],
    ['the header for this purpose', { 'apollo-require-preflight': 'true' }, true],
  ])('is rejected as a GET that needs no preflight: %s', async (_, headers, isAllowed) => {
    const answer = await ask(`${gateway.url}/graphql?query={__typename}`, { headers });
    expect(answer.status).toBe(isAllowed ? 200 : 400);
    if (!isAllowed) expect(answer.body.toString()).toMatch(/BAD_REQUEST|Cross-Site Request Forgery/);
  });

  it.each<[string | undefined, number]>([
    ['application/json', 200],
    ['Application/JSON ; charset=UTF-8', 200],
    ['application/json;charset="utf-8"', 200],
    ['application/json ;  charset  =  utf-8  ', 200],
    ['application/json; charset=latin1', 415],
    ['application/jsonp', 415],
    ['text/application/json', 415],
    ['text/plain', 415],
    [`text/${'x'.repeat(200)}`, 415],
    [undefined, 415],
  ])("is rejected as a POST if its content type isn't JSON: %s", async (type, status) => {
    for (const body of [TYPENAME, RUN].map((query) => JSON.stringify({ query }))) {
      const headers = { ...KEY, ...(type !== undefined && { 'content-type': type }) };
      const answer = await ask(`${gateway.url}/graphql`, { method: 'POST', headers, body });
      expect([answer.status, codeOf(answer)]).toEqual([status, status === 200 ? undefined : 'BAD_REQUEST']);
    }
  });
});
