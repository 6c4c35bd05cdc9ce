/** The settings. `npm run check:docs` compares their defaults with docs/configuration.md. */
import { describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from '../src/config/config.ts';
import { misspelledVariables } from '../src/config/misspelled.ts';
import { VARIABLES } from '../src/config/settings-table.ts';

type Environment = Readonly<Record<string, string | undefined>>;

function errorOf(environment: Environment): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('expected a ConfigError, got a config');
}

const DEFAULTS = readConfig({});
/** Only the sample is known to offer actions. */
const WITHOUT_ACTIONS = { upstreamEndpoints: new Set(['steps', 'run', 'runs', 'workflows', 'execute']) };
const SECRET = 'a-secret-of-at-least-32-bytes-in-all';
const FLEET = { REDIS_URL: 'rediss://user:password@valkey:6380/3', FLEET_SECRET: SECRET };

describe('a setting', () => {
  it.each<readonly [string, string, string, unknown]>([
    ['TOKEN_PRICES', 'prices.json', 'tokenPrices', 'prices.json'],
    ...[
      'https://app.example.com/{workflowId}/runs/{runId}',
      'HTTP://[::1]:8080?w={workflowId}&r={runId}',
      'https://app.example.com/#/{runId}/{workflowId}/{runId}\\x',
    ].map((url) => ['RUN_URL_TEMPLATE', url, 'runUrlTemplate', url] as const),
    [
      'WORKFLOW_URL_TEMPLATE',
      'https://a.example/{workflowId}',
      'workflowUrlTemplate',
      'https://a.example/{workflowId}',
    ],
    ['HOST', '0.0.0.0', 'host', '0.0.0.0'],
    ['PORT', '0', 'port', 0],
    ['OPS_PORT', '9464', 'opsPort', 9464],
    ['UPSTREAM_URL', 'https://host', 'upstreamUrl', 'https://host/'],
    ['UPSTREAM_URL', 'http://127.0.0.1:4001/api/v1/', 'upstreamUrl', 'http://127.0.0.1:4001/api/v1/'],
    ['UPSTREAM_URL', 'http://[::1]:4001/api', 'upstreamUrl', 'http://[::1]:4001/api/'],
    ['UPSTREAM_URL', 'sample', 'upstreamUrl', null],
    ['UPSTREAM_ENDPOINTS', 'run, runs', 'upstreamEndpoints', new Set(['steps', 'run', 'runs'])],
    ['UPSTREAM_ENDPOINTS', 'steps', 'upstreamEndpoints', new Set(['steps'])],
    ['STATUS_WORDS', 'failure:FAILED,  on hold : RUNNING', 'statusWords', { failure: 'FAILED', 'on hold': 'RUNNING' }],
    ['UPSTREAM_TIMEOUT_MS', '1', 'upstreamTimeoutMs', 1],
    ['PERSISTED_OPERATIONS', 'allow', 'persistedOperations', 'allow'],
    ['MCP', 'off', 'mcp', 'off'],
    ['MCP_MUTATIONS', 'start_run, Again', 'mcpMutations', ['start_run', 'Again']],
    ['LIVE_TTL_MS', '0', 'liveTtlMs', 0],
    ['CORS_ORIGINS', 'https://a.example, http://b:3000', 'corsOrigins', ['https://a.example', 'http://b:3000']],
    ['TRUST_PROXY', '2', 'trustProxy', 2],
    ['TRUST_PROXY', '10.0.0.0/8, ::1, loopback', 'trustProxy', ['10.0.0.0/8', '::1', 'loopback']],
    ['BASE_PATH', '/stepgate', 'basePath', '/stepgate'],
    ['BASE_PATH', 'a/b.c/', 'basePath', '/a/b.c'],
    ['BASE_PATH', '/', 'basePath', ''],
    ['LOG_LEVEL', 'debug', 'logLevel', 'debug'],
    ['LOG_FORMAT', 'ecs', 'logFormat', 'ecs'],
    ['INTROSPECTION', 'off', 'introspection', false],
    ['SANDBOX', 'off', 'sandbox', false],
    ['BUILD_REVISION', '1f2e3d4', 'buildRevision', '1f2e3d4'],
  ])('%s=%s sets its field, trimmed, and counts as unset if blank', (name, value, field, read) => {
    const others = field === 'upstreamUrl' && read !== null ? WITHOUT_ACTIONS : {};
    for (const given of [value, ` ${value}\n`])
      expect(readConfig({ [name]: given })).toEqual({ ...DEFAULTS, ...others, [field]: read });
    for (const blank of ['', ' ', '\t\n', undefined]) expect(readConfig({ [name]: blank })).toEqual(DEFAULTS);
  });

  it("can't be changed after the start", () => {
    const config = readConfig({ CORS_ORIGINS: '*' });
    expect([Object.isFrozen(config), Object.isFrozen(config.corsOrigins)]).toEqual([true, true]);
  });

  it.each<readonly [Environment, string]>([
    [
      { PERSISTED_MANIFESTS: 'a.json' },
      'PERSISTED_OPERATIONS must be allow or only when PERSISTED_MANIFESTS is set, got off',
    ],
    [{ PERSISTED_OPERATIONS: 'only' }, 'PERSISTED_MANIFESTS is required when PERSISTED_OPERATIONS is only'],
    [{ MCP: 'manifest' }, 'PERSISTED_MANIFESTS is required when MCP is manifest'],
    [{ HSTS_MAX_AGE_SECONDS: '31536000' }, 'TRUST_PROXY is required when HSTS_MAX_AGE_SECONDS is set'],
    [{ REDIS_URL: FLEET.REDIS_URL }, 'FLEET_SECRET is required when REDIS_URL is set'],
    [{ FLEET_SECRET: SECRET }, 'REDIS_URL is required when FLEET_SECRET is set'],
    [{ AUTH_JWKS: '/run/keys@home.json' }, 'UPSTREAM_AUTH must be service when AUTH_JWKS is set'],
    [{ NODE_ENV: ' production\n' }, 'UPSTREAM_URL is required in production'],
    [{ UPSTREAM_HEADERS: 'Authorization: SECRET' }, 'UPSTREAM_HEADERS must not include authorization'],
  ])('is rejected if it contradicts another, naming the one to change: %j', (environment, sentence) => {
    expect(errorOf(environment)).toMatch(new RegExp(`^${sentence}`));
  });

  it('defaults to introspection and Sandbox off in production', () => {
    const production = { NODE_ENV: 'production', UPSTREAM_URL: 'https://host' };
    const config = { isProduction: true, introspection: false, sandbox: false };
    const url = { ...WITHOUT_ACTIONS, upstreamUrl: 'https://host/' };
    expect(readConfig(production)).toEqual({ ...DEFAULTS, ...config, ...url });
    expect(readConfig({ ...production, UPSTREAM_URL: 'sample' })).toMatchObject({ ...config, upstreamUrl: null });
    expect(readConfig({ ...production, INTROSPECTION: 'on' })).toMatchObject({ introspection: true, sandbox: false });
    for (const word of ['development', 'Production', 'prod']) {
      expect(readConfig({ NODE_ENV: word }).isProduction).toBe(false);
    }
  });
});

describe('a misspelled name', () => {
  it.each([
    ['UPSTREAM_URLL', 'UPSTREAM_URL'],
    ['UPSTREAM_ULR', 'UPSTREAM_URL'],
    ['upstream_url', 'UPSTREAM_URL'],
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['OPS_PROT', 'OPS_PORT'],
    ['CACHE_MAX_BTYE', 'CACHE_MAX_BYTES'],
  ])('warns about %s and suggests %s', (name, meant) => {
    expect(misspelledVariables(['PATH', name, meant])).toEqual([{ name, meant }]);
  });

  it('ignores correct names and variables of other programs', () => {
    const others = [
      ...['HOME', 'HOSTNAME', 'PATH', 'PWD', 'USER', 'SHELL', 'TERM', 'LANG', 'FTP_PROXY', 'ALL_PROXY', 'http_proxy'],
      ...[
        'APP_PORT',
        'DB_PORT',
        'HTTP_PORT',
        'PORTS',
        'NODE_OPTIONS',
        'NODE_PATH',
        'LOG_FILE',
        'REDIS_HOST',
        'REDIS_PORT',
      ],
      ...['OTEL_SERVICE_NAME', 'NODE_EXTRA_CA_CERTS', 'AUTH_TOKEN', 'KUBERNETES_PORT', 'STEPGATE_SERVICE_PORT_HTTP'],
    ];
    expect(misspelledVariables(others)).toEqual([]);
    expect(misspelledVariables(Object.keys(process.env))).toEqual([]);
    expect(misspelledVariables([...VARIABLES.keys()])).toEqual([]);
  });
});

describe('an invalid setting', () => {
  const URLS = 'an http or https URL without credentials, with';
  const PLACE = 'and no other braces after its host, such as https://app.example.com/workflows/{workflowId}';
  const STATUS_WORDS =
    'a comma-separated list of words, each once and with a status, such as failure:FAILED (statuses: PENDING, RUNNING, WAITING, COMPLETED, FAILED, CANCELLED, SKIPPED)';
  const RUN_URLS = `${URLS} {workflowId} and {runId} ${PLACE}/runs/{runId}`;
  const WORKFLOW_URLS = `${URLS} {workflowId} ${PLACE}`;
  const PORT = 'a whole number from 0 to 65535';
  const URL_RULE = 'an http or https URL without credentials, query or fragment';
  const ORIGINS = "a comma-separated list of origins such as https://app.example.com, or '*'";
  const PROXIES = 'a number of hops from 1 to 32, or a comma-separated list of addresses and CIDR ranges';
  const ENDPOINTS = 'a comma-separated list of these: steps, run, runs, workflows, execute, cancel, resume';

  it.each([
    ...['65536', '-1', '80.5', '0x50', '8e1', 'http', '٤٠'].map((port) => ['PORT', port, PORT] as const),
    ...['orchestra', 'localhost:4001', '//host/path', 'ftp://host/', 'http://host:99999/', 'http://[::1/'].map(
      (url) => ['UPSTREAM_URL', url, `${URL_RULE}, or sample`] as const,
    ),
    ['AUTH_JWKS', 'http://[bad/jwks', 'an http or https URL without credentials, or the path of a file'],
    ...['failure', 'failure:Failed', 'failure:UNKNOWN', ':FAILED', 'a:FAILED,', 'a:FAILED,a:RUNNING'].map(
      (list) => ['STATUS_WORDS', list, STATUS_WORDS] as const,
    ),
    ...['steps,stop', 'steps,'].map((list) => ['UPSTREAM_ENDPOINTS', list, ENDPOINTS] as const),
    ...['0', 'true', '10.0.0.0/33', '10.0.0.1,'].map((list) => ['TRUST_PROXY', list, PROXIES] as const),
    ...['https://host/', '//host'].map((path) => ['BASE_PATH', path, 'a path such as /stepgate'] as const),
    ['UPSTREAM_TIMEOUT_MS', '10s', 'a whole number of milliseconds from 1 to 86400000'],
    ['CACHE_MAX_BYTES', '256MB', 'a whole number of bytes from 0 to 1099511627776'],
    ['PERSISTED_OPERATIONS', 'on', 'one of off, allow, only'],
    ['PERSISTED_MANIFESTS', 'a.json,', 'a comma-separated list of paths of manifests'],
    ...['app.example.com', 'https://a.example,,https://b.example', 'null'].map(
      (origins) => ['CORS_ORIGINS', origins, ORIGINS] as const,
    ),
    ['SANDBOX', 'true', 'one of on, off'],
    ...[
      'app.example.com/{workflowId}/{runId}',
      'ftp://app.example.com/{workflowId}/{runId}',
      'javascript:alert("{workflowId}{runId}")',
      '{workflowId}://app.example.com/{runId}',
      'https://{workflowId}/{runId}',
      'https://{workflowId}.example.com/{runId}',
      'https://app.example.com{workflowId}/{runId}',
      'https://app.example.com:{workflowId}/{runId}',
      'https://app.example.com\\{workflowId}/{runId}',
      'https://app.example.com:99999/{workflowId}/{runId}',
      'https://app.example.com/{workflowId}',
      'https://app.example.com/{runId}',
      'https://app.example.com/{workflowId}/{runId}/{stepId}',
      'https://app.example.com/{workflowId}/{{runId}}',
      'https://app.example.com/{workflowId}/{runId}/}',
      'https://app.example.com/{WorkflowId}/{runId}',
      'https://app.example.com/{workflowId}/a b/{runId}',
    ].map((url) => ['RUN_URL_TEMPLATE', url, RUN_URLS] as const),
    ['WORKFLOW_URL_TEMPLATE', 'https://a.example/{workflowId}/{runId}', WORKFLOW_URLS],
    ['WORKFLOW_URL_TEMPLATE', 'https://a.example/', WORKFLOW_URLS],
    ['LOG_LEVEL', 'INFO', 'one of fatal, error, warn, info, debug, trace, silent'],
  ])('%s=%s is rejected with its name, expected and actual value', (name, value, expected) => {
    expect(errorOf({ [name]: value })).toBe(`${name} must be ${expected}, got ${JSON.stringify(value)}.`);
  });

  it('suggests the correct value for an origin with a trailing slash', () => {
    expect(errorOf({ CORS_ORIGINS: '*, https://App.example:443/' })).toBe(
      `CORS_ORIGINS must be ${ORIGINS}, got "*, https://App.example:443/". ` +
        "Origins don't end with a slash: use https://app.example.",
    );
  });

  it('appears in the error without the credentials of its URL', () => {
    for (const url of [
      'https://user:SECRET@app.example.com/{workflowId}/{runId}',
      'https://{runId}:SECRET@a.example/{workflowId}',
    ])
      expect(errorOf({ RUN_URL_TEMPLATE: url })).toMatch(
        /^RUN_URL_TEMPLATE must be an http or https URL without credentials, .*, got "https:\/\/…"\.$/,
      );
  });

  it('takes one line each in the error', () => {
    const message = errorOf({ PORT: 'http', CORS_ORIGINS: 'a,b,c', LOG_LEVEL: 'info\nPORT: fine', HOST: '::' });
    expect(message.split('\n').map((line) => line.split(' ')[0])).toEqual(['PORT', 'CORS_ORIGINS', 'LOG_LEVEL']);
    expect(message).toContain('got "info\\nPORT: fine".');
  });
});

describe('a secret', () => {
  it.each([
    ['UPSTREAM_AUTH_HEADER', 'x-api-key: SECRET'],
    ['UPSTREAM_AUTH_HEADER', 'x api key: {key}'],
    ['UPSTREAM_AUTH_HEADER', 'x-api-key: {key}\r\nx-other: SECRET'],
    ['UPSTREAM_AUTH_HEADER', 'host: {key}'],
    ['UPSTREAM_HEADERS', 'x-tenant=SECRET'],
    ['UPSTREAM_HEADERS', 'x-tenant: SECRET; SECRET'],
    ['UPSTREAM_HEADERS', 'x-tenant: SECRET; X-TENANT: SECRET'],
    ['UPSTREAM_HEADERS', 'x-tenant: ä'],
    ['UPSTREAM_HEADERS', 'content-length: 7'],
    ['HTTP_PROXY', 'socks5://user:SECRET@proxy'],
    ['https_proxy', 'http://user:SECRET@proxy/path'],
    ['https_proxy', 'SECRET%zz:SECRET@proxy'],
    ['REDIS_URL', 'http://SECRET@host'],
    ['REDIS_URL', 'redis://:SECRET,100%@host'],
    ['REDIS_URL', 'redis://host/0?password=SECRET'],
    ['FLEET_SECRET', 'SECRET'],
    ['FLEET_SECRET', `${SECRET},SECRET`],
  ])('stays out of the error for %s=%j', (name, value) => {
    const message = errorOf({ ...FLEET, [name]: value });
    expect(message).toMatch(new RegExp(`^${name.toUpperCase()} must be .*, got another value\\.$`));
    expect(message).not.toContain('SECRET,');
  });

  it.each([
    'https://user:SECRET@host/',
    'https://SECRET@host/',
    'https://user:SEC@SECRET@host/',
    'https://user:SEC/SECRET@host/',
    'https://user:SEC?SECRET@host/',
    'https:\\\\user:SECRET@host/',
    'https:user:SECRET@host/',
    'user:SECRET@host',
    '//user:SECRET@host',
    'https://user:SECRET@host:99999/',
    'https://host/?key=SECRET',
    'host/?token=SECRET',
    'host#SECRET',
    'https://user:SECRET\n@host/',
  ])('stays out of the error for a URL: %j', (value) => {
    // Without two slashes it is the path of a file.
    for (const name of ['UPSTREAM_URL', ...(/^https:\/\/.*@/s.test(value) ? ['AUTH_JWKS'] : [])]) {
      const message = errorOf({ [name]: value });
      expect(message).toMatch(new RegExp(`^${name} must be an http or https URL without credentials,? .*, got "`));
      expect(message).not.toContain('SEC');
      expect(message).not.toContain('user');
    }
  });

  it('is hidden in the error, which shows the rest', () => {
    expect(errorOf({ UPSTREAM_URL: 'https://host/api?key=SECRET' })).toMatch(/got "https:\/\/host\/api…"\.$/);
    expect(errorOf({ UPSTREAM_URL: 'https://user:SECRET@host/api' })).toMatch(/got "https:\/\/…"\.$/);
    for (const value of ['https://host/api?', 'https://host/api#']) {
      expect(errorOf({ UPSTREAM_URL: value })).toMatch(/^UPSTREAM_URL must be .* got "https:\/\/host\/api…"\.$/);
    }
  });
});

describe('the connection to the upstream', () => {
  const connectionOf = (environment: Environment) => readConfig(environment).upstreamConnection;

  it.each([
    [' X-Api-Key:{key} ', { name: 'x-api-key', template: '{key}' }],
    ['authorization: Token token="{key}"', { name: 'authorization', template: 'Token token="{key}"' }],
    ['cookie: session={key}; a=1', { name: 'cookie', template: 'session={key}; a=1' }],
  ])('sends the key in the header of UPSTREAM_AUTH_HEADER=%s', (value, authHeader) => {
    expect(connectionOf({ UPSTREAM_AUTH_HEADER: value }).authHeader).toEqual(authHeader);
  });

  it.each([
    ['X-Tenant: acme; x-stage:test;', { 'x-tenant': 'acme', 'x-stage': 'test' }],
    ['x-tenant: acme\nx-list: a; b\n', { 'x-tenant': 'acme', 'x-list': 'a; b' }],
    ['x-url: https://a.example:1/b', { 'x-url': 'https://a.example:1/b' }],
  ])('sends the headers of UPSTREAM_HEADERS=%j', (value, headers) => {
    expect(connectionOf({ UPSTREAM_HEADERS: value }).headers).toEqual(headers);
  });

  it('accepts proxies in either case, with or without scheme; lower case wins', () => {
    const given = { HTTP_PROXY: 'http://a:1', http_proxy: 'b:2', HTTPS_PROXY: 'http://u:p@c:3', no_proxy: '.internal' };
    expect(connectionOf(given).proxy).toEqual({
      HTTP_PROXY: 'http://b:2',
      HTTPS_PROXY: 'http://u:p@c:3',
      NO_PROXY: '.internal',
    });
    expect(connectionOf({ NO_PROXY: 'localhost' }).proxy).toBeNull();
  });
});

it('reads REDIS_URL with a percent-encoded password, and the fleet secrets', () => {
  const redisUrl = 'redis://:100%25%40@host';
  const secrets = [SECRET.toUpperCase(), SECRET];
  const given = { REDIS_URL: redisUrl, FLEET_SECRET: secrets.join(', '), SHARED_TTL_S: '60', REDIS_TIMEOUT_MS: '100' };
  expect(readConfig(given).fleet).toEqual({ redisUrl, secrets, sharedTtlMs: 60_000, redisTimeoutMs: 100 });
});
