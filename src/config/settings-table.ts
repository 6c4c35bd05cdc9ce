/** Type, default and meaning of each setting. docs/configuration.md and options.ts are generated from these. */
import { isIP } from 'node:net';
import { z } from 'zod';
import type { RedactionRules } from './redaction.ts';
import { AUTH } from './auth.ts';
import { FLEET } from './fleet.ts';
import {
  HTTP,
  listOf,
  matching,
  onOff,
  oneOf,
  optional,
  readBy,
  readUrl,
  text,
  urlTemplate,
  wholeNumber,
  words,
  type SettingMeta,
} from './forms.ts';
import { UPSTREAM_CONNECTION } from './upstream-connection.ts';

/** The calls of the vendor's API. */
export const COMMON_ENDPOINTS = ['steps', 'run', 'runs', 'workflows', 'execute'] as const;
export const UPSTREAM_ENDPOINTS = [...COMMON_ENDPOINTS, 'cancel', 'resume'] as const;
export type UpstreamEndpoint = (typeof UPSTREAM_ENDPOINTS)[number];

const DAY_MS = 86_400_000;
const milliseconds = (min = 0) => wholeNumber(min, DAY_MS, 'milliseconds');

/** On except in production. */
const onInDevelopment = () => optional(onOff()).meta({ shownDefault: '`on`; `off` in production' });

/** Ends with `/`. */
function readBaseUrl(text: string): string | null {
  if (!readUrl(text, HTTP, ['username', 'password']) || /[?#]/.test(text)) return null;
  return text.endsWith('/') ? text : `${text}/`;
}

/** Value of UPSTREAM_URL for the embedded sample. */
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

function originHint(text: unknown): string | null {
  const origin = typeof text === 'string' && text.endsWith('/') ? URL.parse(text)?.origin : undefined;
  return origin && origin !== 'null' ? `Origins don't end with a slash: use ${origin}.` : null;
}

const isOrigin = (text: string): boolean => text === '*' || (URL.canParse(text) && new URL(text).origin === text);

function readBasePath(text: string): string | null {
  const [, path = null] = /^\/?((?:[\w~.-]+(?:\/[\w~.-]+)*)?)\/?$/.exec(text) ?? [];
  return path && `/${path}`;
}

const PROCESS = {
  host: text('an address to listen on')
    .default('127.0.0.1')
    .describe('Address to listen on. The image sets `0.0.0.0`.'),
  port: wholeNumber(0, 65_535).default(4000).describe('Port to listen on; 0 takes any free port.'),
  opsPort: optional(wholeNumber(0, 65_535)).describe(
    'Serves `/metrics`, `/healthz` and `/readyz` on this port instead of `PORT`.',
  ),
  basePath: readBy(readBasePath, 'a path such as /stepgate')
    .default('')
    .describe('Serves all routes below this path as well.'),
  publicUrl: optional(readBy(readBaseUrl, 'an http or https URL without credentials, query or fragment')).describe(
    'URL of the web UI, for links in `Diagnosis.markdown` and the OAuth metadata of `/mcp`.',
  ),
  trustProxy: z
    .union([z.literal(false), z.int().min(1).max(32), z.array(z.string().refine(isProxy)).min(1).readonly()])
    .meta({
      expected: 'false, a number of hops from 1 to 32, or a list of addresses and CIDR ranges',
      expectedText: 'a number of hops from 1 to 32, or a comma-separated list of addresses and CIDR ranges',
      read: (text: string) => (/^\d+$/.test(text) ? Number(text) : words(text)),
    } satisfies SettingMeta)
    .default(false)
    .describe('Trusted proxies. `loopback`, `linklocal` and `uniquelocal` name ranges.'),
  corsOrigins: listOf(z.string().refine(isOrigin), "origins such as https://app.example.com, or '*'")
    .meta({ hint: originHint } satisfies SettingMeta)
    .default([])
    .describe('Origins whose pages may send requests and open WebSockets.'),
  introspection: onInDevelopment().describe('Lets clients query the schema, and errors suggest names from it.'),
  sandbox: onInDevelopment().describe(
    "Serves Apollo Sandbox at `/graphql` and GraphiQL at `/graphiql` to browsers, and allows Sandbox's origins.",
  ),
  hstsMaxAgeSeconds: optional(wholeNumber(0, 63_072_000, 'seconds')).describe(
    'Sends `Strict-Transport-Security` when a trusted proxy sends `X-Forwarded-Proto: https`. Needs `TRUST_PROXY`.',
  ),
  logLevel: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Lowest level to log.'),
  logFormat: oneOf(['json', 'ecs'])
    .default('json')
    .describe('[Fields](observability.md#log) of a log line; `ecs` is the Elastic Common Schema.'),
  buildRevision: optional(matching(/^[\w.+-]{1,64}$/, 'at most 64 letters, digits and ._+-')).describe(
    'Source revision, for `stepgate_build_info`. Also a build argument of the image.',
  ),
};

const STATUSES = ['PENDING', 'RUNNING', 'WAITING', 'COMPLETED', 'FAILED', 'CANCELLED', 'SKIPPED'] as const;

const readStatusWords = (text: string): unknown => {
  const pairs = text.split(',').map((pair) => /^\s*([^:]*[^:\s])\s*:\s*(\w+)\s*$/.exec(pair));
  const words = new Map(pairs.map((pair) => [pair?.[1], pair?.[2]]));
  return pairs.includes(null) || words.size < pairs.length ? text : Object.fromEntries(words);
};

const STATUS_WORDS = 'words, each once and with a status';
const STATUS_NAMES = `(statuses: ${STATUSES.join(', ')})`;

const UPSTREAM = {
  upstreamUrl: optional(readBy(readUpstream, 'an http or https URL without credentials, query or fragment, or sample'))
    .describe('Base URL of the workflow API. `sample` serves the embedded sample, even in production.')
    .meta({ shownDefault: 'sample' }),
  upstreamEndpoints: optional(listOf(z.enum(UPSTREAM_ENDPOINTS), `these: ${UPSTREAM_ENDPOINTS.join(', ')}`))
    .describe('[Calls](upstream.md#calls) that the upstream offers. `steps` is always on.')
    .meta({ shownDefault: `\`${COMMON_ENDPOINTS.join()}\`; all for the sample` }),
  upstreamTimeoutMs: milliseconds(1)
    .default(10_000)
    .describe('Timeout of one attempt. No retry starts later than this after the first attempt.'),
  upstreamConcurrency: wholeNumber(1, 10_000)
    .default(64)
    .describe('Concurrent upstream calls. [Others wait](behaviour.md#upstream-calls).'),
  upstreamMaxResponseBytes: wholeNumber(1024, 2 ** 29, 'bytes')
    .default(16_777_216)
    .describe('Largest upstream response, after decompression.'),
  statusWords: z
    .record(z.string().min(1), z.enum(STATUSES))
    .readonly()
    .meta({
      expected: `an object of ${STATUS_WORDS}, such as { failure: 'FAILED' } ${STATUS_NAMES}`,
      expectedText: `a comma-separated list of ${STATUS_WORDS}, such as failure:FAILED ${STATUS_NAMES}`,
      read: readStatusWords,
    } satisfies SettingMeta)
    .default({})
    .describe('Additional [statuses](upstream.md#fields) of the upstream.'),
  runUrlTemplate: optional(
    urlTemplate(['workflowId', 'runId'], 'https://app.example.com/workflows/{workflowId}/runs/{runId}'),
  ).describe("A run's page in the upstream's web UI, for `Run.upstreamUrl`. Ids are percent-encoded."),
  workflowUrlTemplate: optional(urlTemplate(['workflowId'], 'https://app.example.com/workflows/{workflowId}')).describe(
    'The same for `Workflow.upstreamUrl`.',
  ),
};

const FRESHNESS = {
  liveTtlMs: milliseconds()
    .default(1000)
    .describe('How long data of an unfinished run is served before it is fetched again.'),
  settleMs: milliseconds()
    .default(30_000)
    .describe('Quiet period after which a run without a record, or with a step left running, counts as final.'),
  staleIfErrorMs: milliseconds()
    .default(300_000)
    .describe('How long the last good data is served while the upstream fails.'),
  reauthIntervalMs: milliseconds()
    .default(300_000)
    .describe('How long cached data is served after the last successful call of the same viewer.'),
  cacheMaxBytes: wholeNumber(0, 2 ** 40, 'bytes')
    .default(268_435_456)
    .describe('Total size of all caches.'),
};

const LIMITS = {
  maxUpstreamCalls: wholeNumber(1, 100_000).default(200).describe('Upstream calls that one operation may make.'),
  maxOperationObjects: wholeNumber(1, 10_000_000).default(25_000).describe('Objects in the response to one operation.'),
  maxAnswerBytes: wholeNumber(1024, 2 ** 29, 'bytes')
    .default(16_777_216)
    .describe('Largest response to one operation, as JSON.'),
  rateLimitPerMinute: optional(wholeNumber(1, 1_000_000)).describe(
    'Operations per minute of one caller, over all transports.',
  ),
  rateLimitAnonymousPerMinute: wholeNumber(1, 1_000_000)
    .default(600)
    .describe('Operations per minute from one address without an accepted key. Always on.'),
  maxSubscriptionsPerViewer: wholeNumber(1, 1_000_000)
    .default(5000)
    .describe('Runs and workflows that one caller may watch at once.'),
  maxConnections: wholeNumber(1, 1_000_000)
    .default(10_000)
    .describe('Concurrent client connections. Any more are closed at once.'),
  maxSubscriptionsPerConnection: wholeNumber(1, 10_000)
    .default(100)
    .describe('Concurrent operations on one WebSocket.'),
  persistedOperations: oneOf(['off', 'allow', 'only'])
    .default('off')
    .describe('How `PERSISTED_MANIFESTS` are used: [limits.md](limits.md#persisted-operations).'),
  persistedManifests: listOf(z.string().min(1), 'paths of manifests')
    .default([])
    .describe('Manifests of operations, which are read again when they change.'),
};

const AGENTS = {
  mcp: oneOf(['on', 'manifest', 'off'])
    .default('on')
    .describe('Tools at `/mcp`: the bundled ones, the operations of `PERSISTED_MANIFESTS`, or none.'),
  mcpMutations: listOf(z.string().min(1), 'names of mutations')
    .default([])
    .describe('Mutations that are also tools, such as `start_run`.'),
};

const PRICES = {
  tokenPrices: optional(text('the path of a JSON file')).describe(
    'Path of a JSON file with prices of models. Without it, every `estimatedCost` and `wastedCost` is null.',
  ),
};

const isObject = (value: unknown): value is RedactionRules => typeof value === 'object' && value !== null;

const PRIVACY = {
  redaction: optional(
    z.union([z.string(), z.custom<RedactionRules>(isObject)]).meta({
      expected: 'the path of a JSON file, or an object of rules',
      expectedText: 'the path of a JSON file',
      shownType: 'string | RedactionRules',
    } satisfies SettingMeta),
  ).describe('Path of a JSON file: what callers may not read in payloads and errors ([redaction](redaction.md)).'),
};

const MODE = {
  production: z
    .boolean()
    .meta({
      expected: 'true or false',
      expectedText: '`production`, or anything else',
      read: (text: string) => text === 'production',
    } satisfies SettingMeta)
    .default(false)
    .describe('In production, `UPSTREAM_URL` is required, and `INTROSPECTION` and `SANDBOX` are off by default.'),
};

/** Each becomes a property of the config with the same name. */
export const PLAIN = { ...PROCESS, ...UPSTREAM, ...FRESHNESS, ...LIMITS, ...AGENTS, ...PRICES, ...PRIVACY };

/** All settings by option name. */
export const SETTINGS = { ...MODE, ...PLAIN, ...UPSTREAM_CONNECTION, ...AUTH, ...FLEET };
export type SettingName = keyof typeof SETTINGS;

/** Name of the variable: `liveTtlMs` is LIVE_TTL_MS. */
export const variableOf = (setting: string): string =>
  setting === 'production' ? 'NODE_ENV' : setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** Settings by variable name. */
export const VARIABLES: ReadonlyMap<string, SettingName> = new Map(
  Object.keys(SETTINGS).map((setting) => [variableOf(setting), setting as SettingName]),
);

/** Settings by heading in docs/configuration.md. */
export const DOCUMENTED = {
  Process: { ...PROCESS, ...MODE },
  Upstream: { ...UPSTREAM, ...UPSTREAM_CONNECTION },
  'Freshness and cache': FRESHNESS,
  Limits: LIMITS,
  Agents: AGENTS,
  Prices: PRICES,
  Redaction: PRIVACY,
  'Service mode': AUTH,
  Fleet: FLEET,
};
