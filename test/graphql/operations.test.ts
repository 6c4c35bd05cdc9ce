import { beforeEach, describe, expect, it } from '@jest/globals';
import { GatewayError, type ObservedOperation, type StepgatePlugin } from 'stepgate';
import { createManualClock } from '../harness/clock.ts';
import { type GraphqlError, startGateway, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { captureLog } from '../harness/observed.ts';
import { codesOf, ofRun, repeat, TIMES } from '../harness/operations.ts';
import { connectRaw, postOf } from '../harness/raw-http.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import { healthy, ScriptedUpstream, startUpstream } from '../harness/upstream.ts';
import { wireStep } from '../harness/wire.ts';

const INVALID = 'GRAPHQL_VALIDATION_FAILED';
const RUN = 'query Run($id: ID = "r1") { run(workflowId: "wf", id: $id) { status } }';
const START = 'mutation Start { executeWorkflow(workflowId: "wf") { run { id } } }';
const LIVE = 'subscription Live { runUpdated(workflowId: "wf", id: "r1") { run { status } } }';

interface Body {
  readonly data?: unknown;
  readonly errors?: readonly GraphqlError[];
}

describe('an operation', () => {
  const log = captureLog('info');
  const observed: ObservedOperation[] = [];
  const plugin: StepgatePlugin = { requestDidStart: () => Promise.resolve() };
  const upstream = perBlock(
    new ScriptedUpstream((call) => {
      if (call.runId === 'missing') return { status: 404, json: {} };
      return call.endpoint === 'execute' ? { json: { run_id: 'r1' } } : healthy(call);
    }),
  );
  const options = { upstream, clock: { now: createManualClock().now }, logger: log.logger };
  const gateway = perBlock(new TestGateway({ ...options, onOperation: (operation) => void observed.push(operation) }));
  /** Each way of execution: without additions, and with a plugin that sees each operation. */
  const gateways: Readonly<Record<string, TestGateway>> = {
    'without plugins': gateway,
    'with a plugin': perBlock(new TestGateway({ ...options, plugins: [plugin] })),
  };
  beforeEach(() => {
    observed.length = 0;
  });

  async function post(body: object, headers: Readonly<Record<string, string>> = {}, name = 'without plugins') {
    const response = await fetch(`${gateways[name]?.url ?? ''}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer key-1', ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      cacheControl: response.headers.get('cache-control'),
      body: (text.startsWith('{') ? JSON.parse(text) : {}) as Body,
      // The ids of requests differ.
      text: text.replaceAll(/"requestId":"[^"]+"/g, ''),
    };
  }

  const steps = 'steps(filter: $f) { id }';
  it.each<[string, object, string, string]>([
    ['is not GraphQL', { query: '{' }, 'GRAPHQL_PARSE_FAILED', 'Syntax Error: Expected Name, found <EOF>.'],
    ['is invalid', { query: '{ nope }' }, INVALID, 'Cannot query field "nope"'],
    ['passes a limit of form', { query: `{ ${'__typename '.repeat(51)}}` }, INVALID, '51 root fields'],
    ['is not in the document', { query: RUN, operationName: 'Other' }, 'OPERATION_RESOLUTION_FAILURE', 'named "Other"'],
    ['is one of two, but is not named', { query: `${RUN} ${START}` }, 'OPERATION_RESOLUTION_FAILURE', 'operation name'],
    ['has a wrong variable', { query: RUN, variables: { id: ['r1'] } }, 'BAD_USER_INPUT', 'Variable "$id" got invalid'],
    ['lacks a variable', { query: RUN.replace('ID = "r1"', 'ID!') }, 'BAD_USER_INPUT', 'type "ID!" was not provided.'],
    ['has null for a non-null variable', { query: RUN, variables: { id: null } }, 'BAD_USER_INPUT', 'must not be null'],
    ['is a subscription by HTTP', { query: LIVE }, 'BAD_REQUEST', 'needs a transport that carries events'],
  ])('is rejected equally each time, without data, if it %s', async (_, body, code, message) => {
    const calls = upstream.calls.length;
    const first = await post(body);
    for (const time of TIMES) {
      for (const name of Object.keys(gateways)) {
        const answer = await post(body, {}, name);
        expect({ time, name, text: answer.text }).toEqual({ time, name, text: first.text });
      }
      const trusted = await post(body, { accept: 'application/graphql-response+json' });
      expect(trusted.status).toBe(400);
    }
    expect(first).toMatchObject({ status: first.status, cacheControl: 'no-store' });
    expect(first.body).toEqual({
      errors: [
        expect.objectContaining({
          message: expect.stringContaining(message),
          extensions: expect.objectContaining({ code, retryable: false, requestId: expect.any(String) }),
        }),
      ],
    });
    expect(upstream.calls).toHaveLength(calls);
    const others = code === 'BAD_REQUEST' ? (['HTTP GET'] as const) : TRANSPORTS;
    for (const transport of others) {
      const { errors: [error] = [] } = await send(transport, gateway.url, { ...body });
      expect([transport, error?.message]).toEqual([transport, first.body.errors?.[0]?.message]);
    }
    expect(upstream.calls).toHaveLength(calls);
    expect(observed.at(-1)).toMatchObject({ outcome: 'client_error', errorCodes: [code] });
    expect(log.text).not.toContain('"level":50');
  });

  it('is executed each time as a mutation, only by POST and graphql-ws', async () => {
    const body = { query: `${RUN} ${START}`, operationName: 'Start' };
    const before = upstream.count('execute');
    for (const time of TIMES) {
      expect(await post(body)).toMatchObject({ status: 200, cacheControl: 'no-store' });
      expect(upstream.count('execute')).toBe(before + time);
      expect((await send('HTTP GET', gateway.url, body)).errors).toMatchObject([
        { message: expect.stringContaining('must be sent with POST'), extensions: { code: 'BAD_REQUEST' } },
      ]);
    }
    const { status } = await fetch(`${gateway.url}/graphql?query=${encodeURIComponent(START)}`, {
      headers: { authorization: 'Bearer key-1' },
    });
    expect(status).toBe(405);
    expect(await send('graphql-ws', gateway.url, body)).toHaveProperty('data');
    expect(upstream.count('execute')).toBe(before + TIMES.length + 1);
  });

  it('executes all fields of a mutation, even after a failure', async () => {
    const before = upstream.count('execute');
    const { data, errors } = await gateway.query(
      `mutation { a: executeWorkflow(workflowId: "..") { message } b: executeWorkflow(workflowId: "wf") { message } }`,
    );
    expect(data).toMatchObject({ a: null, b: {} });
    expect(codesOf({ errors })).toEqual(['BAD_USER_INPUT']);
    expect(upstream.count('execute')).toBe(before + 1);
  });

  it('has two errors of up to 1000 characters, however many variables fail', async () => {
    const wrong = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`z${index}`, 1]));
    const query = `query ($f: StepFilter) ${ofRun(steps)}`;
    expect((await post({ query })).body.errors).toBeUndefined();
    for (const time of TIMES) {
      const { body } = await post({ query, variables: { f: { ...wrong, nodeId: '"'.repeat(1e5) } } });
      const [first, ...others] = body.errors ?? [];
      expect({ time, others: others.length }).toEqual({ time, others: 1 });
      expect(first?.message.length).toBeLessThanOrEqual(1001);
      expect(others[0]?.message).toMatch(/error limit reached/);
    }
  });
});

describe('new documents that arrive together', () => {
  /** Number of iterations of the event loop so far. */
  let turn = 0;
  const turns: number[] = [];
  const plugin: StepgatePlugin = {
    requestDidStart: () =>
      Promise.resolve({
        validationDidStart: () => {
          turns.push(turn);
          return Promise.resolve();
        },
      }),
  };
  const gateway = perBlock(new TestGateway({ plugins: [plugin] }));

  it('are validated over several loop iterations, serving known ones meanwhile', async () => {
    const count = 60;
    const clients = await Promise.all(Array.from({ length: count }, () => connectRaw(gateway.url)));
    // The operations of a key that is not accepted yet wait for one another.
    await clients[0]?.ask(postOf({ query: ofRun('status') }));
    turns.length = 0;
    const iterate = () => {
      turn += 1;
      if (turns.length < count) setImmediate(iterate);
    };
    iterate();
    await Promise.all(clients.map((client, index) => client.ask(postOf({ query: ofRun(`a${index}: id`) }))));
    for (const client of clients) client.close();
    expect(turns).toHaveLength(count);
    expect(new Set(turns).size).toBeGreaterThan(2);
  });
});

describe('an operation whose client has disconnected', () => {
  it('is cancelled as a query, and completes as a mutation', async () => {
    const gate = Promise.withResolvers<undefined>();
    const observed: ObservedOperation[] = [];
    const ends = Promise.withResolvers<undefined>();
    const upstream = await startUpstream(async (call) => {
      if (call.endpoint === 'execute') {
        await gate.promise;
        return { json: { run_id: 'r1' } };
      }
      await call.cut;
      return {};
    });
    const gateway = await startGateway({
      upstream,
      onOperation: (operation) => {
        observed.push(operation);
        if (observed.length === 2) ends.resolve(undefined);
      },
    });
    for (const query of [RUN, START]) {
      const raw = await connectRaw(gateway.url);
      const arrival = upstream.nextCall();
      await raw.send(postOf({ query }));
      const { cut, endpoint } = await arrival;
      raw.close();
      if (endpoint === 'execute') gate.resolve(undefined);
      else await cut;
    }
    await ends.promise;
    expect(observed.map(({ type, outcome }) => [type, outcome])).toEqual([
      ['query', 'abandoned'],
      ['mutation', 'abandoned'],
    ]);
    expect(upstream.count('execute')).toBe(1);
    await gateway.close();
    await upstream.close();
  });
});

describe('errors of fields', () => {
  const SECRET = 'secret-4711';
  const log = captureLog('error');
  const failures: Readonly<Record<string, () => unknown>> = {
    known: () => {
      throw new GatewayError('FORBIDDEN', 'not for you');
    },
    secret: () => {
      throw new TypeError(SECRET);
    },
    late: () => Promise.reject(new Error(SECRET)),
    asValue: () => new Error(SECRET),
    noError: () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what an embedder may throw
      throw SECRET;
    },
    wrongType: () => ({ secret: SECRET }),
  };
  const names = Object.keys(failures);
  const upstream = perBlock(
    new ScriptedUpstream((call) =>
      call.endpoint === 'steps' ? { json: [wireStep({ error: 'boom' })] } : healthy(call),
    ),
  );
  const extension = {
    typeDefs: `extend type Run { ${names.map((name) => `${name}: Int`).join(' ')} }`,
    fields: {
      Run: Object.fromEntries(names.map((name) => [name, { calls: 0, resolve: failures[name] as () => unknown }])),
    },
  };
  const gateway = perBlock(new TestGateway({ upstream, logger: log.logger, extension }));

  it('show only the request id of an internal error, and log it', async () => {
    for (const time of TIMES) {
      const { data, errors } = await gateway.query(ofRun(`id ${Object.keys(failures).join(' ')}`));
      const nulls = Object.fromEntries(Object.keys(failures).map((name) => [name, null]));
      expect({ time, data }).toEqual({ time, data: { run: { id: 'r1', ...nulls } } });
      expect(JSON.stringify(errors)).not.toContain(SECRET);
      for (const { path, extensions, message } of errors) {
        const isKnown = path?.at(-1) === 'known';
        expect(extensions).toEqual({
          code: isKnown ? 'FORBIDDEN' : 'INTERNAL_SERVER_ERROR',
          retryable: false,
          requestId: expect.any(String),
        });
        expect(message === 'not for you').toBe(isKnown);
        if (!isKnown) expect(log.text).toContain(extensions.requestId);
      }
      expect(errors).toHaveLength(Object.keys(failures).length);
    }
    expect(log.text).toContain(SECRET);
  });

  it('are all returned, even if many and long', async () => {
    const query = `{ ${repeat(40, (index) => `${'x'.repeat(2000)}${index}`)} }`;
    const { data, errors } = await gateway.query(query);
    expect([data, errors.length]).toEqual([null, 40]);
  });
});

describe('the message of an error', () => {
  const X = 'x'.repeat(2000);
  let message = '';
  const resolve = () => {
    throw new GatewayError('NOT_FOUND', message);
  };
  const extension = { typeDefs: 'extend type Run { fail: Int }', fields: { Run: { fail: { resolve } } } };
  const gateway = perBlock(new TestGateway({ extension }));

  it.each([
    ['is whole up to 1000 characters', 'x'.repeat(1000), 'x'.repeat(1000)],
    [
      'has 100 characters of each long value',
      `${X} and ${X};not so`,
      `${'x'.repeat(100)}… and ${'x'.repeat(100)}…;not so`,
    ],
    ['has 1000 characters of short words', 'word '.repeat(300), `${'word '.repeat(200)}…`],
    ['has no half of a character', `${'x'.repeat(99)}😀${X}`, `${'x'.repeat(99)}\uFFFD…`],
  ])('%s', async (_, long, shown) => {
    message = long;
    const { errors } = await gateway.query(ofRun('fail'));
    expect(errors[0]?.message).toBe(shown);
  });
});
