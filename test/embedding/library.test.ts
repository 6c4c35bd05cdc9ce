/**
 * The library as docs/embedding.md describes it: `createServer`, its options, plugins and observer. Fields:
 * extension.test.ts.
 */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ConfigError,
  createServer,
  GraphQLError,
  HeaderMap,
  optionsFromEnv,
  type Additions,
  type GatewayServer,
  type Logger,
  type ObservedOperation,
  type SchemaExtension,
  type StepgateOptions,
  type StepgatePlugin,
} from 'stepgate';
import { buildSchema, type GraphQLObjectType } from 'graphql';
import { startGateway as startExample } from '../../examples/embedding/gateway.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { SECRET } from '../harness/fleet.ts';
import { optionsOf, postTo, startGateway, type TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { captureLog } from '../harness/observed.ts';
import { codesOf } from '../harness/operations.ts';
import { freePort } from '../harness/program.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import { until } from '../harness/until.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';
import { Valkey } from '../harness/valkey.ts';

let gateway: GatewayServer | undefined;
afterEach(() => gateway?.close());

const ask = async (query: string, key: string): Promise<unknown> =>
  (await postTo(gateway?.url ?? '', { query }, { key })).json();

describe('the example of docs/embedding.md', () => {
  const COST =
    'query Cost { run(workflowId: "support-triage", id: "run-4711") { costInCents tokenUsage { counts { totalTokens } } } }';

  it('returns its own field at the rate of each team, three times', async () => {
    gateway = await startExample(optionsOf());
    for (let sending = 0; sending < 3; sending += 1) {
      for (const [key, costInCents] of [
        ['key-of-support', 39],
        ['key-of-finance', 58.5],
      ] as const) {
        expect(await ask(COST, key)).toEqual({
          data: { run: { costInCents, tokenUsage: { counts: { totalTokens: 1950 } } } },
        });
      }
    }
  });

  it('rejects unknown keys, unnamed operations and other workflows, three times', async () => {
    gateway = await startExample(optionsOf());
    for (let sending = 0; sending < 3; sending += 1) {
      expect(await ask(COST, 'demo-key')).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
      expect(await ask(COST.replace('query Cost', ''), 'key-of-finance')).toMatchObject({
        errors: [{ message: 'Give the operation a name.', extensions: { code: 'NAME_MISSING' } }],
      });
      const other = COST.replace('support-triage', 'document-summary');
      expect(await ask(other, 'key-of-support')).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    }
  });
});

describe('createServer', () => {
  it('rejects unknown and invalid settings with a message', async () => {
    const misspelled = { prot: 4000 } as StepgateOptions;
    await expect(createServer(misspelled)).rejects.toThrow('Unknown option prot. Did you mean port?');
    await expect(createServer({ port: 70_000 })).rejects.toThrow(
      'port must be a whole number from 0 to 65535, got 70000.',
    );
    await expect(createServer({ port: 70_000 })).rejects.toBeInstanceOf(ConfigError);
    await expect(createServer({ corsOrigins: ['https://a.example', 'a.example'] })).rejects.toThrow(
      'corsOrigins must be a list of origins such as https://app.example.com, or \'*\', got "a.example" at corsOrigins.1.',
    );
    await expect(createServer({ mcp: 'manifest', opsPort: undefined })).rejects.toThrow(
      'persistedManifests is required when mcp is manifest',
    );
    await expect(createServer({ fleetSecret: ['short'] })).rejects.not.toThrow('short"');
  });

  it.each<readonly [string, object, string]>([
    [
      'a misspelled option',
      { authentication: () => null },
      'Unknown option authentication. docs/configuration.md and docs/embedding.md list all options.',
    ],
    [
      'an onOperation that is not a function',
      { onOperation: {} },
      'onOperation must be a function, or omitted, got object.',
    ],
    [
      'a misspelled part of an extension',
      {
        extension: { typeDefs: 'extend type Run { a: Int }', fields: { Run: { a: { resolve: () => 1 } } }, field: {} },
      },
      'unknown extension.field: expected an object of typeDefs (a string) and fields (an object), or omitted.',
    ],
    [
      'a misspelled part of a field',
      { extension: { typeDefs: 'extend type Run { a: Int }', fields: { Run: { a: { resolve: () => 1, cache: 1 } } } } },
      'unknown extension.fields.Run.a.cache: expected an object of resolve, and optionally requirement and cacheMs.',
    ],
    [
      'a plugin whose only hook is misspelled',
      { plugins: [{ requestDidStrat: () => Promise.resolve() }] },
      'plugins.0 must be a plugin with one of serverWillStart, requestDidStart,',
    ],
  ])('rejects %s by name, and opens no port', async (_, options: StepgateOptions, message) => {
    const port = await freePort();
    await expect(createServer({ ...optionsOf({ PORT: String(port) }), ...options })).rejects.toThrow(message);
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed');
  });

  it('reads settings from the environment, preferring lower-case proxy variables', () => {
    const environment = {
      HTTP_PROXY: 'http://upper',
      http_proxy: 'http://lower',
      https_proxy: 'http://tls',
      no_proxy: ' ',
    };
    expect(optionsFromEnv({ PORT: '1', NODE_ENV: 'production', HOME: '/root', ...environment })).toEqual({
      ...{ port: 1, production: true, httpProxy: 'http://lower', httpsProxy: 'http://tls' },
    });
    expect(() => optionsFromEnv({ PORT: 'x' })).toThrow('PORT must be a whole number from 0 to 65535, got "x".');
  });

  it('takes production as an option, and reads no environment by itself', async () => {
    const { NODE_ENV } = process.env;
    process.env.NODE_ENV = 'production';
    process.env.INTROSPECTION = 'off';
    const asks = { __schema: { queryType: { name: 'Query' } } };
    try {
      gateway = await createServer(optionsOf());
      expect(await ask('{ __schema { queryType { name } } }', 'k')).toEqual({ data: asks });
      await gateway.close();
      await expect(createServer({ ...optionsOf(), production: true })).rejects.toThrow(
        'upstreamUrl is required in production',
      );
      gateway = await createServer({ ...optionsOf(), production: true, upstreamUrl: 'http://127.0.0.1:9' });
      expect(await ask('{ __schema { queryType { name } } }', 'k')).toMatchObject({ errors: [{}] });
    } finally {
      process.env.NODE_ENV = NODE_ENV;
      delete process.env.INTROSPECTION;
    }
  });
});

it('closes a gateway at the end of its `using` scope', async () => {
  let url = '';
  {
    await using server = await createServer(optionsOf());
    ({ url } = server);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  }
  await expect(fetch(`${url}/readyz`)).rejects.toThrow('fetch failed');
});

it('logs that plugins disable the response cache', async () => {
  const log = captureLog('info');
  gateway = await createServer({
    ...optionsOf(),
    logger: log.logger,
    plugins: [{ requestDidStart: undefined } as object],
  });
  expect(log.text.match(/the response cache is disabled/g)).toHaveLength(1);
});

it.each([
  ['once that it serves the sample', { upstreamUrl: 'sample' }, 1],
  ['nothing about the sample over a workflow API', { upstreamUrl: 'http://127.0.0.1:9' }, 0],
])('logs %s', async (_, options, count) => {
  const log = captureLog('info');
  gateway = await createServer({ port: 0, logger: log.logger, ...options });
  expect(log.text.match(/the embedded sample/g) ?? []).toHaveLength(count);
});

it("logs to the embedder's logger", async () => {
  const log = captureLog('info');
  gateway = await createServer({ port: 0, logger: log.logger });
  await ask('{ workflows { nodes { id } } }', 'demo-key');
  expect(log.operations).toMatchObject([{ outcome: 'ok' }]);
  const console = { ...log.logger, isLevelEnabled: undefined } as unknown as Logger;
  await expect(createServer({ ...optionsOf(), logger: console })).rejects.toThrow(
    /logger\.\w+ must be a function, got undefined/,
  );
});

describe('an extension', () => {
  const resolve = () => 1;
  const MINE = 'extend type Run { mine: Int }';
  const starting = (typeDefs: string, fields: object) => {
    return createServer({ ...optionsOf(), extension: { typeDefs, fields: fields as SchemaExtension['fields'] } });
  };

  it('may add enums', async () => {
    gateway = await starting('enum Mood { GOOD BAD } extend type Run { mood(not: Mood): Mood }', {
      Run: {
        mood: { resolve: (_run: unknown, { not }: { not: string }) => (not === 'BAD' ? 'GOOD' : 'BAD') },
      },
    });
    const query = '{ run(workflowId: "support-triage", id: "run-4711") { mood(not: BAD) } }';
    expect(await ask(query, 'demo-key')).toEqual({ data: { run: { mood: 'GOOD' } } });
    const served = await (await fetch(`${gateway.url}/schema.graphql`)).text();
    const { Run } = buildSchema(served).getTypeMap() as { readonly Run: GraphQLObjectType };
    expect(String(Run.getFields().mood?.type)).toBe('Mood');
    expect(String(Run.getFields().steps?.astNode?.directives?.[0]?.name.value)).toBe('semanticNonNull');
  });

  it.each<readonly [string, string, object, string | RegExp]>([
    ['has invalid SDL', 'extend type', {}, 'extension.typeDefs: Syntax Error: '],
    [
      'extends a subscription',
      'extend type Subscription { mine: Int }',
      {},
      'an extension is not supported (Subscription).',
    ],
    [
      'extends the type of a subgraph',
      'extend type _Service { mine: Int }',
      {},
      'an extension is not supported (_Service).',
    ],
    [
      'has a type with an interface',
      `${MINE} type Own implements Named { name: Int }`,
      {},
      'an interface is not supported (Own).',
    ],
    ['has an interface', 'interface Mine { mine: Int }', {}, 'an interface is not supported (Mine).'],
    ['has a scalar', 'scalar Mine', {}, 'a scalar is not supported (Mine).'],
    ['extends an enum', 'extend enum RunStatus { MINE }', {}, 'EnumTypeExtension is not supported (RunStatus).'],
    ['has an entity', 'type Own @key(fields: "id") { id: ID! }', {}, '@key is not supported (Own).'],
    ['has a field without an entry', MINE, {}, 'Run.mine must have an entry.'],
    [
      'has a field named like a member of every object',
      'extend type Run { constructor: Int }',
      { Run: {} },
      'Run.constructor must have an entry.',
    ],
    [
      'has a field without a resolver',
      MINE,
      { Run: { mine: {} } },
      'Run.mine.resolve must be a function, got undefined.',
    ],
    [
      'has an entry of its own type without a resolver',
      'type Own { a: Int }',
      { Own: { a: { cacheMs: 0 } } },
      'Own.a.resolve must be a function, got undefined.',
    ],
    [
      'has an entry for a field of the contract',
      MINE,
      { Run: { mine: { resolve }, status: { resolve } } },
      'Run.status is not in typeDefs.',
    ],
    [
      'has an entry for a type that it does not add to',
      MINE,
      { Run: { mine: { resolve } }, Step: { id: { resolve } } },
      'Step.id is not in typeDefs.',
    ],
    [
      'has a field that must not fail',
      'extend type Run { mine: Int! }',
      { Run: { mine: { resolve } } },
      'must be nullable',
    ],
    ['replaces a field', 'extend type Run { status: Int }', { Run: { status: { resolve } } }, 'Run.status'],
    ['replaces a type', 'type Step { id: ID }', {}, 'Step'],
    ['extends an unknown type', 'extend type Ran { mine: Int }', { Ran: { mine: { resolve } } }, 'Ran'],
    [
      'has a list of lists',
      'extend type Run { mine: [[Int!]!] }',
      { Run: { mine: { resolve } } },
      'must not be a list of lists',
    ],
    [
      'has a requirement of a step',
      'extend type Step { mine: Int }',
      { Step: { mine: { resolve, requirement: 'RECORD' } } },
      'unknown extension.fields.Step.mine.requirement: expected an object of resolve, and optionally cacheMs.',
    ],
    [
      'has a misspelled requirement',
      MINE,
      { Run: { mine: { resolve, requirement: 'record' } } },
      'Run.mine.requirement must be one of RECORD, TIMES, STEPS, GRAPH, or omitted, got "record".',
    ],
    ...Object.entries({
      requirement: [1],
      cacheMs: [-1, NaN, '1'],
    }).flatMap(([key, values]) =>
      values.map(
        (value) =>
          [
            `has the ${key} ${value}`,
            MINE,
            { Run: { mine: { resolve, [key]: value } } },
            `extension.fields.Run.mine.${key} must be `,
          ] as const,
      ),
    ),
  ])('is rejected at start if it %s', async (_, typeDefs, fields, message) => {
    await expect(starting(typeDefs, fields)).rejects.toThrow(message);
  });

  it('types fields by the parents of its own types', async () => {
    const extension: SchemaExtension<{ Invoice: { readonly cents: number } }> = {
      typeDefs: 'type Invoice { cents: Int euros: Float } extend type Run { invoice: Invoice }',
      fields: {
        Run: { invoice: { resolve: () => ({ cents: 250 }), requirement: undefined, cacheMs: undefined } },
        Invoice: { euros: { resolve: ({ cents }) => cents / 100 } },
      },
    };
    gateway = await createServer({ ...optionsOf(), extension });
    const query = '{ run(workflowId: "support-triage", id: "run-4711") { invoice { cents euros } } }';
    expect(await ask(query, 'demo-key')).toEqual({ data: { run: { invoice: { cents: 250, euros: 2.5 } } } });
  });

  it('may add types with lists, non-null fields, enums and inputs', async () => {
    const typeDefs = `
      extend type Run { mine(in: In): [Own!] }
      type Own { a: Int! b: [Int!]! sort: Sort } enum Sort { UP } input In { a: Int }`;
    for (const own of [{}, { Own: undefined }, { Own: {} }, { Own: { a: { resolve } } }]) {
      const gateway = await starting(typeDefs, {
        Run: { mine: { resolve, cacheMs: 0.5 } },
        ...own,
      });
      await gateway.close();
    }
  });
});

describe('an embedder', () => {
  const RUN = 'query Status { run(workflowId: "wf", id: "r1") { status } }';
  const DATA = { run: { status: 'COMPLETED' } };
  const log = captureLog('error');
  const upstream = perTest(new ScriptedUpstream());
  let embedded: TestGateway | undefined;
  afterEach(() => embedded?.close());

  /** The answers to the same request, sent three times to a gateway with these additions. */
  async function thrice(additions: Omit<Additions, 'upstream'>) {
    embedded = await startGateway({ upstream, logger: log.logger, ...additions });
    return [await embedded.query(RUN), await embedded.query(RUN), await embedded.query(RUN)];
  }

  it('shows a plugin each request: caller, headers and response', async () => {
    const seen: unknown[] = [];
    const methods: StepgatePlugin = {
      requestDidStart: ({ contextValue: { viewerId, requestId }, request: { http } }) =>
        Promise.resolve({
          willSendResponse({ operationName, response: { body } }) {
            const answer = body.kind === 'single' && body.singleResult;
            const sentAs = http?.headers.get('content-type');
            seen.push([operationName, viewerId?.length, requestId.length > 0, sentAs, answer]);
            return Promise.resolve();
          },
        }),
    };
    // The methods of a class instance are also on its prototype.
    const plugin = Object.create(methods) as StepgatePlugin;
    const answers = await thrice({ plugins: [plugin] });
    expect(answers.map(({ data }) => data)).toEqual(Array(3).fill(DATA));
    expect(seen).toEqual(Array(3).fill(['Status', 43, true, 'application/json', { data: DATA }]));
    expect(upstream.count('run')).toBe(1);
  });

  it('lets a plugin reject an operation by viewer, over every transport', async () => {
    const viewers = new Set<string | null>();
    const plugin: StepgatePlugin = {
      requestDidStart: () =>
        Promise.resolve({
          didResolveOperation({ contextValue: { viewerId } }) {
            viewers.add(viewerId);
            if (viewers.size < 2) return Promise.resolve();
            throw new GraphQLError('not you', { extensions: { code: 'NOT_YOU' } });
          },
        }),
    };
    for (const answer of await thrice({ plugins: [plugin] })) expect(codesOf(answer)).toEqual([]);
    for (const transport of TRANSPORTS) {
      const { data, errors = [] } = await send(transport, embedded?.url ?? '', { query: RUN }, 'key-2');
      expect(data ?? null).toBeNull();
      expect(codesOf({ errors })).toEqual(['NOT_YOU']);
    }
  });

  const resolving = (didResolveOperation: () => Promise<void>): StepgatePlugin => ({
    requestDidStart: () => Promise.resolve({ didResolveOperation }),
  });
  it.each<readonly [string, StepgatePlugin, string]>([
    ['fails', { requestDidStart: () => Promise.reject(new Error('password')) }, 'password'],
    ['fails later', resolving(() => Promise.reject(new Error('another password'))), 'another password'],
  ])('masks and logs the error of a plugin that %s, executing nothing', async (_, plugin, reason) => {
    for (const answer of await thrice({ plugins: [plugin] })) {
      expect(codesOf(answer)).toEqual(['INTERNAL_SERVER_ERROR']);
      expect(JSON.stringify(answer.errors)).not.toContain(reason);
    }
    expect(log.text).toContain(reason);
    expect(upstream.calls).toEqual([]);
  });

  it('lets a plugin answer an operation, over every transport', async () => {
    const answering: StepgatePlugin = {
      requestDidStart: () =>
        Promise.resolve({
          responseForOperation: () =>
            Promise.resolve({
              http: { headers: new HeaderMap([['x-answered-by', 'plugin']]) },
              body: { kind: 'single', singleResult: { data: { answered: true }, errors: [{ message: 'not all' }] } },
            }),
        }),
    };
    for (const answer of await thrice({ plugins: [answering] })) expect(answer.data).toEqual({ answered: true });
    for (const transport of TRANSPORTS) {
      const { data, errors } = await send(transport, embedded?.url ?? '', { query: RUN }, 'key-1');
      expect(data).toEqual({ answered: true });
      expect(errors).toMatchObject([{ message: 'not all', extensions: { requestId: expect.any(String) } }]);
    }
    const { headers } = await postTo(embedded?.url ?? '', { query: RUN });
    expect(headers.get('x-answered-by')).toBe('plugin');
    expect(upstream.calls).toEqual([]);
  });

  it('shows an observer each operation, even invalid and cached ones', async () => {
    const seen: ObservedOperation[] = [];
    await thrice({ onOperation: (operation) => seen.push(operation) });
    await embedded?.query('{ nope }');
    expect(
      seen.map(({ name, type, cache, outcome, errorCodes }) => [name, type, cache, outcome, ...errorCodes]),
    ).toEqual([
      ['Status', 'query', 'fetched', 'ok'],
      ['Status', 'query', 'hit', 'ok'],
      [null, 'unknown', 'response', 'ok'],
      [null, 'unknown', 'none', 'client_error', 'GRAPHQL_VALIDATION_FAILED'],
    ]);
    expect(new Set(seen.map(({ viewerId }) => viewerId)).size).toBe(1);
    expect(JSON.stringify(seen)).not.toContain('key-1');
  });

  const fail = () => {
    throw new Error('the observer threw');
  };
  it.each<readonly [string, NonNullable<Additions['onOperation']>, string]>([
    ['throws', fail, 'the observer threw'],
    ['rejects', () => Promise.reject(new Error('the observer rejected')), 'the observer rejected'],
  ])('gets the same responses with an observer that %s', async (_, onOperation, reason) => {
    for (const { data } of await thrice({ onOperation })) expect(data).toEqual(DATA);
    expect(log.text).toContain(reason);
  });
});

describeWithValkey(`a gateway that cannot start${withoutValkey}`, () => {
  const valkey = perTest(new Valkey());
  let before = 0;
  beforeEach(() => {
    before = listeners();
  });
  const listeners = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;
  const start = (options: StepgateOptions) =>
    createServer({ ...optionsOf({ FLEET_SECRET: SECRET, REDIS_URL: valkey.url }), ...options });
  async function expectNothingOpen(): Promise<void> {
    expect(listeners()).toBe(before);
    // Valkey sees a connection end a moment later.
    await until(async () => !String(await valkey.client.client('LIST')).includes(' name=stepgate'));
  }

  const SERVICE: StepgateOptions = {
    ...{ upstreamAuth: 'service', upstreamApiKey: 'k', authIssuer: 'i', authAudience: 'a' },
  };
  const failing: StepgatePlugin = { serverWillStart: () => Promise.reject(new Error('no database')) };
  /** In the order in which a gateway is composed. */
  it.each<readonly [string, () => StepgateOptions, RegExp]>([
    ["the issuer's keys", () => ({ ...SERVICE, authJwks: '/nonexistent/keys' }), /^AUTH_JWKS must be .* ENOENT$/],
    ["an embedder's plugin", () => ({ plugins: [failing] }), /no database/],
    ['the port', () => ({ port: valkey.port }), /^PORT must be .* is in use .*EADDRINUSE/],
    ['the host', () => ({ host: '192.0.2.1' }), /^HOST must be .*192\.0\.2\.1/],
  ])('leaves nothing open after a failure of %s', async (_, optionsOf, message) => {
    await expect(start(optionsOf())).rejects.toThrow(message);
    await expectNothingOpen();
  });

  it('closes everything, even if a plugin fails to close', async () => {
    const serverWillStop = () => Promise.reject(new Error('the database is gone'));
    const started = await start({ plugins: [{ serverWillStart: () => Promise.resolve({ serverWillStop }) }] });
    for (const closing of [started.close(), started.close()]) {
      await expect(closing).rejects.toThrow('the database is gone');
    }
    await expectNothingOpen();
  });
});
