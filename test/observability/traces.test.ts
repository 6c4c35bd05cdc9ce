/** The spans of operations and upstream calls, as a collector receives them over OTLP. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { openSocket, openStream } from '../harness/live-client.ts';
import { captureLog, rowsOf, wordsIn, type CapturedLog } from '../harness/observed.ts';
import { ask } from '../harness/plain-http.ts';
import { startProcess } from '../harness/process.ts';
import { startSpanReceiver, type ReceivedSpan, type SpanReceiver } from '../harness/span-receiver.ts';

type Fields = Readonly<Record<string, string>>;

const RUN = 'query StatusOfRun { run(workflowId: "wf", id: "r1") { status } }';
const runOf = (id: string) => `{ run(workflowId: "wf", id: "${id}") { status } }`;
const WATCH = 'subscription Watching { runUpdated(workflowId: "wf", id: "r1") { status } }';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;
const [SERVER, CLIENT, IS_ERROR] = [2, 3, 2];

let upstream: FaultyUpstream;
let receiver: SpanReceiver;
let gateway: TestGateway;
let log: CapturedLog;

beforeEach(async () => {
  upstream = await startFaultyUpstream();
  receiver = await startSpanReceiver();
});
afterEach(async () => {
  await gateway.close();
  await receiver.close();
  await upstream.close();
});

const start = async (environment: Fields = {}, level = 'info') => {
  log = captureLog(level);
  gateway = await startGateway(
    {
      UPSTREAM_URL: upstream.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      // Longer than the gateway waits for the last spans when it closes.
      OTEL_EXPORTER_OTLP_TIMEOUT: '3000',
      ...environment,
    },
    { logger: log.logger },
  );
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

/** Leaves while the upstream is being asked. */
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

/** Of this kind, oldest first. What was not sent before is sent when the gateway closes. */
const spansOf = async (kind: number): Promise<readonly ReceivedSpan[]> => {
  await gateway.close();
  return receiver.spans.filter((span) => span.kind === kind);
};

describe('the trace of an operation', () => {
  it('continues the caller’s, and the upstream gets the call’s own', async () => {
    await start();
    await post(RUN, { traceparent: TRACEPARENT, 'x-request-id': 'night-1' });
    const [[operation, ...others], [call]] = [await spansOf(SERVER), await spansOf(CLIENT)];
    expect(others).toEqual([]);
    expect(operation).toMatchObject({
      traceId: TRACE,
      parentSpanId: PARENT,
      name: 'query',
      service: 'stepgate',
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
    expect(log.operations).toMatchObject([{ requestId: 'night-1', traceId: TRACE }]);
  });

  it('is a new one where the caller’s is not valid', async () => {
    await start();
    await post(RUN, { traceparent: '00-nonsense-01' });
    const [operation] = await spansOf(SERVER);
    expect(operation?.parentSpanId ?? '').toBe('');
    expect(operation?.traceId).not.toBe(TRACE);
  });

  it('is sent for a cached operation that is executed, but not for a response cache hit', async () => {
    await start();
    for (let time = 0; time < 4; time += 1) await post(RUN, { traceparent: TRACEPARENT });
    const operations = await spansOf(SERVER);
    expect(operations.map(({ attributes }) => attributes['stepgate.cache'])).toEqual(['fetched', 'held']);
  });

  it('of a socket continues that of the handshake; its request ids are numbered, and its spans have no HTTP method', async () => {
    await start();
    const headers = { traceparent: TRACEPARENT, 'x-request-id': 'night-2', 'user-agent': 'socket/1' };
    const client = await openSocket(gateway.url, { authorization: 'Bearer key-1' }, { headers });
    client.subscribe({ query: WATCH });
    await client.nextData();
    expect(await client.next()).toEqual({ type: 'complete' });
    client.subscribe({ query: '{ nothing }' }, '2');
    expect(await client.next()).toMatchObject({ type: 'error', errors: [{ extensions: { requestId: 'night-2.2' } }] });
    client.leave();
    const operation = (await spansOf(SERVER)).find(({ name }) => name === 'subscription');
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

  it('of an event stream continues the caller’s, and its request id is answered', async () => {
    await start();
    const headers = { traceparent: TRACEPARENT, 'x-request-id': 'night-3' };
    const client = await openStream(gateway.url, { query: WATCH }, 'key-1', { headers });
    expect(client.headers['x-request-id']).toBe('night-3');
    await client.nextData();
    expect(await client.next()).toEqual({ type: 'complete' });
    const [operation] = await spansOf(SERVER);
    expect(operation).toMatchObject({
      name: 'subscription',
      traceId: TRACE,
      attributes: { 'stepgate.request_id': 'night-3' },
    });
    expect(upstream.calls.every((call) => call.headers['x-request-id'] === 'night-3')).toBe(true);
  });

  it('has the call’s retries, and no query of its URL', async () => {
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

  it('ends when the client leaves, without a status; the log has it also without tracing', async () => {
    await start({ OTEL_SDK_DISABLED: 'true' });
    await abandon(RUN);
    await gateway.close();
    expect(log.operations).toMatchObject([{ outcome: 'abandoned', client: '127.0.0.1' }]);
    await start();
    await abandon(RUN);
    const [operation] = await spansOf(SERVER);
    expect(log.operations).toMatchObject([{ outcome: 'abandoned', client: '127.0.0.1' }]);
    expect(operation?.attributes).toMatchObject({ 'stepgate.outcome': 'abandoned', 'client.address': '127.0.0.1' });
    expect(operation?.attributes).not.toHaveProperty(['http.response.status_code']);
    const [call] = await spansOf(CLIENT);
    expect(call).toMatchObject({ attributes: { 'stepgate.outcome': 'abandoned' } });
    expect([operation?.status.code, call?.status.code]).not.toContain(IS_ERROR);
  });

  it('does not hold the gateway up when the collector is away', async () => {
    await start();
    await receiver.close();
    expect(await post(RUN)).toBe(200);
    await gateway.close();
    receiver = await startSpanReceiver();
  });
});

describe('the attributes of a span', () => {
  it('are those that the docs list, each of them at some time, with names of the semantic conventions or of the gateway', async () => {
    await start();
    await post(RUN);
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

  it('have the status and the method of each request, and texts of a client cut to 256 characters', async () => {
    await start();
    const long = 'x'.repeat(4000);
    const statuses = [
      await post(RUN),
      await post('{ nothing }'),
      await post('{ nothing }', { accept: 'application/graphql-response+json' }),
      await send('{'),
      await send('', {}, 'PUT'),
      await send(null, {}, 'GET', `?query=${encodeURIComponent(RUN)}`),
      (await ask(`${gateway.url}/graphql`, { method: 'PROPFIND' })).status,
      await post(RUN.replace('StatusOfRun', long), { 'user-agent': long }),
    ];
    expect(statuses).toEqual([200, 200, 400, 400, 405, 200, 405, 200]);
    const attributes = (await spansOf(SERVER)).map((span) => span.attributes);
    expect(attributes.map((each) => each['http.response.status_code'])).toEqual(statuses);
    // A method that the conventions do not have would make up a value of its own.
    const methods = ['POST', 'POST', 'POST', 'POST', 'PUT', 'GET', '_OTHER', 'POST'];
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
  ])('have the client that trusted proxies name: %s', async (_which, environment, address, scheme) => {
    await start(environment);
    await post(RUN, { 'x-forwarded-for': '198.51.100.1, 203.0.113.7', 'x-forwarded-proto': 'https' });
    const [span] = await spansOf(SERVER);
    expect(span?.attributes).toMatchObject({ 'client.address': address, 'url.scheme': scheme });
    expect(log.operations).toMatchObject([{ client: address }]);
  });

  it.each([
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{', 'GRAPHQL_PARSE_FAILED'],
    [runOf('..'), 'BAD_USER_INPUT'],
    [runOf('401'), 'UNAUTHENTICATED'],
    [runOf('403'), 'FORBIDDEN'],
    [runOf('404'), 'NOT_FOUND'],
  ])('do not report an error for a mistake of a client: %s', async (query, code) => {
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

  it('report an error for a failure of the upstream, and of each call that it answered with 4xx or 5xx', async () => {
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

describe('the variables of OpenTelemetry', () => {
  /** What is sent of one operation in this environment, at the latest when the gateway closes. */
  const sent = async (environment: Fields, headers: Fields = {}) => {
    await start(environment);
    expect(await post(RUN, headers)).toBe(200);
    await gateway.close();
    return receiver.spans;
  };

  it('choose the endpoint: a base URL, or that of traces as it is', async () => {
    expect(await sent({})).toHaveLength(2);
    const own = await startSpanReceiver('/own/path');
    await sent({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${own.url}/own/path` });
    expect([receiver, own].map(({ exports }) => exports.map(({ path }) => path))).toEqual([
      ['/v1/traces'],
      ['/own/path'],
    ]);
    expect(own.spans).toHaveLength(2);
    await own.close();
  });

  it('choose the protocol; both carry the same', async () => {
    await sent({}, { traceparent: TRACEPARENT });
    await sent({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, { traceparent: TRACEPARENT });
    expect(receiver.exports.map(({ headers }) => headers['content-type'])).toEqual([
      'application/x-protobuf',
      'application/json',
    ]);
    const comparable = receiver.spans.map(({ traceId, name, kind, attributes, resource }) => {
      const { 'server.port': port, 'stepgate.request_id': id, ...others } = attributes;
      return { traceId, name, kind, others, resource, types: [typeof port, typeof id] };
    });
    expect(comparable).toHaveLength(4);
    expect(comparable.slice(2)).toEqual(comparable.slice(0, 2));
  });

  it('choose the compression, the headers and the resource', async () => {
    const [span] = await sent({
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20a2V5,x-tenant=other',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-tenant=mine',
      OTEL_SERVICE_NAME: 'gateway-eu',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=staging,team=a%2Cb',
    });
    expect(receiver.exports[0]?.headers).toMatchObject({
      'content-encoding': 'gzip',
      authorization: 'Basic a2V5',
      'x-tenant': 'mine',
    });
    expect(span?.resource).toEqual({
      'service.name': 'gateway-eu',
      'service.version': expect.stringMatching(/^\d+\.\d+\.\d+$/),
      'deployment.environment.name': 'staging',
      team: 'a,b',
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.name': 'opentelemetry',
      'telemetry.sdk.version': expect.any(String),
    });
  });

  it.each<readonly [string, string, readonly string[]]>([
    ['always_on', '', ['none', '01', '00']],
    ['always_off', '', []],
    ['traceidratio', '1', ['none', '01', '00']],
    ['traceidratio', '0', []],
    ['parentbased_always_on', '', ['none', '01']],
    ['parentbased_always_off', '', ['01']],
    ['parentbased_traceidratio', '1', ['none', '01']],
    ['parentbased_traceidratio', '0', ['01']],
  ])('sample by %s (%s) the traces of callers with these flags: %j', async (sampler, argument, sampled) => {
    await start({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument, LIVE_TTL_MS: '0' });
    const taken: string[] = [];
    for (const flags of ['none', '01', '00']) {
      await post(runOf(`r${flags}`), flags === 'none' ? {} : { traceparent: `00-${TRACE}-${PARENT}-${flags}` });
      // The upstream gets the decision.
      if (String(upstream.calls.at(-1)?.headers.traceparent).endsWith('1')) taken.push(flags);
    }
    expect(taken).toEqual(sampled);
    expect(await spansOf(SERVER)).toHaveLength(sampled.length);
  });

  it('sample a fraction by the trace’s id: what a small one takes, a larger one takes, too', async () => {
    const ids = Array.from({ length: 40 }, (_, id) => createHash('md5').update(`trace ${id}`).digest('hex'));
    const sampledBy = async (ratio: string): Promise<readonly string[]> => {
      const before = receiver.spans.length;
      await start({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: ratio });
      for (const id of ids) await post(`query q${id} ${runOf('r1')}`, { traceparent: `00-${id}-${PARENT}-00` });
      await gateway.close();
      return [...new Set(receiver.spans.slice(before).map(({ traceId }) => traceId))];
    };
    const [few, many] = [await sampledBy('0.2'), await sampledBy('0.7')];
    expect(few.length).toBeGreaterThan(0);
    expect(many.length).toBeLessThan(ids.length);
    expect(many).toEqual(expect.arrayContaining([...few]));
    expect(many.length).toBeGreaterThan(few.length);
  });

  it('bound the spans that wait and the time until they are sent: the rest is dropped', async () => {
    const open = Promise.withResolvers<undefined>();
    receiver.gate = open.promise;
    await start({ OTEL_BSP_MAX_QUEUE_SIZE: '5', OTEL_BSP_SCHEDULE_DELAY: '1' });
    for (let index = 0; index < 20; index += 1) await post(runOf(`r${index}`));
    open.resolve(undefined);
    await gateway.close();
    // One batch was being sent, and one waited.
    expect(receiver.spans.length).toBeGreaterThanOrEqual(5);
    expect(receiver.spans.length).toBeLessThanOrEqual(10);
  });

  it('have lost spans logged with the reason, once a minute, without a header', async () => {
    receiver.status = 401;
    await start({
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=canary',
      OTEL_BSP_SCHEDULE_DELAY: '1',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
    });
    for (const id of ['r1', 'r2', 'r3']) {
      const arrived = receiver.nextExport();
      await post(runOf(id));
      await arrived;
    }
    await gateway.close();
    expect(log.lines.filter(({ msg }) => msg === 'spans could not be sent')).toMatchObject([
      { level: 40, spans: 1, reason: expect.stringContaining('Unauthorized') },
    ]);
    expect(receiver.exports.every(({ headers }) => headers.authorization === 'canary')).toBe(true);
    expect(log.text).not.toContain('canary');
  });

  it.each([{ OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_EXPORTER: 'none' }, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }])(
    'switch traces off: %j; the caller’s is passed on as it came',
    async (environment) => {
      expect(await sent(environment, { traceparent: TRACEPARENT })).toEqual([]);
      expect(receiver.exports).toEqual([]);
      expect(upstream.calls.map(({ headers }) => headers.traceparent)).toEqual([TRACEPARENT]);
    },
  );
});

describe('the real process', () => {
  /** A module that prints the name of every package that is imported after it. */
  const PRINTS_PACKAGES = `data:text/javascript,${encodeURIComponent(`
    import { writeSync } from 'node:fs';
    import { registerHooks } from 'node:module';
    const resolve = (name, context, next) => {
      if (/^@?\\w/.test(name)) writeSync(2, 'resolved ' + name + '\\n');
      return next(name, context);
    };
    registerHooks({ resolve });
  `)}`;

  it.each([
    ['without an endpoint does not load', {}, false],
    ['with an endpoint loads', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, true],
  ])('%s OpenTelemetry’s SDK', async (_what, environment, isLoaded) => {
    const child = startProcess({ NODE_OPTIONS: `--import=${PRINTS_PACKAGES}`, ...environment });
    await child.url();
    child.child.kill('SIGKILL');
    await child.exited;
    expect(child.output()).toContain('resolved pino\n');
    expect(child.output().includes('resolved @opentelemetry/sdk-trace\n')).toBe(isLoaded);
  });

  it('does not start with a protocol that it does not speak', async () => {
    const child = startProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    expect(await child.exited).toBe(1);
    expect(child.output()).toContain('OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf or http/json; got grpc');
  });
});
