import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  createUpstreamClient,
  type CallOptions,
  type UpstreamApi,
  type UpstreamClientOptions,
} from '../../src/upstream/client.ts';
import { UPSTREAM_ENDPOINTS } from '../../src/config/config.ts';
import type { CountedDeviation } from '../../src/observability/deviations.ts';
import { AbandonedError } from '../../src/upstream/errors.ts';
import { healthy, startFaultyUpstream, type FaultyUpstream, type Reply } from '../harness/faulty-upstream.ts';
import { gatewayErrorOf, rejectionOf } from '../support/rejection.ts';
import { wireRun, wireStep, type Wire } from '../harness/wire.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';

const KEY = 'sk-4711-do-not-tell';
const MAX_BYTES = 65_536;
const REF = { workflowId: 'wf', runId: 'r1' };
const STEPS = JSON.stringify([wireStep()]);

const call = (options: Partial<CallOptions> = {}): CallOptions => ({
  credential: KEY,
  viewerId: 'viewer',
  scope: null,
  requestId: 'request-1',
  signal: new AbortController().signal,
  ...options,
});

const ref = (runId: string) => ({ ...REF, runId });

const calls = {
  steps: (client: UpstreamApi, options = call()) => client.listSteps(REF, options),
  run: (client: UpstreamApi, options = call()) => client.getRun(REF, options),
  runs: (client: UpstreamApi, options = call()) =>
    client.listRuns({ workflowId: 'wf', offset: 20, limit: 10 }, options),
  workflows: (client: UpstreamApi, options = call()) => client.listWorkflows(options),
  execute: (client: UpstreamApi, options = call()) => client.execute('wf', { order: 7 }, options),
};

interface Listening {
  readonly url: string;
  connectionCount(): number;
  requestCount(): number;
  close(): Promise<void>;
}

describe('the upstream client', () => {
  let upstream: FaultyUpstream;
  /** Closed after each test, also a failing one. */
  const opened: { close(): unknown }[] = [];

  function clientOf(options: Partial<UpstreamClientOptions> = {}): UpstreamApi {
    const endpoints = new Set(UPSTREAM_ENDPOINTS);
    const limits = { timeoutMs: 10_000, concurrency: 8, maxResponseBytes: MAX_BYTES };
    const defaults = { baseUrl: `${upstream.url}/`, endpoints, ...limits };
    const client = createUpstreamClient({ ...defaults, ...options });
    opened.push(client);
    return client;
  }

  /** A server that writes to the bare response, counts connections, and ends none by itself. */
  async function listening(answer: RequestListener): Promise<Listening> {
    let connections = 0;
    let requests = 0;
    const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
      requests += 1;
      answer(request, response);
    });
    server.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const listener: Listening = {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      connectionCount: () => connections,
      requestCount: () => requests,
      close: () =>
        new Promise<void>((resolve) => {
          server.close(() => {
            resolve();
          });
          server.closeAllConnections();
        }),
    };
    opened.push(listener);
    return listener;
  }

  beforeEach(async () => {
    // The shortest jitter, for the retries of these tests.
    jest.spyOn(Math, 'random').mockReturnValue(0);
    upstream = await startFaultyUpstream();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const each of opened.splice(0).reverse()) await each.close();
    await upstream.close();
  });

  describe('sends', () => {
    it('each call to its path, with the key, the request id, and `accept: application/json`', async () => {
      const client = clientOf();
      await client.listSteps(REF, call());
      await client.getRun(REF, call({ credential: 'another-key', requestId: 'request-2' }));
      expect(upstream.calls.map(({ url }) => url.pathname + url.search)).toEqual([
        '/workflows/wf/runs/r1/steps',
        '/workflows/wf/runs/r1',
      ]);
      expect(upstream.calls.map(({ headers }) => headers)).toMatchObject([
        {
          authorization: `Bearer ${KEY}`,
          'x-request-id': 'request-1',
          accept: 'application/json',
          'user-agent': 'stepgate',
          'accept-encoding': expect.stringContaining('gzip'),
          connection: 'keep-alive',
        },
        { authorization: 'Bearer another-key', 'x-request-id': 'request-2' },
      ]);
      expect(upstream.calls.map(({ body }) => body)).toEqual(['', '']);
    });

    it('every call below the path of the base URL', async () => {
      const client = clientOf({ baseUrl: `${upstream.url}/api/v1/workflow/` });
      await rejectionOf(client.listSteps(REF, call()));
      expect(upstream.calls.map(({ url }) => url.pathname)).toEqual(['/api/v1/workflow/workflows/wf/runs/r1/steps']);
    });

    it('unusual ids percent-encoded, so that they are one part of the path', async () => {
      const client = clientOf();
      await client.getRun({ workflowId: '...', runId: '~a_b-c.d~' }, call());
      await client.getRun({ workflowId: 'urn:wf 1/ä', runId: 'a/..b?a#b%2e' }, call());
      expect(upstream.calls.map(({ url }) => url.pathname)).toEqual([
        '/workflows/.../runs/~a_b-c.d~',
        '/workflows/urn%3Awf%201%2F%C3%A4/runs/a%2F..b%3Fa%23b%252e',
      ]);
    });

    it('no request for an id that would change the path', async () => {
      const client = clientOf();
      for (const id of ['..', '.', '../a', 'a\\.', '', 'a\nb', 'x'.repeat(513)]) {
        for (const bad of [
          { ...REF, workflowId: id },
          { ...REF, runId: id },
        ]) {
          expect(await gatewayErrorOf(client.listSteps(bad, call()))).toMatchObject({ code: 'BAD_USER_INPUT' });
          expect(await gatewayErrorOf(client.getRun(bad, call()))).toMatchObject({ code: 'BAD_USER_INPUT' });
        }
      }
      expect(upstream.calls).toEqual([]);
    });

    it('no key to the target of a redirect', async () => {
      const elsewhere = await startFaultyUpstream();
      opened.push(elsewhere);
      upstream.script = () => ({ status: 307, headers: { location: `${elsewhere.url}/workflows/wf/runs/r1` } });
      const error = await gatewayErrorOf(clientOf().getRun(REF, call()));
      expect(error).toMatchObject({ code: 'UPSTREAM_CONTRACT_VIOLATION', details: { upstreamStatus: 307 } });
      expect(elsewhere.calls).toEqual([]);
    });
  });

  describe('reads', () => {
    const padded = (bytes: number) => `${STEPS}${' '.repeat(bytes - Buffer.byteLength(STEPS))}`;

    it('a value, and the bytes that caching it takes', async () => {
      const { value, sizeBytes } = await clientOf().listSteps(REF, call());
      expect(value).toMatchObject([{ id: 'r1-step', index: 0 }]);
      expect(sizeBytes).toBeGreaterThan(Buffer.byteLength(JSON.stringify([wireStep({ id: 'r1-step' })])));
    });

    it.each([
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
      ['zstd', zstdCompressSync],
    ] as const)('an answer compressed by %s, and counts its bytes decompressed', async (encoding, compress) => {
      upstream.script = () => ({ raw: compress(STEPS), headers: { 'content-encoding': encoding } });
      const { value, sizeBytes } = await clientOf().listSteps(REF, call());
      expect(value).toHaveLength(1);
      upstream.script = () => ({ raw: STEPS });
      expect(sizeBytes).toBe((await clientOf().listSteps(REF, call())).sizeBytes);
    });

    it('characters that are split across packets', async () => {
      const pieces = [...Buffer.from(JSON.stringify([wireStep({ error: '“größer” 🙂' })]))].map((byte) =>
        Buffer.from([byte]),
      );
      const server = await listening((_, response) => {
        for (const piece of pieces) response.write(piece);
        response.end();
      });
      const { value } = await clientOf({ baseUrl: server.url }).listSteps(REF, call());
      expect(value[0]?.error).toBe('“größer” 🙂');
    });

    it('an answer of the maximum size, and none of one byte more', async () => {
      const client = clientOf();
      upstream.script = () => ({ raw: padded(MAX_BYTES) });
      expect((await client.listSteps(REF, call())).sizeBytes).toBe(MAX_BYTES);
      upstream.script = () => ({ raw: padded(MAX_BYTES + 1) });
      const error = await gatewayErrorOf(client.listSteps(REF, call()));
      expect(error.code).toBe('UPSTREAM_CONTRACT_VIOLATION');
      expect(error.message).toContain(`larger than the ${MAX_BYTES} bytes that UPSTREAM_MAX_RESPONSE_BYTES allows`);
    });

    it('of an answer that announces more than the maximum size nothing but the beginning', async () => {
      const server = await listening((_, response) => {
        response.setHeader('content-length', Number.MAX_SAFE_INTEGER).write('[');
      });
      const error = await gatewayErrorOf(clientOf({ baseUrl: server.url }).listSteps(REF, call()));
      expect(error).toMatchObject({ code: 'UPSTREAM_CONTRACT_VIOLATION', message: expect.stringContaining('larger') });
    });

    it('a compression bomb no further than the maximum size', async () => {
      const bomb = gzipSync(Buffer.alloc(2 ** 26, ' '));
      expect(bomb.length).toBeLessThan(70_000);
      upstream.script = () => ({ raw: bomb, headers: { 'content-encoding': 'gzip' } });
      const error = await gatewayErrorOf(clientOf().listSteps(REF, call()));
      expect(error).toMatchObject({ code: 'UPSTREAM_CONTRACT_VIOLATION', message: expect.stringContaining('larger') });
    });

    /** One whose answer for the run `stalled` stops behind its first 48 MiB: more than may be read at a time, and what sockets hold. */
    async function stalling() {
      const stalled = Promise.withResolvers<undefined>();
      const goesOn = Promise.withResolvers<undefined>();
      const server = await listening(({ url = '' }, response) => {
        if (!url.includes('stalled')) response.end(url.includes('large') ? padded(2 ** 20) : STEPS);
        else {
          response.write(padded(48 * 2 ** 20), () => {
            stalled.resolve(undefined);
          });
          void goesOn.promise.then(() => response.end());
        }
      });
      return { url: server.url, stalled: stalled.promise, goOn: goesOn.resolve };
    }

    it('a large answer only when another one has come to its end, and small ones meanwhile', async () => {
      const { url, stalled, goOn } = await stalling();
      const client = clientOf({ baseUrl: url, maxResponseBytes: 2 ** 26, stalledMs: 60_000 });
      const stepsOf = async (runId: string) => client.listSteps({ ...REF, runId }, call());
      const ended: string[] = [];
      const first = stepsOf('stalled').then(() => ended.push('stalled'));
      await stalled;
      const second = stepsOf('large').then(() => ended.push('large'));
      for (let calls = 0; calls < 20; calls += 1) await stepsOf('small');
      expect(ended).toEqual([]);
      goOn(undefined);
      await Promise.all([first, second]);
      expect(ended).toEqual(['stalled', 'large']);
    });

    it('a large answer beside another one that does not come on, which is read to its end all the same', async () => {
      const { url, stalled, goOn } = await stalling();
      const client = clientOf({ baseUrl: url, maxResponseBytes: 2 ** 26, stalledMs: 1 });
      const first = client.listSteps({ ...REF, runId: 'stalled' }, call());
      await stalled;
      for (let calls = 0; calls < 3; calls += 1) {
        expect((await client.listSteps(ref('large'), call())).value).toHaveLength(1);
      }
      goOn(undefined);
      expect((await first).value).toHaveLength(1);
    });

    it('a large answer beside several that do not come on: but for one of them they are given up as late', async () => {
      const { url, stalled, goOn } = await stalling();
      const client = clientOf({ baseUrl: url, maxResponseBytes: 2 ** 26, stalledMs: 1 });
      const codes: unknown[] = [];
      const slow = ['stalled-1', 'stalled-2', 'stalled-3'].map((runId) =>
        client.listSteps(ref(runId), call()).catch((error: unknown) => codes.push((error as { code: string }).code)),
      );
      await stalled;
      // One may be cut off, too, while the others still come on.
      while (codes.length < 2) await client.listSteps(ref('large'), call()).catch(() => null);
      expect((await client.listSteps(ref('large'), call())).value).toHaveLength(1);
      goOn(undefined);
      await Promise.all(slow);
      expect(codes).toEqual(['UPSTREAM_TIMEOUT', 'UPSTREAM_TIMEOUT']);
    });

    it.each([
      [200, 'UPSTREAM_CONTRACT_VIOLATION'],
      [401, 'UNAUTHENTICATED'],
    ])('a long answer of HTTP %i no further than the maximum size, and cuts the connection', async (status, code) => {
      const isSent = Promise.withResolvers<boolean>();
      const server = await listening((_, response) => {
        response.writeHead(status).once('close', () => {
          isSent.resolve(response.writableFinished);
        });
        // Together more than both ends of the connection take by themselves.
        let left = 4096;
        const more = () => {
          left -= 1;
          if (left === 0) response.end();
          else if (!response.destroyed) response.write(' '.repeat(16_384), more);
        };
        more();
      });
      expect(await gatewayErrorOf(clientOf({ baseUrl: server.url }).listSteps(REF, call()))).toMatchObject({ code });
      expect(await isSent.promise).toBe(false);
    });

    it('null from an empty list of records', async () => {
      upstream.script = () => ({ json: [] });
      expect((await clientOf().getRun(REF, call())).value).toBeNull();
    });
  });

  describe('maps', () => {
    const denials: readonly (readonly [string, Reply])[] = [
      ['larger than what is allowed', { raw: Buffer.alloc(MAX_BYTES + 1, 'x') }],
      ['cut', { raw: 'unauthorized', cutAfter: 4 }],
      ['broken in its compression', { raw: 'no gzip', headers: { 'content-encoding': 'gzip' } }],
      ['empty', { raw: '' }],
    ];
    it.each(denials)('a status to its error, even if the body is %s', async (_, reply) => {
      const client = clientOf();
      for (const [status, code] of [
        [401, 'UNAUTHENTICATED'],
        [403, 'FORBIDDEN'],
        [404, 'NOT_FOUND'],
        [500, 'UPSTREAM_UNAVAILABLE'],
      ] as const) {
        upstream.script = () => ({ ...reply, status });
        expect(await gatewayErrorOf(client.listSteps(REF, call()))).toMatchObject({
          code,
          details: { upstreamStatus: status },
        });
      }
    });

    it('a status to its error, in which no id is named where the call has none', async () => {
      upstream.script = () => ({ status: 404, json: {} });
      expect(await gatewayErrorOf(calls.workflows(clientOf()))).toMatchObject({
        code: 'NOT_FOUND',
        message: 'the upstream has no list of workflows at `workflows` (HTTP 404)',
        details: { upstreamStatus: 404 },
      });
    });

    it('a status to its error, even if the body never ends', async () => {
      const server = await listening((_, response) => {
        response.writeHead(401).write('unauthori');
      });
      const client = clientOf({ baseUrl: server.url, timeoutMs: 50 });
      expect(await gatewayErrorOf(client.listSteps(REF, call()))).toMatchObject({ code: 'UNAUTHENTICATED' });
    });

    it.each<[number, string, RegExp, boolean]>([
      [204, 'UPSTREAM_CONTRACT_VIOLATION', /no content \(HTTP 204\)/, false],
      [300, 'UPSTREAM_CONTRACT_VIOLATION', /HTTP 300, .* redirects are never followed/, false],
      [304, 'UPSTREAM_CONTRACT_VIOLATION', /HTTP 304, which its contract does not name$/, false],
      [399, 'UPSTREAM_CONTRACT_VIOLATION', /HTTP 399, .* redirects are never followed/, false],
      [400, 'BAD_USER_INPUT', /refused the input/, false],
      [401, 'UNAUTHENTICATED', /does not accept this key/, false],
      [403, 'FORBIDDEN', /does not allow this key/, false],
      [404, 'NOT_FOUND', /knows nothing by this id/, false],
      [407, 'UPSTREAM_UNAVAILABLE', /the proxy asks for credentials/, false],
      [408, 'UPSTREAM_TIMEOUT', /waited too long for the request/, true],
      [413, 'BAD_USER_INPUT', /refused the input: it is too large \(HTTP 413\)/, false],
      [418, 'UPSTREAM_CONTRACT_VIOLATION', /HTTP 418, which its contract does not name$/, false],
      [422, 'BAD_USER_INPUT', /refused the input \(HTTP 422\)/, false],
      [429, 'RATE_LIMITED', /asks for fewer calls/, true],
      [499, 'UPSTREAM_CONTRACT_VIOLATION', /HTTP 499, which its contract does not name$/, false],
      [500, 'UPSTREAM_UNAVAILABLE', /failed \(HTTP 500\)/, true],
      [599, 'UPSTREAM_UNAVAILABLE', /failed \(HTTP 599\)/, true],
    ])('HTTP %i to %s', async (status, code, message, isRetryable) => {
      upstream.script = () => ({ status, raw: status === 204 || status === 304 ? '' : STEPS });
      const error = await gatewayErrorOf(clientOf().listSteps(REF, call()));
      expect(error).toMatchObject({ code, message: expect.stringMatching(message), isRetryable });
      expect(error.details).toEqual({ upstreamStatus: status, ...(status === 407 && { retryable: false }) });
    });

    it('HTTP 000 to a violation', async () => {
      const { url } = await listening(
        ({ socket }) => void socket.end('HTTP/1.1 000 None\r\ncontent-length: 2\r\n\r\n[]'),
      );
      const error = await gatewayErrorOf(clientOf({ baseUrl: url }).listSteps(REF, call()));
      expect(error).toMatchObject({ code: 'UPSTREAM_CONTRACT_VIOLATION', message: expect.stringContaining('HTTP 0,') });
    });

    it('HTTP 200 and 299 to the answer', async () => {
      for (const status of [200, 299]) {
        upstream.script = () => ({ status, raw: STEPS });
        expect((await clientOf().listSteps(REF, call())).value).toHaveLength(1);
      }
    });

    it.each([
      ['seconds', '7', 7],
      ['no time at all', '0', 0],
      ['a date', 'Tue, 24 Nov 2026 12:01:30 GMT', 90],
      ['a date that is past', 'Tue, 24 Nov 2026 11:00:00 GMT', 0],
      ['seconds between blanks', ' 7 ', 7],
      ['a day', '86400', 86_400],
      ['more seconds than a day has', '999999999', 86_400],
      ['a date in many years', 'Fri, 31 Dec 9999 23:59:59 GMT', 86_400],
      ['more digits than that', '1000000000', undefined],
      ['a date between two seconds', 'Tue, 24 Nov 2026 12:00:00.200 GMT', 1],
      ['a fraction', '1.5', undefined],
      ['a number with a unit', '7x', undefined],
      ['a negative number', '-7', undefined],
      ['a word', 'soon', undefined],
      ['nothing', '', undefined],
    ])('Retry-After as %s', async (_, value, seconds) => {
      jest.spyOn(Date, 'now').mockReturnValue(Date.parse('2026-11-24T12:00:00Z'));
      // 500 is not retried, with or without Retry-After.
      upstream.script = () => ({ status: 500, headers: { 'retry-after': value } });
      const { details } = await gatewayErrorOf(clientOf().listSteps(REF, call()));
      expect(details.retryAfterSeconds).toBe(seconds);
      expect(upstream.calls).toHaveLength(1);
    });

    const MISFIT = 'it does not fit its content-encoding';
    const GZIP = { 'content-encoding': 'gzip' };
    it.each<readonly [string, Reply, string]>([
      ['is cut', { raw: STEPS, cutAfter: 3 }, 'ERR_HTTP_CONTENT_LENGTH_MISMATCH'],
      ['is compressed and cut', { raw: gzipSync(STEPS).subarray(0, -9), headers: GZIP }, 'Z_BUF_ERROR'],
      ['is not compressed as it says', { raw: STEPS, headers: GZIP }, 'Z_DATA_ERROR'],
      ['is no brotli, as it says', { raw: STEPS, headers: { 'content-encoding': 'br' } }, MISFIT],
      ['is no zstd, as it says', { raw: STEPS, headers: { 'content-encoding': 'zstd' } }, MISFIT],
    ])('an answer that %s to UPSTREAM_UNAVAILABLE, and tries again', async (_, reply, reason) => {
      upstream.script = () => reply;
      const error = await gatewayErrorOf(clientOf().listSteps(REF, call()));
      expect(error).toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        isRetryable: true,
        message: `the upstream's answer broke off, or can not be read (${reason})`,
      });
      expect(upstream.calls).toHaveLength(3);
    });

    it.each([
      ['is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'HPE_INVALID_CONSTANT'],
      [
        'has more headers than Node takes',
        `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(2 ** 17)}\r\n\r\n`,
        'HPE_HEADER_OVERFLOW',
      ],
    ])('an answer that %s to UPSTREAM_UNAVAILABLE: it has come', async (_, bytes, reason) => {
      const server = await listening(({ socket }) => void socket.end(bytes));
      expect(await gatewayErrorOf(clientOf({ baseUrl: server.url }).execute('wf', {}, call()))).toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        message: expect.stringMatching(`^the upstream's answer broke off, or can not be read \\(${reason}\\)`),
        details: { outcomeIsUnknown: true },
      });
    });

    it('a late answer to UPSTREAM_TIMEOUT, and cuts the connection', async () => {
      upstream.script = ({ cut }) => cut.then(() => ({}));
      const arrival = upstream.nextCall();
      const error = await gatewayErrorOf(clientOf({ timeoutMs: 50 }).listSteps(REF, call()));
      expect(error).toMatchObject({ code: 'UPSTREAM_TIMEOUT', message: 'the upstream did not answer within 50 ms' });
      await (
        await arrival
      ).cut;
      expect(upstream.calls).toHaveLength(1);
    });
  });

  describe('keeps', () => {
    it('one connection for consecutive calls, but for one behind an answer of another status than 2xx', async () => {
      let answer: Reply = {};
      const server = await listening((_, response) => {
        response.writeHead(answer.status ?? 200, answer.headers).end(answer.raw ?? STEPS);
      });
      const client = clientOf({ baseUrl: server.url });
      const connections: number[] = [];
      for (answer of [
        {},
        { raw: gzipSync(STEPS), headers: { 'content-encoding': 'gzip' } },
        { raw: 'no JSON' },
        { status: 404, raw: '{"detail":"no such run"}' },
        { status: 500, raw: '' },
        {},
      ]) {
        await client.listSteps(REF, call()).catch(() => null);
        connections.push(server.connectionCount());
      }
      expect(connections).toEqual([1, 1, 1, 1, 2, 3]);
    });

    it('a connection for one viewer alone: an answer too many is not taken for the next one of another', async () => {
      const late = new Map<unknown, string>();
      const server = await listening(({ url = '', socket }) => {
        const body = JSON.stringify([wireStep({ id: url })]);
        const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
        // From the second request of a connection on, what comes is the answer of the one before.
        socket.write(late.get(socket) ?? answer);
        late.set(socket, answer);
      });
      const client = clientOf({ baseUrl: server.url });
      for (const viewerId of ['one', 'another', 'third']) {
        const { value } = await client.listSteps(ref(viewerId), call({ viewerId }));
        expect(value[0]?.id).toContain(viewerId);
      }
    });

    /** A server, a client, and the connections of viewers in order. A viewer named `slow` is answered when told. */
    async function viewers(idleMs?: number) {
      const slow = Promise.withResolvers<undefined>();
      const closed: Promise<unknown>[] = [];
      const server = await listening(({ url = '', socket }, response) => {
        closed.push(new Promise((resolve) => socket.once('close', resolve)));
        if (url.includes('slow')) void slow.promise.then(() => response.end(STEPS));
        else response.end(STEPS);
      });
      const client = clientOf({ baseUrl: server.url, idleMs });
      const ask = (viewerId: string, runId = viewerId) => client.listSteps(ref(runId), call({ viewerId }));
      return { server, closed, ask, answerSlow: slow.resolve };
    }

    it('the connections of a viewer until no call of theirs has been under way for a while', async () => {
      const { server, closed, ask, answerSlow } = await viewers(1);
      const slow = ask('busy', 'slow');
      await ask('busy', 'quick');
      await ask('other');
      await closed[2];
      answerSlow(undefined);
      expect((await slow).value).toHaveLength(1);
      await Promise.all(closed);
      expect([server.connectionCount(), server.requestCount()]).toEqual([3, 3]);
    });

    it('256 connections of viewers who call no more, first those of the last', async () => {
      const { server, closed, ask, answerSlow } = await viewers();
      const slow = ask('busy', 'slow');
      for (let viewer = 0; viewer <= 256; viewer += 1) await ask(`viewer-${viewer}`);
      await closed[1];
      await ask('viewer-1');
      expect(server.connectionCount()).toBe(258);
      answerSlow(undefined);
      expect((await slow).value).toHaveLength(1);
    });

    it('none for a POST, nor sends one over a kept connection: the server may close that just then', async () => {
      const sockets: unknown[] = [];
      const server = await listening((request, response) => {
        sockets.push(request.socket);
        response.end(request.method === 'POST' ? '{"run_id":"new"}' : STEPS);
      });
      const client = clientOf({ baseUrl: server.url });
      const get = () => client.listSteps(REF, call());
      const post = () => client.execute('wf', {}, call());
      for (const make of [get, post, post, get, post]) await make();
      expect(new Set([1, 2, 4].map((at) => sockets[at])).size).toBe(3);
      expect(sockets[3]).toBe(sockets[0]);
      expect(server.connectionCount()).toBe(4);
    });

    it('no connection open after it was closed', async () => {
      const ended = Promise.withResolvers<undefined>();
      const server = await listening((request, response) => {
        request.socket.once('close', () => {
          ended.resolve(undefined);
        });
        response.end(STEPS);
      });
      const client = clientOf({ baseUrl: server.url });
      await client.listSteps(REF, call());
      client.close();
      await ended.promise;
    });

    it('within the bulkhead: of six calls at most two are under way', async () => {
      const release = Promise.withResolvers<undefined>();
      let underWay = 0;
      let most = 0;
      upstream.script = async (received) => {
        if (received.key !== KEY) return healthy(received);
        underWay += 1;
        most = Math.max(most, underWay);
        await release.promise;
        underWay -= 1;
        return healthy(received);
      };
      const bounded = clientOf({ concurrency: 2 });
      const first = upstream.nextCall();
      const answers = Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => bounded.listSteps(ref(id), call())));
      await first;
      // A whole round trip of another client: time enough for a third call to arrive, if there were one.
      const other = clientOf();
      for (let turn = 0; turn < 3; turn += 1) await other.listSteps(REF, call({ credential: 'other' }));
      expect(
        upstream.calls
          .filter(({ key }) => key === KEY)
          .map(({ runId }) => runId)
          .sort(),
      ).toEqual(['a', 'b']);
      release.resolve(undefined);
      expect((await answers).map(({ value }) => value[0]?.id)).toEqual('abcdef'.split('').map((id) => `${id}-step`));
      expect(most).toBe(2);
    });

    it('calls of one kind from a workflow where they fail, and no others', async () => {
      upstream.script = (received) =>
        received.workflowId === 'failing' && received.endpoint === 'steps' ? { status: 500 } : healthy(received);
      const client = clientOf();
      const failing = { ...REF, workflowId: 'failing' };
      const messages: string[] = [];
      while (messages.length < 1000 && !messages.at(-1)?.includes('is given a pause')) {
        if (messages.length % 3 === 0) await client.listSteps(REF, call());
        messages.push((await gatewayErrorOf(client.listSteps(failing, call()))).message);
      }
      expect(messages.length).toBeLessThan(1000);
      await client.listSteps(REF, call());
      await client.getRun(failing, call());
    });
  });

  describe('aborts', () => {
    it('a call whose client left: it cuts the connection, and rejects with AbandonedError', async () => {
      upstream.script = ({ cut }) => cut.then(() => ({}));
      const client = new AbortController();
      const arrival = upstream.nextCall();
      const outcome = rejectionOf(clientOf().listSteps(REF, call({ signal: client.signal })));
      const received = await arrival;
      client.abort(new Error(`the reason may tell ${KEY}`));
      await received.cut;
      const error = await outcome;
      expect(error).toBeInstanceOf(AbandonedError);
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain(KEY);
      expect(upstream.calls).toHaveLength(1);
    });

    it('a call in the middle of its answer', async () => {
      const started = Promise.withResolvers<undefined>();
      const cut = Promise.withResolvers<undefined>();
      const server = await listening((_, response) => {
        response.once('close', () => {
          cut.resolve(undefined);
        });
        response.write('[', () => {
          started.resolve(undefined);
        });
      });
      const client = new AbortController();
      const outcome = rejectionOf(clientOf({ baseUrl: server.url }).listSteps(REF, call({ signal: client.signal })));
      await started.promise;
      client.abort();
      expect(await outcome).toBeInstanceOf(AbandonedError);
      await cut.promise;
    });

    it('many calls without counting them as failures of the upstream', async () => {
      upstream.script = ({ cut }) => cut.then(() => ({}));
      const shared = clientOf();
      for (let left = 0; left < 60; left += 1) {
        const client = new AbortController();
        const arrival = upstream.nextCall();
        const outcome = rejectionOf(shared.listSteps(REF, call({ signal: client.signal })));
        await arrival;
        client.abort();
        expect(await outcome).toBeInstanceOf(AbandonedError);
      }
      upstream.script = healthy;
      expect((await shared.listSteps(REF, call())).value).toHaveLength(1);
    });

    it('nothing when the signal fires after the answer', async () => {
      const client = new AbortController();
      const { value } = await clientOf().listSteps(REF, call({ signal: client.signal }));
      client.abort();
      expect(value).toHaveLength(1);
    });
  });

  describe('asks for', () => {
    it('nothing that UPSTREAM_ENDPOINTS does not list, the steps aside', async () => {
      for (const [endpoint, make] of Object.entries(calls)) {
        const others = UPSTREAM_ENDPOINTS.filter((other) => other !== endpoint);
        const outcome = make(clientOf({ endpoints: new Set(others) })).catch((error: unknown) => error);
        if (endpoint === 'steps') expect(await outcome).toMatchObject({ value: [{ id: 'r1-step' }] });
        else {
          expect(await outcome).toMatchObject({
            code: 'UPSTREAM_ENDPOINT_DISABLED',
            message: expect.stringContaining(`"${endpoint}"`),
          });
        }
      }
      expect(upstream.calls).toHaveLength(1);
    });

    it('each of the others by its own path, and gives what it answers', async () => {
      upstream.script = ({ endpoint }) => {
        if (endpoint === 'execute') return { json: { run_id: 'new', message: 'started' } };
        return { json: endpoint === 'workflows' ? [{ workflow_id: 'wf' }] : [wireRun('r1')] };
      };
      const client = clientOf();
      expect(await calls.run(client)).toMatchObject({ value: { id: 'r1' } });
      expect(await calls.runs(client)).toMatchObject({ value: [{ id: 'r1' }] });
      expect(await calls.workflows(client)).toMatchObject({ value: [{ id: 'wf' }] });
      expect(await calls.execute(client)).toEqual({ runId: 'new', message: 'started' });
      expect(upstream.calls.map(({ url, body }) => [url.pathname + url.search, body])).toEqual([
        ['/workflows/wf/runs/r1', ''],
        ['/workflows/wf/runs?limit=10&offset=20', ''],
        ['/workflows', ''],
        ['/workflows/wf/execute', '{"order":7}'],
      ]);
    });

    it('nothing again that is stored: its bytes read as they did', async () => {
      const client = clientOf();
      for (const make of [calls.steps, calls.run]) {
        const answer = await make(client);
        const stored = answer.body ?? Buffer.alloc(0);
        const count = upstream.calls.length;
        const again = await make(client, call({ stored }));
        expect(again).toMatchObject({ sizeBytes: answer.sizeBytes, body: stored });
        expect(again.body).not.toBe(stored);
        expect(JSON.stringify(again.value)).toBe(JSON.stringify(answer.value));
        expect(upstream.calls).toHaveLength(count);
      }
    });

    it('an answer counts three fifths of its bytes and 940 for each item, but never less than its bytes', async () => {
      const client = clientOf();
      const sizeOf = async (make: (typeof calls)['steps' | 'run'], raw: string) => {
        upstream.script = () => ({ raw });
        return (await make(client)).sizeBytes;
      };
      for (const count of [0, 1, 7]) {
        const raw = JSON.stringify(Array.from({ length: count }, () => wireStep()));
        expect(await sizeOf(calls.steps, raw)).toBe(Math.max(raw.length, Math.ceil(raw.length * 0.6) + 940 * count));
      }
      const large = JSON.stringify([wireStep({ outputs: 'x'.repeat(10_000) })]);
      expect(await sizeOf(calls.steps, large)).toBe(large.length);
    });

    it('each character of an error or a graph counts two, and each part of a graph 300', async () => {
      const client = clientOf();
      const sizeOf = async (make: (typeof calls)['steps' | 'workflows'], json: Wire) => {
        const raw = JSON.stringify([json]);
        upstream.script = () => ({ raw });
        return (await make(client)).sizeBytes - Math.ceil(raw.length * 0.6) - 940;
      };
      expect(await sizeOf(calls.steps, wireStep({ error: 'x'.repeat(5000) }))).toBe(10_000);
      const graph = { nodes: { abc: { type: 'de', metadata: { description: 'f' } }, b: {} }, edges: [['abc', 'b']] };
      expect(await sizeOf(calls.workflows, wireWorkflow('wf', { graph }))).toBe(3 * 300 + 2 * (7 + 4));
    });

    it('a start once, whatever comes; that a run may have started is said', async () => {
      upstream.script = () => ({ status: 503 });
      const error = await gatewayErrorOf(calls.execute(clientOf()));
      expect(error).toMatchObject({ details: { upstreamStatus: 503, outcomeIsUnknown: true }, isRetryable: false });
      expect(upstream.calls).toHaveLength(1);
      // Any other call is tried three times.
      await gatewayErrorOf(calls.runs(clientOf()));
      expect(upstream.calls).toHaveLength(4);
    });
  });

  describe('tells its observer', () => {
    /** What is told, in order. */
    function observed(traceparent: string | null = null, attempt?: () => never) {
      const told: unknown[] = [];
      const deviations: (readonly CountedDeviation[])[] = [];
      const client = clientOf({
        observer: {
          call(endpoint, { method, url }, operationRecord) {
            told.push(`${method} ${endpoint} ${url.pathname}`, operationRecord);
            return {
              traceparent,
              attempt: attempt ?? (() => void told.push('attempt')),
              answered: (status) => void told.push(status),
              deviated: (found) => void deviations.push(found),
              end: (outcome) => void told.push(outcome),
            };
          },
        },
      });
      return { client, told, deviations };
    }
    const START = ['GET run /workflows/wf/runs/r1', undefined];

    it('of each attempt with the status of its answer, and of the outcome of all together', async () => {
      const { client, told, deviations } = observed();
      const replies: Reply[] = [{ status: 502 }, { status: 429 }, { json: [wireRun('r1')] }];
      upstream.script = () => replies.shift() ?? {};
      await client.getRun(REF, call());
      expect(told).toEqual([...START, 'attempt', 502, 'attempt', 429, 'attempt', 200, 'ok']);
      expect(deviations).toEqual([[]]);
    });

    it('of each call by its own name', async () => {
      const { client, told } = observed();
      for (const make of Object.values(calls)) await make(client).catch(() => null);
      expect(told.filter((each) => String(each).includes('/'))).toEqual([
        'GET steps /workflows/wf/runs/r1/steps',
        'GET run /workflows/wf/runs/r1',
        'GET runs /workflows/wf/runs',
        'GET workflows /workflows',
        'POST execute /workflows/wf/execute',
      ]);
    });

    it.each<[string, Reply | null, readonly unknown[]]>([
      ['its code', { status: 404 }, [404, 'NOT_FOUND']],
      ['that the answer could not be read', { raw: 'no JSON' }, [200, 'UPSTREAM_CONTRACT_VIOLATION']],
      ['that its client has left', null, ['ABANDONED']],
    ])('of an error by %s', async (_, reply, end) => {
      const { client, told } = observed();
      const controller = new AbortController();
      upstream.script = ({ cut }) => {
        if (reply) return reply;
        controller.abort();
        return cut.then(() => ({}));
      };
      await rejectionOf(client.getRun(REF, call({ signal: controller.signal })));
      expect(told).toEqual([...START, 'attempt', ...end]);
    });

    it('of a defect as INTERNAL_SERVER_ERROR', async () => {
      const defect = new TypeError('no function');
      const { client, told } = observed(null, () => {
        throw defect;
      });
      expect(await rejectionOf(client.getRun(REF, call()))).toBe(defect);
      expect(told).toEqual([...START, 'INTERNAL_SERVER_ERROR']);
    });

    it('of what deviates, also where the call then fails, and never of what is stored', async () => {
      const { client, deviations } = observed();
      const raw = `\uFEFF${JSON.stringify([wireRun('r1', { elapsed_time: '2' })])}`;
      upstream.script = () => ({ raw });
      await client.getRun(REF, call());
      expect(deviations.splice(0)).toEqual([
        [
          { field: 'run', outcome: 'read', expected: 'JSON', got: 'a byte order mark before it', count: 1 },
          { field: 'run[].elapsed_time', outcome: 'read', expected: 'whole number', got: 'string', count: 1 },
        ],
      ]);
      await client.getRun(REF, call({ stored: Buffer.from(raw) }));
      expect(deviations).toEqual([]);
      upstream.script = () => ({ raw: Buffer.from(JSON.stringify([wireRun('r1', { error: 'größer' })]), 'latin1') });
      await client.getRun(REF, call());
      expect(deviations.splice(0)).toEqual([
        [{ field: 'run', outcome: 'lost', expected: 'UTF-8', got: 'other bytes', count: 1 }],
      ]);
      upstream.script = () => ({ raw: '\uFEFF{}' });
      await gatewayErrorOf(client.getRun(REF, call()));
      expect(deviations).toMatchObject([[{ expected: 'JSON' }]]);
    });

    it('and sends its traceparent, if there is one', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      await observed(traceparent).client.getRun(REF, call());
      await observed().client.getRun(REF, call());
      await clientOf().getRun(REF, call());
      expect(upstream.calls.map(({ headers }) => headers.traceparent)).toEqual([traceparent, undefined, undefined]);
      for (const { headers } of upstream.calls) expect(headers.authorization).toBe(`Bearer ${KEY}`);
    });
  });

  describe('reveals no key in an error', () => {
    const replies: readonly (readonly [string, Reply])[] = [
      ['HTTP 400 that echoes it', { status: 400, json: { detail: KEY } }],
      ['HTTP 401', { status: 401, json: { detail: KEY } }],
      ['HTTP 418', { status: 418, raw: KEY }],
      ['HTTP 429', { status: 429, headers: { 'retry-after': '60', 'x-echo': KEY } }],
      ['HTTP 503', { status: 503, raw: KEY }],
      ['a redirect', { status: 302, headers: { location: `http://host/${KEY}` } }],
      ['a cut connection', { raw: KEY, cutAfter: 3 }],
      ['no gzip', { raw: KEY, headers: { 'content-encoding': 'gzip' } }],
      ['no JSON', { raw: KEY }],
      ['another shape', { json: { [KEY]: KEY } }],
      ['an HTML page', { raw: `<html>${KEY}` }],
      ['no content', { status: 204, headers: { 'x-echo': KEY } }],
      ['too much', { raw: KEY.repeat(MAX_BYTES / 8) }],
    ];

    const expectNoKey = (error: unknown) => {
      const everything = inspect(error, { depth: null, showHidden: true, getters: true, maxStringLength: null });
      expect(everything).not.toContain(KEY);
      expect(everything).not.toContain('Bearer');
    };

    it.each(replies)('of %s', async (_, reply) => {
      upstream.script = () => reply;
      expectNoKey(await gatewayErrorOf(clientOf().listSteps(REF, call())));
    });

    it('of an upstream that is down, does not speak HTTP, or is too slow', async () => {
      await upstream.shut();
      expectNoKey(await gatewayErrorOf(clientOf().listSteps(REF, call())));
      const babbling = await listening((request) => {
        request.socket.end(`SMTP ${KEY}\r\n\r\n`);
      });
      expectNoKey(await gatewayErrorOf(clientOf({ baseUrl: babbling.url }).listSteps(REF, call())));
      const silent = await listening(() => undefined);
      expectNoKey(await gatewayErrorOf(clientOf({ baseUrl: silent.url, timeoutMs: 50 }).listSteps(REF, call())));
    });

    it('of a key that is invalid in a header', async () => {
      const credential = `${KEY}\r\nx-injected: 1`;
      expectNoKey(await gatewayErrorOf(clientOf().listSteps(REF, call({ credential }))));
      expect(upstream.calls).toEqual([]);
    });
  });
});
