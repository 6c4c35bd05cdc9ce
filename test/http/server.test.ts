import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createBasePath } from '../../src/http/base-path.ts';
import { createCompression } from '../../src/http/compression/compression.ts';
import type { Exchange, Handler } from '../../src/http/exchange.ts';
import { createOpsHandlers } from '../../src/http/ops-handlers.ts';
import {
  createResponseWriter,
  errorResponse,
  jsonResponse,
  type HttpResponse,
  type ResponseWriterOptions,
} from '../../src/http/response-writer.ts';
import { createHttpServer, type HttpServerOptions } from '../../src/http/server.ts';
import { captureLog } from '../support/observed.ts';
import { ask } from '../harness/plain-http.ts';
import { connectRaw, type RawConnection } from '../harness/raw-http.ts';

const APP = 'https://app.example.com';

function writerWith(options: Partial<ResponseWriterOptions> = {}) {
  const compression = createCompression();
  return createResponseWriter({ origins: [], compression, hsts: () => [], isListening: () => true, ...options });
}

/** Listens until the test closes it. */
async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
}

function createServer(options: Partial<HttpServerOptions> = {}): Server {
  const writer = options.writer ?? writerWith();
  const say =
    (what: string): Handler =>
    (exchange) => {
      writer.write(exchange, jsonResponse(200, what));
    };
  return createHttpServer({
    ...{ takeBasePath: createBasePath('/base'), writer, logger: captureLog('silent').logger },
    ...{ graphql: say('graphql'), page: say('page'), assets: say('assets'), operations: { '/healthz': say('health') } },
    ...options,
  });
}

describe('a server', () => {
  let server: Server;
  let url: string;
  let raw: RawConnection;
  let graphql: Handler;
  const log = captureLog('error');
  beforeAll(async () => {
    const defaults = writerWith({ origins: [APP] });
    graphql = (exchange) => {
      defaults.write(exchange, jsonResponse(200, 'graphql'));
    };
    server = createServer({ writer: defaults, graphql: (exchange) => graphql(exchange), logger: log.logger });
    url = await listen(server);
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(async () => {
    raw = await connectRaw(url, server);
  });
  afterEach(() => {
    raw.close();
  });

  it.each([
    ['GET', '/graphql', 'graphql'],
    ['POST', '/graphql?a', 'graphql'],
    ['DELETE', '/graphql/stream', 'graphql'],
    ['HEAD', '/graphql', ''],
    ['GET', '/', 'page'],
    ['GET', '/?a', 'page'],
    ['GET', '/workflows/wf', 'page'],
    ['GET', '/workflows', null],
    ['GET', '/a/workflows/', null],
    ['POST', '/', null],
    ['GET', '/assets/a.js', 'assets'],
    ['GET', '/a/assets/', null],
    ['GET', '/healthz', 'health'],
    ['GET', '/base/healthz', 'health'],
    ['POST', '/healthz', null],
    ['GET', '/other', null],
  ])('answers %s %s by %j', async (method, path, handler) => {
    const { status, body } = await ask(`${url}${path}`, { method });
    if (handler === null) {
      expect([status, JSON.parse(body.toString())]).toMatchObject([
        404,
        { errors: [{ extensions: { code: 'NOT_FOUND', retryable: false } }] },
      ]);
    } else expect([status, body.toString()]).toEqual([200, handler && JSON.stringify(handler)]);
  });

  it.each(['/graphql', '/other'])('answers OPTIONS %s as a preflight', async (path) => {
    const { status, headers } = await ask(`${url}${path}`, {
      method: 'OPTIONS',
      headers: { origin: APP, 'access-control-request-method': 'POST' },
    });
    expect({ status, headers }).toMatchObject({
      status: 204,
      headers: {
        allow: 'GET, HEAD, POST',
        vary: 'access-control-request-method, access-control-request-headers, accept-encoding, origin',
        'access-control-allow-origin': APP,
      },
    });
    expect(headers['content-length']).toBeUndefined();
  });

  it.each([
    ['without a host by HTTP/1.1', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['without a host by HTTP/1.0', 'GET /healthz HTTP/1.0\r\n\r\n', 200],
    ['with an expectation', 'GET /healthz HTTP/1.1\r\nhost: x\r\nexpect: wonders\r\n\r\n', 417],
    ['that offers HTTP/2', 'GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n', 200],
    ['for a tunnel', 'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n', 405],
    ['that is none', 'nonsense\r\n\r\n', 400],
  ])('answers a request %s', async (_, request, status) => {
    const { head, body } = await raw.ask(request);
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    if (status === 200) return;
    const requestId = /^x-request-id: (\S+)/im.exec(head)?.[1];
    expect(JSON.parse(body)).toMatchObject({
      errors: [{ message: expect.stringMatching(/.{20}/), extensions: { code: 'BAD_REQUEST', requestId } }],
    });
  });

  it('leaves an upgrade to a WebSocket to who serves those', async () => {
    const upgrade = once(server, 'upgrade') as Promise<[IncomingMessage, Socket]>;
    await raw.send('GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: WebSocket\r\n\r\n');
    const [request, socket] = await upgrade;
    expect(request.url).toBe('/graphql');
    socket.destroy();
  });

  it('knows the address of a client that has left', async () => {
    const left = Promise.withResolvers<string | undefined>();
    graphql = ({ request }) => {
      request.socket.once('close', () => {
        left.resolve(request.socket.remoteAddress);
      });
      raw.close();
    };
    await raw.send('GET /graphql HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await left.promise).toBe('127.0.0.1');
  });

  it('answers the next request of a connection when the one before was answered', async () => {
    const waiting: Exchange[] = [];
    const arrived = Promise.withResolvers<undefined>();
    graphql = (exchange) => {
      waiting.push(exchange);
      arrived.resolve(undefined);
    };
    await raw.send('GET /graphql?1 HTTP/1.1\r\nhost: x\r\n\r\nGET /graphql?2 HTTP/1.1\r\nhost: x\r\n\r\n');
    await arrived.promise;
    expect(waiting.map(({ search }) => search)).toEqual(['?1']);
    graphql = (exchange) => {
      writerWith().write(exchange, jsonResponse(200, 'second'));
    };
    for (const exchange of waiting) writerWith().write(exchange, jsonResponse(200, 'first'));
    expect((await raw.read(2)).map(({ body }) => body)).toEqual(['"first"', '"second"']);
  });

  /** A request that is under way, and what comes behind it. */
  async function sendBehind(next: string): Promise<Exchange> {
    const arrived = Promise.withResolvers<Exchange>();
    graphql = (exchange) => {
      arrived.resolve(exchange);
    };
    await raw.send('GET /graphql HTTP/1.1\r\nhost: x\r\n\r\n', `${next}\r\nhost: x\r\n`);
    return arrived.promise;
  }

  it('answers what offers a WebSocket over HTTP while an earlier request is under way', async () => {
    const first = await sendBehind('GET /healthz HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket');
    await raw.send('\r\n');
    writerWith().write(first, jsonResponse(200, 'first'));
    expect((await raw.read(2)).map(({ body }) => body)).toEqual(['"first"', '"health"']);
  });

  it('writes no error where the answer of an earlier request is due', async () => {
    await sendBehind('CONNECT x:1 HTTP/1.1');
    const answer = raw.read(1);
    await raw.send('\r\n');
    await expect(answer).rejects.toThrow('it had brought 0 bytes');
  });

  it('cuts the connection where it fails after an answer has begun, and tells the error before: both are logged', async () => {
    graphql = () => {
      throw new Error('a defect');
    };
    expect(JSON.parse((await raw.ask('GET /graphql HTTP/1.1\r\nhost: x\r\n\r\n')).body)).toMatchObject({
      errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
    });
    graphql = ({ response }) => {
      response.writeHead(200, { 'content-length': 100 }).write('half');
      throw new Error('a defect');
    };
    const closed = once(raw.socket, 'close');
    await raw.send('GET /graphql HTTP/1.1\r\nhost: x\r\n\r\n');
    await closed;
    const line = { err: { message: 'a defect' }, requestId: expect.any(String) as unknown };
    expect(log.lines).toMatchObject([line, line]);
  });
});

describe('an answer', () => {
  let server: Server;
  let url: string;
  let options: Partial<ResponseWriterOptions>;
  let response: HttpResponse;
  beforeAll(async () => {
    server = createServer({
      graphql: (exchange) => {
        writerWith(options).write(exchange, response);
      },
    });
    url = await listen(server);
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    options = {};
    response = jsonResponse(200, { data: 'é' });
  });

  const get = (headers: Readonly<Record<string, string>> = {}) => ask(`${url}/graphql`, { headers });
  const headersOf = async (headers: Readonly<Record<string, string>> = {}) => {
    const answer = await get({ 'x-request-id': 'mine', ...headers });
    return Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name !== 'date'));
  };
  const OWN = {
    'x-request-id': 'mine',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
    connection: 'close',
  };

  it('has the headers that every answer has', async () => {
    expect(await headersOf()).toEqual({
      ...OWN,
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      vary: 'accept-encoding',
      'content-length': String(Buffer.byteLength('{"data":"é"}')),
    });
    expect((await get()).body.toString()).toBe('{"data":"é"}');
  });

  it('has no header that nobody set', async () => {
    response = { status: 404, body: Buffer.from('') };
    expect(await headersOf()).toEqual({ ...OWN, vary: 'accept-encoding', 'content-length': '0' });
    response = { status: 204, body: '' };
    expect(await headersOf({ 'accept-encoding': 'gzip, identity;q=0' })).toEqual({ ...OWN, vary: 'accept-encoding' });
  });

  it('has what is its own beside those of its origin and its scheme', async () => {
    options = { origins: [APP], hsts: () => ['strict-transport-security', 'max-age=1'] };
    response = {
      ...response,
      ...{ etag: '"a"', vary: 'accept', contentSecurityPolicy: "default-src 'none'", headers: ['x-own', '1'] },
    };
    expect(await headersOf({ origin: APP })).toMatchObject({
      etag: '"a"',
      vary: 'accept, accept-encoding, origin',
      'content-security-policy': "default-src 'none'",
      'x-own': '1',
      'access-control-allow-origin': APP,
      'strict-transport-security': 'max-age=1',
    });
  });

  it('is the only one, whatever is written after it', async () => {
    const log = captureLog('error');
    const again = createServer({
      logger: log.logger,
      graphql: (exchange) => {
        for (const etag of [null, '"a"']) writerWith().write(exchange, { ...jsonResponse(200, etag), etag });
      },
    });
    const raw = await connectRaw(await listen(again));
    const request = 'GET /graphql HTTP/1.1\r\nhost: x\r\nif-none-match: "a"\r\n\r\n';
    expect([await raw.ask(request), await raw.ask(request)]).toMatchObject([{ body: 'null' }, { body: 'null' }]);
    expect(log.lines).toEqual([]);
    raw.close();
    again.close();
  });

  it('is the only one, also where another is written while it is compressed', async () => {
    const compression = createCompression();
    const compress: typeof compression.compress = async (...given) => compression.compress(...given);
    const writer = writerWith({ compression: { ...compression, compress } });
    const own = createServer({
      graphql: (exchange) => {
        writer.write(exchange, jsonResponse(200, 'x'.repeat(2000)));
        exchange.response.writeHead(200).write('an');
        setImmediate(() => exchange.response.end('other'));
      },
    });
    const answer = await ask(`${await listen(own)}/graphql`, { headers: { 'accept-encoding': 'gzip' } });
    expect(answer.body.toString()).toBe('another');
    own.close();
    own.closeAllConnections();
  });

  it('closes its connection while the gateway stops', async () => {
    for (const isReady of [true, false]) {
      options = { isListening: () => isReady };
      const raw = await connectRaw(url);
      const { head } = await raw.ask('GET /graphql HTTP/1.1\r\nhost: x\r\n\r\n');
      expect(head.includes('connection: close')).toBe(!isReady);
      raw.close();
    }
  });

  it.each([
    ['"a"', 304],
    ['W/"a"', 304],
    ['"b" , W/"a"', 304],
    ['*', 304],
    ['"b"', 200],
    ['"aW/"', 200],
    ['', 200],
  ])('is not sent again to who has it: %j gets %d', async (validators, status) => {
    response = { ...response, etag: '"a"' };
    const answer = await get({ 'if-none-match': validators });
    expect([answer.status, answer.headers.etag]).toEqual([status, '"a"']);
    expect(answer.body.length > 0).toBe(status === 200);
    response = { ...response, etag: null };
    expect((await get({ 'if-none-match': validators })).status).toBe(200);
  });

  it.each([
    ['short', 2000],
    ['long', 20_000],
  ])('is compressed, and its validator weak then: a %s one', async (_, length) => {
    response = { ...jsonResponse(200, 'é'.repeat(length)), etag: '"a"' };
    const zipped = await get({ 'accept-encoding': 'gzip' });
    expect(zipped.headers).toMatchObject({
      'content-encoding': 'gzip',
      etag: 'W/"a"',
      'content-length': String(zipped.body.length),
    });
    expect(gunzipSync(zipped.body).toString()).toBe(response.body);
    response = { ...response, etag: null };
    expect((await get({ 'accept-encoding': 'gzip' })).headers.etag).toBeUndefined();
    response = { ...response, etag: '"a"' };
    const known = await get({ 'accept-encoding': 'gzip', 'if-none-match': '"a"' });
    expect([known.status, known.headers.etag, known.headers['content-encoding']]).toEqual([304, 'W/"a"', undefined]);
  });

  it('is sent as it is where too many wait to be compressed', async () => {
    options = { compression: { ...createCompression(), compress: () => Promise.resolve(null) } };
    response = { ...jsonResponse(200, 'x'.repeat(20_000)), etag: '"a"' };
    const { headers, body } = await get({ 'accept-encoding': 'gzip' });
    expect([headers['content-encoding'], headers.etag, body.toString()]).toEqual([undefined, '"a"', response.body]);
  });

  it('is cut after a time if its reader takes nothing, and not if it takes all', async () => {
    options = { stalledReaderMs: 100 };
    response = { status: 200, body: 'x'.repeat(20_000_000) };
    const [slow, other] = [await connectRaw(url, server), await connectRaw(url, server)];
    slow.socket.pause();
    const closed = new Promise((resolve) => {
      server.once('request', ({ socket }: IncomingMessage) => socket.once('close', resolve));
    });
    await slow.send('GET /graphql HTTP/1.1\r\nhost: x\r\n\r\n');
    response = jsonResponse(200, 'short');
    await other.ask('GET /graphql HTTP/1.1\r\nhost: x\r\n\r\n');
    await closed;
    expect((await other.ask('GET /graphql HTTP/1.1\r\nhost: x\r\n\r\n')).body).toBe('"short"');
    for (const each of [slow, other]) each.close();
  });

  it('of an error outside of GraphQL has the form of one', () => {
    const exchange = { requestId: 'mine' } as Exchange;
    const extensions = { code: 'NOT_FOUND', retryable: false, requestId: 'mine' };
    expect(errorResponse(exchange, 404, 'NOT_FOUND', 'Nothing is here.')).toEqual(
      jsonResponse(404, { errors: [{ message: 'Nothing is here.', extensions }] }),
    );
  });

  it('of an operations route tells of the process', async () => {
    const metrics = { contentType: 'text/plain; version=1', scrape: () => Promise.resolve('figures 1') };
    for (const isReady of [true, false]) {
      const operations = createOpsHandlers({ isReady: () => isReady, metrics, writer: writerWith() });
      const own = createServer({ operations });
      const ownUrl = await listen(own);
      const answers = await Promise.all(['/healthz', '/readyz', '/metrics'].map((path) => ask(`${ownUrl}${path}`)));
      expect(answers.map(({ status, body }) => [status, body.toString()])).toEqual([
        [200, '{"status":"alive"}'],
        isReady ? [200, '{"status":"ready"}'] : [503, '{"status":"stopping"}'],
        [200, 'figures 1'],
      ]);
      expect(answers[2]?.headers).toMatchObject({
        'content-type': 'text/plain; version=1',
        'cache-control': 'no-store',
      });
      own.close();
      own.closeAllConnections();
    }
  });
});
