import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createBasePath } from '../../src/http/base-path.ts';
import { createCompression } from '../../src/http/compression/compression.ts';
import { createResponseWriter } from '../../src/http/response-writer.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { captureLog } from '../support/observed.ts';
import { connectRaw } from '../harness/raw-http.ts';

const HEAD = 'host: x\r\nauthorization: Bearer key-1\r\n';
const long = (length: number) => 'x'.repeat(length);

/** Every one is sent over a connection of its own. */
const REFUSED: readonly (readonly [what: string, status: number, code: string, sent: string])[] = [
  ['a path with a slash behind', 404, 'NOT_FOUND', `POST /graphql/ HTTP/1.1\r\n${HEAD}content-length: 0\r\n\r\n`],
  ['a path below it', 404, 'NOT_FOUND', `GET /graphql/xyz?query={__typename} HTTP/1.1\r\n${HEAD}\r\n`],
  ['PUT', 405, 'BAD_REQUEST', `PUT /graphql HTTP/1.1\r\n${HEAD}content-length: 0\r\n\r\n`],
  ['TRACE', 405, 'BAD_REQUEST', `TRACE /graphql HTTP/1.1\r\n${HEAD}\r\n`],
  ['QUERY', 405, 'BAD_REQUEST', `QUERY /graphql HTTP/1.1\r\n${HEAD}\r\n`],
  ['CONNECT', 405, 'BAD_REQUEST', `CONNECT /graphql HTTP/1.1\r\n${HEAD}\r\n`],
  ['PATCH of the stream', 405, 'BAD_REQUEST', `PATCH /graphql/stream HTTP/1.1\r\n${HEAD}content-length: 0\r\n\r\n`],
  ['a method that is none', 400, 'BAD_REQUEST', `NONSENSE /graphql HTTP/1.1\r\n${HEAD}\r\n`],
  ['what is not HTTP', 400, 'BAD_REQUEST', 'hello\r\n\r\n'],
  ['TLS', 400, 'BAD_REQUEST', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['no Host', 400, 'BAD_REQUEST', 'GET /graphql HTTP/1.1\r\nauthorization: Bearer key-1\r\n\r\n'],
  [
    'two lengths',
    400,
    'BAD_REQUEST',
    `POST /graphql HTTP/1.1\r\n${HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\n`,
  ],
  [
    'a chunk that is none',
    400,
    'BAD_REQUEST',
    `POST /graphql HTTP/1.1\r\n${HEAD}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
  ],
  ['long headers', 431, 'BAD_REQUEST', `GET /graphql HTTP/1.1\r\n${HEAD}x-long: ${long(17_000)}\r\n\r\n`],
  ['a long URL', 431, 'BAD_REQUEST', `GET /graphql?${long(17_000)} HTTP/1.1\r\n${HEAD}\r\n`],
  [
    'long extensions of chunks',
    413,
    'BAD_REQUEST',
    `POST /graphql HTTP/1.1\r\n${HEAD}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1;${long(17_000)}\r\n{\r\n`,
  ],
  [
    'a long body',
    413,
    'BAD_USER_INPUT',
    `POST /graphql HTTP/1.1\r\n${HEAD}content-type: application/json\r\ncontent-length: 1048577\r\n\r\n`,
  ],
  [
    'an expectation',
    417,
    'BAD_REQUEST',
    `POST /graphql HTTP/1.1\r\n${HEAD}expect: a miracle\r\ncontent-length: 0\r\n\r\n`,
  ],
  [
    'an upgrade elsewhere',
    404,
    'NOT_FOUND',
    `GET /graphql/ HTTP/1.1\r\n${HEAD}connection: upgrade\r\nupgrade: websocket\r\n\r\n`,
  ],
  [
    'an upgrade from another origin',
    403,
    'FORBIDDEN',
    `GET /graphql HTTP/1.1\r\n${HEAD}origin: https://evil.example.com\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
  ],
];

describe('what is no request for an operation', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  beforeEach(async () => {
    upstream = await startFaultyUpstream();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, BASE_PATH: '/stepgate' });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each(REFUSED)('is answered in the form of GraphQL: %s', async (_what, status, code, sent) => {
    for (const text of [sent, sent.replace(' /graphql', ' /stepgate/graphql')]) {
      const raw = await connectRaw(gateway.url);
      const { head, body } = await raw.ask(Buffer.from(text, 'latin1'));
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(head).toMatch(/^content-type: application\/json/im);
      expect(head).toMatch(/^cache-control: no-store/im);
      const [, requestId] = /^x-request-id: (.+)\r?$/im.exec(head) ?? [];
      expect(JSON.parse(body)).toEqual({
        errors: [
          {
            message: expect.any(String),
            extensions: { code, retryable: false, requestId: requestId?.trim() ?? 'none came' },
          },
        ],
      });
      raw.close();
    }
    expect(upstream.calls).toEqual([]);
  });
});

describe('a request that breaks off', () => {
  let close: () => void = () => undefined;
  afterEach(() => {
    close();
  });

  /** A server whose handler answers when the test lets it, and its end of the one connection. */
  async function start(answer: (respond: () => void) => void) {
    const writer = createResponseWriter({
      origins: [],
      compression: createCompression(),
      hsts: () => [],
      isListening: () => true,
    });
    const nothing = () => undefined;
    const server = createHttpServer({
      takeBasePath: createBasePath(''),
      writer,
      graphql: ({ response }) => {
        answer(() => {
          response.writeHead(200, { 'content-length': '2' });
          response.write('a');
        });
      },
      page: nothing,
      assets: nothing,
      operations: {},
      logger: captureLog('silent').logger,
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const client = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
    let received = '';
    client.on('data', (chunk: Buffer) => (received += chunk.toString())).on('error', nothing);
    const [socket] = (await once(server, 'connection')) as [Socket];
    close = () => {
      client.destroy();
      server.close();
      server.closeAllConnections();
    };
    return { server, client, socket, received: () => received };
  }

  it('is answered 408 when its time is up', async () => {
    const started = Promise.withResolvers<undefined>();
    const { server, client, socket, received } = await start(() => {
      started.resolve(undefined);
    });
    client.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{');
    await started.promise;
    // What node:http does after 30 s.
    server.emit('clientError', Object.assign(new Error('too slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
    await once(client, 'close');
    expect(received()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(received()).toContain('"code":"BAD_REQUEST"');
  });

  it('gets no second answer in the middle of the first', async () => {
    const { client, received } = await start((respond) => {
      respond();
    });
    client.write('GET /graphql HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(client, 'data');
    client.write('nonsense\r\n\r\n');
    await once(client, 'close');
    expect(received().match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });
});
