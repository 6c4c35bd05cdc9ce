import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { NOBODY } from '../../src/auth/caller.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { createBasePath } from '../../src/http/base-path.ts';
import { ANONYMOUS, createClientBytes } from '../../src/http/connection/client-bytes.ts';
import { createCompression } from '../../src/http/compression/compression.ts';
import { createLargeMessages } from '../../src/http/live/large-messages.ts';
import { createSocketProtocol } from '../../src/http/live/socket-protocol.ts';
import { createResponseWriter } from '../../src/http/response-writer.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { captureLog } from '../support/observed.ts';
import { connectRaw } from '../harness/raw-http.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';

/** Bounds of docs/security.md that no other test shows. */
describe('the bounds', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  beforeAll(async () => {
    upstream = await startFaultyUpstream();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const repeated = 'id '.repeat(102);
  const fragments = Array.from({ length: 101 }, (_, at) => at);
  it.each([
    ['repeatedFields', `{ run(workflowId: "wf", id: "r1") { ${repeated} } }`],
    [
      'fragments',
      `{ run(workflowId: "wf", id: "r1") { ${fragments.map((at) => `...F${at}`).join(' ')} } } ` +
        fragments.map((at) => `fragment F${at} on Run { id }`).join(' '),
    ],
  ])('of an operation name the limit %s over every transport', async (limit, query) => {
    for (const transport of TRANSPORTS) {
      const { errors } = await send(transport, gateway.url, { query });
      expect(errors).toMatchObject([
        { extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit, maximum: 100, found: 101 } },
      ]);
    }
    expect(upstream.calls).toEqual([]);
  });

  it('of a text refuse one over 128 KiB over every transport, before it is parsed', async () => {
    const query = `{ __typename } #${'x'.repeat(131_072)}`;
    for (const transport of TRANSPORTS.filter((each) => each !== 'HTTP GET')) {
      const { errors } = await send(transport, gateway.url, { query });
      expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
      expect(errors?.[0]?.message).toContain('at most 131072 are allowed');
    }
  });

  it('of a request refuse a head over 16 KiB with 431, and close', async () => {
    const raw = await connectRaw(gateway.url);
    const { head } = await raw.ask(`GET /graphql HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(17_000)}\r\n\r\n`);
    expect(head).toMatch(/^HTTP\/1.1 431 /);
    expect(head).toMatch(/connection: close/i);
  });

  it('of a body refuse one over 1 MiB with 413, whether it says its length or not', async () => {
    for (const headers of [{}, { 'content-length': 2 ** 20 + 1 }]) {
      const status = await new Promise((resolve, reject) => {
        const outgoing = request(`${gateway.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: 'Bearer key-1', ...headers },
        });
        outgoing.once('error', reject).once('response', ({ statusCode }) => {
          outgoing.off('error', reject).on('error', () => undefined);
          outgoing.destroy();
          resolve(statusCode);
        });
        for (let written = 0; written <= 2 ** 20; written += 2 ** 16) outgoing.write('x'.repeat(2 ** 16));
      });
      expect(status).toBe(413);
    }
  });

  it('of a credential refuse one over 8 KiB without a call', async () => {
    const query = '{ run(workflowId: "wf", id: "r1") { id } }';
    expect((await gateway.query(query, { key: 'k'.repeat(8192) })).errors).toEqual([]);
    const calls = upstream.calls.length;
    const { errors } = await gateway.query(query, { key: 'k'.repeat(8193) });
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(upstream.calls).toHaveLength(calls);
  });

  it('of a connection are times: 15 s for the head, 30 s for the request, 72 s between requests', () => {
    const notFound = () => undefined;
    const server = createHttpServer({
      takeBasePath: createBasePath(''),
      writer: createResponseWriter({
        origins: [],
        compression: createCompression(),
        hsts: () => [],
        isListening: () => true,
      }),
      graphql: notFound,
      page: notFound,
      assets: notFound,
      operations: {},
      logger: captureLog('silent').logger,
    });
    const { headersTimeout, requestTimeout, keepAliveTimeout } = server;
    expect({ headersTimeout, requestTimeout, keepAliveTimeout }).toEqual({
      headersTimeout: 15_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 72_000,
    });
    server.close();
  });

  describe('of a WebSocket', () => {
    afterEach(() => {
      jest.useRealTimers();
    });

    it('give it 10 s for its connection_init, and close it with 4408', () => {
      jest.useFakeTimers();
      const refuse = () => ({ kind: 'answer', result: { errors: [] }, sizeBytes: 0, status: 400, untilMs: 0 }) as const;
      const operations = { run: () => Promise.resolve(refuse()), refuse };
      const protocol = createSocketProtocol({ operations, schema: createSchema(), maxOperations: 1 });
      const close = jest.fn<(code?: number) => void>();
      void protocol.opened(
        { protocol: 'graphql-transport-ws', send: () => undefined, close, onMessage: () => undefined },
        {
          socket: { close },
          authenticate: () => NOBODY,
          authorization: undefined,
          takeAllowance: () => null,
          unacceptedOf: () => null,
          clientBytes: createClientBytes(1_000_000, () => true),
          owner: ANONYMOUS,
          largeMessages: createLargeMessages(),
          countAnswering: () => undefined,
          nextRequestId: () => 'r',
          traceparent: undefined,
          waiting: new Map(),
        },
      );
      jest.advanceTimersByTime(9_999);
      expect(close).not.toHaveBeenCalled();
      jest.advanceTimersByTime(1);
      expect(close.mock.calls.map(([code]) => code)).toEqual([4408]);
    });
  });
});
