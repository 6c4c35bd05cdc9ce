import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { lasting, NOBODY } from '../../src/auth/caller.ts';
import { readConfig } from '../../src/config/config.ts';
import { createApollo, type Apollo, type ApolloOptions, type StepgatePlugin } from '../../src/graphql/apollo/apollo.ts';
import type { OperationParams, OperationRequest } from '../../src/graphql/operations/operation.ts';
import { SAMPLE_KEY, sandboxState } from '../../src/graphql/apollo/sandbox.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { viewerOf } from '../support/operations.ts';

const schema = createSchema();
const EMBEDDED = readConfig({});
const OVER_HTTP = readConfig({ UPSTREAM_URL: 'http://127.0.0.1:9/' });
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const INTROSPECTION = [
  '{ __schema { queryType { name } } }',
  '{ __type(name: "Run") { name } }',
  '{ _service { sdl } }',
];

describe('a new operation', () => {
  let apollo: Apollo | undefined;
  afterEach(async () => {
    await apollo?.close();
  });

  const start = async (options: Partial<ApolloOptions> = {}) => {
    const logger = createLogger('silent');
    apollo = await createApollo({ ...{ schema, introspection: true, sandbox: null, plugins: [], logger }, ...options });
    return apollo;
  };

  /** The errors of an operation, and the hashes by which it was executed. */
  async function check(
    text: string,
    options: Partial<ApolloOptions> = {},
    params: OperationParams = {},
    caller = NOBODY,
  ) {
    const { parseAndValidate, close } = await start(options);
    const executed: string[] = [];
    const request = { params, requestId: 'r-1', caller } as OperationRequest;
    const errors = await parseAndValidate(text, request, (queryHash) => {
      executed.push(queryHash);
      return Promise.resolve({ data: null });
    });
    await close();
    return { errors, executed };
  }

  it('is executed where it is valid, by the hash of its text', async () => {
    for (const text of ['{ __typename }', '{ workflow(id: "wf") { __typename name } }', ...INTROSPECTION]) {
      const hash = createHash('sha256').update(text).digest('hex');
      expect(await check(text)).toEqual({ errors: [], executed: [hash] });
    }
  });

  it.each([
    ['{', 'GRAPHQL_PARSE_FAILED', /Syntax Error/],
    ['{ worfklow(id: "wf") { id } }', 'GRAPHQL_VALIDATION_FAILED', /Did you mean "workflow"/],
    [`{ ${'a '.repeat(10_000)}}`, 'GRAPHQL_PARSE_FAILED', /tokens/],
    [
      '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }',
      'GRAPHQL_VALIDATION_FAILED',
      /introspection depth/i,
    ],
  ])('is refused with its errors, and no stack, where it is %.30s', async (text, code, message) => {
    const { errors, executed } = await check(text);
    expect(errors).toMatchObject([{ message: expect.stringMatching(message), extensions: { code } }]);
    expect(errors[0]?.extensions).not.toHaveProperty('stacktrace');
    expect(executed).toEqual([]);
  });

  it('learns nothing of the schema where introspection is off', async () => {
    for (const text of [...INTROSPECTION, '{ ...Q } fragment Q on Query { a: _service { sdl } }']) {
      const { errors, executed } = await check(text, { introspection: false });
      const [, field = ''] = /(__schema|__type|_service)/.exec(text) ?? [];
      expect(errors).toMatchObject([
        {
          message: `Introspection is switched off, so ${field} is not answered; INTROSPECTION=on switches it on. Generate code and compose from schema.graphql.`,
          locations: [{ line: 1, column: text.indexOf(field) + (text.includes('a: ') ? -2 : 1) }],
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        },
      ]);
      expect(executed).toEqual([]);
    }
    const { errors } = await check('{ worfklow(id: "wf") { id } }', { introspection: false });
    expect(errors[0]?.message).not.toContain('Did you mean');
    expect((await check('{ workflow(id: "wf") { __typename id } }', { introspection: false })).executed).toHaveLength(
      1,
    );
    const { errors: deep } = await check('{ workflow(id: "wf") { _service { sdl } } }', { introspection: false });
    expect(deep).toMatchObject([{ message: expect.stringContaining('Cannot query field "_service"') }]);
  });

  it('is shown to plugins with its name, its variables and its caller', async () => {
    const seen: unknown[] = [];
    const plugin: StepgatePlugin = {
      requestDidStart({ request: { operationName, variables }, contextValue: { requestId, viewerId, attributes } }) {
        seen.push({ operationName, variables, requestId, viewerId, attributes });
        return Promise.resolve();
      },
    };
    const text = 'query A { __typename } query B { __typename }';
    const viewer = { ...viewerOf('key-1'), attributes: { team: 'a' } };
    await check(text, { plugins: [plugin] }, { operationName: 'B', variables: { v: 1 } }, lasting(viewer));
    await check('{ __typename }', { plugins: [plugin] }, { operationName: null, variables: null });
    expect(seen).toEqual([
      { operationName: 'B', variables: { v: 1 }, requestId: 'r-1', viewerId: viewer.id, attributes: { team: 'a' } },
      { requestId: 'r-1', viewerId: null, attributes: {} },
    ]);
  });

  it('is refused when the gateway has stopped', async () => {
    const { parseAndValidate, close } = await start();
    await close();
    const request = { params: {}, requestId: 'r-1', caller: NOBODY } as unknown as OperationRequest;
    const checking = parseAndValidate('{ __typename }', request, () => Promise.resolve({ data: null }));
    await expect(checking).rejects.toThrow('Cannot execute GraphQL operations after the server has stopped');
  });

  it('leaves the signals of the process to the gateway', async () => {
    const listeners = () => SIGNALS.map((signal) => process.listenerCount(signal));
    const before = listeners();
    await start();
    expect(listeners()).toEqual(before);
  });
});

describe('Sandbox', () => {
  const logger = createLogger('silent');
  const pagesOf = async (sandbox: ApolloOptions['sandbox']) => {
    const apollo = await createApollo({ schema, introspection: true, sandbox, plugins: [], logger });
    const pages = [await apollo.landingPage(), await apollo.landingPage()];
    await apollo.close();
    return pages;
  };

  it('is one page, which opens with an operation and tells nobody that it was opened', async () => {
    const [page, again] = await pagesOf(sandboxState(OVER_HTTP));
    expect(page).toContain('EmbeddedSandbox');
    expect(page).toContain('WhyDidItFail');
    expect(page).toMatch(/"?runTelemetry"?: ?false/);
    expect(page).not.toContain(SAMPLE_KEY);
    expect(again).toBe(page);
  });

  it('has the sample key and run over the embedded upstream alone', async () => {
    const withService = { ...EMBEDDED, auth: { mode: 'service' } as typeof EMBEDDED.auth };
    const document = expect.stringContaining('query WhyDidItFail');
    for (const config of [OVER_HTTP, withService]) expect(sandboxState(config)).toEqual({ document });
    expect(sandboxState(EMBEDDED)).toEqual({
      document,
      variables: { workflowId: 'support-triage', runId: 'run-4711' },
      headers: { authorization: 'Bearer demo-key' },
    });
    const [page] = await pagesOf(sandboxState(EMBEDDED));
    for (const sample of ['support-triage', 'run-4711', 'Bearer demo-key']) expect(page).toContain(sample);
  });

  it('is none where it is switched off', async () => {
    expect(await pagesOf(null)).toEqual([null, null]);
  });
});
