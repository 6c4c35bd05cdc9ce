import { describe, expect, it } from '@jest/globals';
import { execute, parse } from 'graphql';
import type { ExtensionField, SchemaExtension } from '../../src/graphql/extension/schema-extension.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { createCostOf } from '../support/cost.ts';
import { createContexts, createQuery } from '../support/query-harness.ts';

type OnRun = NonNullable<SchemaExtension['fields']['Run']>[string];

const resolve = () => 1;
const MINE = 'extend type Run { mine: Int }';
const onRun = (entry: OnRun, type = 'Int'): SchemaExtension => ({
  typeDefs: `extend type Run { mine: ${type} } type Item { id: ID own: Int }`,
  fields: { Run: { mine: entry } },
});

describe('an extension', () => {
  const KINDS = 'expected extensions of object types (not Subscription), and object, enum and input types; ';
  it.each<readonly [string, string, SchemaExtension['fields'], string]>([
    ['is no SDL', 'extend type', {}, 'extension.typeDefs: Syntax Error: '],
    ['extends a subscription', 'extend type Subscription { mine: Int }', {}, `${KINDS}can't extend Subscription.`],
    ['extends the type of a subgraph', 'extend type _Service { mine: Int }', {}, `${KINDS}can't extend _Service.`],
    [
      'has a type with an interface',
      `${MINE} type Own implements Named { name: Int }`,
      {},
      `${KINDS}Own has an interface.`,
    ],
    ['has an interface', 'interface Mine { mine: Int }', {}, `${KINDS}found InterfaceTypeDefinition.`],
    ['has a scalar', 'scalar Mine', {}, `${KINDS}found ScalarTypeDefinition.`],
    ['extends an enum', 'extend enum RunStatus { MINE }', {}, `${KINDS}found EnumTypeExtension.`],
    ['has a field without an entry', MINE, {}, 'extension.fields: expected an entry for Run.mine.'],
    [
      'has an entry that every object has',
      'extend type Run { constructor: Int }',
      { Run: {} },
      'expected an entry for Run.constructor.',
    ],
    [
      'has a field without a resolver',
      MINE,
      { Run: { mine: {} as never } },
      'extension.fields: Run.mine has no resolve.',
    ],
    [
      'has an entry of its own type without a resolver',
      'type Own { a: Int }',
      { Own: { a: { calls: 1 } as never } },
      'extension.fields: Own.a has no resolve.',
    ],
    [
      'has an entry for a field of the contract',
      MINE,
      { Run: { mine: { resolve }, status: { resolve } } },
      'extension.fields: Run.status is no field of its typeDefs.',
    ],
    [
      'has an entry for a type that it does not add to',
      MINE,
      { Run: { mine: { resolve } }, Step: { id: { resolve } } },
      'extension.fields: Step.id is no field of its typeDefs.',
    ],
    [
      'has a field that must not fail',
      'extend type Run { mine: Int! }',
      { Run: { mine: { resolve } } },
      'extension.typeDefs: expected Run.mine to be nullable: its failure must not take Run with it.',
    ],
    ['replaces a field', 'extend type Run { status: Int }', { Run: { status: { resolve } } }, 'Run.status'],
    ['replaces a type', 'type Step { id: ID }', {}, 'Step'],
    ['extends a type that is none', 'extend type Ran { mine: Int }', { Ran: { mine: { resolve } } }, 'Ran'],
    [
      'has a list of lists',
      'extend type Run { mine: [[Int!]!] }',
      { Run: { mine: { resolve } } },
      'extension.typeDefs: expected no list of lists, got Run.mine.',
    ],
  ])('that %s is refused at start', (_, typeDefs, fields, message) => {
    expect(() => createSchema({ typeDefs, fields })).toThrow(message);
  });

  it('may have what it adds: types with lists and fields that must not fail, enums and inputs', () => {
    const typeDefs = `
      extend type Run { mine(in: In): [Own!] }
      type Own { a: Int! b: [Int!]! sort: Sort } enum Sort { UP } input In { a: Int }`;
    for (const own of [{}, { Own: undefined }, { Own: {} }, { Own: { a: { resolve } } }]) {
      expect(() =>
        createSchema({
          typeDefs,
          fields: { Run: { mine: { resolve } }, ...own },
        }),
      ).not.toThrow();
    }
  });

  it.each<readonly [keyof ExtensionField<unknown>, readonly unknown[], readonly unknown[]]>([
    ['resolve', [resolve], [1, null, undefined]],
    ['requirement', ['RECORD', 'STEPS', 'GRAPH'], ['record', '', null, 1]],
    ['calls', [0, 7], [-1, 0.5, NaN, Infinity, '1', null]],
    ['items', [0, 7], [-1, 0.5, NaN, Infinity, '1', null]],
    ['cacheMs', [0, 0.5, Infinity], [-1, NaN, '1', null]],
    ['call' as never, [], [1]],
  ])('has good values of %s alone', (key, good, bad) => {
    const schemaOf = (value: unknown) => () => createSchema(onRun({ resolve, [key]: value }));
    for (const value of good) expect(schemaOf(value)).not.toThrow();
    for (const value of bad) expect(schemaOf(value)).toThrow(`extension.fields: Run.mine has a wrong ${key}.`);
  });

  it('reads of a run by its fields of runs alone', () => {
    const fields = { Step: { mine: { resolve, requirement: 'RECORD' as const } } };
    expect(() => createSchema({ typeDefs: 'extend type Step { mine: Int }', fields })).toThrow(
      'Step.mine has a wrong requirement',
    );
  });
});

describe('the price of a field of an extension', () => {
  const costOf = (extension: SchemaExtension, selection: string) =>
    createCostOf(createSchema(extension), true)(`{ run(workflowId: "wf", id: "r1") { ${selection} } }`);

  it.each<readonly [string, OnRun, string, string, object]>([
    // Record and steps, its two calls, and the list of workflows; one run and a hundred items.
    ['much, where it says nothing', { resolve }, '[Item]', 'mine { id }', { calls: 5, objects: 101 }],
    [
      'what its entry says',
      { resolve, requirement: 'RECORD', calls: 3, items: 7 },
      '[Item!]',
      'mine { id }',
      { calls: 5, objects: 8 },
    ],
    ['nothing', { resolve, requirement: 'RECORD', calls: 0 }, 'Int', 'mine', { calls: 1, objects: 1 }],
    [
      'one object, where it is no list',
      { resolve, requirement: 'STEPS', calls: 0, items: 7 },
      'Item',
      'mine { id }',
      { calls: 2, objects: 2 },
    ],
  ])('is %s', (_, entry, type, selection, cost) => {
    expect(costOf(onRun(entry, type), selection)).toMatchObject(cost);
  });

  it('at the root, and of a handle on a workflow, has the call by which a right is proven', () => {
    const mine = { resolve, calls: 0 };
    const fields = { Query: { mine }, Mutation: { mine }, Workflow: { mine } };
    const schema = createSchema({
      typeDefs: 'extend type Query { mine: Int } extend type Mutation { mine: Int } extend type Workflow { mine: Int }',
      fields,
    });
    const cost = createCostOf(schema, true);
    for (const text of ['{ mine }', 'mutation { mine }', '{ workflow(id: "wf") { mine } }'])
      expect(cost(text)).toMatchObject({ calls: 1 });
  });
});

describe('a field of an extension', () => {
  const ask = async (extension: SchemaExtension, selection = 'mine') => {
    const { data, errors = [] } = await createQuery(createSchema(extension))(
      `{ run(workflowId: "wf", id: "r1") { ${selection} } }`,
    );
    const { mine } = (data as { readonly run: { readonly mine: unknown } }).run;
    return { mine, errors: errors.map(({ message }) => message) };
  };

  it('gets its parent, its arguments, and the context', async () => {
    const mine: OnRun = {
      resolve: ({ id }, { by }, { requestId, viewer, nowMs, signal }) =>
        JSON.stringify([id, by, requestId, typeof viewer.id, viewer.attributes, nowMs, signal().aborted]),
    };
    const extension = { typeDefs: 'extend type Run { mine(by: Int = 2): String }', fields: { Run: { mine } } };
    expect(JSON.parse(String((await ask(extension)).mine))).toEqual([
      'r1',
      2,
      'r',
      'string',
      {},
      Date.parse('2026-11-24T12:00:00Z'),
      false,
    ]);
  });

  it('reads of its run what its entry says', async () => {
    expect(await ask(onRun({ resolve: ({ progress }) => progress.total }))).toEqual({ mine: 2, errors: [] });
    const steps: OnRun = { resolve: (run) => run.steps.length, requirement: 'STEPS' };
    expect(await ask(onRun(steps))).toEqual({ mine: 3, errors: [] });
    expect(await ask(onRun({ resolve: ({ status }) => status, requirement: 'RECORD' }, 'String'))).toEqual({
      mine: 'FAILED',
      errors: [],
    });
  });

  it('says how long its answer lives', async () => {
    const lifetimeOf = async (entry: OnRun) => {
      const extended = createSchema(onRun(entry));
      const contextValue = createContexts(extended)('key-1');
      await execute({
        schema: extended,
        document: parse('{ run(workflowId: "wf", id: "long") { mine } }'),
        contextValue,
      });
      return contextValue.lifetime.untilMs - contextValue.nowMs;
    };
    const unlimited = await lifetimeOf({ resolve, cacheMs: Infinity });
    expect(unlimited).toBeGreaterThan(500);
    expect(await lifetimeOf({ resolve, cacheMs: 500 })).toBe(500);
    expect(await lifetimeOf({ resolve })).toBeLessThan(0);
    const until: OnRun['resolve'] = (_run, _args, { cacheUntil, nowMs }) => {
      cacheUntil(nowMs + 300);
    };
    expect(await lifetimeOf({ resolve: until, cacheMs: 500 })).toBe(300);
  });

  it('answers a list of as many items as its entry says, at once or later', async () => {
    const list = (value: unknown, items = 2) => ask(onRun({ items, resolve: () => value }, '[Int]'));
    for (const good of [[], [1], [1, 2], null, undefined]) {
      for (const value of [
        good,
        Promise.resolve(good),
        {
          then: (tell: (value: unknown) => void) => {
            tell(good);
          },
        },
      ]) {
        expect(await list(value)).toEqual({ mine: good ?? null, errors: [] });
      }
    }
    const expected = 'Run.mine: expected an array of at most 2 items, as its entry says; got ';
    for (const [bad, got] of [
      [[1, 2, 3], '3 items'],
      [new Set([1]), 'a object'],
      ['text', 'a string'],
    ] as const) {
      for (const value of [bad, Promise.resolve(bad)]) {
        expect(await list(value)).toEqual({ mine: null, errors: [`${expected}${got}`] });
      }
    }
  });

  it('that is no list may be anything', async () => {
    const extension = onRun({ items: 1, resolve: () => [1, 2] }, 'JSON');
    expect(await ask(extension)).toEqual({ mine: [1, 2], errors: [] });
  });

  it('loads what it is priced for, and no more', async () => {
    const limit = (calls: number) => `Run.mine: expected at most ${calls} upstream calls, as its entry says`;
    const loading = (calls: number, load: OnRun['resolve'], type = 'String', selection = 'mine') =>
      ask(onRun({ calls, resolve: load }, type), selection);
    const ref = { workflowId: 'wf', runId: 'r2' };

    const record: OnRun['resolve'] = async (_run, _args, { run }) => (await run(ref, 'RECORD')).status;
    expect(await loading(1, record)).toEqual({ mine: 'COMPLETED', errors: [] });
    expect(await loading(0, record)).toEqual({ mine: null, errors: [limit(0)] });

    const whole: OnRun['resolve'] = async (_run, _args, { run }) => (await run(ref)).progress.total;
    expect(await loading(2, whole)).toEqual({ mine: '2', errors: [] });
    expect(await loading(1, whole)).toEqual({ mine: null, errors: [limit(1)] });

    // What is selected of a run that it answers counts, too.
    const itself: OnRun['resolve'] = (_run, _args, { run }) => run(ref, 'RECORD');
    expect(await loading(1, itself, 'Run', 'mine { status }')).toEqual({ mine: { status: 'COMPLETED' }, errors: [] });
    expect(await loading(1, itself, 'Run', 'mine { stepCounts { total } }')).toEqual({
      mine: null,
      errors: [limit(1)],
    });

    const workflow: OnRun['resolve'] = async (_run, _args, context) => (await context.workflow('wf')).name;
    expect(await loading(1, workflow)).toEqual({ mine: 'Workflow wf', errors: [] });
    expect(await loading(0, workflow)).toEqual({ mine: null, errors: [limit(0)] });

    const latest =
      (count: number): OnRun['resolve'] =>
      async (_run, _args, { latestRuns }) =>
        (await latestRuns('wf', count)).length;
    expect(await loading(1, latest(99), 'Int')).toEqual({ mine: 4, errors: [] });
    expect(await loading(1, latest(100), 'Int')).toEqual({ mine: null, errors: [limit(1)] });
    expect(await loading(2, latest(100), 'Int')).toEqual({ mine: 4, errors: [] });
    expect(await loading(9, latest(0), 'Int')).toMatchObject({
      mine: null,
      errors: ['last: expected 1 to 1000, got 0'],
    });

    const twice: OnRun['resolve'] = async (run, args, context) =>
      [await record(run, args, context), await record(run, args, context)].join();
    expect(await loading(2, twice)).toEqual({ mine: 'COMPLETED,COMPLETED', errors: [] });
    expect(await loading(1, twice)).toEqual({ mine: null, errors: [limit(1)] });
  });

  it('of a type of its own is a property of its parent, unless it has an entry', async () => {
    const extension = {
      typeDefs: 'extend type Run { mine: Item } type Item { id: ID own: Int }',
      fields: {
        Run: { mine: { resolve: () => ({ id: 'i', own: 1 }) } },
        Item: { own: { resolve: ({ own }: { readonly own: number }) => own + 1 } },
      },
    };
    expect(await ask(extension, 'mine { id own }')).toEqual({ mine: { id: 'i', own: 2 }, errors: [] });
  });
});
