import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { openSocket, openStream } from '../harness/live-client.ts';
import { captureLog, rowsOf, wordsIn, type CapturedLog } from '../harness/observed.ts';
import { startProcess } from '../harness/process.ts';
import { startSpanReceiver, type ReceivedSpan, type SpanReceiver } from '../harness/span-receiver.ts';

const RUN = 'query StatusOfRun { run(workflowId: "wf", id: "r1") { status } }';
const WATCH = 'subscription Watching { runUpdated(workflowId: "wf", id: "r1") { status } }';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;
const [SERVER, CLIENT] = [2, 3];

describe('the traces', () => {
  let upstream: FaultyUpstream;
  let receiver: SpanReceiver;
  let gateway: TestGateway;
  let log: CapturedLog;

  beforeEach(async () => {
    upstream = await startFaultyUpstream();
    receiver = await startSpanReceiver();
    log = captureLog('info');
    gateway = await startGateway(
      // Longer than the gateway waits for the last spans when it closes.
      { UPSTREAM_URL: upstream.url, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_TIMEOUT: '3000' },
      { logger: log.logger },
    );
  });

  afterEach(async () => {
    await gateway.close();
    await receiver.close();
    await upstream.close();
  });

  const post = async (query: string, headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer key-1', ...headers },
      body: JSON.stringify({ query }),
    });
    return response.text();
  };

  /** Leaves while the upstream is being asked. */
  const abandon = async (query: string) => {
    upstream.script = (call) => call.cut.then(() => ({}));
    const leaving = new AbortController();
    const arrived = upstream.nextCall();
    const left = gateway.query(query, { signal: leaving.signal }).catch(() => null);
    const { cut } = await arrived;
    leaving.abort();
    await Promise.all([left, cut]);
  };

  /** What was not sent before is sent when the gateway closes. */
  const spans = async (): Promise<readonly ReceivedSpan[]> => {
    await gateway.close();
    return receiver.spans;
  };
  const only = (all: readonly ReceivedSpan[], kind: number): ReceivedSpan => {
    const [span, ...others] = all.filter((one) => one.kind === kind);
    if (span && others.length === 0) return span;
    throw new Error(`expected one span of kind ${kind}, got ${JSON.stringify(all)}`);
  };

  it('take up the caller’s, and the upstream is told of the call’s own', async () => {
    await post(RUN, { traceparent: TRACEPARENT, 'x-request-id': 'night-1' });
    const all = await spans();
    const [operation, call] = [only(all, SERVER), only(all, CLIENT)];
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
      },
    });
    expect(operation.status.code).not.toBe(2);
    expect(call).toMatchObject({
      traceId: TRACE,
      parentSpanId: operation.spanId,
      name: 'GET workflows/{workflow}/runs/{run}',
      attributes: {
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'url.full': `${upstream.url}/workflows/wf/runs/r1`,
        'server.address': '127.0.0.1',
      },
    });
    const [sent] = upstream.calls;
    expect(sent?.headers.traceparent).toBe(`00-${TRACE}-${call.spanId}-01`);
    expect(sent?.headers['x-request-id']).toBe('night-1');
    expect(log.operations).toMatchObject([{ requestId: 'night-1', traceId: TRACE }]);
  });

  it('begin where none came, or none that is one', async () => {
    await post(RUN, { traceparent: '00-nonsense-01' });
    const operation = only(await spans(), SERVER);
    expect(operation.parentSpanId ?? '').toBe('');
    expect(operation.traceId).not.toBe(TRACE);
  });

  it('are not sent where the caller has decided against it, but the upstream hears the trace', async () => {
    await post(RUN, { traceparent: TRACEPARENT.replace(/01$/, '00') });
    expect(await spans()).toEqual([]);
    expect(upstream.calls[0]?.headers.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
  });

  it('leave the upstream’s query out, and count its retries', async () => {
    upstream.script = () => ({ status: 503, headers: { 'retry-after': '0' } });
    await post('{ workflow(id: "wf") { runs(first: 1) { nodes { id } } } }');
    const calls = (await spans()).filter(({ kind }) => kind === CLIENT);
    const call = calls.find(({ attributes }) => String(attributes['url.full']).endsWith('/workflows/wf/runs'));
    expect(upstream.calls.some(({ url }) => url.search.includes('limit='))).toBe(true);
    expect(receiver.text).not.toContain('limit=');
    expect(call).toMatchObject({
      attributes: {
        'http.request.resend_count': 2,
        'http.response.status_code': 503,
        'error.type': 'UPSTREAM_UNAVAILABLE',
      },
      status: { code: 2, message: 'UPSTREAM_UNAVAILABLE' },
    });
  });

  it('cover a cached operation that is executed, but not a response cache hit', async () => {
    for (let time = 0; time < 4; time += 1) await post(RUN, { traceparent: TRACEPARENT });
    const operations = (await spans()).filter(({ kind }) => kind === SERVER);
    expect(operations.map(({ attributes }) => attributes['stepgate.cache'])).toEqual(['fetched', 'held']);
  });

  it('follow a subscription over a socket, whose request id is numbered and answered', async () => {
    const headers = { traceparent: TRACEPARENT, 'x-request-id': 'night-2' };
    const client = await openSocket(gateway.url, { authorization: 'Bearer key-1' }, { headers });
    client.subscribe({ query: WATCH });
    await client.nextData();
    expect(await client.next()).toEqual({ type: 'complete' });
    client.subscribe({ query: '{ nothing }' }, '2');
    expect(await client.next()).toMatchObject({ type: 'error', errors: [{ extensions: { requestId: 'night-2.2' } }] });
    client.leave();
    const operation = (await spans()).find(({ name }) => name === 'subscription');
    expect(operation).toMatchObject({
      traceId: TRACE,
      parentSpanId: PARENT,
      attributes: { 'stepgate.request_id': 'night-2.1', 'stepgate.transport': 'graphql-ws' },
    });
    expect(upstream.calls.map(({ headers }) => headers['x-request-id'])).toEqual(upstream.calls.map(() => 'night-2.1'));
    expect(upstream.calls.every((call) => call.headers.traceparent?.toString().startsWith(`00-${TRACE}-`))).toBe(true);
    expect(log.operations).toMatchObject([{ requestId: 'night-2.1' }, { requestId: 'night-2.2' }]);
  });

  it('follow a subscription over an event stream, whose request id is answered', async () => {
    const headers = { traceparent: TRACEPARENT, 'x-request-id': 'night-3' };
    const client = await openStream(gateway.url, { query: WATCH }, 'key-1', { headers });
    expect(client.headers['x-request-id']).toBe('night-3');
    await client.nextData();
    expect(await client.next()).toEqual({ type: 'complete' });
    const operation = only(
      (await spans()).filter(({ name }) => name === 'subscription'),
      SERVER,
    );
    expect(operation).toMatchObject({ traceId: TRACE, attributes: { 'stepgate.request_id': 'night-3' } });
    expect(upstream.calls.every((call) => call.headers['x-request-id'] === 'night-3')).toBe(true);
  });

  it('have the attributes that the docs list, and each of them at some time', async () => {
    await post(RUN);
    upstream.script = () => ({ status: 503, headers: { 'retry-after': '0' } });
    await post('query Other { run(workflowId: "wf", id: "r2") { status } }');
    await abandon('{ run(workflowId: "wf", id: "r3") { status } }');
    const all = await spans();
    for (const [kind, [, , attributes]] of [SERVER, CLIENT].map(
      (kind, row) => [kind, rowsOf('Traces')[row] ?? []] as const,
    )) {
      const seen = new Set(all.filter((span) => span.kind === kind).flatMap((span) => Object.keys(span.attributes)));
      expect([...seen].sort()).toEqual(wordsIn(attributes).sort());
    }
  });

  it('have no attribute that the semantic conventions do not name, but those of the gateway’s own', () => {
    const named = new Set<unknown>(Object.values(conventions));
    const listed = rowsOf('Traces').flatMap(([, , attributes]) => wordsIn(attributes));
    expect(listed.length).toBeGreaterThan(20);
    expect(listed.filter((name) => !name.startsWith('stepgate.') && !named.has(name))).toEqual([]);
  });

  it('do not hold the gateway up when nobody takes them', async () => {
    await receiver.close();
    expect(await post(RUN)).toContain('COMPLETED');
    await gateway.close();
    receiver = await startSpanReceiver();
  });
});

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

describe('without an endpoint for traces', () => {
  it('the caller’s trace is carried on as it came', async () => {
    const upstream = await startFaultyUpstream();
    const gateway = await startGateway({ UPSTREAM_URL: upstream.url });
    await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer key-1', traceparent: TRACEPARENT },
      body: JSON.stringify({ query: RUN }),
    });
    expect(upstream.calls[0]?.headers.traceparent).toBe(TRACEPARENT);
    await gateway.close();
    await upstream.close();
  });

  it.each([
    ['not loaded', {}, false],
    ['not loaded', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' }, false],
    ['loaded', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, true],
  ])('OpenTelemetry’s SDK is %s: %j', async (_what, environment, isLoaded) => {
    const child = startProcess({ NODE_OPTIONS: `--import=${PRINTS_PACKAGES}`, ...environment });
    await child.url();
    child.child.kill('SIGKILL');
    await child.exited;
    expect(child.output()).toContain('resolved pino\n');
    expect(child.output().includes('resolved @opentelemetry/sdk-trace\n')).toBe(isLoaded);
  });
});
