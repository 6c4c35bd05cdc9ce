import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createBasePath } from '../../src/http/base-path.ts';
import { createCompression } from '../../src/http/compression/compression.ts';
import { createResponseWriter } from '../../src/http/response-writer.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { createManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { captureLog } from '../support/observed.ts';
import { wireRun } from '../harness/wire.ts';

const QUERY = '{ run(workflowId: "wf", id: "r1") { status } }';
const UNCACHED = '{ run(workflowId: "wf", id: "missing") { status } }';
type Headers = Readonly<Record<string, string>>;
interface Answer {
  readonly status: number;
  readonly headers: Headers;
}

/** As they come, names in lower case; without what every answer has of its own. */
function ask(url: string, method: 'GET' | 'POST', query: string, headers: Headers = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const path = method === 'GET' ? `/graphql?query=${encodeURIComponent(query)}` : '/graphql';
    const outgoing = request(`${url}${path}`, {
      method,
      headers: {
        authorization: 'Bearer key-1',
        ...(method === 'POST' && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    outgoing.once('error', reject).once('response', (response) => {
      response.resume().once('end', () => {
        const own = ['x-request-id', 'date'];
        const all = Object.entries(response.headers).filter(([name]) => !own.includes(name));
        // As many names as came: none is sent twice.
        expect(
          new Set(response.rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase())).size,
        ).toBe(response.rawHeaders.length / 2);
        expect(response.headers['x-request-id']).toMatch(/^[\w.:-]+$/);
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            all.map(([name, value]) => [name, String(value).replace(/max-age=\d+/, 'max-age=…')]),
          ),
        });
      });
    });
    outgoing.end(method === 'POST' ? JSON.stringify({ query }) : undefined);
  });
}

describe('the headers of an answer', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  async function start(environment: Headers): Promise<void> {
    const clock = createManualClock();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, ...environment }, { now: clock.now });
  }
  beforeEach(async () => {
    upstream = await startFaultyUpstream((call) =>
      call.runId === 'missing' ? { status: 404 } : { json: [wireRun(call.runId)] },
    );
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  describe.each<[string, Headers, Headers, Headers]>([
    ['without CORS', {}, {}, {}],
    ['without CORS to a page of another origin', {}, { origin: 'https://evil.example.com' }, {}],
    [
      'with CORS to an origin that it names',
      { CORS_ORIGINS: 'https://app.example.com' },
      { origin: 'https://app.example.com' },
      { 'access-control-allow-origin': 'https://app.example.com' },
    ],
    [
      'with CORS to another origin',
      { CORS_ORIGINS: 'https://app.example.com' },
      { origin: 'https://x.example.com' },
      {},
    ],
    [
      'with CORS to every origin',
      { CORS_ORIGINS: '*' },
      { origin: 'https://x.example.com' },
      { 'access-control-allow-origin': '*' },
    ],
    ['with a rate limit', { RATE_LIMIT_PER_MINUTE: '1000000' }, {}, { 'ratelimit-limit': '1000000' }],
  ])('%s', (_, environment, sent, expected) => {
    beforeEach(() => start(environment));
    /** What is left in the rate limit differs from request to request. */
    const comparable = ({ headers }: Answer): Headers =>
      Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, name.startsWith('ratelimit-re') ? '…' : value]),
      );

    it.each(['GET', 'POST'] as const)('do not depend on the cache that it came from: %s', async (method) => {
      const answers: Answer[] = [];
      for (let time = 0; time < 4; time += 1) answers.push(await ask(gateway.url, method, QUERY, sent));
      const [first, ...others] = answers;
      if (!first) throw new Error('expected an answer');
      expect(first.status).toBe(200);
      expect(first.headers).toMatchObject({
        ...expected,
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'private, max-age=…',
        'x-content-type-options': 'nosniff',
      });
      expect(first.headers.vary).toMatch(/^authorization, accept/);
      expect('access-control-allow-origin' in first.headers).toBe('access-control-allow-origin' in expected);
      expect(others.map(comparable)).toEqual(others.map(() => comparable(first)));
      expect(upstream.calls).toHaveLength(1);
    });

    const withoutLength = (headers: Headers): Headers =>
      Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-length'));

    it('of 304 are those of the answer, but for its length', async () => {
      const whole = withoutLength(comparable(await ask(gateway.url, 'GET', QUERY, sent)));
      for (let time = 0; time < 3; time += 1) {
        const answer = await ask(gateway.url, 'GET', QUERY, { ...sent, 'if-none-match': whole.etag ?? '' });
        expect([answer.status, comparable(answer)]).toEqual([304, whole]);
      }
    });

    it('with an error are the same but for what tells how long it may be kept', async () => {
      const good = comparable(await ask(gateway.url, 'POST', QUERY, sent));
      for (let time = 0; time < 3; time += 1) {
        const bad = comparable(await ask(gateway.url, 'POST', UNCACHED, sent));
        expect({ ...bad, 'content-length': '' }).toEqual({
          ...good,
          'content-length': '',
          'cache-control': 'no-store',
        });
      }
    });
  });
});

describe('a defect inside of a handler', () => {
  it.each(['/graphql', '/', '/assets/x.js', '/healthz'])('is a logged 500 with the request id: %s', async (path) => {
    const log = captureLog('error');
    const defect = () => {
      throw new Error('a defect');
    };
    const server = createHttpServer({
      takeBasePath: createBasePath(''),
      writer: createResponseWriter({
        origins: [],
        compression: createCompression(),
        hsts: () => [],
        isListening: () => true,
      }),
      graphql: () => Promise.reject(new Error('a defect')),
      page: defect,
      assets: defect,
      operations: { '/healthz': defect },
      logger: log.logger,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const response = await fetch(`http://127.0.0.1:${port ?? 0}${path}`, { headers: { 'x-request-id': 'mine' } });
    expect(response.status).toBe(500);
    expect(response.headers.get('x-request-id')).toBe('mine');
    expect(await response.json()).toEqual({
      errors: [
        {
          message: 'Something went wrong inside the gateway. The request id leads to its log.',
          extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false, requestId: 'mine' },
        },
      ],
    });
    expect(log.lines).toMatchObject([{ requestId: 'mine', err: { message: 'a defect' } }]);
    server.close();
    server.closeAllConnections();
  });
});
