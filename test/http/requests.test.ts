/** Which requests are answered by which part of the gateway, and how other requests are rejected. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { ConfigError } from 'stepgate';
import { startGateway, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { captureLog } from '../harness/observed.ts';
import { ask } from '../harness/plain-http.ts';
import { connectRaw } from '../harness/raw-http.ts';

const HEAD = 'host: x\r\nauthorization: Bearer key-1\r\n';
const JSON_HEAD = `${HEAD}content-type: application/json\r\n`;
const OWN_ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Each is sent over its own connection. */
const REFUSED: readonly (readonly [name: string, status: number, code: string, sent: string])[] = [
  ['a path with a slash at its end', 404, 'NOT_FOUND', `POST /graphql/ HTTP/1.1\r\n${HEAD}content-length: 0\r\n\r\n`],
  ['a path below it', 404, 'NOT_FOUND', `GET /graphql/xyz?query={__typename} HTTP/1.1\r\n${HEAD}\r\n`],
  ['a path that can not be decoded', 400, 'BAD_REQUEST', `GET /graphql%zz HTTP/1.1\r\n${HEAD}\r\n`],
  ['PUT', 405, 'BAD_REQUEST', `PUT /graphql HTTP/1.1\r\n${HEAD}content-length: 0\r\n\r\n`],
  ['TRACE', 405, 'BAD_REQUEST', `TRACE /graphql HTTP/1.1\r\n${HEAD}\r\n`],
  ['PATCH of the stream', 405, 'BAD_REQUEST', `PATCH /graphql/stream HTTP/1.1\r\n${HEAD}content-length: 0\r\n\r\n`],
];

describe('a request', () => {
  const log = captureLog('info');
  let isBroken = false;

  const gateway = perBlock(
    new TestGateway(() => ({
      env: { BASE_PATH: '/stepgate' },
      clock: {
        now: () => {
          if (isBroken) throw new Error('a defect');
          return Date.now();
        },
      },
      logger: log.logger,
    })),
  );
  const { upstream } = gateway;
  it.each(REFUSED)(
    'is rejected with a GraphQL error, even below the base path: %s',
    async (_name, status, code, sent) => {
      const calls = upstream.calls.length;
      for (const text of [sent, sent.replace(' /graphql', ' /stepgate/graphql')]) {
        const raw = await connectRaw(gateway.url);
        const { head, body } = await raw.ask(Buffer.from(text, 'latin1'));
        expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
        expect(head).toMatch(/^content-type: application\/json/im);
        expect(head).toMatch(/^cache-control: no-store/im);
        expect(head).toMatch(/^x-content-type-options: nosniff/im);
        if (status === 405)
          expect(head).toMatch(sent.includes('/stream') ? /^allow: GET, POST\r/im : /^allow: GET, HEAD, POST\r/im);
        const requestId = /^x-request-id: (\S+)/im.exec(head)?.[1];
        expect(requestId).toMatch(OWN_ID);
        const extensions = { code, retryable: false, requestId };
        expect(JSON.parse(body)).toEqual({ errors: [{ message: expect.stringMatching(/.{20}/), extensions }] });
        raw.close();
      }
      expect(upstream.calls).toHaveLength(calls);
    },
  );

  it('is served over HTTP/1.1 despite an offer of HTTP/2', async () => {
    const raw = await connectRaw(gateway.url);
    const sent = `GET /healthz HTTP/1.1\r\n${HEAD}connection: upgrade\r\nupgrade: h2c\r\n\r\n`;
    expect((await raw.ask(sent)).body).toBe('{"status":"alive"}');
    raw.close();
  });

  it.each([
    ['GET', '/', 'text/html'],
    ['GET', '/?a', 'text/html'],
    ['GET', '/workflows/wf/runs/r1', 'text/html'],
    ['HEAD', '/', 'text/html'],
    ['GET', '/healthz', '{"status":"alive"}'],
    ['GET', '/readyz', '{"status":"ready"}'],
    ['GET', '/metrics', 'text/plain'],
    ['GET', '/graphql?query={__typename}', '{"data":{"__typename":"Query"}}'],
    ['GET', '/workflows', null],
    ['GET', '/a/workflows/', null],
    ['GET', '/a/assets/', null],
    ['GET', '/assets/', null],
    ['GET', '/graphiql', 'text/html'],
    ['GET', '/llms.txt', '# Stepgate'],
    ['GET', '/other', null],
    ['POST', '/', null],
    ['POST', '/healthz', null],
  ])('gets the right response to %s %s: %s', async (method, path, expected) => {
    for (const prefix of ['', '/stepgate']) {
      const url = `${gateway.url}${prefix}${path}`;
      const { status, headers, body } = await ask(url, { method, headers: { authorization: 'Bearer key-1' } });
      if (expected === null) {
        expect(status).toBe(404);
        expect(JSON.parse(body.toString())).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
        expect(headers['cache-control']).toBe('no-store');
      } else {
        expect(status).toBe(200);
        expect(`${headers['content-type'] ?? ''} ${body.toString()}`).toContain(expected);
      }
    }
  });

  it.each(['/stepgate', '/stepgate?a=b'])('gets the page at the base path: %s', async (path) => {
    const { status, headers } = await ask(`${gateway.url}${path}`);
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  });

  it.each(['/stepgates/healthz', '/healthz/stepgate', '/stepgate/stepgate/healthz'])(
    'gets 404 if its path only resembles the base path: %s',
    async (path) => {
      expect((await ask(`${gateway.url}${path}`)).status).toBe(404);
    },
  );

  it('keeps a request id that is safe to log, otherwise makes one', async () => {
    const idFor = async (...given: string[]) => {
      const raw = await connectRaw(gateway.url);
      const lines = given.map((id) => `x-request-id: ${id}\r\n`).join('');
      const { head } = await raw.ask(`GET /other HTTP/1.1\r\n${HEAD}${lines}\r\n`);
      raw.close();
      return /^x-request-id: (\S+)\r?$/im.exec(head)?.[1];
    };
    for (const id of ['edge-7.a:1_X', 'x', 'x'.repeat(128)]) expect(await idFor(id)).toBe(id);
    for (const id of ['', 'a b', 'a"', '"a', 'x'.repeat(129), 'ü']) expect(await idFor(id)).toMatch(OWN_ID);
    expect(await idFor('a', 'b')).toMatch(OWN_ID);
    expect(await idFor()).toMatch(OWN_ID);
  });

  it.each([
    ['Bearer key', 'key'],
    ['bearer   key-1.a/b~  ', 'key-1.a/b~'],
    ['Bearer a b', null],
    ['Bearer schlüssel', null],
    ['Bearer', null],
    ['Bearerkey', null],
    ['Basic a2V5', null],
    ['x Bearer key', null],
    [`Bearer ${'k'.repeat(8192)}`, 'k'.repeat(8192)],
    [`Bearer ${'k'.repeat(8193)}`, null],
    ['', null],
  ])('has at most 8 KiB after Bearer as the key: %.40j', async (authorization, key) => {
    const before = upstream.calls.length;
    const { body } = await ask(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ query: `{ run(workflowId: "wf", id: "bearer") { id } }` }),
    });
    const calls = upstream.calls.slice(before).map((call) => call.key);
    expect(new Set(calls)).toEqual(new Set(key === null ? [] : [key]));
    if (key === null) expect(body.toString()).toContain('"UNAUTHENTICATED"');
  });

  it('has 15 s for the head, 30 s overall, 72 s idle', async () => {
    const started = Promise.withResolvers<{ readonly server: Server }>();
    const note = (message: unknown) => {
      started.resolve(message as { readonly server: Server });
    };
    subscribe('http.server.request.start', note);
    const raw = await connectRaw(gateway.url);
    await raw.send(`POST /graphql HTTP/1.1\r\n${JSON_HEAD}content-length: 10\r\n\r\n{`);
    const { server } = await started.promise;
    unsubscribe('http.server.request.start', note);
    expect(server).toMatchObject({ headersTimeout: 15_000, requestTimeout: 30_000, keepAliveTimeout: 72_000 });
    raw.close();
  });

  it('gets 500 with the logged request id for an internal error', async () => {
    isBroken = true;
    const headers = { 'x-request-id': 'mine', authorization: 'Bearer key-1' };
    const { status, body } = await ask(`${gateway.url}/graphql?query={__typename}`, { headers });
    isBroken = false;
    expect(status).toBe(500);
    expect(JSON.parse(body.toString())).toEqual({
      errors: [
        {
          message: expect.not.stringContaining('a defect'),
          extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false, requestId: 'mine' },
        },
      ],
    });
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 50, requestId: 'mine', err: expect.objectContaining({ message: 'a defect' }) }),
    );
    expect((await ask(`${gateway.url}/graphql?query={__typename}`, { headers })).status).toBe(200);
  });
});

describe('a gateway that cannot listen', () => {
  it.each([
    ['a name without an address', { HOST: 'host.invalid' }, /^HOST must be an address .* got "host.invalid"/],
    ['an address of another machine', { HOST: '192.0.2.1' }, /^HOST must be .*EADDRNOTAVAIL/],
  ])('names the variable in its error: %s', async (_, environment, message) => {
    const problem = startGateway({ env: environment });
    await expect(problem).rejects.toBeInstanceOf(ConfigError);
    await expect(problem).rejects.toThrow(message);
  });
});
