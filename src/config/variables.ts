/** The variables of the gateway: form, default and meaning of each. docs/configuration.md is generated from them. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { AUTH } from './auth.ts';
import { FLEET } from './fleet.ts';
import { HTTP, listOf, matching, oneOf, optional, readBy, readUrl, urlTemplate, wholeNumber, words } from './forms.ts';
import { UPSTREAM_CONNECTION } from './upstream-connection.ts';

export const UPSTREAM_ENDPOINTS = ['steps', 'run', 'runs', 'workflows', 'execute'] as const;
export type UpstreamEndpoint = (typeof UPSTREAM_ENDPOINTS)[number];

const DAY_MS = 86_400_000;
const milliseconds = (min = 0) => wholeNumber(min, DAY_MS, 'milliseconds');

/** The default depends on NODE_ENV. */
const onOff = () => optional(oneOf(['on', 'off'])).meta({ shownDefault: '`on`; `off` in production' });

/** Ends with `/`. */
function readBaseUrl(text: string): string | null {
  if (!readUrl(text, HTTP, ['username', 'password']) || /[?#]/.test(text)) return null;
  return text.endsWith('/') ? text : `${text}/`;
}

/** The value of UPSTREAM_URL that asks for the embedded sample. */
export const SAMPLE = 'sample';
const readUpstream = (text: string): string | null => (text === SAMPLE ? SAMPLE : readBaseUrl(text));

/** Names of ranges in @fastify/proxy-addr. */
const PROXY_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

function isProxy(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return family === 0 && PROXY_RANGES.includes(text);
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

const isOrigin = (text: string): boolean => text === '*' || (URL.canParse(text) && new URL(text).origin === text);

function readBasePath(text: string): string | null {
  const [, path = null] = /^\/?((?:[\w~.-]+(?:\/[\w~.-]+)*)?)\/?$/.exec(text) ?? [];
  return path && `/${path}`;
}

const PROCESS = {
  HOST: z.string().default('127.0.0.1').describe('Address to listen on. The image sets `0.0.0.0`.'),
  PORT: wholeNumber(0, 65_535).default(4000).describe('Port to listen on; 0 takes any free port.'),
  OPS_PORT: optional(wholeNumber(0, 65_535)).describe(
    'Port of `/metrics`, `/healthz` and `/readyz`, which `PORT` then lacks.',
  ),
  BASE_PATH: readBy(readBasePath, 'a path such as /stepgate')
    .default('')
    .describe('All routes are also served below this path.'),
  PUBLIC_URL: optional(readBy(readBaseUrl, 'an http or https URL without credentials, query or fragment')).describe(
    'URL of the run page, for the links in `Diagnosis.markdown`. Without it there are none.',
  ),
  TRUST_PROXY: words
    .transform((all) => (/^\d+$/.test(all.join()) ? Number(all) : all))
    .pipe(z.union([z.number().min(1).max(32), z.array(z.string().refine(isProxy)).min(1).readonly()]))
    .or(z.literal(false))
    .meta({ expected: 'a number of hops from 1 to 32, or a comma-separated list of addresses and CIDR ranges' })
    .default(false)
    .describe('Trusted proxies. `loopback`, `linklocal` and `uniquelocal` are ranges, too.'),
  CORS_ORIGINS: listOf(z.string().refine(isOrigin), "origins such as https://app.example.com, or '*'")
    .default([])
    .describe('Origins whose pages may send requests and open WebSockets.'),
  INTROSPECTION: onOff().describe('Clients may query the schema, and errors give hints about it.'),
  SANDBOX: onOff().describe(
    "Browsers get Apollo Sandbox at `/graphql` and GraphiQL at `/graphiql`. Sandbox's origins are allowed.",
  ),
  HSTS_MAX_AGE_SECONDS: optional(wholeNumber(0, 63_072_000, 'seconds')).describe(
    'Sends `Strict-Transport-Security` when a trusted proxy sends `X-Forwarded-Proto: https`. Needs `TRUST_PROXY`.',
  ),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Lowest level that is logged.'),
  LOG_FORMAT: oneOf(['json', 'ecs'])
    .default('json')
    .describe('[Fields](observability.md#log) of a log line. `ecs`: the Elastic Common Schema.'),
  BUILD_REVISION: optional(matching(/^[\w.+-]{1,64}$/, 'at most 64 letters, digits and ._+-')).describe(
    'Revision of the source, for `stepgate_build_info`. A build argument of the image.',
  ),
};

const STATUSES = ['PENDING', 'RUNNING', 'WAITING', 'COMPLETED', 'FAILED', 'CANCELLED', 'SKIPPED'] as const;
const isStatus = (text: string): text is (typeof STATUSES)[number] => (STATUSES as readonly string[]).includes(text);

function readStatusWords(text: string): Readonly<Record<string, (typeof STATUSES)[number]>> | null {
  const pairs = text.split(',').flatMap((pair) => {
    const [, word = '', status = ''] = /^\s*([^:]*[^:\s])\s*:\s*(\w+)\s*$/.exec(pair) ?? [];
    return word !== '' && isStatus(status) ? [[word, status] as const] : [];
  });
  const words = new Map(pairs);
  return words.size === text.split(',').length ? Object.freeze(Object.fromEntries(words)) : null;
}

const UPSTREAM = {
  UPSTREAM_URL: optional(readBy(readUpstream, 'an http or https URL without credentials, query or fragment, or sample'))
    .describe('Base URL of the workflow API. `sample` asks for the embedded sample, even in production.')
    .meta({ shownDefault: 'sample' }),
  UPSTREAM_ENDPOINTS: listOf(z.enum(UPSTREAM_ENDPOINTS), `these: ${UPSTREAM_ENDPOINTS.join(', ')}`)
    .prefault(UPSTREAM_ENDPOINTS.join())
    .describe('Calls that the upstream offers. `steps` is always on.'),
  UPSTREAM_TIMEOUT_MS: milliseconds(1)
    .default(10_000)
    .describe('Longest time for one attempt. No retry starts later than this after the first attempt.'),
  UPSTREAM_CONCURRENCY: wholeNumber(1, 10_000)
    .default(64)
    .describe('Upstream calls at the same time. [Others wait](behaviour.md#upstream-calls).'),
  UPSTREAM_MAX_RESPONSE_BYTES: wholeNumber(1024, 2 ** 29, 'bytes')
    .default(16_777_216)
    .describe('Largest upstream response, after decompression.'),
  STATUS_WORDS: readBy(
    readStatusWords,
    `a comma-separated list of words, each once and with a status, such as failure:FAILED (statuses: ${STATUSES.join(', ')})`,
  )
    .default({})
    .describe('Further [status words](upstream.md#fields) of the upstream.'),
  RUN_URL_TEMPLATE: optional(
    urlTemplate(['workflowId', 'runId'], 'https://app.example.com/workflows/{workflowId}/runs/{runId}'),
  ).describe("A run in the upstream's own web page, for `Run.upstreamUrl`. Ids are percent-encoded."),
  WORKFLOW_URL_TEMPLATE: optional(
    urlTemplate(['workflowId'], 'https://app.example.com/workflows/{workflowId}'),
  ).describe('The same for `Workflow.upstreamUrl`.'),
};

const FRESHNESS = {
  LIVE_TTL_MS: milliseconds()
    .default(1000)
    .describe('How long the data of an unfinished run is served before it is fetched again.'),
  SETTLE_MS: milliseconds()
    .default(30_000)
    .describe('Quiet period after which a run without a record, or with a step left running, counts as final.'),
  STALE_IF_ERROR_MS: milliseconds()
    .default(300_000)
    .describe('How long the last good data is served while the upstream fails.'),
  REAUTH_INTERVAL_MS: milliseconds()
    .default(300_000)
    .describe('How long cached data is served without a call after the last successful call of the same viewer.'),
  CACHE_MAX_BYTES: wholeNumber(0, 2 ** 40, 'bytes')
    .default(268_435_456)
    .describe('Size of all caches together.'),
};

const LIMITS = {
  MAX_UPSTREAM_CALLS: wholeNumber(1, 100_000).default(200).describe('Upstream calls that one operation may make.'),
  MAX_OPERATION_OBJECTS: wholeNumber(1, 10_000_000).default(25_000).describe('Objects in the answer of one operation.'),
  MAX_ANSWER_BYTES: wholeNumber(1024, 2 ** 29, 'bytes')
    .default(16_777_216)
    .describe('Largest answer of one operation, as JSON.'),
  RATE_LIMIT_PER_MINUTE: optional(wholeNumber(1, 1_000_000)).describe(
    'Operations a minute for one caller, over all transports.',
  ),
  RATE_LIMIT_ANONYMOUS_PER_MINUTE: wholeNumber(1, 1_000_000)
    .default(600)
    .describe('Operations a minute from one address without an accepted key. Always on.'),
  MAX_SUBSCRIPTIONS_PER_VIEWER: wholeNumber(1, 1_000_000)
    .default(5000)
    .describe('Runs and workflows that one caller may watch at once.'),
  MAX_CONNECTIONS: wholeNumber(1, 1_000_000)
    .default(10_000)
    .describe('Connections of clients at the same time. A further one is closed at once.'),
  MAX_SUBSCRIPTIONS_PER_CONNECTION: wholeNumber(1, 10_000)
    .default(100)
    .describe('Operations on one WebSocket at the same time.'),
  PERSISTED_OPERATIONS: oneOf(['off', 'allow', 'only'])
    .default('off')
    .describe('What `PERSISTED_MANIFESTS` do: [limits.md](limits.md#persisted-operations).'),
  PERSISTED_MANIFESTS: listOf(z.string().min(1), 'paths of manifests').default([]).describe('Manifests of operations.'),
};

const AGENTS = {
  MCP: oneOf(['on', 'manifest', 'off'])
    .default('on')
    .describe('Tools at `/mcp`: the bundled ones, the operations of `PERSISTED_MANIFESTS`, or none.'),
  MCP_MUTATIONS: listOf(z.string().min(1), 'names of mutations')
    .default([])
    .describe('Mutations that are tools, too, such as `start_run`.'),
};

const PRICES = {
  TOKEN_PRICES: optional(z.string().meta({ expected: 'the path of a JSON file' })).describe(
    'Prices of models. Without them every `estimatedCost` and `wastedCost` is null.',
  ),
};

const PRIVACY = {
  REDACTION: optional(z.string().meta({ expected: 'the path of a JSON file' })).describe(
    'What callers may not read of payloads and errors: [redaction](redaction.md).',
  ),
};

const NODE_ENV = optional(z.string().meta({ expected: 'production, or another text' })).describe(
  'In production `UPSTREAM_URL` must be set, and `INTROSPECTION` and `SANDBOX` are off unless they are set.',
);

/** Each is a property of the config, by the same name in camel case. */
export const PLAIN = { ...PROCESS, ...UPSTREAM, ...FRESHNESS, ...LIMITS, ...AGENTS, ...PRICES, ...PRIVACY };

export const ENVIRONMENT = z.object({
  NODE_ENV,
  ...PLAIN,
  ...UPSTREAM_CONNECTION,
  ...AUTH,
  ...FLEET,
});

/** Groups of variables, by heading in docs/configuration.md. */
export const DOCUMENTED = {
  Process: { ...PROCESS, NODE_ENV },
  Upstream: { ...UPSTREAM, ...UPSTREAM_CONNECTION },
  'Freshness and cache': FRESHNESS,
  Limits: LIMITS,
  Agents: AGENTS,
  Prices: PRICES,
  Redaction: PRIVACY,
  'Service mode': AUTH,
  Fleet: FLEET,
};
