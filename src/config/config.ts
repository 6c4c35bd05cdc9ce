/** The one reader of the environment: a frozen, typed Config, or a sentence for each variable that is wrong. */
import { readAuth, type AuthConfig } from './auth.ts';
import { ConfigError } from './config-error.ts';
import { readFleet, type FleetConfig } from './fleet.ts';
import { describeProblems } from './problems.ts';
import { readTracing, type TracingConfig } from './tracing.ts';
import { readConnection, withLowerCaseProxies, type UpstreamConnection } from './upstream-connection.ts';
import { ENVIRONMENT, type LogLevel, type PersistedMode, type UpstreamEndpoint } from './variables.ts';

export { ConfigError } from './config-error.ts';
export type { UpstreamAuthHeader, UpstreamConnection, UpstreamProxy } from './upstream-connection.ts';
export type { AuthConfig, ServiceAuth, TokenConfig } from './auth.ts';
export type { FleetConfig } from './fleet.ts';
export type { Sampler, TracingConfig } from './tracing.ts';
export { UPSTREAM_ENDPOINTS, type LogLevel, type PersistedMode, type UpstreamEndpoint } from './variables.ts';

export interface Config {
  readonly isProduction: boolean;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Null: the embedded upstream. Ends with `/`. */
  readonly upstreamUrl: string | null;
  readonly upstreamEndpoints: ReadonlySet<UpstreamEndpoint>;
  readonly auth: AuthConfig;
  readonly upstreamConnection: UpstreamConnection;
  readonly upstreamTimeoutMs: number;
  readonly upstreamConcurrency: number;
  readonly upstreamMaxResponseBytes: number;
  readonly maxUpstreamCalls: number;
  readonly maxOperationCost: number;
  readonly maxOperationObjects: number;
  readonly maxAnswerBytes: number;
  /** Null: no limit. */
  readonly rateLimitPerMinute: number | null;
  /** By address, for callers without a credential. */
  readonly rateLimitAnonymousPerMinute: number;
  readonly persistedOperations: PersistedMode;
  readonly persistedManifests: readonly string[];
  /** Path of the file with the prices of models; null: no costs are answered. */
  readonly tokenPrices: string | null;
  readonly liveTtlMs: number;
  readonly settleMs: number;
  readonly staleIfErrorMs: number;
  readonly reauthIntervalMs: number;
  readonly cacheMaxBytes: number;
  /** Of clients; each further one is closed at once. */
  readonly maxConnections: number;
  readonly maxSubscriptionsPerViewer: number;
  readonly maxSubscriptionsPerConnection: number;
  /** Trusted proxies: so many hops, or these addresses; false: none. */
  readonly trustProxy: false | number | readonly string[];
  /** Where the routes are found beside their own place, such as `/stepgate`; empty: nowhere else. */
  readonly basePath: string;
  readonly corsOrigins: readonly string[];
  /** Of Strict-Transport-Security; null: the header is not sent. */
  readonly hstsMaxAgeSeconds: number | null;
  /** Whether clients may ask for the schema and get hints about it. */
  readonly introspection: boolean;
  /** Whether a browser gets Apollo Sandbox. */
  readonly sandbox: boolean;
  /** Null: a gateway that shares nothing. */
  readonly fleet: FleetConfig | null;
  readonly logLevel: LogLevel;
  /** Of the source that was built; null: unknown. */
  readonly buildRevision: string | null;
  /** Null: no traces are sent. */
  readonly tracing: TracingConfig | null;
}

/** Reads the variables, without blanks around their values; an empty one counts as unset. Throws ConfigError. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(withLowerCaseProxies(environment)).flatMap(([name, value = '']) =>
      value.trim() === '' ? [] : [[name, value.trim()]],
    ),
  );
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
  if (variables.HSTS_MAX_AGE_SECONDS !== undefined && variables.TRUST_PROXY === undefined) {
    throw new ConfigError(
      'TRUST_PROXY: expected the proxy whose X-Forwarded-Proto says that a request came over TLS, since ' +
        'HSTS_MAX_AGE_SECONDS is set; it is not set. Set it, or leave HSTS_MAX_AGE_SECONDS unset.',
    );
  }
  checkPersisted(variables.PERSISTED_OPERATIONS, variables.PERSISTED_MANIFESTS);
  return Object.freeze({
    isProduction,
    host: variables.HOST,
    port: variables.PORT,
    upstreamUrl: variables.UPSTREAM_URL ?? null,
    upstreamEndpoints: new Set<UpstreamEndpoint>(['steps', ...variables.UPSTREAM_ENDPOINTS]),
    auth: readAuth(variables, variables.UPSTREAM_ENDPOINTS.includes('workflows')),
    upstreamConnection: readConnection(variables),
    upstreamTimeoutMs: variables.UPSTREAM_TIMEOUT_MS,
    upstreamConcurrency: variables.UPSTREAM_CONCURRENCY,
    upstreamMaxResponseBytes: variables.UPSTREAM_MAX_RESPONSE_BYTES,
    maxUpstreamCalls: variables.MAX_UPSTREAM_CALLS,
    maxOperationCost: variables.MAX_OPERATION_COST,
    maxOperationObjects: variables.MAX_OPERATION_OBJECTS,
    maxAnswerBytes: variables.MAX_ANSWER_BYTES,
    rateLimitPerMinute: variables.RATE_LIMIT_PER_MINUTE ?? null,
    rateLimitAnonymousPerMinute: variables.RATE_LIMIT_ANONYMOUS_PER_MINUTE,
    persistedOperations: variables.PERSISTED_OPERATIONS,
    persistedManifests: Object.freeze(variables.PERSISTED_MANIFESTS),
    tokenPrices: variables.TOKEN_PRICES ?? null,
    liveTtlMs: variables.LIVE_TTL_MS,
    settleMs: variables.SETTLE_MS,
    staleIfErrorMs: variables.STALE_IF_ERROR_MS,
    reauthIntervalMs: variables.REAUTH_INTERVAL_MS,
    cacheMaxBytes: variables.CACHE_MAX_BYTES,
    maxConnections: variables.MAX_CONNECTIONS,
    maxSubscriptionsPerViewer: variables.MAX_SUBSCRIPTIONS_PER_VIEWER,
    maxSubscriptionsPerConnection: variables.MAX_SUBSCRIPTIONS_PER_CONNECTION,
    trustProxy: variables.TRUST_PROXY ?? false,
    basePath: variables.BASE_PATH,
    corsOrigins: Object.freeze(variables.CORS_ORIGINS),
    hstsMaxAgeSeconds: variables.HSTS_MAX_AGE_SECONDS ?? null,
    introspection: variables.INTROSPECTION ?? !isProduction,
    sandbox: variables.SANDBOX ?? !isProduction,
    fleet: readFleet(variables),
    logLevel: variables.LOG_LEVEL,
    buildRevision: variables.BUILD_REVISION ?? null,
    tracing: readTracing(variables),
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
