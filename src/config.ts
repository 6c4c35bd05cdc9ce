/** The one reader of the environment: a frozen, typed Config, or a sentence for each variable that is wrong. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { AUTH_VARIABLES, readAuth, SECRET_VARIABLES, type AuthConfig } from './config-auth.ts';

export const UPSTREAM_ENDPOINTS = ['steps', 'run', 'runs', 'workflows', 'execute'] as const;
export type UpstreamEndpoint = (typeof UPSTREAM_ENDPOINTS)[number];

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether requests may name an operation instead of sending it, and whether they must. */
export const PERSISTED_MODES = ['off', 'allow', 'only'] as const;
export type PersistedMode = (typeof PERSISTED_MODES)[number];

export interface Config {
  readonly isProduction: boolean;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Null: the embedded upstream. Ends with `/`. */
  readonly upstreamUrl: string | null;
  readonly upstreamEndpoints: ReadonlySet<UpstreamEndpoint>;
  readonly auth: AuthConfig;
  readonly upstreamTimeoutMs: number;
  readonly upstreamConcurrency: number;
  readonly upstreamMaxResponseBytes: number;
  readonly maxUpstreamCalls: number;
  readonly maxOperationCost: number;
  /** Null: as many as they like. */
  readonly rateLimitPerMinute: number | null;
  readonly persistedOperations: PersistedMode;
  readonly persistedManifests: readonly string[];
  readonly liveTtlMs: number;
  readonly settleMs: number;
  readonly staleIfErrorMs: number;
  readonly reauthIntervalMs: number;
  readonly cacheMaxBytes: number;
  readonly maxSubscriptionsPerViewer: number;
  readonly maxSubscriptionsPerConnection: number;
  /** Which proxies' word on the client is taken: that of so many hops, or of these addresses; false: nobody's. */
  readonly trustProxy: false | number | readonly string[];
  /** Where the routes are found beside their own place, such as `/stepgate`; empty: nowhere else. */
  readonly basePath: string;
  readonly corsOrigins: readonly string[];
  readonly logLevel: LogLevel;
  /** Null: no traces are sent. */
  readonly otlpEndpoint: string | null;
  readonly otelServiceName: string;
}

/** Says which variables are wrong, what was expected and what came. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const wholeNumber = (min: number, max: number, unit = '') =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .describe(`a whole number${unit && ` of ${unit}`} from ${min} to ${max}`);

const DAY_MS = 86_400_000;
const milliseconds = (min = 0) => wholeNumber(min, DAY_MS, 'milliseconds');

const words = (text: string): string[] => text.split(',').map((word) => word.trim());

const httpUrl = z
  .url({ protocol: /^https?$/ })
  .refine((text) => {
    // It is asked of texts that are no URLs, too.
    const url = URL.parse(text);
    return url && [url.username, url.password, url.search, url.hash].every((part) => part === '');
  })
  .transform((text) => (text.endsWith('/') ? text : `${text}/`))
  .describe('an http or https URL without credentials, query or fragment');

const isProxy = (text: string): boolean => {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return family === 0 && PROXY_RANGES.includes(text);
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
};
/** Fastify's names for ranges. */
const PROXY_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

const origin = z.string().refine((text) => text === '*' || (URL.canParse(text) && new URL(text).origin === text));

/** Each variable with its default; a `describe` is what the error says was expected. */
const ENVIRONMENT = z.object({
  NODE_ENV: z.string().optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(4000),
  UPSTREAM_URL: httpUrl.optional(),
  UPSTREAM_ENDPOINTS: z
    .string()
    .transform(words)
    .pipe(z.array(z.enum(UPSTREAM_ENDPOINTS)))
    .describe(`a comma-separated list out of ${UPSTREAM_ENDPOINTS.join(', ')}`)
    .default([...UPSTREAM_ENDPOINTS]),
  ...AUTH_VARIABLES,
  UPSTREAM_TIMEOUT_MS: milliseconds(1).default(10_000),
  UPSTREAM_CONCURRENCY: wholeNumber(1, 10_000).default(64),
  UPSTREAM_MAX_RESPONSE_BYTES: wholeNumber(1024, 2 ** 29, 'bytes').default(67_108_864),
  MAX_UPSTREAM_CALLS: wholeNumber(1, 100_000).default(200),
  MAX_OPERATION_COST: wholeNumber(1, 10_000_000).default(2500),
  RATE_LIMIT_PER_MINUTE: wholeNumber(1, 1_000_000).optional(),
  PERSISTED_OPERATIONS: z
    .enum(PERSISTED_MODES)
    .describe(`one of ${PERSISTED_MODES.join(', ')}`)
    .default('off'),
  PERSISTED_MANIFESTS: z
    .string()
    .transform(words)
    .pipe(z.array(z.string().min(1)))
    .describe('a comma-separated list of paths of manifests')
    .default([]),
  LIVE_TTL_MS: milliseconds().default(1000),
  SETTLE_MS: milliseconds().default(30_000),
  STALE_IF_ERROR_MS: milliseconds().default(300_000),
  REAUTH_INTERVAL_MS: milliseconds().default(300_000),
  CACHE_MAX_BYTES: wholeNumber(0, 2 ** 40, 'bytes').default(268_435_456),
  MAX_SUBSCRIPTIONS_PER_VIEWER: wholeNumber(1, 1_000_000).default(5000),
  MAX_SUBSCRIPTIONS_PER_CONNECTION: wholeNumber(1, 10_000).default(100),
  TRUST_PROXY: z
    .string()
    .transform((text) => (/^\d+$/.test(text.trim()) ? Number(text) : words(text)))
    .pipe(z.union([z.number().min(1).max(32), z.array(z.string().refine(isProxy)).min(1)]))
    .describe('a number of hops from 1 to 32, or a comma-separated list of addresses and CIDR ranges')
    .optional(),
  BASE_PATH: z
    .string()
    .regex(/^\/?(?:[\w~.-]+(?:\/[\w~.-]+)*)?\/?$/)
    .transform((text) => text.replace(/^\/?(.*?)\/?$/, (_all, path: string) => path && `/${path}`))
    .describe('a path such as /stepgate')
    .default(''),
  CORS_ORIGINS: z
    .string()
    .transform(words)
    .pipe(z.array(origin))
    .describe("a comma-separated list of origins such as https://app.example.com, or '*'")
    .default([]),
  LOG_LEVEL: z
    .enum(LOG_LEVELS)
    .describe(`one of ${LOG_LEVELS.join(', ')}`)
    .default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_SERVICE_NAME: z.string().default('stepgate'),
});

/** Reads the variables; an empty one counts as unset. Throws ConfigError. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const parsed = ENVIRONMENT.safeParse(given);
  if (!parsed.success) throw new ConfigError(describeProblems(parsed.error, given));
  const variables = parsed.data;
  const isProduction = variables.NODE_ENV === 'production';
  if (isProduction && variables.UPSTREAM_URL === undefined) {
    throw new ConfigError(
      'UPSTREAM_URL: expected the base URL of the workflow API, since NODE_ENV is production; it is not set. ' +
        'Set it, or leave NODE_ENV unset to run over the embedded upstream and its sample data.',
    );
  }
  checkPersisted(variables.PERSISTED_OPERATIONS, variables.PERSISTED_MANIFESTS);
  const auth = readAuth(variables, variables.UPSTREAM_ENDPOINTS.includes('workflows'));
  if (typeof auth === 'string') throw new ConfigError(auth);
  return Object.freeze({
    isProduction,
    host: variables.HOST,
    port: variables.PORT,
    upstreamUrl: variables.UPSTREAM_URL ?? null,
    upstreamEndpoints: new Set<UpstreamEndpoint>(['steps', ...variables.UPSTREAM_ENDPOINTS]),
    auth,
    upstreamTimeoutMs: variables.UPSTREAM_TIMEOUT_MS,
    upstreamConcurrency: variables.UPSTREAM_CONCURRENCY,
    upstreamMaxResponseBytes: variables.UPSTREAM_MAX_RESPONSE_BYTES,
    maxUpstreamCalls: variables.MAX_UPSTREAM_CALLS,
    maxOperationCost: variables.MAX_OPERATION_COST,
    rateLimitPerMinute: variables.RATE_LIMIT_PER_MINUTE ?? null,
    persistedOperations: variables.PERSISTED_OPERATIONS,
    persistedManifests: Object.freeze(variables.PERSISTED_MANIFESTS),
    liveTtlMs: variables.LIVE_TTL_MS,
    settleMs: variables.SETTLE_MS,
    staleIfErrorMs: variables.STALE_IF_ERROR_MS,
    reauthIntervalMs: variables.REAUTH_INTERVAL_MS,
    cacheMaxBytes: variables.CACHE_MAX_BYTES,
    maxSubscriptionsPerViewer: variables.MAX_SUBSCRIPTIONS_PER_VIEWER,
    maxSubscriptionsPerConnection: variables.MAX_SUBSCRIPTIONS_PER_CONNECTION,
    trustProxy: variables.TRUST_PROXY ?? false,
    basePath: variables.BASE_PATH,
    corsOrigins: Object.freeze(variables.CORS_ORIGINS),
    logLevel: variables.LOG_LEVEL,
    otlpEndpoint: variables.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    otelServiceName: variables.OTEL_SERVICE_NAME,
  });
}

function checkPersisted(mode: PersistedMode, manifests: readonly string[]): void {
  if (mode === 'only' && manifests.length === 0) {
    throw new ConfigError(
      'PERSISTED_MANIFESTS: expected the path of a manifest, since PERSISTED_OPERATIONS is only; it is not set. ' +
        'Nothing could be asked.',
    );
  }
  if (mode === 'off' && manifests.length > 0) {
    throw new ConfigError(
      'PERSISTED_OPERATIONS: expected allow or only, since PERSISTED_MANIFESTS is set; it is off. ' +
        'Set it, or leave PERSISTED_MANIFESTS unset.',
    );
  }
}

function describeProblems(error: z.ZodError, given: Record<string, string | undefined>): string {
  const names = new Set(error.issues.map((issue) => String(issue.path[0])));
  return [...names]
    .map((name) => {
      const field: z.ZodType | undefined = ENVIRONMENT.shape[name as keyof typeof ENVIRONMENT.shape];
      const got = SECRET_VARIABLES.has(name) ? 'something else' : JSON.stringify(withoutSecrets(given[name]));
      return `${name}: expected ${describe(field)}; got ${got}.`;
    })
    .join('\n');
}

/** Credentials and queries may be secrets; where a password ends can't be told of a URL that may be malformed. */
const withoutSecrets = (value: string | undefined) =>
  value?.replace(/^(https?:\/\/)?.*@.*$/is, '$1…').replace(/(:\/\/[^?#]*)[?#].*$/s, '$1…');

/** `describe` stands on the type inside `default` and `optional`. */
function describe(field: z.ZodType): string {
  if (field.description !== undefined) return field.description;
  return field instanceof z.ZodDefault || field instanceof z.ZodOptional
    ? describe(field.unwrap() as z.ZodType)
    : 'text';
}
