/**
 * The spans of operations and upstream calls in a process with OpenTelemetry's SDK. The gateway's own SDK:
 * exported-traces.e2e.test.ts.
 */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { context, trace } from '@opentelemetry/api';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { openSocket, openStream } from '../harness/live-client.ts';
import { type CapturedLog, captureLog, rowsOf, wordsIn } from '../harness/observed.ts';
import { type ScriptedUpstream, startUpstream } from '../harness/upstream.ts';
import { type ReceivedSpan, SpanReceiver } from './span-receiver.ts';
import { startTracingSdk, type TracingSdk } from './tracing-sdk.ts';

type Fields = Readonly<Record<string, string>>;

const RUN = 'query StatusOfRun { run(workflowId: "wf", id: "r1") { status } }';
const runOf = (id: string) => `{ run(workflowId: "wf", id: "${id}") { status } }`;
const WATCH = 'subscription Watching { runUpdated(workflowId: "wf", id: "r1") { run { status } } }';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;
const STATE = 'vendor=a1,other@tenant=b2';
const [SERVER, CLIENT, IS_ERROR] = [2, 3, 2];

let upstream: ScriptedUpstream;
let receiver: SpanReceiver;
let sdk: TracingSdk;
let gateway: TestGateway;
let log: CapturedLog;

beforeEach(async () => {
  upstream = await startUpstream();
  receiver = await new SpanReceiver().open();
  sdk = startTracingSdk(receiver.url);
});
afterEach(async () => {
  await gateway.close();
  await sdk.close();
  await receiver.close();
  await upstream.close();
});

const start = async (environment: Fields = {}, level = 'info') => {
  log = captureLog(level);
  gateway = await startGateway({ upstream, env: environment, logger: log.logger });
};

const send = async (body: string | null, headers: Fields = {}, method = 'POST', search = '') => {
  const response = await fetch(`${gateway.url}/graphql${search}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: 'Bearer key-1', 'user-agent': 'test/1', ...headers },
    body,
  });
  await response.text();
  return response.status;
};
const post = (query: string, headers: Fields = {}) => send(JSON.stringify({ query }), headers);

/** The client disconnects during the upstream call. */
const abandon = async (query: string) => {
  upstream.script = (call) => call.cut.then(() => ({}));
  const leaving = new AbortController();
  const arrived = upstream.nextCall();
  const left = gateway.query(query, { signal: leaving.signal }).catch(() => 'left');
  const { cut } = await arrived;
  leaving.abort();
  expect(await left).toBe('left');
  await cut;
};

/** Spans of this kind, oldest first. The SDK sends the last ones when it closes. */
const spansOf = async (kind: number): Promise<readonly ReceivedSpan[]> => {
  await gateway.close();
  await sdk.close();
  return receiver.spans.filter((span) => span.kind === kind);
};

describe('the trace of an operation', () => {
  it("continues the caller's trace, and is passed upstream", async () => {
    await start();
    await post(RUN, { traceparent: TRACEPARENT, 'x-request-id': 'night-1' });
    const [[operation, ...others], [call]] = [await spansOf(SERVER), await spansOf(CLIENT)];
    expect(others).toEqual([]);
    expect(operation).toMatchObject({
      traceId: TRACE,
      parentSpanId: PARENT,
      name: 'query StatusOfRun',
      attributes: {
        'graphql.operation.name': 'StatusOfRun',
        'graphql.operation.type': 'query',
        'stepgate.request_id': 'night-1',
        'stepgate.transport': 'http',
        'stepgate.cache': 'fetched',
        'stepgate.upstream_calls': 1,
        'http.request.method': 'POST',
        'http.route': '/graphql',
        'url.path': '/graphql',
        'url.scheme': 'http',
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(gateway.url).port),
        'client.address': '127.0.0.1',
        'user_agent.original': 'test/1',
      },
    });
    expect(operation?.status.code).not.toBe(IS_ERROR);
    expect(call).toMatchObject({
      traceId: TRACE,
      parentSpanId: operation?.spanId,
      name: 'GET workflows/{workflow}/runs/{run}',
      attributes: {
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'url.full': `${upstream.url}/workflows/wf/runs/r1`,
        'server.address': '127.0.0.1',
      },
    });
    expect(upstream.calls[0]?.headers).toMatchObject({
      traceparent: `00-${TRACE}-${call?.spanId}-01`,
      'x-request-id': 'night-1',
    });
    expect(log.operations).toMatchObject([{ requestId: 'night-1', trace_id: TRACE, span_id: operation?.spanId }]);
  });

  it('names the path of a call that starts a run', async () => {
    await start();
    await post('mutation { executeWorkflow(workflowId: "wf") { message } }', { traceparent: TRACEPARENT });
    expect((await spansOf(CLIENT)).map(({ name }) => name)).toContain('POST workflows/{workflow}/execute');
  });

  it('has a span for a cached operation, not for a cached response', async () => {
    await start();
    for (let time = 0; time < 4; time += 1) await post(RUN, { traceparent: TRACEPARENT });
    const operations = await spansOf(SERVER);
    expect(operations.map(({ attributes }) => attributes['stepgate.cache'])).toEqual(['fetched', 'hit']);
  });

  it('continues the trace of the handshake for operations of a socket', async () => {
    await start();
    const headers = { traceparent: TRACEPARENT, 'x-request-id': 'night-2', 'user-agent': 'socket/1' };
    const client = await openSocket(gateway.url, { authorization: 'Bearer key-1' }, { headers });
    client.subscribe({ query: WATCH });
    await client.nextData();
    expect(await client.next()).toEqual({ type: 'complete' });
    client.subscribe({ query: '{ nothing }' }, '2');
    expect(await client.next()).toMatchObject({ type: 'error', errors: [{ extensions: { requestId: 'night-2.2' } }] });
    client.leave();
    const operation = (await spansOf(SERVER)).find(({ name }) => name === 'subscription Watching');
    expect(operation).toMatchObject({
      traceId: TRACE,
      parentSpanId: PARENT,
      attributes: {
        'stepgate.request_id': 'night-2.1',
        'stepgate.transport': 'graphql-ws',
        'client.address': '127.0.0.1',
        'user_agent.original': 'socket/1',
        'url.path': '/graphql',
      },
    });
    expect(Object.keys(operation?.attributes ?? {}).filter((name) => name.startsWith('http.'))).toEqual([]);
    expect(upstream.calls.map((call) => call.headers['x-request-id'])).toEqual(upstream.calls.map(() => 'night-2.1'));
    expect(upstream.calls.every((call) => String(call.headers.traceparent).startsWith(`00-${TRACE}-`))).toBe(true);
    expect(log.operations).toMatchObject([{ requestId: 'night-2.1' }, { requestId: 'night-2.2' }]);
  });

  it("continues the caller's trace in an event stream with request id", async () => {
    await start();
    const headers = { traceparent: TRACEPARENT, 'x-request-id': 'night-3' };
    const client = await openStream(gateway.url, { query: WATCH }, 'key-1', { headers });
    expect(client.headers['x-request-id']).toBe('night-3');
    await client.nextData();
    expect(await client.next()).toEqual({ type: 'complete' });
    const [operation] = await spansOf(SERVER);
    expect(operation).toMatchObject({
      name: 'subscription Watching',
      traceId: TRACE,
      attributes: { 'stepgate.request_id': 'night-3' },
    });
    expect(upstream.calls.every((call) => call.headers['x-request-id'] === 'night-3')).toBe(true);
  });

  it('shows the retries of a call, and no query string', async () => {
    await start();
    upstream.script = () => ({ status: 503, headers: { 'retry-after': '0' } });
    await post('{ workflow(id: "wf") { runs(first: 1) { nodes { id } } } }');
    const calls = await spansOf(CLIENT);
    const call = calls.find(({ attributes }) => String(attributes['url.full']).endsWith('/workflows/wf/runs'));
    expect(upstream.calls.some(({ url }) => url.search.includes('limit='))).toBe(true);
    expect(receiver.text).not.toContain('limit=');
    expect(call).toMatchObject({
      attributes: {
        'http.request.resend_count': 2,
        'http.response.status_code': 503,
        'error.type': 'UPSTREAM_UNAVAILABLE',
      },
      status: { code: IS_ERROR, message: 'UPSTREAM_UNAVAILABLE' },
    });
  });

  it('ends the span when the client disconnects, without status or error', async () => {
    await start();
    await abandon(RUN);
    const [operation] = await spansOf(SERVER);
    expect(log.operations).toMatchObject([{ outcome: 'abandoned', 'client.address': '127.0.0.1' }]);
    expect(log.lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
    expect(operation?.attributes).toMatchObject({ 'stepgate.outcome': 'abandoned', 'client.address': '127.0.0.1' });
    expect(operation?.attributes).not.toHaveProperty(['http.response.status_code']);
    const [call] = await spansOf(CLIENT);
    expect(call).toMatchObject({ attributes: { 'stepgate.outcome': 'abandoned' } });
    expect([operation?.status.code, call?.status.code]).not.toContain(IS_ERROR);
  });

  it("continues an embedder's span of the request", async () => {
    const own = trace.getTracer('embedder').startSpan('request');
    const { traceId, spanId } = own.spanContext();
    // Node handles a server's requests in the context in which the server was started.
    await context.with(trace.setSpan(context.active(), own), () => start());
    await post(RUN, { traceparent: TRACEPARENT });
    own.end();
    expect((await spansOf(SERVER))[0]).toMatchObject({ traceId, parentSpanId: spanId });
  });

  it('goes upstream in the format of OTEL_PROPAGATORS', async () => {
    await sdk.close();
    sdk = startTracingSdk(receiver.url, { OTEL_PROPAGATORS: 'b3' });
    await start();
    await post(RUN, { b3: `${TRACE}-${PARENT}-1` });
    const [[operation], [call]] = [await spansOf(SERVER), await spansOf(CLIENT)];
    expect(operation).toMatchObject({ traceId: TRACE, parentSpanId: PARENT });
    const headers = upstream.calls[0]?.headers;
    expect([headers?.b3, headers?.traceparent]).toEqual([`${TRACE}-${call?.spanId}-1`, undefined]);
  });

  it('is passed on without an SDK, and not logged', async () => {
    await sdk.close();
    await start();
    await post(RUN, { traceparent: TRACEPARENT, tracestate: STATE });
    await post(runOf('r2'), { traceparent: TRACEPARENT, tracestate: `long=${'x'.repeat(600)}` });
    await post(runOf('r3'), { traceparent: '00-nonsense-01', tracestate: STATE });
    await abandon(runOf('r4'));
    expect(receiver.exports).toEqual([]);
    expect(upstream.calls.map(({ headers: { traceparent, tracestate } }) => [traceparent, tracestate])).toEqual([
      [TRACEPARENT, STATE],
      [TRACEPARENT, undefined],
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect(log.operations.at(-1)).toMatchObject({ outcome: 'abandoned', 'client.address': '127.0.0.1' });
    expect(log.text).not.toContain('trace_id');
  });
});

describe('the attributes of a span', () => {
  it('are exactly the documented ones, named by semantic conventions', async () => {
    await start();
    await post(RUN, { 'graphql-client-name': 'web', 'graphql-client-version': '7' });
    upstream.script = () => ({ status: 503, headers: { 'retry-after': '0' } });
    await post(`query Other ${runOf('r2')}`);
    await abandon(runOf('r3'));
    const [ofOperations = [], ofCalls = []] = rowsOf('Traces').map(([, , attributes]) => wordsIn(attributes));
    for (const [kind, listed] of [
      [SERVER, ofOperations],
      [CLIENT, ofCalls],
    ] as const) {
      const seen = new Set((await spansOf(kind)).flatMap((span) => Object.keys(span.attributes)));
      expect([...seen].sort()).toEqual(listed.toSorted());
    }
    const named = new Set<unknown>(Object.values(conventions));
    const listed = [...ofOperations, ...ofCalls];
    expect(listed.length).toBeGreaterThan(20);
    expect(listed.filter((name) => !name.startsWith('stepgate.') && !named.has(name))).toEqual([]);
  });

  it('include status and method, with client values cut at 256 characters', async () => {
    await start();
    const long = 'x'.repeat(4000);
    const statuses = [
      await post(RUN),
      await post('{ nothing }'),
      await post('{ nothing }', { accept: 'application/graphql-response+json' }),
      await send('{'),
      await send(null, {}, 'GET', `?query=${encodeURIComponent(RUN)}`),
      await post(RUN.replace('StatusOfRun', long), { 'user-agent': long }),
    ];
    expect(statuses).toEqual([200, 200, 400, 400, 200, 200]);
    const attributes = (await spansOf(SERVER)).map((span) => span.attributes);
    expect(attributes.map((each) => each['http.response.status_code'])).toEqual(statuses);
    const methods = ['POST', 'POST', 'POST', 'POST', 'GET', 'POST'];
    expect(attributes.map((each) => each['http.request.method'])).toEqual(methods);
    expect(attributes.at(-1)).toMatchObject({
      'user_agent.original': 'x'.repeat(256),
      'graphql.operation.name': 'x'.repeat(256),
    });
    expect(receiver.text).not.toContain('workflowId');
  });

  it.each([
    ['no proxy', {}, '127.0.0.1', 'http'],
    ['one hop', { TRUST_PROXY: '1' }, '203.0.113.7', 'https'],
    ['two hops', { TRUST_PROXY: '2' }, '198.51.100.1', 'https'],
    ['another address', { TRUST_PROXY: '10.0.0.0/8' }, '127.0.0.1', 'http'],
    ['its address', { TRUST_PROXY: 'loopback' }, '203.0.113.7', 'https'],
  ])('include the client that trusted proxies report: %s', async (_which, environment, address, scheme) => {
    await start(environment);
    await post(RUN, { 'x-forwarded-for': '198.51.100.1, 203.0.113.7', 'x-forwarded-proto': 'https' });
    const [span] = await spansOf(SERVER);
    expect(span?.attributes).toMatchObject({ 'client.address': address, 'url.scheme': scheme });
    expect(log.operations).toMatchObject([{ 'client.address': address }]);
  });

  it.each([
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{', 'GRAPHQL_PARSE_FAILED'],
    [runOf('..'), 'BAD_USER_INPUT'],
    [runOf('404'), 'NOT_FOUND'],
  ])('show no error for a mistake of a client: %s', async (query, code) => {
    upstream.script = ({ runId }) => ({ status: Number(runId), raw: '{}' });
    await start();
    await post(query);
    const [operation] = await spansOf(SERVER);
    expect(operation?.attributes).toMatchObject({
      'stepgate.outcome': 'client_error',
      'stepgate.error_codes': [code],
    });
    expect(operation?.attributes).not.toHaveProperty(['error.type']);
    expect(operation?.status.code ?? 0).toBe(0);
  });

  it('show an error for an upstream failure and each failed call', async () => {
    upstream.script = ({ runId }) => ({ status: Number(runId), raw: '{}' });
    await start();
    await post('{ gone: run(workflowId: "wf", id: "404") { id } down: run(workflowId: "wf", id: "500") { status } }');
    const [operation] = await spansOf(SERVER);
    expect(operation).toMatchObject({
      status: { code: IS_ERROR, message: 'UPSTREAM_UNAVAILABLE' },
      attributes: {
        'stepgate.outcome': 'upstream_error',
        'error.type': 'UPSTREAM_UNAVAILABLE',
        'stepgate.error_codes': expect.arrayContaining(['NOT_FOUND', 'UPSTREAM_UNAVAILABLE']),
      },
    });
    const calls = await spansOf(CLIENT);
    expect(calls.map(({ attributes, status }) => [attributes['http.response.status_code'], status.code])).toEqual(
      expect.arrayContaining([404, 500].map((status) => [status, IS_ERROR])),
    );
  });
});
