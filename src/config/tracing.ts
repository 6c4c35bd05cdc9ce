/** OpenTelemetry's standard variables: whether traces are sent, where to, and which. */
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { oneOf, SECRET, wholeNumber } from './forms.ts';
import { isHeader, pairs } from './pairs.ts';

const SAMPLERS = [
  ...['always_on', 'always_off', 'traceidratio'],
  ...['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'],
] as const;
export type Sampler = (typeof SAMPLERS)[number];

const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;
const COMPRESSIONS = ['none', 'gzip'] as const;

export interface TracingConfig {
  /** Where batches of spans are posted. */
  readonly url: string;
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'none' | 'gzip';
  /** For one batch, including retries. */
  readonly timeoutMs: number;
  readonly sampler: Sampler;
  readonly sampledRatio: number;
  readonly batch: BatchConfig;
  /** Attributes of the resource, `service.name` included. */
  readonly resource: Readonly<Record<string, string>>;
}

export interface BatchConfig {
  readonly delayMs: number;
  readonly exportTimeoutMs: number;
  readonly maxQueueSize: number;
  readonly maxBatchSize: number;
}

const milliseconds = () => wholeNumber(1, 3_600_000, 'milliseconds');

const endpoint = z
  .url({ protocol: /^https?$/ })
  .refine((text) => {
    const url = URL.parse(text);
    return url && [url.username, url.password, url.search, url.hash].every((part) => part === '');
  })
  .describe('an http or https URL without credentials, query or fragment');

const headers = pairs(isHeader).describe('headers as name=value, separated by commas and percent-encoded').meta(SECRET);

export const TRACING_VARIABLES = {
  OTEL_SDK_DISABLED: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['true', 'false']))
    .describe('true or false')
    .default('false'),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs((name, value) => name.length <= 255 && value.length <= 255)
    .describe('attributes as key=value, separated by commas and percent-encoded, with at most 255 characters each')
    .optional(),
  OTEL_TRACES_EXPORTER: oneOf(['otlp', 'none']).optional(),
  OTEL_TRACES_SAMPLER: oneOf(SAMPLERS).default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(?:0?\.\d+|1\.0+|[01])$/)
    .transform(Number)
    .describe('a fraction from 0 to 1')
    .default(1),
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint.optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: oneOf(PROTOCOLS).default('http/protobuf'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: oneOf(PROTOCOLS).optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headers.optional(),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers.optional(),
  OTEL_EXPORTER_OTLP_COMPRESSION: oneOf(COMPRESSIONS).default('none'),
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: oneOf(COMPRESSIONS).optional(),
  OTEL_EXPORTER_OTLP_TIMEOUT: milliseconds().default(10_000),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: milliseconds().optional(),
  OTEL_BSP_SCHEDULE_DELAY: milliseconds().default(5000),
  OTEL_BSP_EXPORT_TIMEOUT: milliseconds().default(30_000),
  OTEL_BSP_MAX_QUEUE_SIZE: wholeNumber(1, 100_000).default(2048),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: wholeNumber(1, 100_000).default(512),
};

type TracingVariables = z.infer<z.ZodObject<typeof TRACING_VARIABLES>>;

/** Null: no traces are sent. Throws ConfigError for what does not go together. */
export function readTracing(variables: TracingVariables): TracingConfig | null {
  const url = urlOf(variables);
  if (url === null) return null;
  const specific = variables.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL;
  const protocol = specific ?? variables.OTEL_EXPORTER_OTLP_PROTOCOL;
  if (protocol === 'grpc') {
    throw new ConfigError(
      `OTEL_EXPORTER_OTLP_${specific ? 'TRACES_' : ''}PROTOCOL: expected http/protobuf or http/json; got grpc, which the ` +
        "gateway does not speak. Set http/protobuf, and as the endpoint the collector's port for HTTP, usually 4318.",
    );
  }
  const attributes = variables.OTEL_RESOURCE_ATTRIBUTES ?? {};
  return Object.freeze({
    url,
    protocol,
    headers: Object.freeze({
      ...variables.OTEL_EXPORTER_OTLP_HEADERS,
      ...variables.OTEL_EXPORTER_OTLP_TRACES_HEADERS,
    }),
    compression: variables.OTEL_EXPORTER_OTLP_TRACES_COMPRESSION ?? variables.OTEL_EXPORTER_OTLP_COMPRESSION,
    timeoutMs: variables.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? variables.OTEL_EXPORTER_OTLP_TIMEOUT,
    sampler: variables.OTEL_TRACES_SAMPLER,
    sampledRatio: variables.OTEL_TRACES_SAMPLER_ARG,
    batch: Object.freeze({
      delayMs: variables.OTEL_BSP_SCHEDULE_DELAY,
      exportTimeoutMs: variables.OTEL_BSP_EXPORT_TIMEOUT,
      maxQueueSize: variables.OTEL_BSP_MAX_QUEUE_SIZE,
      maxBatchSize: Math.min(variables.OTEL_BSP_MAX_EXPORT_BATCH_SIZE, variables.OTEL_BSP_MAX_QUEUE_SIZE),
    }),
    resource: Object.freeze({
      'service.name': 'stepgate',
      ...attributes,
      ...(variables.OTEL_SERVICE_NAME !== undefined && { 'service.name': variables.OTEL_SERVICE_NAME }),
    }),
  });
}

/** Tracing is on where an endpoint or the exporter is named. The endpoint for traces is taken as it is. */
function urlOf(variables: TracingVariables): string | null {
  const { OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER } = variables;
  if (OTEL_SDK_DISABLED === 'true' || OTEL_TRACES_EXPORTER === 'none') return null;
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: specific, OTEL_EXPORTER_OTLP_ENDPOINT: base } = variables;
  if (specific !== undefined) return specific;
  if (base === undefined && OTEL_TRACES_EXPORTER === undefined) return null;
  return `${(base ?? 'http://localhost:4318').replace(/\/$/, '')}/v1/traces`;
}
