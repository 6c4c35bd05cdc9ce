import { describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from '../src/config/config.ts';

function errorOf(environment: Readonly<Record<string, string | undefined>>): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('expected a ConfigError, got a config');
}

const DEFAULTS = {
  isProduction: false,
  host: '127.0.0.1',
  port: 4000,
  upstreamUrl: null,
  upstreamEndpoints: new Set(['steps', 'run', 'runs', 'workflows', 'execute']),
  auth: { mode: 'passthrough' },
  upstreamConnection: {
    authHeader: { name: 'authorization', template: 'Bearer {key}' },
    headers: {},
    proxy: null,
  },
  trustProxy: false,
  basePath: '',
  upstreamTimeoutMs: 10_000,
  upstreamConcurrency: 64,
  upstreamMaxResponseBytes: 64 * 1024 * 1024,
  maxUpstreamCalls: 200,
  maxConnections: 10_000,
  maxOperationCost: 2500,
  maxOperationObjects: 25_000,
  maxAnswerBytes: 33_554_432,
  rateLimitAnonymousPerMinute: 600,
  rateLimitPerMinute: null,
  persistedOperations: 'off',
  persistedManifests: [],
  maxSubscriptionsPerViewer: 5000,
  maxSubscriptionsPerConnection: 100,
  tokenPrices: null,
  liveTtlMs: 1000,
  settleMs: 30_000,
  staleIfErrorMs: 300_000,
  reauthIntervalMs: 300_000,
  cacheMaxBytes: 256 * 1024 * 1024,
  corsOrigins: [],
  hstsMaxAgeSeconds: null,
  introspection: true,
  sandbox: true,
  logLevel: 'info',
  buildRevision: null,
  tracing: null,
  fleet: null,
};

/** Every variable but NODE_ENV and UPSTREAM_AUTH, with a good value and the field of the config that tells it. */
const VARIABLES: readonly (readonly [string, string, string, unknown])[] = [
  ['TOKEN_PRICES', 'prices.json', 'tokenPrices', 'prices.json'],
  ['HOST', '0.0.0.0', 'host', '0.0.0.0'],
  ['PORT', '0', 'port', 0],
  ['UPSTREAM_URL', 'https://host/api/v1', 'upstreamUrl', 'https://host/api/v1/'],
  ['UPSTREAM_ENDPOINTS', 'run, runs', 'upstreamEndpoints', new Set(['steps', 'run', 'runs'])],
  ['UPSTREAM_TIMEOUT_MS', '1', 'upstreamTimeoutMs', 1],
  ['UPSTREAM_CONCURRENCY', '1', 'upstreamConcurrency', 1],
  ['UPSTREAM_MAX_RESPONSE_BYTES', '1024', 'upstreamMaxResponseBytes', 1024],
  ['MAX_UPSTREAM_CALLS', '1', 'maxUpstreamCalls', 1],
  ['MAX_OPERATION_COST', '1', 'maxOperationCost', 1],
  ['RATE_LIMIT_PER_MINUTE', '1', 'rateLimitPerMinute', 1],
  ['PERSISTED_OPERATIONS', 'allow', 'persistedOperations', 'allow'],
  ['MAX_SUBSCRIPTIONS_PER_VIEWER', '1', 'maxSubscriptionsPerViewer', 1],
  ['MAX_CONNECTIONS', '7', 'maxConnections', 7],
  ['MAX_SUBSCRIPTIONS_PER_CONNECTION', '7', 'maxSubscriptionsPerConnection', 7],
  ['LIVE_TTL_MS', '0', 'liveTtlMs', 0],
  ['SETTLE_MS', '0', 'settleMs', 0],
  ['STALE_IF_ERROR_MS', '0', 'staleIfErrorMs', 0],
  ['REAUTH_INTERVAL_MS', '0', 'reauthIntervalMs', 0],
  ['CACHE_MAX_BYTES', '0', 'cacheMaxBytes', 0],
  [
    'CORS_ORIGINS',
    'https://a.example, http://localhost:3000',
    'corsOrigins',
    ['https://a.example', 'http://localhost:3000'],
  ],
  ['TRUST_PROXY', '2', 'trustProxy', 2],
  ['TRUST_PROXY', '10.0.0.0/8, ::1, loopback', 'trustProxy', ['10.0.0.0/8', '::1', 'loopback']],
  ['BASE_PATH', '/stepgate', 'basePath', '/stepgate'],
  ['BASE_PATH', 'a/b.c/', 'basePath', '/a/b.c'],
  ['BASE_PATH', '/', 'basePath', ''],
  ['LOG_LEVEL', 'debug', 'logLevel', 'debug'],
  ['INTROSPECTION', 'off', 'introspection', false],
  ['INTROSPECTION', 'on', 'introspection', true],
  ['SANDBOX', 'off', 'sandbox', false],
  ['BUILD_REVISION', '1f2e3d4', 'buildRevision', '1f2e3d4'],
];

describe('the config', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toEqual(DEFAULTS);
  });

  it.each(VARIABLES)('takes %s=%s, also with blanks around it', (name, value, field, expected) => {
    for (const given of [value, ` ${value}\n`])
      expect(readConfig({ [name]: given })).toEqual({ ...DEFAULTS, [field]: expected });
  });

  it('takes an empty variable, or a blank one, for one that is not set', () => {
    const connection = ['UPSTREAM_AUTH_HEADER', 'UPSTREAM_HEADERS', 'HTTP_PROXY', 'https_proxy', 'NO_PROXY'];
    for (const blank of ['', ' ', '\t\n']) {
      const all = Object.fromEntries(
        ['NODE_ENV', 'UPSTREAM_AUTH', ...connection, ...VARIABLES.map(([name]) => name)].map((name) => [name, blank]),
      );
      expect(readConfig(all)).toEqual(DEFAULTS);
    }
    expect(readConfig({ PORT: undefined })).toEqual(DEFAULTS);
  });

  it('looks at no variable but its own', () => {
    expect(readConfig({ PATH: '/bin', npm_config_port: 'x', LIVE_TTL: 'x' })).toEqual(DEFAULTS);
  });

  it('can not be changed', () => {
    const config = readConfig({ CORS_ORIGINS: '*' });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.corsOrigins)).toBe(true);
  });

  it('takes manifests where operations may be named', () => {
    const given = { PERSISTED_OPERATIONS: 'only', PERSISTED_MANIFESTS: 'web/a.json, b.json' };
    expect(readConfig(given)).toEqual({
      ...DEFAULTS,
      persistedOperations: 'only',
      persistedManifests: ['web/a.json', 'b.json'],
    });
    expect(errorOf({ PERSISTED_MANIFESTS: 'a.json' })).toMatch(
      /^PERSISTED_OPERATIONS: expected allow or only, since PERSISTED_MANIFESTS is set; it is off\. Set it, or /,
    );
    expect(errorOf({ PERSISTED_OPERATIONS: 'only' })).toMatch(
      /^PERSISTED_MANIFESTS: expected the path of a manifest, since PERSISTED_OPERATIONS is only; it is not set\./,
    );
  });

  it('always has the one call that every upstream offers', () => {
    expect(readConfig({ UPSTREAM_ENDPOINTS: 'steps' }).upstreamEndpoints).toEqual(new Set(['steps']));
    expect(readConfig({ UPSTREAM_ENDPOINTS: 'execute' }).upstreamEndpoints).toEqual(new Set(['steps', 'execute']));
  });

  it.each([
    ['https://host', 'https://host/'],
    ['https://host/', 'https://host/'],
    ['http://127.0.0.1:4001/api/v1/workflow', 'http://127.0.0.1:4001/api/v1/workflow/'],
    ['http://[::1]:4001', 'http://[::1]:4001/'],
  ])('reads the base URL %s as %s, which paths can be added to', (given, url) => {
    expect(readConfig({ UPSTREAM_URL: given }).upstreamUrl).toBe(url);
  });
});

describe('a wrong variable', () => {
  const WHOLE = 'expected a whole number';
  const MS = `${WHOLE} of milliseconds from 0 to 86400000`;
  const URL_RULE = 'expected an http or https URL without credentials, query or fragment';
  const ORIGINS = "expected a comma-separated list of origins such as https://app.example.com, or '*'";
  const PROXIES = 'expected a number of hops from 1 to 32, or a comma-separated list of addresses and CIDR ranges';
  const cases: readonly (readonly [string, string, string])[] = [
    ['PORT', '65536', `${WHOLE} from 0 to 65535`],
    ['PORT', '-1', `${WHOLE} from 0 to 65535`],
    ['PORT', '80.5', `${WHOLE} from 0 to 65535`],
    ['PORT', '0x50', `${WHOLE} from 0 to 65535`],
    ['PORT', '8e1', `${WHOLE} from 0 to 65535`],
    ['PORT', 'http', `${WHOLE} from 0 to 65535`],
    ['PORT', '٤٠', `${WHOLE} from 0 to 65535`],
    ['AUTH_JWKS', 'http://[bad/jwks', 'expected an http or https URL without credentials, or the path of a file'],
    ['UPSTREAM_URL', 'orchestra', URL_RULE],
    ['UPSTREAM_URL', 'localhost:4001', URL_RULE],
    ['UPSTREAM_URL', '//host/path', URL_RULE],
    ['UPSTREAM_URL', 'ftp://host/', URL_RULE],
    ['UPSTREAM_URL', 'http://host:99999/', URL_RULE],
    ['UPSTREAM_URL', 'http://[::1/', URL_RULE],
    [
      'UPSTREAM_ENDPOINTS',
      'steps,cancel',
      'expected a comma-separated list out of steps, run, runs, workflows, execute',
    ],
    ['UPSTREAM_ENDPOINTS', 'steps,', 'expected a comma-separated list out of steps, run, runs, workflows, execute'],
    [
      'UPSTREAM_AUTH',
      'Service',
      "expected 'passthrough' (the caller's bearer key goes upstream) or 'service' (the gateway's own key does, and " +
        'callers are checked at the gateway)',
    ],
    ['TRUST_PROXY', '0', PROXIES],
    ['TRUST_PROXY', 'true', PROXIES],
    ['TRUST_PROXY', '10.0.0.0/33', PROXIES],
    ['TRUST_PROXY', '10.0.0.1,', PROXIES],
    ['BASE_PATH', 'https://host/', 'expected a path such as /stepgate'],
    ['BASE_PATH', '//host', 'expected a path such as /stepgate'],
    ['UPSTREAM_TIMEOUT_MS', '0', `${WHOLE} of milliseconds from 1 to 86400000`],
    ['UPSTREAM_TIMEOUT_MS', '10s', `${WHOLE} of milliseconds from 1 to 86400000`],
    ['UPSTREAM_CONCURRENCY', '0', `${WHOLE} from 1 to 10000`],
    ['UPSTREAM_MAX_RESPONSE_BYTES', '1023', `${WHOLE} of bytes from 1024 to 536870912`],
    ['MAX_UPSTREAM_CALLS', '0', `${WHOLE} from 1 to 100000`],
    ['MAX_OPERATION_COST', '0', `${WHOLE} from 1 to 10000000`],
    ['RATE_LIMIT_PER_MINUTE', '0', `${WHOLE} from 1 to 1000000`],
    ['PERSISTED_OPERATIONS', 'on', 'expected one of off, allow, only'],
    ['PERSISTED_MANIFESTS', 'a.json,', 'expected a comma-separated list of paths of manifests'],
    ['MAX_SUBSCRIPTIONS_PER_VIEWER', '0', `${WHOLE} from 1 to 1000000`],
    ['MAX_SUBSCRIPTIONS_PER_CONNECTION', '10001', `${WHOLE} from 1 to 10000`],
    ['LIVE_TTL_MS', '86400001', MS],
    ['SETTLE_MS', '-1', MS],
    ['STALE_IF_ERROR_MS', 'Infinity', MS],
    ['REAUTH_INTERVAL_MS', '5m', MS],
    ['CACHE_MAX_BYTES', '256MB', `${WHOLE} of bytes from 0 to 1099511627776`],
    ['CACHE_MAX_BYTES', '99999999999999999999', `${WHOLE} of bytes from 0 to 1099511627776`],
    ['CORS_ORIGINS', 'app.example.com', ORIGINS],
    ['CORS_ORIGINS', 'https://app.example.com/', ORIGINS],
    ['CORS_ORIGINS', 'https://a.example,,https://b.example', ORIGINS],
    ['CORS_ORIGINS', 'null', ORIGINS],
    ['SHARED_TTL_S', '0', `${WHOLE} of seconds from 1 to 31536000`],
    ['REDIS_TIMEOUT_MS', '0', `${WHOLE} of milliseconds from 1 to 10000`],
    ['LOG_LEVEL', 'verbose', 'expected one of fatal, error, warn, info, debug, trace, silent'],
    ['LOG_LEVEL', 'INFO', 'expected one of fatal, error, warn, info, debug, trace, silent'],
  ];

  it.each(cases)('%s=%s is told by its name, what was expected and what came', (name, value, expected) => {
    expect(errorOf({ [name]: value })).toBe(`${name}: ${expected}; got ${JSON.stringify(value)}.`);
  });

  it('is told about on a line of its own beside the others', () => {
    const message = errorOf({ PORT: 'http', LIVE_TTL_MS: '1s', LOG_LEVEL: 'loud', HOST: '::' });
    expect(message.split('\n').map((line) => line.split(':')[0])).toEqual(['PORT', 'LIVE_TTL_MS', 'LOG_LEVEL']);
  });

  it('is told about once, whatever is wrong with it', () => {
    expect(errorOf({ UPSTREAM_ENDPOINTS: 'a,b,c' }).split('\n')).toHaveLength(1);
    expect(errorOf({ CORS_ORIGINS: 'a,b,c' }).split('\n')).toHaveLength(1);
  });

  it('is told as JSON, so that nothing in it can forge another line', () => {
    expect(errorOf({ HOST: 'ok', LOG_LEVEL: 'info\nPORT: fine' })).toContain('got "info\\nPORT: fine".');
  });
});

describe('the connection to the upstream', () => {
  const connectionOf = (environment: Readonly<Record<string, string>>) => readConfig(environment).upstreamConnection;

  it.each([
    ['x-api-key: {key}', { name: 'x-api-key', template: '{key}' }],
    [' X-Api-Key:{key} ', { name: 'x-api-key', template: '{key}' }],
    ['authorization: Token token="{key}"', { name: 'authorization', template: 'Token token="{key}"' }],
    ['cookie: session={key}; a=1', { name: 'cookie', template: 'session={key}; a=1' }],
  ])('takes UPSTREAM_AUTH_HEADER=%s', (value, authHeader) => {
    expect(connectionOf({ UPSTREAM_AUTH_HEADER: value }).authHeader).toEqual(authHeader);
  });

  it.each([
    ['x-tenant: acme', { 'x-tenant': 'acme' }],
    ['X-Tenant: acme; x-stage:test;', { 'x-tenant': 'acme', 'x-stage': 'test' }],
    ['x-tenant: acme\nx-list: a; b\n', { 'x-tenant': 'acme', 'x-list': 'a; b' }],
    ['x-url: https://a.example:1/b', { 'x-url': 'https://a.example:1/b' }],
  ])('takes UPSTREAM_HEADERS=%j', (value, headers) => {
    expect(connectionOf({ UPSTREAM_HEADERS: value }).headers).toEqual(headers);
  });

  it.each([
    ['UPSTREAM_AUTH_HEADER', 'x-api-key: SECRET'],
    ['UPSTREAM_AUTH_HEADER', 'SECRET'],
    ['UPSTREAM_AUTH_HEADER', 'x api key: {key}'],
    ['UPSTREAM_AUTH_HEADER', 'x-api-key: {key}\r\nx-other: SECRET'],
    ['UPSTREAM_AUTH_HEADER', 'host: {key}'],
    ['UPSTREAM_AUTH_HEADER', 'X-Request-Id: {key}'],
    ['UPSTREAM_HEADERS', 'x-tenant=SECRET'],
    ['UPSTREAM_HEADERS', 'x-tenant: SECRET; SECRET'],
    ['UPSTREAM_HEADERS', 'x-tenant: SECRET; X-TENANT: SECRET'],
    ['UPSTREAM_HEADERS', 'x-tenant: ä'],
    ['UPSTREAM_HEADERS', 'content-length: 7'],
    ['UPSTREAM_HEADERS', 'Accept: SECRET'],
    ['HTTP_PROXY', 'socks5://user:SECRET@proxy'],
    ['https_proxy', 'http://user:SECRET@proxy/path'],
    ['HTTP_PROXY', 'http://user:SECRET%@proxy'],
    ['https_proxy', 'SECRET%zz:SECRET@proxy'],
  ])('refuses %s=%j without repeating it', (name, value) => {
    const message = errorOf({ [name]: value });
    expect(message).toMatch(new RegExp(`^${name.toUpperCase()}: expected .*; got something else\\.$`));
    expect(message).not.toContain('SECRET');
  });

  it('has no fixed value for the header with the key', () => {
    expect(errorOf({ UPSTREAM_HEADERS: 'Authorization: SECRET' })).toMatch(
      /^UPSTREAM_HEADERS: authorization is the header with the key \(UPSTREAM_AUTH_HEADER\), so it can't have a fixed value\./,
    );
    const both = { UPSTREAM_HEADERS: 'Authorization: Basic abc', UPSTREAM_AUTH_HEADER: 'x-api-key: {key}' };
    expect(connectionOf(both).headers).toEqual({ authorization: 'Basic abc' });
  });

  it('takes proxies in upper and lower case, in which they count first, with or without a scheme', () => {
    const given = { HTTP_PROXY: 'http://a:1', http_proxy: 'b:2', HTTPS_PROXY: 'http://u:p@c:3', no_proxy: '.internal' };
    expect(connectionOf(given).proxy).toEqual({
      HTTP_PROXY: 'http://b:2',
      HTTPS_PROXY: 'http://u:p@c:3',
      NO_PROXY: '.internal',
    });
    expect(connectionOf({ NO_PROXY: 'localhost' }).proxy).toBeNull();
  });
});

describe('a fleet', () => {
  const SECRET = 'a-secret-of-at-least-32-bytes-in-all';
  const OTHER = SECRET.toUpperCase();
  const FLEET = { REDIS_URL: 'rediss://user:password@valkey:6380/3', FLEET_SECRET: SECRET };

  it('has a Valkey, secrets, and defaults for the rest', () => {
    expect(readConfig(FLEET).fleet).toEqual({
      redisUrl: FLEET.REDIS_URL,
      secrets: [SECRET],
      sharedTtlMs: 604_800_000,
      redisTimeoutMs: 50,
    });
    const given = { ...FLEET, FLEET_SECRET: `${OTHER}, ${SECRET}`, SHARED_TTL_S: '60', REDIS_TIMEOUT_MS: '100' };
    expect(readConfig(given).fleet).toMatchObject({
      secrets: [OTHER, SECRET],
      sharedTtlMs: 60_000,
      redisTimeoutMs: 100,
    });
  });

  it('takes a password that is percent-encoded', () => {
    const redisUrl = 'redis://:100%25%40@host';
    expect(readConfig({ ...FLEET, REDIS_URL: redisUrl }).fleet).toMatchObject({ redisUrl });
  });

  it('is refused without its secret, and a secret without a fleet', () => {
    expect(errorOf({ REDIS_URL: FLEET.REDIS_URL })).toMatch(/^FLEET_SECRET: expected a secret of at least 32 bytes/);
    expect(errorOf({ FLEET_SECRET: SECRET })).toMatch(/^FLEET_SECRET: it means nothing without REDIS_URL/);
  });

  it.each([
    ['REDIS_URL', 'http://SECRET@host'],
    ['REDIS_URL', 'SECRET:6379'],
    ['REDIS_URL', 'redis://host/SECRET'],
    ['REDIS_URL', 'redis://:SECRET,100%@host'],
    ['REDIS_URL', 'redis://SECRET,%zz:SECRET@host'],
    ['REDIS_URL', 'redis://SECRET,%4:1@host'],
    ['REDIS_URL', 'redis://host/0?password=SECRET'],
    ['FLEET_SECRET', 'SECRET'],
    ['FLEET_SECRET', `${SECRET},SECRET`],
    ['FLEET_SECRET', `${SECRET},`],
  ])('refuses %s=%j without repeating it', (name, value) => {
    const message = errorOf({ ...FLEET, [name]: value });
    expect(message).toMatch(new RegExp(`^${name}: expected .*; got something else\\.$`));
    expect(message).not.toContain('SECRET,');
  });
});

describe('a secret in AUTH_JWKS', () => {
  it.each(['https://user:SECRET@host/jwks', 'HTTP://SECRET@host/jwks', 'http://[SECRET@', 'http://:SECRET@host/?a'])(
    'is refused and never told: %j',
    (value) => {
      const message = errorOf({ AUTH_JWKS: value });
      expect(message).toMatch(/^AUTH_JWKS: expected an http or https URL without credentials, or .* a file; got "/);
      expect(message).not.toContain('SECRET');
    },
  );

  it('is none in a query, which some issuers need, or in the path of a file', () => {
    for (const jwks of ['https://login.example.com/keys?p=policy', '/run/keys@home.json']) {
      expect(errorOf({ AUTH_JWKS: jwks })).toMatch(/^AUTH_JWKS: it means nothing while UPSTREAM_AUTH is passthrough/);
    }
  });
});

describe('a secret in UPSTREAM_URL', () => {
  it.each([
    'https://user:SECRET@host/',
    'https://SECRET@host/',
    'https://user:SEC@SECRET@host/',
    'https://user:SEC/SECRET@host/',
    'https://user:SEC?SECRET@host/',
    'https://user:SEC#SECRET@host/',
    'HTTPS://user:SECRET@host/',
    'https:\\\\user:SECRET@host/',
    'https:user:SECRET@host/',
    'ftp://user:SECRET@host/',
    'user:SECRET@host',
    '//user:SECRET@host',
    'https://user:SECRET@host:99999/',
    'https://user:SECRET@host/a@b',
    'https://host/?key=SECRET',
    'https://host/#SECRET',
    'host/?token=SECRET',
    'host#SECRET',
    'https://host/?a=SEC@SECRET',
    'https://user:SECRET\n@host/',
  ])('is never told: %j', (value) => {
    const message = errorOf({ UPSTREAM_URL: value });
    expect(message).toMatch(
      /^UPSTREAM_URL: expected an http or https URL without credentials, query or fragment; got "/,
    );
    expect(message).not.toContain('SEC');
    expect(message).not.toContain('user');
  });

  it.each(['https://host/api?', 'https://host/api#'])('is none in %s, which is refused all the same', (value) => {
    expect(errorOf({ UPSTREAM_URL: value })).toMatch(/^UPSTREAM_URL: .* got "https:\/\/host\/api…"\.$/);
  });

  it('is left out alone, so that the rest helps to find the mistake', () => {
    expect(errorOf({ UPSTREAM_URL: 'https://host/api?key=SECRET' })).toMatch(/got "https:\/\/host\/api…"\.$/);
    expect(errorOf({ UPSTREAM_URL: 'https://user:SECRET@host/api' })).toMatch(/got "https:\/\/…"\.$/);
  });
});

describe('HSTS', () => {
  it('needs a proxy that says which requests came over TLS', () => {
    const given = { HSTS_MAX_AGE_SECONDS: '31536000' };
    expect(readConfig({ ...given, TRUST_PROXY: '1' })).toMatchObject({ hstsMaxAgeSeconds: 31_536_000 });
    expect(errorOf(given)).toMatch(
      /^TRUST_PROXY: expected .* since HSTS_MAX_AGE_SECONDS is set; it is not set\. Set it, or /,
    );
    expect(errorOf({ ...given, HSTS_MAX_AGE_SECONDS: '1y' })).toMatch(
      /^HSTS_MAX_AGE_SECONDS: expected a whole number of seconds/,
    );
  });
});

describe('the switches', () => {
  it('are on or off, whatever NODE_ENV says', () => {
    const production = { NODE_ENV: 'production', UPSTREAM_URL: 'https://host' };
    expect(readConfig({ ...production, INTROSPECTION: 'on' })).toMatchObject({ introspection: true, sandbox: false });
    expect(readConfig({ ...production, SANDBOX: 'on' })).toMatchObject({ introspection: false, sandbox: true });
    expect(errorOf({ SANDBOX: 'true' })).toBe('SANDBOX: expected on or off; got "true".');
  });
});

describe('in production', () => {
  it('may have blanks around it', () => {
    expect(errorOf({ NODE_ENV: ' production\n' })).toMatch(/^UPSTREAM_URL: .* since NODE_ENV is production/);
  });

  it('an upstream must be named, so that nobody serves sample data by mistake', () => {
    expect(errorOf({ NODE_ENV: 'production' })).toMatch(
      /^UPSTREAM_URL: expected the base URL of the workflow API, since NODE_ENV is production; it is not set\. Set it, or /,
    );
    expect(errorOf({ NODE_ENV: 'production', UPSTREAM_URL: ' ' })).toMatch(/^UPSTREAM_URL/);
  });

  it('the schema and Sandbox are not offered, and everything else is as elsewhere', () => {
    expect(readConfig({ NODE_ENV: 'production', UPSTREAM_URL: 'https://host' })).toEqual({
      ...DEFAULTS,
      isProduction: true,
      introspection: false,
      sandbox: false,
      upstreamUrl: 'https://host/',
    });
  });

  it('is nothing but that very word', () => {
    for (const word of ['development', 'test', 'Production', 'prod']) {
      expect(readConfig({ NODE_ENV: word }).isProduction).toBe(false);
    }
  });
});
