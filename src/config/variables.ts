/** The variables that the gateway reads: what each may be, and what it is where it is not set. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { AUTH_VARIABLES } from './auth.ts';
import { FLEET_VARIABLES } from './fleet.ts';
import { oneOf, wholeNumber, words } from './forms.ts';
import { CONNECTION_VARIABLES } from './upstream-connection.ts';

export const UPSTREAM_ENDPOINTS = ['steps', 'run', 'runs', 'workflows', 'execute'] as const;
export type UpstreamEndpoint = (typeof UPSTREAM_ENDPOINTS)[number];

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether requests may name an operation instead of sending it, and whether they must. */
const PERSISTED_MODES = ['off', 'allow', 'only'] as const;
export type PersistedMode = (typeof PERSISTED_MODES)[number];

const DAY_MS = 86_400_000;
const milliseconds = (min = 0) => wholeNumber(min, DAY_MS, 'milliseconds');

const onOff = () =>
  z
    .enum(['on', 'off'])
    .transform((word) => word === 'on')
    .describe('on or off')
    .optional();

const httpUrl = z
  .url({ protocol: /^https?$/ })
  .refine((text) => {
    // It is asked of texts that are no URLs, too.
    const url = URL.parse(text);
    return url?.username === '' && url.password === '' && !/[?#]/.test(text);
  })
  .transform((text) => (text.endsWith('/') ? text : `${text}/`))
  .describe('an http or https URL without credentials, query or fragment');

const isProxy = (text: string): boolean => {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return family === 0 && PROXY_RANGES.includes(text);
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
};
/** Names of ranges, as @fastify/proxy-addr has them. */
const PROXY_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

const origin = z.string().refine((text) => text === '*' || (URL.canParse(text) && new URL(text).origin === text));

/** Each variable with its default; a `describe` is what the error says was expected. */
export const ENVIRONMENT = z.object({
  NODE_ENV: z.string().optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(4000),
  UPSTREAM_URL: httpUrl.optional(),
  UPSTREAM_ENDPOINTS: words
    .pipe(z.array(z.enum(UPSTREAM_ENDPOINTS)))
    .describe(`a comma-separated list out of ${UPSTREAM_ENDPOINTS.join(', ')}`)
    .default([...UPSTREAM_ENDPOINTS]),
  ...AUTH_VARIABLES,
  ...CONNECTION_VARIABLES,
  UPSTREAM_TIMEOUT_MS: milliseconds(1).default(10_000),
  UPSTREAM_CONCURRENCY: wholeNumber(1, 10_000).default(64),
  UPSTREAM_MAX_RESPONSE_BYTES: wholeNumber(1024, 2 ** 29, 'bytes').default(67_108_864),
  MAX_UPSTREAM_CALLS: wholeNumber(1, 100_000).default(200),
  MAX_OPERATION_COST: wholeNumber(1, 10_000_000).default(2500),
  MAX_OPERATION_OBJECTS: wholeNumber(1, 10_000_000).default(25_000),
  MAX_ANSWER_BYTES: wholeNumber(1024, 2 ** 29, 'bytes').default(33_554_432),
  RATE_LIMIT_PER_MINUTE: wholeNumber(1, 1_000_000).optional(),
  RATE_LIMIT_ANONYMOUS_PER_MINUTE: wholeNumber(1, 1_000_000).default(600),
  PERSISTED_OPERATIONS: oneOf(PERSISTED_MODES).default('off'),
  PERSISTED_MANIFESTS: words
    .pipe(z.array(z.string().min(1)))
    .describe('a comma-separated list of paths of manifests')
    .default([]),
  TOKEN_PRICES: z.string().describe('the path of a JSON file').optional(),
  LIVE_TTL_MS: milliseconds().default(1000),
  SETTLE_MS: milliseconds().default(30_000),
  STALE_IF_ERROR_MS: milliseconds().default(300_000),
  REAUTH_INTERVAL_MS: milliseconds().default(300_000),
  CACHE_MAX_BYTES: wholeNumber(0, 2 ** 40, 'bytes').default(268_435_456),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000).default(10_000),
  MAX_SUBSCRIPTIONS_PER_VIEWER: wholeNumber(1, 1_000_000).default(5000),
  MAX_SUBSCRIPTIONS_PER_CONNECTION: wholeNumber(1, 10_000).default(100),
  TRUST_PROXY: words
    .transform((all) => (/^\d+$/.test(all.join()) ? Number(all) : all))
    .pipe(z.union([z.number().min(1).max(32), z.array(z.string().refine(isProxy)).min(1)]))
    .describe('a number of hops from 1 to 32, or a comma-separated list of addresses and CIDR ranges')
    .optional(),
  BASE_PATH: z
    .string()
    .regex(/^\/?(?:[\w~.-]+(?:\/[\w~.-]+)*)?\/?$/)
    .transform((text) => text.replace(/^\/?(.*?)\/?$/, (_all, path: string) => path && `/${path}`))
    .describe('a path such as /stepgate')
    .default(''),
  CORS_ORIGINS: words
    .pipe(z.array(origin))
    .describe("a comma-separated list of origins such as https://app.example.com, or '*'")
    .default([]),
  HSTS_MAX_AGE_SECONDS: wholeNumber(0, 63_072_000, 'seconds').optional(),
  INTROSPECTION: onOff(),
  SANDBOX: onOff(),
  ...FLEET_VARIABLES,
  LOG_LEVEL: oneOf(LOG_LEVELS).default('info'),
  BUILD_REVISION: z
    .string()
    .regex(/^[\w.+-]{1,64}$/)
    .describe('a revision such as a commit id, of at most 64 letters, digits and ._+-')
    .optional(),
});
