/**
 * The traces of the real process: when it loads OpenTelemetry's SDK, how OTEL_* is read, and that the last spans
 * arrive.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { postTo } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { startProcess } from '../harness/process.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';
import { SpanReceiver } from './span-receiver.ts';

type Fields = Readonly<Record<string, string>>;

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
const STATE = 'vendor=a1';
const QUERY = 'query StatusOfRun { run(workflowId: "wf", id: "r1") { status } }';

/** A module that prints the names of some packages that are imported after it. */
const PRINTS_PACKAGES = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const resolve = (name, context, next) => {
    if (/^(?:@opentelemetry|pino$)/.test(name)) process.stderr.write('resolved ' + name + '\\n');
    return next(name, context);
  };
  registerHooks({ resolve });
`)}`;

const upstream = perTest(new ScriptedUpstream());
const receiver = perTest(new SpanReceiver());

/** Starts a process, sends one operation with a trace, stops the process at once, and returns its output. */
async function run(environment: Fields, args: readonly string[] = []): Promise<string> {
  const started = startProcess(
    {
      UPSTREAM_URL: upstream.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      NODE_OPTIONS: `--import=${PRINTS_PACKAGES}`,
      ...environment,
    },
    args,
  );
  const headers = { traceparent: TRACEPARENT, tracestate: STATE };
  const response = await postTo(await started.url(), { query: QUERY }, { headers });
  expect(await response.json()).toEqual({ data: { run: { status: 'COMPLETED' } } });
  started.child.kill('SIGTERM');
  expect(await started.exited).toBe(0);
  return started.output();
}

const reasonsIn = (output: string): unknown[] =>
  output
    .split('\n')
    .filter((line) => line.includes('"tracing problem"'))
    .map((line) => (JSON.parse(line) as { readonly reason: unknown }).reason);

describe('a process with a collector', () => {
  it('sends protobuf by default', async () => {
    await run({ OTEL_EXPORTER_OTLP_PROTOCOL: '' });
    expect(receiver.exports).toMatchObject([
      {
        path: '/v1/traces',
        headers: { 'content-type': 'application/x-protobuf' },
        text: expect.stringContaining('query StatusOfRun'),
      },
    ]);
  });

  it('sends the last spans before it exits, with its resource', async () => {
    const output = await run({});
    const [call, operation] = receiver.spans;
    expect([operation?.name, call?.name]).toEqual(['query StatusOfRun', 'GET workflows/{workflow}/runs/{run}']);
    expect([operation?.traceId, call?.traceId, call?.parentSpanId]).toEqual([TRACE, TRACE, operation?.spanId]);
    expect([operation?.traceState, call?.traceState]).toEqual([STATE, STATE]);
    expect(upstream.calls[0]?.headers.traceparent).toBe(`00-${TRACE}-${call?.spanId}-01`);
    expect(operation?.resource).toEqual({
      'service.name': 'stepgate',
      'service.instance.id': expect.stringMatching(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/),
      'service.version': expect.stringMatching(/^\d+\.\d+\.\d+$/),
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.name': 'opentelemetry',
      'telemetry.sdk.version': expect.any(String),
    });
    expect(output).toContain(`"trace_id":"${TRACE}","span_id":"${operation?.spanId}"`);
    expect(reasonsIn(output)).toEqual([]);
    expect(output).toContain('resolved @opentelemetry/sdk-node\n');
  });

  it('reads the other variables, even from its settings file', async () => {
    const own = await new SpanReceiver('/own/path').open();
    const folder = mkdtempSync(join(tmpdir(), 'stepgate-traces-'));
    const file = join(folder, 'settings.env');
    writeFileSync(file, 'OTEL_SERVICE_NAME=gateway-eu\nOTEL_EXPORTER_OTLP_PROTOCOL=http/json\n');
    const variables = {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${own.url}/own/path`,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20a2V5',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,team=a%2Cb,service.instance.id=pod-1',
    };
    await run(variables, ['--config', file]);
    expect(receiver.exports).toEqual([]);
    expect(own.exports).toMatchObject([
      {
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', authorization: 'Basic a2V5' },
      },
    ]);
    expect(own.spans).toMatchObject([
      { traceState: STATE, resource: { 'service.name': 'gateway-eu', team: 'a,b', 'service.instance.id': 'pod-1' } },
      { traceState: STATE, resource: { 'service.name': 'gateway-eu', team: 'a,b', 'service.instance.id': 'pod-1' } },
    ]);
    await own.close();
    rmSync(folder, { recursive: true });
  });

  it('sends no unsampled traces, and passes that decision upstream', async () => {
    await run({ OTEL_TRACES_SAMPLER: 'always_off' });
    expect(receiver.exports).toEqual([]);
    expect(upstream.calls[0]?.headers.traceparent).toMatch(new RegExp(`^00-${TRACE}-[\\da-f]{16}-00$`));
  });

  it('logs invalid variables without secrets, and uses defaults', async () => {
    const output = await run({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://user:canary@[bad',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'br',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'carrier-pigeon',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=canary',
      OTEL_EXPORTER_OTLP_TIMEOUT: 'soon',
      OTEL_BSP_MAX_QUEUE_SIZE: '-1',
      OTEL_TRACES_SAMPLER: 'xray',
      OTEL_RESOURCE_ATTRIBUTES: 'team',
      OTEL_SDK_DISABLED: 'perhaps',
      OTEL_LOG_LEVEL: 'all',
    });
    const reasons = reasonsIn(output).join('\n');
    for (const word of ['URL', 'br', 'carrier-pigeon', 'soon', '-1', 'xray', 'Detector', 'perhaps']) {
      expect(reasons).toContain(word);
    }
    expect(output).not.toContain('canary');
    expect(receiver.exports).toHaveLength(1);
  });

  it('logs a failed export once, without headers, and stops in time', async () => {
    receiver.status = 401;
    const output = await run({ OTEL_EXPORTER_OTLP_HEADERS: 'authorization=canary', OTEL_BSP_SCHEDULE_DELAY: '1' });
    expect(reasonsIn(output)).toEqual([expect.stringMatching(/401|Unauthorized/)]);
    expect(receiver.exports[0]?.headers.authorization).toBe('canary');
    expect(output).not.toContain('canary');
  });

  it("logs a collector header that can't be sent, and stops", async () => {
    const output = await run({ OTEL_EXPORTER_OTLP_HEADERS: 'x-key=canary%0d%0a-canary' });
    expect(reasonsIn(output)).toEqual([expect.stringContaining('Invalid character in header content ["x-key"]')]);
    expect(output).not.toContain('canary');
  });

  it("doesn't wait long for a silent collector", async () => {
    receiver.gate = new Promise(() => undefined);
    expect(reasonsIn(await run({}))).toEqual(['the collector did not accept the last spans in time']);
  });
});

describe('a process without a collector', () => {
  it.each<Fields>([
    { OTEL_SDK_DISABLED: 'TRUE' },
    { OTEL_TRACES_EXPORTER: 'none' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
  ])('passes on the trace without loading the SDK or collector: %j', async (environment) => {
    const output = await run(environment);
    expect(receiver.exports).toEqual([]);
    expect(upstream.calls.map(({ headers: { traceparent, tracestate } }) => [traceparent, tracestate])).toEqual([
      [TRACEPARENT, STATE],
    ]);
    expect(output).toContain('resolved pino\n');
    expect(output).not.toContain('resolved @opentelemetry/sdk');
    expect(output).not.toContain('"trace_id"');
  });
});
