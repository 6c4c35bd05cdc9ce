import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { GatewayError, type Additions, type Run, type SchemaExtension } from 'stepgate';
import { type GraphqlAnswer, type QueryOptions, startGateway, type TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { captureLog } from '../harness/observed.ts';
import { codesOf, placesOf } from '../harness/operations.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import { healthy, ScriptedUpstream } from '../harness/upstream.ts';
import { wireRun, wireWorkflow } from '../harness/wire.ts';

type Entry = NonNullable<SchemaExtension['fields']['Run']>[string];
const onRun = (field: string, entry: Entry): SchemaExtension => ({
  typeDefs: `extend type Run { mine: ${field} } type Item { id: ID name: String }`,
  fields: { Run: { mine: entry } },
});

const ASK = '{ run(workflowId: "wf", id: "r1") { mine } }';

describe('the fields of an extension', () => {
  const upstream = perTest(
    new ScriptedUpstream((call) => {
      if (call.key === 'bad-key') return { status: 401, json: {} };
      return call.endpoint === 'workflows' ? { json: [wireWorkflow('wf')] } : healthy(call);
    }),
  );
  const log = captureLog('error');
  const opened: TestGateway[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });

  async function start(additions: Omit<Additions, 'upstream'>, environment = {}) {
    const gateway = await startGateway({ upstream, env: environment, logger: log.logger, ...additions });
    opened.push(gateway);
    /** Executed by graphql-js, then compiled, then from the response cache. */
    const thrice = async (document: string, options?: QueryOptions) => {
      const answers: GraphqlAnswer[] = [];
      for (let time = 0; time < 3; time += 1) answers.push(await gateway.query(document, options));
      return answers;
    };
    const query = (document: string, options?: QueryOptions) => gateway.query(document, options);
    return { url: gateway.url, query, thrice };
  }

  it('resolve equally through graphql-js, compiled queries and response cache', async () => {
    const resolve = jest.fn(({ steps, criticalPath }: { steps: readonly unknown[]; criticalPath: unknown }) =>
      criticalPath === null ? 0 : steps.length,
    );
    const { thrice } = await start({ extension: onRun('Int', { cacheMs: Infinity, resolve }) });
    const answers = await thrice(ASK);
    expect(answers.map(({ data, errors }) => ({ data, errors }))).toEqual(
      Array.from({ length: 3 }, () => ({ data: { run: { mine: 1 } }, errors: [] })),
    );
    expect(resolve).toHaveBeenCalledTimes(2);
    expect(upstream.count('steps')).toBe(1);
  });

  it("are null with an error for a value that isn't JSON", async () => {
    const cycle: Record<string, unknown> = {};
    cycle.again = cycle;
    const extension: SchemaExtension = {
      typeDefs:
        'type Own { data: JSON set: [JSON] } extend type Run { big: JSON list: [JSON] own: Own when: JSON nothing: JSON deep: JSON }',
      fields: {
        Run: {
          big: { resolve: () => Promise.resolve({ n: 10n }) },
          list: { resolve: () => [1, cycle, Promise.resolve(10n), { a: 2 }] },
          own: { resolve: () => ({ data: 10n, set: new Set([1, 10n]) }) },
          when: { resolve: () => new Date(0) },
          nothing: { resolve: () => Symbol('none') },
          deep: { resolve: () => JSON.parse('['.repeat(300) + ']'.repeat(300)) as unknown },
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

  it("read payloads, and fail only their reader if one can't be sent", async () => {
    const outputs = JSON.parse(`{"deep":${'['.repeat(300)}${']'.repeat(300)}}`) as unknown;
    upstream.script = (call) =>
      call.endpoint === 'run' ? { json: [wireRun('r1', { inputs: { order: 7 }, outputs })] } : healthy(call);
    const extension: SchemaExtension = {
      typeDefs: 'extend type Run { order: JSON lost: JSON } extend type Step { answer: JSON }',
      fields: {
        Run: {
          order: {
            ...{ requirement: 'RECORD', cacheMs: Infinity },
            resolve: async (run, _args, { payloadOf }) => (await payloadOf(run))?.inputs,
          },
          lost: { resolve: async (run, _args, { payloadOf }) => (await payloadOf(run))?.outputs },
        },
        Step: { answer: { resolve: async (step, _args, { payloadOf }) => (await payloadOf(step))?.outputs } },
      },
    };
    const { thrice } = await start({ extension });
    for (const answer of await thrice('{ run(workflowId: "wf", id: "r1") { order lost steps { answer } } }')) {
      const steps = [{ answer: expect.objectContaining({ model: 'virtuoso-large' }) }];
      expect(answer.data).toEqual({ run: { order: { order: 7 }, lost: null, steps } });
      expect(placesOf(answer)).toEqual(['run.lost: UPSTREAM_CONTRACT_VIOLATION']);
    }
  });

  it('accept moments of a run, Dates and strings as DateTime', async () => {
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
      fields: { Run: { moments: { resolve: ({ endedAt }: Run) => ({ ...moments, end: endedAt }) } } },
    } satisfies SchemaExtension;
    const { thrice } = await start({ extension });
    const ask = '{ run(workflowId: "wf", id: "r1") { moments { date text loose bad word none end } endedAt } }';
    for (const { data, errors } of await thrice(ask)) {
      const date = '1970-01-01T00:00:00.000Z';
      const endedAt = '2025-03-13T02:41:17.382162Z';
      const moments = {
        date,
        text: TEXT,
        loose: '2025-03-12T00:59:55Z',
        bad: null,
        word: null,
        none: null,
        end: endedAt,
      };
      expect(data).toEqual({ run: { moments, endedAt } });
      expect(errors.map(({ path, extensions }) => [path?.at(-1), extensions.code])).toEqual([
        ['bad', 'INTERNAL_SERVER_ERROR'],
        ['word', 'INTERNAL_SERVER_ERROR'],
      ]);
    }
  });

  it('may be methods of their type that get only arguments', async () => {
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
      fields: { Run: { owner: { resolve: () => new Owner() } } },
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

  it('read times with a record, even if they need the steps', async () => {
    upstream.script = (call) =>
      call.endpoint === 'run' ? { json: [wireRun(call.runId, { end_time: null })] } : healthy(call);
    const ask = async (resolve: Entry['resolve']) => {
      const { query } = await start({ extension: onRun('String', { requirement: 'RECORD', resolve }) });
      return (await query(ASK)).data;
    };
    const expected = { run: { mine: '2025-03-13T02:41:17.382162Z' } };
    expect(await ask(({ endedAt }) => endedAt?.text)).toEqual(expected);
    expect(
      await ask(
        async ({ workflowId }, _args, { run }) => (await run({ workflowId, runId: 'r2' }, 'RECORD')).endedAt?.text,
      ),
    ).toEqual(expected);
  });

  it.each<[string, Entry, string]>([
    ['not at all without cacheMs', { resolve: () => 1 }, 'no-store'],
    ['for their cacheMs', { cacheMs: 10_500, resolve: () => 1 }, 'private, max-age=10'],
    [
      'until their cacheUntil',
      {
        cacheMs: Infinity,
        resolve(_run, _args, { cacheUntil, nowMs }) {
          cacheUntil(nowMs + 5500);
          return 1;
        },
      },
      'private, max-age=5',
    ],
  ])('are cached %s', async (_, entry, cacheControl) => {
    const resolve = jest.fn<Entry['resolve']>((...given) => entry.resolve(...given));
    const { thrice } = await start({ extension: onRun('Int', { ...entry, resolve }) }, { LIVE_TTL_MS: '60000' });
    const answers = await thrice(ASK);
    expect(answers[1]?.headers.get('cache-control')).toBe(cacheControl);
    expect(resolve).toHaveBeenCalledTimes(cacheControl === 'no-store' ? 3 : 2);
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

  it('get their parent, arguments and context', async () => {
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

  it('load whole runs and the latest runs through the context', async () => {
    type Resolve = Entry['resolve'];
    const ref = { workflowId: 'wf', runId: 'r2' };
    const whole: Resolve = async (_run, _args, { run }) => String((await run(ref)).progress.total);
    const latest: Resolve = async (_run, _args, { latestRuns }) => String((await latestRuns('wf', 100)).length);
    upstream.script = (call) => {
      if (call.endpoint === 'runs') return { json: [wireRun('r1')] };
      return healthy(call);
    };
    for (const resolve of [whole, latest]) {
      const { query } = await start({ extension: onRun('String', { resolve }) });
      expect((await query(ASK)).data).toEqual({ run: { mine: '1' } });
    }
  });

  it("count against the operation's budgets, ignoring overrides of their entry", async () => {
    const priced = { calls: 0, items: 1 };
    const extension: SchemaExtension = {
      typeDefs:
        'extend type Run { other: ID items: [Item] set: [Item] box: Box } type Item { id: ID } type Box { set: [Item] }',
      fields: {
        Run: {
          other: {
            ...priced,

            resolve: async (_run, _args, { run }) => (await run({ workflowId: 'wf', runId: 'r2' })).id,
          },
          items: { ...priced, resolve: () => [{}, {}, {}] },
          set: { resolve: () => new Set([{}, {}, {}]) },
          box: { resolve: () => ({ set: new Set([{}, {}, {}]) }) },
        },
      },
    };
    const query = '{ run(workflowId: "wf", id: "r1") { other items { id } set { id } box { set { id } } } }';
    const lists = {
      items: [{ id: null }, { id: null }, { id: null }],
      set: [{ id: null }, { id: null }, { id: null }],
      box: { set: [{ id: null }, { id: null }, { id: null }] },
    };
    const open = await start({ extension });
    expect(await open.query(query)).toMatchObject({ data: { run: { other: 'r2', ...lists } }, errors: [] });
    const bounded = await start({ extension }, { MAX_UPSTREAM_CALLS: '3', MAX_OPERATION_OBJECTS: '5' });
    const answer = await bounded.query(query);
    expect(answer.data).toEqual({ run: { other: null, items: lists.items, set: null, box: { set: null } } });
    expect(placesOf(answer)).toEqual([
      'run.box.set: ANSWER_TOO_LARGE',
      'run.other: UPSTREAM_BUDGET_EXCEEDED',
      'run.set: ANSWER_TOO_LARGE',
    ]);
  });

  it('fail alone: a GatewayError is shown, other errors masked and logged', async () => {
    const fail = (error = new Error('password')) => {
      throw error;
    };
    const owner = {
      name: 'ann',
      get team() {
        return fail();
      },
    };
    const extension: SchemaExtension = {
      typeDefs: `type Owner { name: String team: String }
        extend type Run { owner: Owner known: Int secret: Int late: Int }`,
      fields: {
        Run: {
          owner: { resolve: () => owner },
          known: { resolve: () => fail(new GatewayError('FORBIDDEN', 'not for you')) },
          secret: { resolve: () => fail() },
          late: { resolve: () => Promise.reject(new Error('password')) },
        },
      },
    };
    const { thrice } = await start({ extension });
    for (const answer of await thrice(
      '{ run(workflowId: "wf", id: "r1") { id known secret late owner { name team } } }',
    )) {
      const others = { known: null, secret: null, late: null };
      expect(answer.data).toEqual({ run: { id: 'r1', ...others, owner: { name: 'ann', team: null } } });
      expect(placesOf(answer)).toEqual([
        'run.known: FORBIDDEN',
        ...['late', 'owner.team', 'secret'].map((path) => `run.${path}: INTERNAL_SERVER_ERROR`),
      ]);
      expect(JSON.stringify(answer.errors)).not.toContain('password');
    }
    expect(log.text).toContain('password');
  });

  it('resolve only for authenticated callers, even at the root', async () => {
    const resolve = jest.fn(() => 42);
    const extension = { typeDefs: 'extend type Query { answer: Int } extend type Mutation { act: Int }', fields: {} };
    const fields = { Query: { answer: { resolve } }, Mutation: { act: { resolve } } };
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

  it('resolve on a workflow only for callers with the right to it', async () => {
    const owner = jest.fn(({ id }: { readonly id: string }) => `owner of ${id}`);
    const extension: SchemaExtension = {
      typeDefs: 'extend type Workflow { owner: String }',
      fields: { Workflow: { owner: { cacheMs: Infinity, resolve: owner } } },
    };
    const { thrice } = await start({ extension });
    const entity = 'representations: [{ __typename: "Workflow", id: "wf" }]';
    const documents = ['{ workflow(id: "wf") { owner } }', `{ _entities(${entity}) { ... on Workflow { owner } } }`];
    for (const document of documents) {
      for (const answer of await thrice(document, { key: 'bad-key' }))
        expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
      for (const answer of await thrice(document)) expect(JSON.stringify(answer.data)).toContain('owner of wf');
    }
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

  it('appear in the SDL for a supergraph', async () => {
    const { query } = await start({ extension: onRun('Int', { resolve: () => 1 }) });
    const { data } = await query('{ _service { sdl } }');
    expect(JSON.stringify(data)).toContain('extend type Run { mine: Int }');
  });
});
