import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError, readConfig } from '../src/config/config.ts';
import { anyCharacter } from './harness/any-character.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
const tracing = (environment: Readonly<Record<string, string>>) => readConfig(environment).tracing;
const errorOf = (environment: Readonly<Record<string, string>>): string => {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('expected a ConfigError, got a config');
};

const DEFAULTS = {
  url: 'http://collector:4318/v1/traces',
  protocol: 'http/protobuf',
  headers: {},
  compression: 'none',
  timeoutMs: 10_000,
  sampler: 'parentbased_always_on',
  sampledRatio: 1,
  batch: { delayMs: 5000, exportTimeoutMs: 30_000, maxQueueSize: 2048, maxBatchSize: 512 },
  resource: { 'service.name': 'stepgate' },
};

describe('the config of traces', () => {
  it('has the defaults of the specification where an endpoint is set', () => {
    expect(tracing(ENDPOINT)).toEqual(DEFAULTS);
  });

  it.each<readonly [Readonly<Record<string, string>>, string | undefined]>([
    [{}, undefined],
    [{ OTEL_SERVICE_NAME: 'x', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, undefined],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }, undefined],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, undefined],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'false' }, 'http://collector:4318/v1/traces'],
    [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }, undefined],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, 'http://localhost:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://host/otlp/' }, 'https://host/otlp/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://host/mine' }, 'https://host/mine'],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://host/v1/traces/' }, 'https://host/v1/traces/'],
  ])('of %j sends them to %s', (environment, url) => {
    expect(tracing(environment)?.url).toBe(url);
  });

  it.each<readonly [string, string, object]>([
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json', { protocol: 'http/json' }],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', ' http/json ', { protocol: 'http/json' }],
    [
      'OTEL_EXPORTER_OTLP_HEADERS',
      'a=b,Authorization=Basic%20x==',
      { headers: { a: 'b', Authorization: 'Basic x==' } },
    ],
    ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'a = b , ', { headers: { a: 'b' } }],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip', { compression: 'gzip' }],
    ['OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'gzip', { compression: 'gzip' }],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '1', { timeoutMs: 1 }],
    ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', '2', { timeoutMs: 2 }],
    ['OTEL_TRACES_SAMPLER', 'traceidratio', { sampler: 'traceidratio' }],
    ['OTEL_TRACES_SAMPLER_ARG', '0.25', { sampledRatio: 0.25 }],
    ['OTEL_TRACES_SAMPLER_ARG', '.5', { sampledRatio: 0.5 }],
    ['OTEL_TRACES_SAMPLER_ARG', '1.0', { sampledRatio: 1 }],
    ['OTEL_BSP_SCHEDULE_DELAY', '1', { batch: { ...DEFAULTS.batch, delayMs: 1 } }],
    ['OTEL_BSP_EXPORT_TIMEOUT', '1', { batch: { ...DEFAULTS.batch, exportTimeoutMs: 1 } }],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '9', { batch: { ...DEFAULTS.batch, maxQueueSize: 9, maxBatchSize: 9 } }],
    ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '9', { batch: { ...DEFAULTS.batch, maxBatchSize: 9 } }],
    ['OTEL_SERVICE_NAME', 'mine', { resource: { 'service.name': 'mine' } }],
    ['OTEL_RESOURCE_ATTRIBUTES', 'service.name=a,team=b%2Cc', { resource: { 'service.name': 'a', team: 'b,c' } }],
  ])('takes %s=%s', (name, value, expected) => {
    expect(tracing({ ...ENDPOINT, [name]: value })).toEqual({ ...DEFAULTS, ...expected });
  });

  it('prefers what is set for traces alone, and the name of the service by its own variable', () => {
    const all = {
      ...ENDPOINT,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=1',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'b=2',
      OTEL_EXPORTER_OTLP_TIMEOUT: '1',
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '2',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'none',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=a,team=b',
      OTEL_SERVICE_NAME: 'c',
    };
    expect(tracing(all)).toEqual({
      ...DEFAULTS,
      protocol: 'http/json',
      headers: { a: '1', b: '2' },
      timeoutMs: 2,
      resource: { 'service.name': 'c', team: 'b' },
    });
  });
});

describe('pairs', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  // Zod leaves out `__proto__`, which nobody needs as a name.
  const name = text.filter((each) => each !== '' && each !== '__proto__');

  it('are read as they were written, whatever is in them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, text), { selector: ([each]) => each }), (pairs) => {
        const written = pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join(' , ');
        const read = tracing({ ...ENDPOINT, OTEL_RESOURCE_ATTRIBUTES: written })?.resource ?? {};
        expect(Object.entries({ 'service.name': 'stepgate', ...Object.fromEntries(pairs) })).toEqual(
          Object.entries(read),
        );
      }),
    );
  });

  it('are read, or refused with a sentence that repeats no header, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (value) => {
        try {
          tracing({ ...ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: value });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          expect(String(error)).toMatch(/OTEL_EXPORTER_OTLP_HEADERS: expected headers .*; got something else\.$/);
        }
      }),
    );
  });
});

describe('a wrong variable of traces', () => {
  const PROTOCOLS = 'one of http/protobuf, http/json, grpc';
  const HEADERS = 'headers as name=value, separated by commas and percent-encoded';
  const ATTRIBUTES =
    'attributes as key=value, separated by commas and percent-encoded, with at most 255 characters each';
  it.each([
    ['OTEL_SDK_DISABLED', 'yes', 'true or false'],
    ['OTEL_TRACES_EXPORTER', 'zipkin', 'one of otlp, none'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'an http or https URL without credentials, query or fragment'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', '/x', 'an http or https URL without credentials, query or fragment'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http', PROTOCOLS],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'HTTP/JSON', PROTOCOLS],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'br', 'one of none, gzip'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '0', 'a whole number of milliseconds from 1 to 3600000'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5', 'a fraction from 0 to 1'],
    ['OTEL_TRACES_SAMPLER_ARG', '10%', 'a fraction from 0 to 1'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team', ATTRIBUTES],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team=%zz', ATTRIBUTES],
    ['OTEL_RESOURCE_ATTRIBUTES', '=x', ATTRIBUTES],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '0', 'a whole number from 1 to 100000'],
  ])('%s=%s is told with what was expected', (name, value, expected) => {
    expect(errorOf({ [name]: value })).toBe(`${name}: expected ${expected}; got ${JSON.stringify(value)}.`);
  });

  it.each(['jaeger_remote', 'parentbased_jaeger_remote', 'xray'])(
    'is the sampler %s, which the gateway lacks',
    (name) => {
      expect(errorOf({ OTEL_TRACES_SAMPLER: name })).toMatch(
        /^OTEL_TRACES_SAMPLER: expected one of always_on, always_off, /,
      );
    },
  );

  it.each(['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'])('does not repeat %s', (name) => {
    for (const value of ['SECRET', 'a b=SECRET', 'a=SECRET%0d%0a', 'a=SECRET%']) {
      expect(errorOf({ [name]: value })).toBe(`${name}: expected ${HEADERS}; got something else.`);
    }
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_PROTOCOL', {}],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }],
  ])('is %s=grpc where traces are sent, with what to set', (name, others) => {
    expect(errorOf({ ...ENDPOINT, ...others, [name]: 'grpc' })).toBe(
      `${name}: expected http/protobuf or http/json; got grpc, which the gateway does not speak. Set http/protobuf, and as ` +
        "the endpoint the collector's port for HTTP, usually 4318.",
    );
  });
});
