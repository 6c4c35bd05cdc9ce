import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TracerProvider, type Span } from '@opentelemetry/sdk-trace';
import { readConfig } from '../../src/config/config.ts';
import { createSpanExporter } from '../../src/observability/tracing/span-exporter.ts';
import { createManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { captureLog } from '../harness/observed.ts';
import { startProcess } from '../harness/process.ts';
import { startSpanReceiver, type SpanReceiver } from '../harness/span-receiver.ts';

type Environment = Readonly<Record<string, string>>;

const RUN = '{ run(workflowId: "wf", id: "r1") { status } }';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLERS = { none: {}, sampled: { flags: '01' }, 'not sampled': { flags: '00' } } as const;

describe('OpenTelemetry’s variables', () => {
  let upstream: FaultyUpstream;
  let receiver: SpanReceiver;
  let gateway: TestGateway | undefined;

  beforeEach(async () => {
    upstream = await startFaultyUpstream();
    receiver = await startSpanReceiver();
  });
  afterEach(async () => {
    await gateway?.close();
    gateway = undefined;
    await receiver.close();
    await upstream.close();
  });

  const start = async (environment: Environment) =>
    (gateway = await startGateway({
      UPSTREAM_URL: upstream.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      ...environment,
    }));

  const post = async ({ url }: { readonly url: string }, traceparent?: string, query = RUN) => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer key-1' };
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { ...headers, ...(traceparent !== undefined && { traceparent }) },
      body: JSON.stringify({ query }),
    });
    expect(await response.json()).toMatchObject({ data: { run: { status: 'COMPLETED' } } });
  };

  /** What is sent of one operation in this environment, at the latest when the gateway closes. */
  const sent = async (environment: Environment, traceparent?: string) => {
    const started = await start(environment);
    await post(started, traceparent);
    await started.close();
    return receiver.spans;
  };

  it('send to the base URL of the endpoint, or to that of traces as it is', async () => {
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
    const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;
    await sent({}, traceparent);
    await sent({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, traceparent);
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

  it('choose the compression and add headers', async () => {
    expect(
      await sent({
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20a2V5,x-tenant=other',
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-tenant=mine',
      }),
    ).toHaveLength(2);
    expect(receiver.exports[0]?.headers).toMatchObject({
      'content-encoding': 'gzip',
      authorization: 'Basic a2V5',
      'x-tenant': 'mine',
    });
  });

  it('describe the resource', async () => {
    const [span] = await sent({
      OTEL_SERVICE_NAME: 'gateway-eu',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=staging,team=a%2Cb',
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

  it.each<readonly [string, string, readonly (keyof typeof CALLERS)[]]>([
    ['always_on', '', ['none', 'sampled', 'not sampled']],
    ['always_off', '', []],
    ['traceidratio', '1', ['none', 'sampled', 'not sampled']],
    ['traceidratio', '0', []],
    ['parentbased_always_on', '', ['none', 'sampled']],
    ['parentbased_always_off', '', ['sampled']],
    ['parentbased_traceidratio', '1', ['none', 'sampled']],
    ['parentbased_traceidratio', '0', ['sampled']],
  ])('sample by %s (%s) the traces of these callers: %j', async (sampler, argument, callers) => {
    const started = await start({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument, LIVE_TTL_MS: '0' });
    const flags: string[] = [];
    for (const [index, caller] of Object.values(CALLERS).entries()) {
      const traceparent = 'flags' in caller ? `00-${TRACE}-00f067aa0ba902b7-${caller.flags}` : undefined;
      await post(started, traceparent, `{ run(workflowId: "wf", id: "r${index}") { status } }`);
      // The upstream is told what was decided.
      flags.push(String(upstream.calls.at(-1)?.headers.traceparent).slice(-2));
    }
    await started.close();
    const names = Object.keys(CALLERS) as (keyof typeof CALLERS)[];
    expect(names.filter((_name, index) => parseInt(flags[index] ?? '', 16) % 2 === 1)).toEqual(callers);
    expect(receiver.spans.filter(({ kind }) => kind === 2)).toHaveLength(callers.length);
  });

  it('sample a fraction by the trace’s id: what a small one takes, a larger one takes, too', async () => {
    const ids = Array.from({ length: 40 }, (_, id) => createHash('md5').update(`trace ${id}`).digest('hex'));
    const sampledBy = async (ratio: string): Promise<readonly string[]> => {
      const started = await start({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: ratio });
      const before = receiver.spans.length;
      for (const id of ids) await post(started, `00-${id}-00f067aa0ba902b7-00`, `query q${id} ${RUN}`);
      await started.close();
      return [...new Set(receiver.spans.slice(before).map(({ traceId }) => traceId))];
    };
    const [few, many] = [await sampledBy('0.2'), await sampledBy('0.7')];
    expect(few.length).toBeGreaterThan(0);
    expect(many.length).toBeLessThan(ids.length);
    expect(many).toEqual(expect.arrayContaining([...few]));
    expect(many.length).toBeGreaterThan(few.length);
  });

  it.each([{ OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_EXPORTER: 'none' }])(
    'switch traces off: %j; the caller’s is carried on as it came',
    async (environment) => {
      const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;
      expect(await sent(environment, traceparent)).toEqual([]);
      expect(receiver.exports).toEqual([]);
      expect(upstream.calls.map(({ headers }) => headers.traceparent)).toEqual([traceparent]);
    },
  );

  it('send soon where the delay is short', async () => {
    const arrived = receiver.nextExport();
    await post(await start({ OTEL_BSP_SCHEDULE_DELAY: '1', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1' }));
    await arrived;
    expect(receiver.spans).toHaveLength(1);
  });

  it('bound the spans that wait: the rest is dropped', async () => {
    const open = Promise.withResolvers<undefined>();
    receiver.gate = open.promise;
    const started = await start({ OTEL_BSP_MAX_QUEUE_SIZE: '5', OTEL_BSP_SCHEDULE_DELAY: '1' });
    for (let index = 0; index < 20; index += 1) {
      await post(started, undefined, `{ run(workflowId: "wf", id: "r${index}") { status } }`);
    }
    open.resolve(undefined);
    await started.close();
    // One batch was under way, and one waited.
    expect(receiver.spans.length).toBeGreaterThanOrEqual(5);
    expect(receiver.spans.length).toBeLessThanOrEqual(10);
  });

  it('are read by the real process', async () => {
    const child = startProcess({
      UPSTREAM_URL: upstream.url,
      LOG_LEVEL: 'info',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_SERVICE_NAME: 'process',
      OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=ns',
    });
    await post({ url: await child.url() });
    child.child.kill('SIGTERM');
    expect(await child.exited).toBe(0);
    expect(receiver.spans).toHaveLength(2);
    expect(receiver.spans[0]?.resource).toMatchObject({ 'service.name': 'process', 'service.namespace': 'ns' });
  });

  it('refuse the start of the real process with a sentence', async () => {
    const child = startProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    expect(await child.exited).toBe(1);
    expect(child.output()).toContain('OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf or http/json; got grpc');
  });
});

describe('spans that nobody takes', () => {
  it('are logged with the reason, once a minute, without what was sent', async () => {
    const receiver = await startSpanReceiver();
    const log = captureLog('info');
    const clock = createManualClock();
    const { tracing } = readConfig({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=canary',
    });
    if (!tracing) throw new Error('expected tracing to be on');
    const exporter = await createSpanExporter(tracing, log.logger, clock.now);
    const span = new TracerProvider().getTracer('test').startSpan('canary') as Span;
    const fail = () =>
      new Promise((resolve) => {
        exporter.export([span], resolve);
      });

    receiver.status = 401;
    for (let time = 0; time < 3; time += 1) await fail();
    clock.advance(60_000);
    await fail();
    receiver.status = 200;
    clock.advance(60_000);
    await fail();
    expect(log.lines).toMatchObject([
      { level: 40, msg: 'spans could not be sent', spans: 1, reason: expect.stringContaining('Unauthorized') },
      { level: 40, msg: 'spans could not be sent', spans: 3 },
    ]);
    expect(receiver.exports.every(({ headers }) => headers.authorization === 'canary')).toBe(true);
    expect(log.text).not.toContain('canary');
    await exporter.shutdown();
    await receiver.close();
  });
});
