/**
 * Upstream calls over HTTP: requests, statuses, broken, late and large answers, and connections.
 *
 * @jest-environment-options {"fakeTimers":"server"}
 */
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Environment, startGateway, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { until } from '../harness/until.ts';
import { healthy, type Reply } from '../harness/upstream.ts';
import { wireStep } from '../harness/wire.ts';
import { RawUpstream } from './raw-upstream.ts';

const KEY = 'sk-4711-secret';
const MAX_BYTES = 65_536;
const STEPS = JSON.stringify([wireStep()]);
const START = 'mutation { executeWorkflow(workflowId: "wf", inputs: { order: 7 }) { message } }';
const LIMITS = { UPSTREAM_MAX_RESPONSE_BYTES: `${MAX_BYTES}`, RATE_LIMIT_ANONYMOUS_PER_MINUTE: '1000000' };

interface Outcome {
  readonly steps: readonly { readonly id: string; readonly error: string | null }[] | null;
  readonly error: Readonly<Record<string, unknown>> | undefined;
  /** All strings of the errors. */
  readonly text: string;
}

let asked = 0;
/** The steps of a run, by default of a new run and workflow. */
async function askSteps(
  gateway: TestGateway,
  { key = KEY, workflowId = '', runId = '', signal = AbortSignal.any([]) } = {},
): Promise<Outcome> {
  asked += 1;
  const [wf, id] = [workflowId || `wf-${asked}`, runId || `r-${asked}`];
  const document = `{ run(workflowId: "${wf}", id: "${id}") { steps { id error } } }`;
  const { data, errors } = await gateway.query(document, { key, signal });
  const [error] = errors;
  const { steps = null } = (data as { run: { steps?: Outcome['steps'] } | null } | null)?.run ?? {};
  return { steps, error: error && { message: error.message, ...error.extensions }, text: JSON.stringify(errors) };
}

beforeAll(() => {
  // The shortest delays between attempts.
  jest.spyOn(Math, 'random').mockReturnValue(0);
});
afterAll(() => {
  jest.restoreAllMocks();
});
describe('an upstream call', () => {
  const gateway = perBlock(new TestGateway({ env: { UPSTREAM_ENDPOINTS: 'steps,execute,workflows', ...LIMITS } }));
  const { upstream } = gateway;
  afterEach(() => {
    upstream.script = healthy;
  });

  const answering = async (reply: Reply, ask: (gateway: TestGateway) => Promise<Outcome> = askSteps) => {
    // A success in between keeps the circuit breaker closed.
    upstream.script = healthy;
    expect((await askSteps(gateway)).error).toBeUndefined();
    upstream.script = () => reply;
    const before = upstream.calls.length;
    const answer = await ask(gateway);
    return { ...answer, attempts: upstream.calls.length - before };
  };

  describe('every endpoint', () => {
    const env = { UPSTREAM_HEADERS: 'x-tenant: acme' };
    const all = perBlock(new TestGateway(() => ({ upstream: { url: `${upstream.url}/api/v1/` }, env })));

    it('calls the path below UPSTREAM_URL with key, request id and encodings', async () => {
      const before = upstream.calls.length;
      for (const query of [
        '{ run(workflowId: "wf", id: "r1") { error } }',
        '{ workflow(id: "wf") { runs(first: 10) { nodes { id } } } }',
        '{ workflows { nodes { id } } }',
        START,
      ]) {
        await all.query(query, { key: KEY });
      }
      const calls = upstream.calls.slice(before);
      expect([...new Set(calls.map(({ url, body }) => `${url.pathname}${url.search} ${body}`))].sort()).toEqual([
        '/api/v1/workflows ',
        '/api/v1/workflows/wf/execute {"order":7}',
        '/api/v1/workflows/wf/runs/r1 ',
        '/api/v1/workflows/wf/runs/r1/steps ',
        expect.stringMatching(/^\/api\/v1\/workflows\/wf\/runs\?limit=\d+&offset=0 $/),
      ]);
      for (const { headers } of calls) {
        expect(headers).toMatchObject({
          ...{ authorization: `Bearer ${KEY}`, accept: 'application/json', 'user-agent': 'stepgate' },
          ...{ 'x-tenant': 'acme', 'x-request-id': expect.stringMatching(/^[\w-]{36}$/) },
          'accept-encoding': expect.stringContaining('gzip'),
        });
      }
    });
  });

  it.each<[number, string, string, boolean, number]>([
    [300, 'UPSTREAM_CONTRACT_VIOLATION', 'Redirects are not followed', false, 1],
    [304, 'UPSTREAM_CONTRACT_VIOLATION', 'got HTTP 304', false, 1],
    [399, 'UPSTREAM_CONTRACT_VIOLATION', 'Redirects are not followed', false, 1],
    [400, 'BAD_USER_INPUT', 'rejected the input', false, 1],
    [401, 'UNAUTHENTICATED', 'does not accept this key', false, 1],
    [403, 'FORBIDDEN', 'does not allow this key', false, 1],
    [404, 'NOT_FOUND', 'Not found upstream', false, 1],
    [407, 'UPSTREAM_UNAVAILABLE', 'The proxy requires credentials', false, 1],
    [408, 'UPSTREAM_TIMEOUT', 'timed out waiting for the request', true, 3],
    [413, 'BAD_USER_INPUT', 'too large (HTTP 413)', false, 1],
    [418, 'UPSTREAM_CONTRACT_VIOLATION', 'got HTTP 418', false, 1],
    [422, 'BAD_USER_INPUT', 'rejected the input (HTTP 422)', false, 1],
    [429, 'RATE_LIMITED', "upstream's rate limit was exceeded", true, 3],
    [499, 'UPSTREAM_CONTRACT_VIOLATION', 'HTTP 499', false, 1],
    [500, 'UPSTREAM_UNAVAILABLE', 'failed (HTTP 500)', true, 1],
    [502, 'UPSTREAM_UNAVAILABLE', 'failed (HTTP 502)', true, 3],
    [503, 'UPSTREAM_UNAVAILABLE', 'failed (HTTP 503)', true, 3],
    [504, 'UPSTREAM_UNAVAILABLE', 'failed (HTTP 504)', true, 3],
    [599, 'UPSTREAM_UNAVAILABLE', 'failed (HTTP 599)', true, 1],
  ])('maps HTTP %i to %s: %s', async (status, code, message, retryable, attempts) => {
    const raw = status === 304 ? '' : `{"detail": "${KEY}"}`;
    const answer = await answering({ status, raw, headers: { 'x-echo': KEY, location: `${upstream.url}/${KEY}` } });
    expect(answer).toMatchObject({
      error: { code, message: expect.stringContaining(message), retryable, upstreamStatus: status },
      attempts,
    });
    expect(answer.text.includes('Redirects')).toBe(message.includes('Redirects'));
    expect(answer.text).not.toContain(KEY);
  });

  it('succeeds with HTTP 299', async () => {
    expect((await answering({ status: 299, raw: STEPS })).steps).toHaveLength(1);
  });

  it('names the path in the error of a 404 for workflows', async () => {
    upstream.script = () => ({ status: 404, json: {} });
    const { errors } = await gateway.query('{ workflows { nodes { id } } }', { key: KEY });
    expect(errors).toMatchObject([
      { message: expect.stringContaining('List of workflows not found upstream at `workflows`') },
    ]);
  });

  it.each<[string, Reply]>([
    ['larger than the limit', { raw: Buffer.alloc(MAX_BYTES + 1, 'x') }],
    ['cut', { raw: 'unauthorized', cutAfter: 4 }],
    ['broken in its compression', { raw: 'no gzip', headers: { 'content-encoding': 'gzip' } }],
    ['empty', { raw: '' }],
  ])('maps a status to its error, even if the body is %s', async (_, reply) => {
    for (const [status, code] of [
      [401, 'UNAUTHENTICATED'],
      [403, 'FORBIDDEN'],
      [404, 'NOT_FOUND'],
      [500, 'UPSTREAM_UNAVAILABLE'],
    ] as const) {
      expect(await answering({ ...reply, status })).toMatchObject({
        error: { code, upstreamStatus: status },
        attempts: 1,
      });
    }
  });

  it.each<[string, number | undefined]>([
    ['7', 7],
    [' 7 ', 7],
    ['0', 0],
    ['999999999', 999_999_999],
    ['Tue, 24 Nov 2020 11:00:00 GMT', 0],
    ...['1000000000', '1.5', '7x', '-7', 'soon', ''].map((value): [string, undefined] => [value, undefined]),
  ])('reads Retry-After "%s" as retryAfterSeconds %s', async (value, seconds) => {
    const answer = await answering({ status: 500, headers: { 'retry-after': value } });
    expect(answer.error?.retryAfterSeconds).toBe(seconds);
  });

  it('converts a date in Retry-After to seconds', async () => {
    const date = new Date(Date.now() + 90_000).toUTCString();
    const { error } = await answering({ status: 500, headers: { 'retry-after': date } });
    expect(error?.retryAfterSeconds).toBeGreaterThan(60);
    expect(error?.retryAfterSeconds).toBeLessThanOrEqual(90);
  });

  it.each<[string, Reply, string]>([
    ['is cut', { raw: STEPS, cutAfter: 3 }, 'is incomplete or unreadable'],
    [
      'is compressed and cut',
      { raw: gzipSync(STEPS).subarray(0, -9), headers: { 'content-encoding': 'gzip' } },
      'is incomplete or unreadable',
    ],
    ...['gzip', 'br', 'zstd'].map((encoding): [string, Reply, string] => [
      `is not compressed although it claims ${encoding}`,
      { raw: STEPS, headers: { 'content-encoding': encoding } },
      'is incomplete or unreadable',
    ]),
  ])('maps a response that %s to UPSTREAM_UNAVAILABLE after three attempts', async (_, reply, message) => {
    expect(await answering(reply)).toMatchObject({
      error: { code: 'UPSTREAM_UNAVAILABLE', retryable: true, message: expect.stringContaining(message) },
      attempts: 3,
    });
  });

  it('accepts UPSTREAM_MAX_RESPONSE_BYTES, and not one byte more', async () => {
    const padded = (bytes: number) => ({ raw: `${STEPS}${' '.repeat(bytes - Buffer.byteLength(STEPS))}` });
    expect((await answering(padded(MAX_BYTES))).steps).toHaveLength(1);
    upstream.script = healthy;
    expect(await answering(padded(MAX_BYTES + 1))).toMatchObject({
      error: { code: 'UPSTREAM_CONTRACT_VIOLATION', message: expect.stringContaining('UPSTREAM_MAX_RESPONSE_BYTES') },
      attempts: 1,
    });
  });

  it.each([
    ...[302, 307, 408, 409, 500, 502, 504].map((status) => [status, true] as const),
    ...[400, 401, 403, 404, 405, 413, 422, 429].map((status) => [status, false] as const),
  ])('sends a start once, and after HTTP %i outcomeIsUnknown is %s', async (status, isUnknown) => {
    const start = async () => {
      const { errors } = await gateway.query(START, { key: KEY });
      return { steps: null, error: errors[0]?.extensions, text: '' };
    };
    const { error, attempts } = await answering({ status, json: {} }, start);
    expect(error).toMatchObject({
      upstreamStatus: status,
      ...(isUnknown && { outcomeIsUnknown: true, retryable: false }),
    });
    expect('outcomeIsUnknown' in (error ?? {})).toBe(isUnknown);
    expect(attempts).toBe(1);
  });

  describe('an upstream that sends no steps', () => {
    const other = perBlock(new TestGateway({ upstream, env: { UPSTREAM_ENDPOINTS: 'steps', ...LIMITS } }));
    const many = (ask: () => Promise<unknown>) => Promise.all(Array.from({ length: 60 }, ask));
    beforeEach(async () => {
      expect((await askSteps(other, { workflowId: 'wf' })).error).toBeUndefined();
    });
    /** The same number of failures would open the circuit breaker. */
    afterEach(async () => {
      upstream.script = healthy;
      expect((await askSteps(other, { workflowId: 'wf' })).steps).toHaveLength(1);
    });

    it('aborts the call of a disconnected client without counting a failure', async () => {
      upstream.script = ({ cut }) => cut.then(() => ({}));
      const before = upstream.calls.length;
      const clients = new AbortController();
      const outcomes = many(() => askSteps(other, { workflowId: 'wf', signal: clients.signal }).catch(() => 'left'));
      await until(() => upstream.calls.length === before + 60);
      clients.abort();
      expect(new Set(await outcomes)).toEqual(new Set(['left']));
      for (const { cut } of upstream.calls.slice(before)) await cut;
    });

    it.each([
      ['refuses inputs', { status: 400 }],
      ['does not find ids', { status: 404 }],
      ['limits the rate of calls', { status: 429, headers: { 'retry-after': '60' } }],
    ])('counts no failure for the breaker if the upstream %s', async (_, reply) => {
      upstream.script = () => reply;
      await many(() => askSteps(other, { workflowId: 'wf' }));
    });
  });
});

describe('the bytes of a response', () => {
  const raw = perBlock(new RawUpstream());
  const over = (env: Environment) =>
    perBlock(new TestGateway({ upstream: raw, env: { UPSTREAM_ENDPOINTS: 'steps,execute', ...env } }));
  const gateway = over(LIMITS);
  const hasty = over({ ...LIMITS, UPSTREAM_TIMEOUT_MS: '300' });
  const large = over({ UPSTREAM_TIMEOUT_MS: '10000', UPSTREAM_MAX_RESPONSE_BYTES: String(2 ** 26) });

  it('are read one by one, even within characters', async () => {
    raw.answer = (_, response) => {
      for (const byte of Buffer.from(JSON.stringify([wireStep({ error: '“größer” 🙂' })])))
        response.write(Buffer.from([byte]));
      response.end();
    };
    expect((await askSteps(gateway)).steps).toMatchObject([{ error: '“größer” 🙂' }]);
  });

  it('are not read if Content-Length exceeds the limit', async () => {
    raw.answer = (_, response) => response.setHeader('content-length', Number.MAX_SAFE_INTEGER).write('[');
    expect((await askSteps(gateway)).error).toMatchObject({ code: 'UPSTREAM_CONTRACT_VIOLATION' });
  });

  it.each([
    [200, 'UPSTREAM_CONTRACT_VIOLATION'],
    [401, 'UNAUTHENTICATED'],
  ])('are read for HTTP %i up to the limit, then cut', async (status, code) => {
    const isSent = Promise.withResolvers<boolean>();
    raw.answer = (_, response) => {
      response.writeHead(status).once('close', () => {
        isSent.resolve(response.writableFinished);
      });
      // More than the buffers of both ends of the connection.
      let left = 4096;
      const more = () => {
        left -= 1;
        if (left === 0) response.end();
        else if (!response.destroyed) response.write(' '.repeat(16_384), more);
      };
      more();
    };
    expect((await askSteps(gateway)).error).toMatchObject({ code });
    expect(await isSent.promise).toBe(false);
  });

  it.each([
    ['do not begin', () => undefined, 'UPSTREAM_TIMEOUT'],
    ['do not end', (response) => response.write('['), 'UPSTREAM_TIMEOUT'],
    ['of a refusal do not end', (response) => response.writeHead(401).write('unauthori'), 'UNAUTHENTICATED'],
  ] satisfies [string, (response: Parameters<RawUpstream['answer']>[1]) => unknown, string][])(
    'cut the connection if they %s in time: %#',
    async (_, begin, code) => {
      const cut = Promise.withResolvers<undefined>();
      raw.answer = (__, response) => {
        response.once('close', () => {
          cut.resolve(undefined);
        });
        begin(response);
      };
      const { error } = await askSteps(hasty);
      expect(error).toMatchObject({ code });
      if (code === 'UPSTREAM_TIMEOUT') expect(error?.message).toBe('The upstream did not respond within 300 ms.');
      await cut.promise;
    },
  );

  it.each([
    ['HTTP 000', 'HTTP/1.1 000 None\r\ncontent-length: 2\r\n\r\n[]', 'UPSTREAM_CONTRACT_VIOLATION'],
    ['not HTTP', `SMTP ${KEY}\r\n\r\n`, 'UPSTREAM_UNAVAILABLE'],
    ['too many headers', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(2 ** 17)}\r\n\r\n`, 'UPSTREAM_UNAVAILABLE'],
  ])('cause an error and unknown starts if they are %s', async (_, bytes, code) => {
    raw.answer = ({ socket }) => void socket.end(bytes);
    const { error, text } = await askSteps(gateway);
    expect(error).toMatchObject({ code });
    expect(text).not.toContain(KEY);
    const { errors } = await gateway.query(START, { key: KEY });
    expect(errors).toMatchObject([{ extensions: { code, outcomeIsUnknown: true } }]);
  });

  it('delay only other large responses if a large one stalls', async () => {
    const padded = (bytes: number) => `${STEPS}${' '.repeat(bytes)}`;
    const areStalled = Promise.withResolvers<undefined>();
    let stalling = 0;
    raw.answer = ({ url = '' }, response) => {
      if (!url.includes('stalled')) response.end(padded(url.includes('large') ? 2 ** 21 : 0));
      else {
        // More than the buffers of both ends of the connection.
        response.write(padded(2 ** 23), () => {
          stalling += 1;
          if (stalling === 2) areStalled.resolve(undefined);
        });
      }
    };
    await askSteps(large);
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const stalled = Array.from({ length: 2 }, (_, at) => askSteps(large, { runId: `stalled-${at}` }));
    await areStalled.promise;
    expect((await askSteps(large, { runId: 'small' })).steps).toHaveLength(1);
    jest.advanceTimersByTime(1000);
    const waiting = askSteps(large, { runId: 'large' });
    jest.advanceTimersByTime(9000);
    for (const { error } of await Promise.all(stalled)) expect(error).toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    expect((await waiting).steps).toHaveLength(1);
    jest.useRealTimers();
  });
});

describe('a connection to the upstream', () => {
  const raw = perBlock(new RawUpstream());
  const settings = { UPSTREAM_ENDPOINTS: 'steps,execute', UPSTREAM_CONCURRENCY: '8', ...LIMITS };
  const gateway = perBlock(new TestGateway({ upstream: raw, env: settings }));

  const accept = async (key: string) => {
    raw.answer = (_, response) => response.end(STEPS);
    await askSteps(gateway, { key });
  };

  it('closes when the gateway closes', async () => {
    const closing = await startGateway({ upstream: raw, env: { UPSTREAM_ENDPOINTS: 'steps' } });
    const ends: Promise<unknown>[] = [];
    raw.answer = ({ socket }, response) => {
      ends.push(once(socket, 'close'));
      response.end(STEPS);
    };
    // The connection of a key's first call is not reused.
    for (let call = 0; call < 2; call += 1) await askSteps(closing);
    await closing.close();
    await Promise.all(ends);
  });

  it('is reused after a 2xx status', async () => {
    await accept(KEY);
    let answer: Reply = {};
    raw.answer = (_, response) => {
      response.writeHead(answer.status ?? 200, answer.headers).end(answer.raw ?? STEPS);
    };
    const before = raw.connectionCount;
    const connections: number[] = [];
    for (answer of [
      {},
      { raw: gzipSync(STEPS), headers: { 'content-encoding': 'gzip' } },
      { raw: 'no JSON' },
      { status: 404, raw: '{"detail":"no such run"}' },
      { status: 500, raw: '' },
      {},
    ]) {
      await askSteps(gateway);
      connections.push(raw.connectionCount - before);
    }
    expect(connections).toEqual([1, 1, 1, 1, 2, 3]);
  });

  it('is used for one viewer only', async () => {
    const keys = ['one', 'another', 'third'];
    for (const key of keys) await accept(key);
    const late = new Map<unknown, string>();
    raw.answer = ({ url = '', socket }) => {
      const body = JSON.stringify([wireStep({ id: url })]);
      const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
      // From the second request on, the connection sends the answer of the request before.
      socket.write(late.get(socket) ?? answer);
      late.set(socket, answer);
    };
    for (const key of keys) {
      const { steps } = await askSteps(gateway, { key, runId: `of-${key}` });
      expect(steps?.[0]?.id).toContain(`of-${key}`);
    }
  });

  it('is reused after the first success of a new key', async () => {
    raw.answer = (_, response) => response.end(STEPS);
    const before = raw.connectionCount;
    const ids = JSON.stringify(Array.from({ length: 60 }, (_, index) => `new-key-${index}`));
    const { data } = await gateway.query(`{ workflow(id: "wf") { runsById(ids: ${ids}) { status } } }`, { key: 'new' });
    expect(data).toEqual({
      workflow: { runsById: Array.from({ length: 60 }, () => ({ status: expect.any(String) })) },
    });
    // A quarter of the slots for trial calls, whose connections are not reused, and one connection for each slot.
    expect(raw.connectionCount - before).toBeLessThanOrEqual(2 + 8);
  });

  it('is opened for each start, and not reused', async () => {
    await accept('starts');
    const sockets: unknown[] = [];
    raw.answer = (request, response) => {
      sockets.push(request.socket);
      response.end(request.method === 'POST' ? '{"run_id":"new"}' : STEPS);
    };
    const get = () => askSteps(gateway, { key: 'starts' });
    const post = () => gateway.query(START, { key: 'starts' });
    for (const make of [get, post, post, get, post]) await make();
    expect(new Set([0, 1, 2, 4].map((at) => sockets[at])).size).toBe(4);
    expect(sockets[3]).toBe(sockets[0]);
  });
});
