import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createGateway, GatewayError, type Additions, type Run, type SchemaExtension } from 'stepgate';
import { captureLog } from '../harness/observed.ts';
import { healthy, startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import { wireRun } from '../harness/wire.ts';
import { codesOf } from '../harness/operations.ts';
import { startEmbedded, type EmbeddedGateway } from './embedding.ts';

const onRun = (field: string, entry: NonNullable<SchemaExtension['fields']['Run']>[string]): SchemaExtension => ({
  typeDefs: `extend type Run { mine: ${field} } type Item { id: ID name: String }`,
  fields: { Run: { mine: entry } },
});

const ASK = '{ run(workflowId: "wf", id: "r1") { mine } }';

describe('fields of an extension', () => {
  let upstream: FaultyUpstream;
  let gateway: EmbeddedGateway | undefined;
  beforeEach(async () => {
    upstream = await startFaultyUpstream((call) => {
      if (call.key === 'bad-key') return { status: 401, json: {} };
      return call.endpoint === 'workflows' ? { json: [wireWorkflow('wf')] } : healthy(call);
    });
  });
  afterEach(async () => {
    await gateway?.close();
    await upstream.close();
  });

  const start = async (additions: Additions & { logger?: ReturnType<typeof captureLog>['logger'] }, more = {}) =>
    (gateway = await startEmbedded(additions, { UPSTREAM_URL: upstream.url, ...more }));

  it('are answered alike by graphql-js, as compiled queries and from the response cache, with what they read', async () => {
    const resolve = jest.fn(({ steps, criticalPath }: { steps: readonly unknown[]; criticalPath: unknown }) =>
      criticalPath === null ? 0 : steps.length,
    );
    const { thrice } = await start({ extension: onRun('Int', { calls: 0, cacheMs: Infinity, resolve }) });
    const answers = await thrice(ASK);
    expect(answers.map(({ data, errors }) => ({ data, errors }))).toEqual(
      Array.from({ length: 3 }, () => ({ data: { run: { mine: 1 } }, errors: [] })),
    );
    // Executed by graphql-js, then compiled, then from the response cache.
    expect(resolve).toHaveBeenCalledTimes(2);
    expect(upstream.count('steps')).toBe(1);
  });

  it('may fail where an object of its own type computes them: they are null, the others are answered', async () => {
    const owner = {
      name: 'ann',
      get team(): never {
        throw new Error('a defect');
      },
    };
    const extension = {
      typeDefs: 'type Owner { name: String team: String } extend type Run { owner: Owner }',
      fields: { Run: { owner: { calls: 0, resolve: () => owner } } },
    };
    const { thrice } = await start({ extension });
    for (const answer of await thrice('{ run(workflowId: "wf", id: "r1") { owner { name team } } }')) {
      expect({ data: answer.data, codes: codesOf(answer) }).toEqual({
        data: { run: { owner: { name: 'ann', team: null } } },
        codes: ['INTERNAL_SERVER_ERROR'],
      });
    }
  });

  it('whose JSON can not be written are null alone, over every transport', async () => {
    const cycle: Record<string, unknown> = {};
    cycle.again = cycle;
    const extension: SchemaExtension = {
      typeDefs:
        'type Own { data: JSON set: [JSON] } extend type Run { big: JSON list: [JSON] own: Own when: JSON nothing: JSON deep: JSON }',
      fields: {
        Run: {
          big: { calls: 0, resolve: () => Promise.resolve({ n: 10n }) },
          list: { calls: 0, resolve: () => [1, cycle, Promise.resolve(10n), { a: 2 }] },
          own: { calls: 0, resolve: () => ({ data: 10n, set: new Set([1, 10n]) }) },
          when: { calls: 0, resolve: () => new Date(0) },
          nothing: { calls: 0, resolve: () => Symbol('none') },
          deep: { calls: 0, resolve: () => JSON.parse('['.repeat(300) + ']'.repeat(300)) as unknown },
        },
      },
    };
    const { url } = await start({ extension });
    const query = '{ run(workflowId: "wf", id: "r1") { id big list own { data set } when nothing deep } }';
    for (const transport of [...TRANSPORTS, ...TRANSPORTS]) {
      const { data, errors } = await send(transport, url, { query }, 'key-1');
      const when = '1970-01-01T00:00:00.000Z';
      const list = [1, null, null, { a: 2 }];
      const run = { id: 'r1', big: null, list, own: { data: null, set: [1, null] }, when, nothing: null, deep: null };
      expect({ transport, data }).toEqual({ transport, data: { run } });
      expect(errors?.map(({ path }) => path?.slice(1).join('.')).sort()).toEqual([
        'big',
        'deep',
        'list.1',
        'list.2',
        'own.data',
        'own.set.1',
      ]);
    }
  });

  it('of type DateTime may be moments of a run, of JavaScript, or text', async () => {
    const TEXT = '2025-03-13T02:41:15.5+02:00';
    const moments = {
      date: new Date(0),
      text: TEXT,
      loose: '2025-03-12 00:59:55',
      bad: new Date(NaN),
      word: 'now',
      none: null,
    };
    const fields = [...Object.keys(moments), 'end'].map((name) => `${name}: DateTime`).join(' ');
    const extension = {
      typeDefs: `type Moments { ${fields} } extend type Run { moments: Moments }`,
      fields: { Run: { moments: { calls: 0, resolve: ({ endedAt }: Run) => ({ ...moments, end: endedAt }) } } },
    } satisfies SchemaExtension;
    const { thrice } = await start({ extension });
    const ask = '{ run(workflowId: "wf", id: "r1") { moments { date text loose bad word none end } endedAt } }';
    for (const { data, errors } of await thrice(ask)) {
      const date = '1970-01-01T00:00:00.000Z';
      const endedAt = '2025-03-13T02:41:17.382162Z';
      const told = { date, text: TEXT, loose: '2025-03-12T00:59:55Z', bad: null, word: null, none: null, end: endedAt };
      expect(data).toEqual({ run: { moments: told, endedAt } });
      expect(errors.map(({ path, extensions }) => [path?.at(-1), extensions.code])).toEqual([
        ['bad', 'INTERNAL_SERVER_ERROR'],
        ['word', 'INTERNAL_SERVER_ERROR'],
      ]);
    }
  });

  it('of its own types may be methods, which get the arguments of the field and nothing of the gateway', async () => {
    const got: unknown[][] = [];
    class Owner {
      readonly name = 'ann';
      greeting(...args: unknown[]) {
        got.push(args);
        return `hello ${this.name}`;
      }
      data(...args: unknown[]) {
        got.push(args);
        return { of: this.name };
      }
    }
    const extension: SchemaExtension = {
      typeDefs: 'type Owner { greeting(to: String): String data: JSON } extend type Run { owner: Owner }',
      fields: { Run: { owner: { calls: 0, resolve: () => new Owner() } } },
    };
    const { thrice } = await start({ extension });
    for (const answer of await thrice('{ run(workflowId: "wf", id: "r1") { owner { greeting(to: "bob") data } } }')) {
      expect(answer).toMatchObject({
        data: { run: { owner: { greeting: 'hello ann', data: { of: 'ann' } } } },
        errors: [],
      });
    }
    expect(got).toEqual([1, 2, 3].flatMap(() => [[{ to: 'bob' }], [{}]]));
  });

  it('that read a record read its times, too, where the steps must tell them', async () => {
    upstream.script = (call) =>
      call.endpoint === 'run' ? { json: [wireRun(call.runId, { end_time: null })] } : healthy(call);
    const ask = async (resolve: NonNullable<SchemaExtension['fields']['Run']>[string]['resolve']) => {
      const { thrice, close } = await start({
        extension: onRun('String', { requirement: 'RECORD', calls: 1, resolve }),
      });
      const [first] = await thrice(ASK);
      await close();
      return first?.data;
    };
    const told = { run: { mine: '2025-03-13T02:41:17.382162Z' } };
    expect(await ask(({ endedAt }) => endedAt?.text)).toEqual(told);
    expect(
      await ask(
        async ({ workflowId }, _args, { run }) => (await run({ workflowId, runId: 'r2' }, 'RECORD')).endedAt?.text,
      ),
    ).toEqual(told);
  });

  it('that say nothing of a cache are computed each time', async () => {
    let count = 0;
    const { thrice } = await start({ extension: onRun('Int', { resolve: () => (count += 1) }) });
    const answers = await thrice(ASK);
    expect(answers.map(({ data }) => data)).toEqual([1, 2, 3].map((mine) => ({ run: { mine } })));
    expect(answers.map(({ headers }) => headers.get('cache-control'))).toEqual(['no-store', 'no-store', 'no-store']);
  });

  it('live no longer in a cached answer than their entry, or they themselves, say', async () => {
    const untilMs = (additions: Additions) => start(additions, { LIVE_TTL_MS: '60000' });
    const maxAgeOf = async (additions: Additions) => {
      const { thrice, close } = await untilMs(additions);
      const [, second] = await thrice(ASK);
      await close();
      return second?.headers.get('cache-control');
    };
    expect(await maxAgeOf({ extension: onRun('Int', { cacheMs: 10_500, resolve: () => 1 }) })).toBe(
      'private, max-age=10',
    );
    const shortened = onRun('Int', {
      cacheMs: Infinity,
      resolve: (_run, _args, { cacheUntil, nowMs }) => {
        cacheUntil(nowMs + 5500);
        return 1;
      },
    });
    expect(await maxAgeOf({ extension: shortened })).toBe('private, max-age=5');
  });

  it('share the loaders of the operation', async () => {
    const extension: SchemaExtension = {
      typeDefs: 'extend type Run { sibling(id: ID!): Run nameOfWorkflow: String }',
      fields: {
        Run: {
          sibling: {
            resolve: ({ workflowId }, { id }, { run }) => run({ workflowId, runId: String(id) }, 'RECORD'),
          },
          nameOfWorkflow: { resolve: async ({ workflowId }, _args, { workflow }) => (await workflow(workflowId)).name },
        },
      },
    };
    const { thrice } = await start({ extension });
    const answers = await thrice(
      `{ run(workflowId: "wf", id: "r1") { id nameOfWorkflow sibling(id: "r2") { id totalElapsedTime sibling(id: "r1") { id } } } }`,
    );
    for (const { data, errors } of answers) {
      expect(errors).toEqual([]);
      const sibling = { id: 'r2', totalElapsedTime: 2, sibling: { id: 'r1' } };
      expect(data).toEqual({ run: { id: 'r1', nameOfWorkflow: expect.any(String), sibling } });
    }
    expect(upstream.count('steps')).toBe(2);
    expect(upstream.count('workflows')).toBe(1);
  });

  it('get their parent, their arguments and the context', async () => {
    const extension: SchemaExtension = {
      typeDefs: 'extend type Run { mine(by: Int = 2): JSON }',
      fields: {
        Run: {
          mine: {
            resolve: ({ id }, { by }, { requestId, viewer, nowMs, signal }) => [
              id,
              by,
              typeof requestId,
              typeof viewer.id,
              viewer.attributes,
              typeof nowMs,
              signal().aborted,
            ],
          },
        },
      },
    };
    const { thrice } = await start({ extension });
    for (const { data } of await thrice(ASK)) {
      expect(data).toEqual({ run: { mine: ['r1', 2, 'string', 'string', {}, 'number', false] } });
    }
  });

  it('load what they are priced for, and no more', async () => {
    type Resolve = NonNullable<SchemaExtension['fields']['Run']>[string]['resolve'];
    const ref = { workflowId: 'wf', runId: 'r2' };
    const record: Resolve = async (_run, _args, { run }) => (await run(ref, 'RECORD')).status;
    const whole: Resolve = async (_run, _args, { run }) => String((await run(ref)).progress.total);
    const name: Resolve = async (_run, _args, { workflow }) => (await workflow('wf')).name;
    const latest =
      (count: number): Resolve =>
      async (_run, _args, { latestRuns }) =>
        String((await latestRuns('wf', count)).length);
    const twice: Resolve = async (...given) => `${String(await record(...given))},${String(await record(...given))}`;
    upstream.script = (call) => {
      if (call.endpoint === 'runs') return { json: [wireRun('r1')] };
      return call.endpoint === 'workflows' ? { json: [wireWorkflow('wf')] } : healthy(call);
    };
    for (const [calls, resolve, value] of [
      [1, record, 'COMPLETED'],
      [0, record, null],
      [2, whole, '1'],
      [1, whole, null],
      [1, name, 'Workflow wf'],
      [0, name, null],
      [1, latest(99), '1'],
      [1, latest(100), null],
      [2, latest(100), '1'],
      [2, twice, 'COMPLETED,COMPLETED'],
      [1, twice, null],
    ] as const) {
      const { query, close } = await start({ extension: onRun('String', { calls, resolve }) });
      expect({ calls, data: (await query(ASK)).data }).toEqual({ calls, data: { run: { mine: value } } });
      await close();
    }
    // What is selected of a run that a field answers counts, too.
    const itself = { calls: 1, resolve: ((_run, _args, { run }) => run(ref, 'RECORD')) satisfies Resolve };
    const { query } = await start({ extension: onRun('Run', itself) });
    const { data } = await query(
      '{ run(workflowId: "wf", id: "r1") { mine { status } } other: run(workflowId: "wf", id: "r3") { mine { steps { id } } } }',
    );
    expect(data).toEqual({ run: { mine: { status: 'COMPLETED' } }, other: { mine: null } });
  });

  it('make no more calls and answer no more items than their entry says', async () => {
    const log = captureLog('error');
    const extension: SchemaExtension = {
      typeDefs: 'extend type Run { calls: Int items: [Item] set: [Item] } type Item { id: ID }',
      fields: {
        Run: {
          calls: {
            calls: 1,
            resolve: async (_run, _args, { run }) => (await run({ workflowId: 'wf', runId: 'r2' })).id,
          },
          items: { items: 2, resolve: () => [{}, {}, {}] },
          set: { resolve: () => new Set([{}]) },
        },
      },
    };
    const { thrice } = await start({ extension, logger: log.logger });
    for (const answer of await thrice('{ run(workflowId: "wf", id: "r1") { calls items { id } set { id } } }')) {
      expect(answer.data).toEqual({ run: { calls: null, items: null, set: null } });
      expect(codesOf(answer)).toEqual(Array.from({ length: 3 }, () => 'INTERNAL_SERVER_ERROR'));
      expect(JSON.stringify(answer.errors)).not.toContain('entry');
    }
    expect(log.text).toContain('Run.calls: expected at most 1 upstream calls');
    expect(log.text).toContain('Run.items: expected an array of at most 2 items, as its entry says; got 3 items');
    expect(log.text).toContain('Run.set: expected an array');
  });

  it('cost what their entry says, or much where it says nothing', async () => {
    const costOf = async (entry: NonNullable<SchemaExtension['fields']['Run']>[string]) => {
      const { query, close } = await start({ extension: onRun('[Item]', entry) }, { MAX_OPERATION_COST: '1' });
      const calls = await query('{ run(workflowId: "wf", id: "r1") { mine { id } } }');
      await close();
      const objects = await start({ extension: onRun('[Item]', entry) }, { MAX_OPERATION_OBJECTS: '1' });
      const counted = await objects.query('{ run(workflowId: "wf", id: "r1") { mine { id } } }');
      await objects.close();
      return [calls, counted].map(({ errors }) => errors[0]?.extensions.found);
    };
    // A run with its steps, the field's two calls, and the list of workflows; a hundred items.
    expect(await costOf({ resolve: () => [] })).toEqual([5, 101]);
    expect(await costOf({ requirement: 'STEPS', calls: 0, items: 7, resolve: () => [] })).toEqual([2, 8]);
  });

  it('count the objects that they answer', async () => {
    const extension = onRun('[Item]', { items: 60, resolve: () => Array.from({ length: 60 }, () => ({ name: 'x' })) });
    const { thrice } = await start({ extension }, { MAX_OPERATION_OBJECTS: '100' });
    const two =
      '{ one: run(workflowId: "wf", id: "r1") { mine { name } } two: run(workflowId: "wf", id: "r2") { mine { name } } }';
    for (const answer of await thrice(two)) expect(codesOf(answer)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });

  it('fail alone: an error of the gateway is answered, anything else masked and logged', async () => {
    const log = captureLog('error');
    const failing = (error: Error) => ({
      resolve: () => {
        throw error;
      },
    });
    const extension: SchemaExtension = {
      typeDefs: 'extend type Run { known: Int secret: Int late: Int }',
      fields: {
        Run: {
          known: failing(new GatewayError('FORBIDDEN', 'not for you')),
          secret: failing(new Error('password')),
          late: { resolve: () => Promise.reject(new Error('password')) },
        },
      },
    };
    const { thrice } = await start({ extension, logger: log.logger });
    const answers = await thrice('{ run(workflowId: "wf", id: "r1") { id known secret late } }');
    for (const answer of answers) {
      expect(answer.data).toEqual({ run: { id: 'r1', known: null, secret: null, late: null } });
      expect(codesOf(answer).sort()).toEqual(['FORBIDDEN', 'INTERNAL_SERVER_ERROR', 'INTERNAL_SERVER_ERROR']);
      expect(JSON.stringify(answer.errors)).not.toContain('password');
      expect(answer.errors.map(({ path }) => path)).toEqual(answers[0]?.errors.map(({ path }) => path));
    }
    expect(log.text).toContain('password');
  });

  it('are answered to authenticated callers alone: also at the root, where nothing is loaded', async () => {
    const resolve = jest.fn(() => 42);
    const extension = { typeDefs: 'extend type Query { answer: Int } extend type Mutation { act: Int }', fields: {} };
    const fields = { Query: { answer: { calls: 0, resolve } }, Mutation: { act: { calls: 0, resolve } } };
    const { thrice } = await start({ extension: { ...extension, fields } });
    for (const document of ['{ answer }', 'mutation { act }']) {
      for (const key of ['bad-key', null]) {
        for (const answer of await thrice(document, { key })) expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
      }
      expect(resolve).not.toHaveBeenCalled();
      for (const { data } of await thrice(document)) expect(Object.values(data as object)).toEqual([42]);
      resolve.mockClear();
    }
  });

  it('of a workflow are answered to callers who may see it alone: a handle on one costs no call, and proves nothing', async () => {
    const owner = jest.fn(({ id }: { readonly id: string }) => `owner of ${id}`);
    const extension: SchemaExtension = {
      typeDefs: 'extend type Workflow { owner: String }',
      fields: { Workflow: { owner: { calls: 0, cacheMs: Infinity, resolve: owner } } },
    };
    const { thrice } = await start({ extension });
    const entity = 'representations: [{ __typename: "Workflow", id: "wf" }]';
    const documents = ['{ workflow(id: "wf") { owner } }', `{ _entities(${entity}) { ... on Workflow { owner } } }`];
    for (const document of documents) {
      for (const answer of await thrice(document, { key: 'bad-key' }))
        expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
      for (const answer of await thrice(document)) expect(JSON.stringify(answer.data)).toContain('owner of wf');
    }
    await gateway?.close();
    upstream.script = (call) =>
      call.endpoint === 'workflows' ? { json: [wireWorkflow('wf'), wireWorkflow('other')] } : healthy(call);
    const narrow = await start({ extension, authenticate: () => ({ upstreamKey: 'key-1', workflowIds: ['wf'] }) });
    for (const answer of await narrow.thrice(
      '{ seen: workflow(id: "wf") { owner } other: workflow(id: "other") { id owner } }',
    )) {
      expect(answer.data).toEqual({ seen: { owner: 'owner of wf' }, other: { id: 'other', owner: null } });
      expect(codesOf(answer)).toEqual(['NOT_FOUND']);
    }
    expect(new Set(owner.mock.calls.map(([{ id }]) => id))).toEqual(new Set(['wf']));
  });

  it('are told to those who compose a supergraph', async () => {
    const { query } = await start({ extension: onRun('Int', { resolve: () => 1 }) });
    const { data } = await query('{ _service { sdl } }');
    expect(JSON.stringify(data)).toContain('extend type Run { mine: Int }');
  });

  it('come with each event of a subscription', async () => {
    const { url } = await start({ extension: onRun('Int', { resolve: ({ steps }) => steps.length }) });
    const response = await fetch(`${url}/graphql/stream`, {
      method: 'POST',
      headers: { accept: 'text/event-stream', authorization: 'Bearer key-1', 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'subscription { runUpdated(workflowId: "wf", id: "r1") { mine } }' }),
    });
    expect(await response.text()).toContain('data: {"data":{"runUpdated":{"mine":1}}}');
  });
});

describe('an extension', () => {
  const resolve = () => 1;
  const MINE = 'extend type Run { mine: Int }';
  const starting = (typeDefs: string, fields: object) => {
    const config = { PORT: 0, LOG_LEVEL: 'silent' } as const;
    return createGateway({ config, extension: { typeDefs, fields: fields as SchemaExtension['fields'] } });
  };

  it.each<readonly [string, string, object, string]>([
    ['is no SDL', 'extend type', {}, 'extension.typeDefs: Syntax Error: '],
    ['extends a subscription', 'extend type Subscription { mine: Int }', {}, "can't extend Subscription."],
    ['extends the type of a subgraph', 'extend type _Service { mine: Int }', {}, "can't extend _Service."],
    ['has a type with an interface', `${MINE} type Own implements Named { name: Int }`, {}, 'Own has an interface.'],
    ['has an interface', 'interface Mine { mine: Int }', {}, 'found InterfaceTypeDefinition.'],
    ['has a scalar', 'scalar Mine', {}, 'found ScalarTypeDefinition.'],
    ['extends an enum', 'extend enum RunStatus { MINE }', {}, 'found EnumTypeExtension.'],
    ['has a field without an entry', MINE, {}, 'expected an entry for Run.mine.'],
    ['has an entry that every object has', 'extend type Run { constructor: Int }', { Run: {} }, 'Run.constructor.'],
    ['has a field without a resolver', MINE, { Run: { mine: {} } }, 'Run.mine has no resolve.'],
    [
      'has an entry of its own type without a resolver',
      'type Own { a: Int }',
      { Own: { a: { calls: 1 } } },
      'Own.a has no',
    ],
    [
      'has an entry for a field of the contract',
      MINE,
      { Run: { mine: { resolve }, status: { resolve } } },
      'Run.status is no field of its typeDefs.',
    ],
    [
      'has an entry for a type that it does not add to',
      MINE,
      { Run: { mine: { resolve } }, Step: { id: { resolve } } },
      'Step.id is no field of its typeDefs.',
    ],
    [
      'has a field that must not fail',
      'extend type Run { mine: Int! }',
      { Run: { mine: { resolve } } },
      'to be nullable',
    ],
    ['replaces a field', 'extend type Run { status: Int }', { Run: { status: { resolve } } }, 'Run.status'],
    ['replaces a type', 'type Step { id: ID }', {}, 'Step'],
    ['extends a type that is none', 'extend type Ran { mine: Int }', { Ran: { mine: { resolve } } }, 'Ran'],
    ['has a list of lists', 'extend type Run { mine: [[Int!]!] }', { Run: { mine: { resolve } } }, 'no list of lists'],
    [
      'has a requirement of what is no run',
      'extend type Step { mine: Int }',
      { Step: { mine: { resolve, requirement: 'RECORD' } } },
      'Step.mine has a wrong requirement',
    ],
    ...Object.entries({
      requirement: ['record', 1],
      calls: [-1, 0.5, Infinity, '1'],
      items: [-1, 0.5, '1'],
      cacheMs: [-1, NaN, '1'],
    }).flatMap(([key, values]) =>
      values.map(
        (value) =>
          [
            `has the ${key} ${value}`,
            MINE,
            { Run: { mine: { resolve, [key]: value } } },
            `Run.mine has a wrong ${key}`,
          ] as const,
      ),
    ),
  ])('that %s is refused at start', async (_, typeDefs, fields, message) => {
    await expect(starting(typeDefs, fields)).rejects.toThrow(message);
  });

  it('may add types with lists and fields that must not fail, enums and inputs', async () => {
    const typeDefs = `
      extend type Run { mine(in: In): [Own!] }
      type Own { a: Int! b: [Int!]! sort: Sort } enum Sort { UP } input In { a: Int }`;
    for (const own of [{}, { Own: undefined }, { Own: {} }, { Own: { a: { resolve } } }]) {
      const gateway = await starting(typeDefs, {
        Run: { mine: { resolve, items: 0, calls: 7, cacheMs: 0.5 } },
        ...own,
      });
      await gateway.close();
    }
  });
});
