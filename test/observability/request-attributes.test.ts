/** What the log and the spans of an operation say about its request. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { captureLog, type CapturedLog } from '../harness/observed.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { openSocket, openStream } from '../harness/live-client.ts';
import { ask } from '../harness/plain-http.ts';
import { startSpanReceiver, type ReceivedSpan, type SpanReceiver } from '../harness/span-receiver.ts';

type Fields = Readonly<Record<string, string>>;

const RUN = 'query StatusOfRun { run(workflowId: "wf", id: "r1") { status } }';
const WATCH = 'subscription Watching { runUpdated(workflowId: "wf", id: "r1") { status } }';
const FORWARDED = { 'x-forwarded-for': '198.51.100.1, 203.0.113.7', 'x-forwarded-proto': 'https' };

describe('the request of an operation', () => {
  let upstream: FaultyUpstream;
  let receiver: SpanReceiver;
  let gateway: TestGateway;
  let log: CapturedLog;

  afterEach(async () => {
    await gateway.close();
    await receiver.close();
    await upstream.close();
  });

  const start = async (environment: Fields = {}, level = 'info') => {
    upstream = await startFaultyUpstream();
    receiver = await startSpanReceiver();
    log = captureLog(level);
    gateway = await startGateway(
      { UPSTREAM_URL: upstream.url, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...environment },
      { logger: log.logger },
    );
  };

  const send = async (body: string, headers: Fields = {}, method = 'POST', search = '') => {
    const response = await fetch(`${gateway.url}/graphql${search}`, {
      method,
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer key-1',
        'user-agent': 'test/1',
        ...headers,
      },
      ...(method === 'POST' && { body }),
    });
    await response.text();
    return response.status;
  };
  const post = (query: string, headers: Fields = {}) => send(JSON.stringify({ query }), headers);

  /** The server spans, oldest first. */
  const operations = async (): Promise<readonly ReceivedSpan[]> => {
    await gateway.close();
    return receiver.spans.filter(({ kind }) => kind === 2);
  };

  it.each([
    ['no proxy', {}, '127.0.0.1', 'http'],
    ['one hop', { TRUST_PROXY: '1' }, '203.0.113.7', 'https'],
    ['two hops', { TRUST_PROXY: '2' }, '198.51.100.1', 'https'],
    ['another address', { TRUST_PROXY: '10.0.0.0/8' }, '127.0.0.1', 'http'],
    ['its address', { TRUST_PROXY: 'loopback' }, '203.0.113.7', 'https'],
  ])('has the client that trusted proxies tell: %s', async (_which, environment, address, scheme) => {
    await start(environment);
    await post(RUN, FORWARDED);
    const [span] = await operations();
    expect(span?.attributes).toMatchObject({ 'client.address': address, 'url.scheme': scheme });
    expect(log.operations).toMatchObject([{ client: address }]);
  });

  it('has the client on the line of every transport, of a refusal, and of a response cache hit', async () => {
    await start({ TRUST_PROXY: '1' }, 'debug');
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    for (let time = 0; time < 3; time += 1) await post(RUN, headers);
    await send('{', headers);
    const socket = await openSocket(gateway.url, { authorization: 'Bearer key-1' }, { headers });
    socket.subscribe({ query: WATCH });
    await socket.nextData();
    expect(await socket.next()).toEqual({ type: 'complete' });
    const stream = await openStream(gateway.url, { query: WATCH }, 'key-1', { headers });
    await stream.nextData();
    expect(await stream.next()).toEqual({ type: 'complete' });
    socket.leave();
    await gateway.close();
    expect(log.operations.map(({ transport, cache, outcome }) => [transport, cache, outcome])).toEqual([
      ['http', 'fetched', 'ok'],
      ['http', 'held', 'ok'],
      ['http', 'ready', 'ok'],
      ['http', 'none', 'client_error'],
      ['graphql-ws', expect.any(String), 'ok'],
      ['graphql-sse', expect.any(String), 'ok'],
    ]);
    for (const line of log.operations) expect(line).toMatchObject({ client: '203.0.113.7' });
  });

  it('is in its span, by the semantic conventions', async () => {
    await start();
    const long = 'x'.repeat(4000);
    const graphqlResponse = { accept: 'application/graphql-response+json' };
    const statuses = [
      await post(RUN),
      await post('{ nothing }'),
      await post('{ nothing }', graphqlResponse),
      await send('{'),
      await send('', {}, 'PUT'),
      await send('', {}, 'GET', `?query=${encodeURIComponent(RUN)}`),
      (await ask(`${gateway.url}/graphql`, { method: 'PROPFIND' })).status,
      await post(RUN.replace('StatusOfRun', long), { 'user-agent': long }),
    ];
    expect(statuses).toEqual([200, 200, 400, 400, 405, 200, 405, 200]);
    const { port } = new URL(gateway.url);
    const attributes = (await operations()).map((span) => span.attributes);
    expect(attributes[0]).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/graphql',
      'url.path': '/graphql',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': Number(port),
      'client.address': '127.0.0.1',
      'user_agent.original': 'test/1',
    });
    expect(attributes.map((each) => each['http.response.status_code'])).toEqual(statuses);
    // A method that the conventions do not have would make up a value of its own.
    const methods = ['POST', 'POST', 'POST', 'POST', 'PUT', 'GET', '_OTHER', 'POST'];
    expect(attributes.map((each) => each['http.request.method'])).toEqual(methods);
    // A few bytes of a span, however long the texts of a client are.
    expect(attributes.at(-1)).toMatchObject({
      'user_agent.original': 'x'.repeat(256),
      'graphql.operation.name': 'x'.repeat(256),
    });
    expect(receiver.text).not.toContain('workflowId');
  });

  it('is that of the handshake over a socket, whose operations have no method and no status', async () => {
    await start();
    const headers = { 'user-agent': 'socket/1' };
    const socket = await openSocket(gateway.url, { authorization: 'Bearer key-1' }, { headers });
    socket.subscribe({ query: RUN });
    await socket.nextData();
    socket.leave();
    const [span] = await operations();
    const own = { 'client.address': '127.0.0.1', 'user_agent.original': 'socket/1', 'url.path': '/graphql' };
    expect(span?.attributes).toMatchObject(own);
    expect(Object.keys(span?.attributes ?? {}).filter((name) => name.startsWith('http.'))).toEqual([]);
  });

  /** Leaves while the upstream is being asked. */
  const abandon = async () => {
    upstream.script = (call) => call.cut.then(() => ({}));
    const leaving = new AbortController();
    const arrived = upstream.nextCall();
    const answer = gateway.query(RUN, { signal: leaving.signal });
    const { cut } = await arrived;
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await cut;
  };

  it('is still in the log when the client has left, also without tracing', async () => {
    await start({ OTEL_SDK_DISABLED: 'true' });
    await abandon();
    await gateway.close();
    expect(log.operations).toMatchObject([{ outcome: 'abandoned', client: '127.0.0.1' }]);
  });

  it('is still told when the client has left, without a status', async () => {
    await start();
    await abandon();
    const [span] = await operations();
    expect(log.operations).toMatchObject([{ outcome: 'abandoned', client: '127.0.0.1' }]);
    expect(span?.attributes).toMatchObject({ 'stepgate.outcome': 'abandoned', 'client.address': '127.0.0.1' });
    expect(span?.attributes).not.toHaveProperty(['http.response.status_code']);
    expect(span?.status.code).not.toBe(2);
    const abandoned = receiver.spans.find(({ kind }) => kind === 3);
    expect(abandoned).toMatchObject({ attributes: { 'stepgate.outcome': 'abandoned' } });
    expect(abandoned?.status.code).not.toBe(2);
  });
});

describe('the status of spans', () => {
  const MISTAKES = [
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{', 'GRAPHQL_PARSE_FAILED'],
    ['{ run(workflowId: "wf", id: "..") { status } }', 'BAD_USER_INPUT'],
    ['{ run(workflowId: "wf", id: "401") { status } }', 'UNAUTHENTICATED'],
    ['{ run(workflowId: "wf", id: "403") { status } }', 'FORBIDDEN'],
    ['{ run(workflowId: "wf", id: "404") { status } }', 'NOT_FOUND'],
  ] as const;

  it('is an error for failures of the gateway or the upstream, not for mistakes of a client', async () => {
    const upstream = await startFaultyUpstream(({ runId }) => ({ status: Number(runId), raw: '{}' }));
    const receiver = await startSpanReceiver();
    const gateway = await startGateway({ UPSTREAM_URL: upstream.url, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    for (const [query] of MISTAKES) await gateway.query(query);
    await gateway.query(
      '{ gone: run(workflowId: "wf", id: "404") { status } down: run(workflowId: "wf", id: "500") { status } }',
    );
    await gateway.close();
    const operations = receiver.spans.filter(({ kind }) => kind === 2);
    const mixed = operations.at(-1);
    for (const [index, [, code]] of MISTAKES.entries()) {
      const { attributes, status } = operations[index] ?? {};
      expect(attributes).toMatchObject({ 'stepgate.outcome': 'client_error', 'stepgate.error_codes': [code] });
      expect(attributes).not.toHaveProperty(['error.type']);
      expect(status?.code ?? 0).toBe(0);
    }
    expect(mixed).toMatchObject({
      status: { code: 2, message: 'UPSTREAM_UNAVAILABLE' },
      attributes: {
        'stepgate.outcome': 'upstream_error',
        'error.type': 'UPSTREAM_UNAVAILABLE',
        'stepgate.error_codes': expect.arrayContaining(['NOT_FOUND', 'UPSTREAM_UNAVAILABLE']),
      },
    });
    // By the conventions an answer of 4xx is an error of the span of the call.
    const calls = receiver.spans.filter(({ kind }) => kind === 3);
    expect(calls.map(({ attributes, status }) => [attributes['http.response.status_code'], status.code])).toEqual(
      expect.arrayContaining([401, 403, 404, 500].map((status) => [status, 2])),
    );
    await receiver.close();
    await upstream.close();
  });
});
