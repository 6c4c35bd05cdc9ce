import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  buildSchema,
  execute,
  isObjectType,
  parse,
  responsePathAsArray,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLTypeResolver,
} from 'graphql';
import type { Context } from '../../src/graphql/context.ts';
import { attachFields, attachScalar, attachUnion } from '../../src/graphql/fields/executable-schema.ts';
import { propertyOf } from '../../src/graphql/extension/extension-fields.ts';
import { guardFields } from '../../src/graphql/fields/guarded-fields.ts';
import type { FailureLimit } from '../../src/graphql/fields/failure-limit.ts';
import { createQueryCompiler } from '../../src/graphql/compiled/compiled-query.ts';
import { dateTimeScalar, jsonScalar } from '../../src/graphql/scalars.ts';
import { createContexts, differenceOf } from '../support/query-harness.ts';

const LEAVES = 'int float string boolean id word dateTime json many';
const SDL = `
  scalar DateTime
  scalar JSON
  enum Word { ONE TWO }
  type Query { thing(a: Int = 1): Thing things: [Thing] sure: [Thing!] }
  type Thing {
    int: Int float: Float string: String boolean: Boolean id: ID word: Word dateTime: DateTime json: JSON many: [Int]
    surely: Sure thing: Thing part(a: Int): Int
  }
  type Sure {
    int: Int! float: Float! string: String! boolean: Boolean! id: ID! word: Word! dateTime: DateTime! json: JSON!
    many: [Int!]!
  }
  type Run { thing: Thing }
  type Own { int(a: Int): Int string: String! own: Own owns: [Own!] }
  union Any = Thing | Run
  extend type Query { run: Run any: Any own: Own }`;

type Resolvers = Readonly<Record<string, Readonly<Record<string, GraphQLFieldResolver<object, Context>>>>>;

/** As the field table has them. */
const tablesOf = (resolvers: Resolvers) =>
  Object.fromEntries(
    Object.entries(resolvers).map(([type, fields]) => [
      type,
      Object.fromEntries(Object.entries(fields).map(([name, resolve]) => [name, { resolve }])),
    ]),
  );

const typeOfAny = (value: unknown) => ((value as object | null) && 'int' in (value as object) ? 'Thing' : 'Run');

/** Two ways to execute one operation in one context. */
function createWays(resolvers: Resolvers, text: string, resolveType: GraphQLTypeResolver<unknown, Context>) {
  const schema = buildSchema(SDL);
  for (const scalar of [dateTimeScalar, jsonScalar]) attachScalar(schema, scalar);
  attachFields(schema, tablesOf(resolvers));
  attachUnion(schema, 'Any', resolveType);
  guardFields(schema);
  const document = parse(text, { noLocation: true });
  const compiled = createQueryCompiler(schema).compile(document, null);
  const context = createContexts(schema)(null);
  if (!compiled) throw new Error('expected an operation that can be compiled');
  return {
    interpreted: async () => execute({ schema, document, contextValue: context }),
    compiled: async () => compiled.execute(context, {}),
  };
}

/** Compares once each time it is called: null if the compiled query answers as graphql-js does. */
function createDifference(
  resolvers: Resolvers,
  text: string,
  resolveType: GraphQLTypeResolver<unknown, Context> = typeOfAny,
) {
  const { interpreted, compiled } = createWays(resolvers, text, resolveType);
  return async (): Promise<string | null> => differenceOf(await interpreted(), await compiled());
}

const later = async (ticks: number): Promise<void> => {
  for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
};

describe('a compiled query over bad data', () => {
  const ODD = [
    ...[1, -0, 1.5, 2 ** 40, NaN, Infinity, '', '1', 'ONE', true, null, undefined, [], [1, null, 2 ** 40], {}],
    ...[{ text: 'then' }, { text: null }, new Error('as a value'), new Date(0)],
  ];
  const GOOD = {
    int: 1,
    float: 1.5,
    string: 's',
    boolean: true,
    id: 'i',
    word: 'ONE',
    dateTime: { text: 'now' },
    json: {},
    many: [1],
  };
  /** Most leaves are good: where several are bad, one that is told hides another that is not. */
  const object = fc.oneof(
    {
      weight: 9,
      arbitrary: fc
        .tuple(fc.constantFrom(...LEAVES.split(' ')), fc.constantFrom<unknown>(...ODD))
        .map(([name, odd]) => ({ ...GOOD, [name]: odd })),
    },
    fc.constant(GOOD),
    fc.constantFrom<unknown>(...ODD),
  );

  it('answers as graphql-js does, whatever a leaf or an object is', async () => {
    const thing = fc
      .tuple(object, object, object)
      .map(([own, surely, inner]) =>
        typeof own === 'object' && own !== null ? { ...own, surely, thing: inner } : own,
      );
    let one: unknown;
    let several: readonly unknown[] = [];
    const resolvers = { Query: { thing: () => one, things: () => several, sure: () => Promise.resolve(several) } };
    const selection = `{ ${LEAVES} surely { ${LEAVES} } thing { ${LEAVES} } }`;
    const difference = createDifference(resolvers, `{ thing ${selection} things ${selection} sure ${selection} }`);
    await fc.assert(
      fc.asyncProperty(thing, fc.array(thing, { maxLength: 2 }), async (...drawn) => {
        [one, several] = drawn;
        expect(await difference()).toBeNull();
      }),
      { numRuns: 60, seed: 4711 },
    );
  });

  it.each(LEAVES.split(' '))('answers as graphql-js does over each value of %s', async (name) => {
    let value: unknown;
    const resolvers = { Query: { thing: () => ({ [name]: value, surely: { [name]: value } }) } };
    const difference = createDifference(resolvers, `{ thing { ${name} surely { ${name} } } }`);
    for (const one of [1, 1.5, 2 ** 40, NaN, Infinity, '', '1', 'ONE', true, null, undefined, [2 ** 40], {}]) {
      value = one;
      expect(await difference()).toBeNull();
    }
  });

  it('answers as graphql-js does where reading a field throws, at once or later', async () => {
    const run = {
      get thing() {
        throw new Error('a defect');
      },
    };
    for (const resolve of [() => run, () => Promise.resolve(run)]) {
      expect(await createDifference({ Query: { run: resolve } }, '{ run { thing { id } } }')()).toBeNull();
    }
  });

  it('answers as graphql-js does whatever an object of a type beside the contract does when it is read', async () => {
    const fail = () => {
      throw new Error('a defect');
    };
    const answers = (value: unknown): readonly PropertyDescriptor[] => [
      { value },
      { get: fail },
      { get: () => value },
      { value: fail },
      { value: (args: { readonly a?: number }, ...others: unknown[]) => (others.length === 0 ? (args.a ?? value) : 0) },
      { get: () => Promise.resolve(value) },
      { get: () => Promise.reject(new Error('later')) },
      { value: new Error('as a value') },
    ];
    const make = (int: number, string: number, inner: object): object =>
      Object.defineProperties(inner, { int: answers(1)[int] ?? {}, string: answers('text')[string] ?? {} });
    const kind = fc.nat(7);
    let drawn: readonly [number, number, number, number] = [0, 0, 0, 0];
    const own = () => {
      const [int, string, innerInt, innerString] = drawn;
      return make(int, string, {
        get own() {
          return make(innerInt, innerString, {});
        },
        owns: () => [make(innerInt, 0, {}), Promise.resolve(make(0, innerString, {}))],
      });
    };
    const text = '{ own { int(a: 3) string own { int string } owns { int string } } }';
    const properties = ['int', 'string', 'own', 'owns'].map((name) => [name, propertyOf(name)] as const);
    const difference = createDifference({ Query: { own }, Own: Object.fromEntries(properties) }, text);
    await fc.assert(
      fc.asyncProperty(fc.tuple(kind, kind, kind, kind), async (kinds) => {
        drawn = kinds;
        expect(await difference()).toBeNull();
      }),
      { numRuns: 100, seed: 4711 },
    );
  });

  it('answers as graphql-js does where a list is none', async () => {
    for (const list of [null, undefined, 7, 'text', {}, new Set([{ int: 1 }]), new Map([[1, 2]])]) {
      for (const resolve of [() => list, () => Promise.resolve(list)]) {
        const resolvers = { Query: { things: resolve, sure: resolve } };
        for (const field of ['things', 'sure']) {
          expect(await createDifference(resolvers, `{ ${field} { int } }`)()).toBeNull();
        }
      }
    }
  });

  it('answers as graphql-js does whatever the type of an object is said to be', async () => {
    const throwing = () => {
      throw new Error('a defect');
    };
    for (const resolveType of [typeOfAny, () => 'Sure', () => undefined, throwing]) {
      const difference = createDifference(
        { Query: { any: () => ({ int: 1 }) } },
        '{ any { __typename } }',
        resolveType,
      );
      expect(await difference()).toBeNull();
    }
  });

  it('tells what a resolver throws, an Error or not, at once or later', async () => {
    for (const thrown of [new Error('an error'), 'text', null, { message: 'no error' }]) {
      const throwAtOnce = () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- a defect, which graphql-js words
        throw thrown;
      };
      const throwLater = async () => {
        await later(1);
        throwAtOnce();
      };
      for (const resolve of [throwAtOnce, throwLater]) {
        const thing = () => ({ surely: {}, thing: {} });
        const resolvers = { Query: { thing }, Thing: { id: resolve }, Sure: { id: resolve } };
        const difference = createDifference(resolvers, '{ thing { id thing { id } surely { id } } }');
        expect(await difference()).toBeNull();
      }
    }
  });
});

const KINDS = ['value', 'value', 'error', 'rejection', 'null', 'text is thrown'] as const;
interface Item {
  /** How many promises it waits for; a value below 0 is no promise at all. */
  readonly ticks: number;
  readonly kind: (typeof KINDS)[number];
}

async function settle({ ticks, kind }: Item, index: number): Promise<unknown> {
  await later(ticks);
  if (kind === 'rejection') throw new Error(`item ${index}`);
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- a defect, which graphql-js words
  if (kind === 'text is thrown') throw 'text';
  if (kind === 'error') return new Error(`item ${index}`);
  return kind === 'null' ? null : { int: index };
}

describe('a list in a compiled query', () => {
  it.each(['things', 'sure'])('has each item and each error in its own place: %s', async (field) => {
    let items: readonly Item[] = [];
    let isLater = false;
    const list = () => {
      const made = items.map((item, index) =>
        item.ticks < 0 && item.kind === 'value' ? { int: index } : settle(item, index),
      );
      return isLater ? later(2).then(() => made) : made;
    };
    const string = async (source: object) => later('int' in source ? Number(source.int) : 0).then(() => 'text');
    const resolvers = { Query: { [field]: list }, Thing: { string } };
    const difference = createDifference(resolvers, `{ ${field} { int string } }`);
    const item = fc.record({ ticks: fc.integer({ min: -1, max: 4 }), kind: fc.constantFrom(...KINDS) });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 6 }), fc.boolean(), async (...drawn) => {
        [items, isLater] = drawn;
        expect(await difference()).toBeNull();
      }),
      { numRuns: 300, seed: 4711 },
    );
  });
});

describe('a compiled query', () => {
  it('is executed once, also where resolvers fail; again only where something else is wrong', async () => {
    const callsFor = async (thing: unknown) => {
      let calls = 0;
      const any = () => {
        calls += 1;
        return { int: 1 };
      };
      const resolvers = { Query: { any, thing: () => thing } };
      await createWays(resolvers, '{ any { ... on Thing { int } } thing { int } }', typeOfAny).compiled();
      return calls;
    };
    expect(await callsFor({ int: 1 })).toBe(1);
    expect(await callsFor(new Error('not found'))).toBe(1);
    expect(await callsFor({ int: 2 ** 40 })).toBe(2);
  });

  it('counts each field that fails once, though graphql-js executes it again', async () => {
    let limit: FailureLimit | undefined;
    const int: GraphQLFieldResolver<object, Context> = (_source, _args, { budgets }) => {
      limit = budgets.failures;
      throw new Error('no number');
    };
    const things = () => Array.from({ length: 3000 }, () => ({ many: [2 ** 40] }));
    await createWays({ Query: { things }, Thing: { int } }, '{ things { int many } }', typeOfAny).compiled();
    expect(limit?.excess()).toBeNull();
  });

  it('reads the arguments of a field once for all items of a list', async () => {
    const seen = new Set<unknown>();
    const part = (_source: object, args: unknown) => void seen.add(args);
    const things = () => [{}, {}, {}];
    const text = '{ things { a: part(a: 1) b: part(a: 2) } }';
    await createWays({ Query: { things }, Thing: { part } }, text, typeOfAny).compiled();
    expect([...seen]).toEqual([{ a: 1 }, { a: 2 }]);
  });
});

describe('a compiler', () => {
  it('gives resolvers what graphql-js gives them', async () => {
    const seen: { readonly plain: unknown; readonly identities: readonly unknown[] }[] = [];
    const note: GraphQLFieldResolver<object, unknown> = (source, args, context, info: GraphQLResolveInfo) => {
      const { schema, parentType, returnType, fieldNodes, operation, fragments, path, fieldName } = info;
      const plain = {
        fieldName,
        rootValue: info.rootValue,
        source,
        args: { ...(args as object) },
        path: responsePathAsArray(path),
        variableValues: { ...info.variableValues },
      };
      const identities = [
        context,
        schema,
        parentType,
        returnType,
        operation,
        ...fieldNodes,
        ...Object.values(fragments),
      ];
      seen.push({ plain, identities });
      return { int: 1 };
    };
    const difference = createDifference(
      { Query: { thing: note }, Thing: { thing: note } },
      `query ($v: Int = 3) { thing(a: $v) { ...F } again: thing { ...F } }
       fragment F on Thing { thing { int } thing { id } }`,
    );
    expect(await difference()).toBeNull();
    expect(seen).toHaveLength(8);
    const byPath = Map.groupBy(seen, ({ plain }) => JSON.stringify((plain as { readonly path: unknown }).path));
    for (const [one, other] of byPath.values()) {
      expect(other?.plain).toEqual(one?.plain);
      expect(other?.identities.map((identity, index) => identity === one?.identities[index])).not.toContain(false);
    }
  });

  it('refuses a schema with types that it was never compared over', () => {
    const withInterface = buildSchema('interface Named { name: String } type Query { named: Named }');
    expect(() => createQueryCompiler(withInterface)).toThrow('compiled-query-schema.ts');
    const withUnion = buildSchema('type Thing { id: ID } union Any = Thing type Query { any: Any }');
    expect(() => createQueryCompiler(withUnion)).toThrow('Any');
    const withCheck = buildSchema('type Query { thing: Thing } type Thing { id: ID }');
    const type = withCheck.getType('Thing');
    if (isObjectType(type)) type.isTypeOf = () => true;
    expect(() => createQueryCompiler(withCheck)).toThrow('Thing');
  });
});
