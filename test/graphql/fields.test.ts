import { describe, expect, it } from '@jest/globals';
import {
  buildSchema,
  execute,
  GraphQLScalarType,
  Kind,
  parse,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
} from 'graphql';
import type { Context } from '../../src/graphql/context.ts';
import { attachFields, attachScalar, attachUnion, countObjects } from '../../src/graphql/fields/executable-schema.ts';
import { guardFields } from '../../src/graphql/fields/guarded-fields.ts';
import { createFailureLimit } from '../../src/graphql/fields/failure-limit.ts';
import { checkInt, intFields } from '../../src/graphql/fields/int-fields.ts';
import { createObjectBudget, weightOf } from '../../src/graphql/fields/object-budget.ts';
import { forEachSelected } from '../../src/graphql/fields/selection.ts';

const TOO_LARGE = (message: string) =>
  expect.objectContaining({ code: 'ANSWER_TOO_LARGE', message: expect.stringContaining(message) });

describe('a walk through a selection', () => {
  /** The names of the fields that it comes to. */
  function walk(text: string, onType: (name: string) => boolean = () => true): string[] {
    const { definitions } = parse(text);
    const [operation, ...fragments] = definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('expected an operation first');
    const byName = Object.fromEntries(
      fragments.map((one) => [(one as FragmentDefinitionNode).name.value, one as FragmentDefinitionNode]),
    );
    const names: string[] = [];
    forEachSelected(operation.selectionSet, byName, onType, ({ name }: FieldNode) => void names.push(name.value));
    return names;
  }

  it('comes to each field, through fragments, and not into what is selected of it', () => {
    expect(
      walk('{ a { x } ... { b } ... on Run { c } ...F d } fragment F on Run { e ...G } fragment G on Run { f }'),
    ).toEqual(['a', 'b', 'c', 'e', 'f', 'd']);
  });

  it('goes through a fragment once, however often it is spread', () => {
    const levels = Array.from({ length: 60 }, (_, at) => `fragment F${at} on Run { ...F${at + 1} ...F${at + 1} }`);
    expect(walk(`{ ...F0 ...F0 } ${levels.join(' ')} fragment F60 on Run { a }`)).toEqual(['a']);
  });

  it('leaves out fragments on types that do not count', () => {
    const text =
      '{ a ... { b } ... on Run { c } ... on Step { d } ...R ...S } fragment R on Run { e } fragment S on Step { f }';
    expect(walk(text, (name) => name === 'Step')).toEqual(['a', 'b', 'd', 'f']);
  });

  it('comes to nothing where nothing is selected', () => {
    forEachSelected(
      undefined,
      {},
      () => true,
      () => {
        throw new Error('expected no field');
      },
    );
  });
});

describe('the limit of failures', () => {
  it('allows 5000; with one more the answer is refused', () => {
    const limit = createFailureLimit();
    for (let time = 0; time < 5000; time += 1) limit.add();
    expect([limit.isExceeded(), limit.excess()]).toEqual([false, null]);
    limit.add();
    expect(limit.isExceeded()).toBe(true);
    expect(limit.excess()).toEqual(TOO_LARGE('More than 5000 fields of this operation have failed'));
  });
});

describe('fields that fail', () => {
  const FEW = 3;
  const MANY = 3000;
  const fail = (): never => {
    throw new Error('failed');
  };
  const later = async () => Promise.resolve().then(fail);
  const computed = {
    get id() {
      return fail();
    },
  };

  /** How many errors there are, how often a resolver was called, and whether the answer is refused. */
  async function outcomeOf(text: string, length: number) {
    const schema = buildSchema(`
      type Query { items: [Item] own: [Own] runs: [Run] errors: [Item] rejected: [Item] mixed: [Item] none: [Item] }
      type Mutation { a: Own b: Int items: [Item] }
      type Item { a: Int b: Int later: Int value: Int list: [Int!]! plain: Int sure: Int! }
      type Own { id: Int }
      type Run { id: Int }`);
    let calls = 0;
    const counted = (read: () => unknown) => ({
      resolve() {
        calls += 1;
        return read();
      },
    });
    const all = (item: () => unknown) => counted(() => Array.from({ length }, item));
    const [a, b] = [counted(fail), counted(fail)];
    attachFields(schema, {
      Query: {
        items: all(() => ({})),
        own: all(() => computed),
        runs: all(() => computed),
        errors: all(() => new Error('failed')),
        rejected: all(later),
        mixed: counted(() => Array.from({ length }, (_, at) => (at === 0 ? {} : new Error('failed')))),
        none: counted(() => null),
      },
      Mutation: { a: counted(() => ({})), b: counted(() => 1), items: all(() => ({})) },
      Item: { a, b, later: counted(later), value: counted(() => new Error('failed')), list: a, sure: a },
      Own: { id: counted(fail) },
    });
    guardFields(schema);
    const failures = createFailureLimit();
    const contextValue = { budgets: { failures } } as Context;
    const { errors = [], data } = await execute({ schema, document: parse(text), contextValue });
    const messages = new Set(errors.map(({ message }) => message));
    return { errors: errors.length, messages, data, calls, isRefused: failures.isExceeded() };
  }

  it.each([
    ['at once', '{ items { a } }', FEW + 1],
    ['later', '{ items { later } }', FEW + 1],
    ['by an Error as a value', '{ items { value } }', FEW + 1],
    ['where they can not be null', '{ items { sure } }', FEW + 1],
    ['when a property is read that the object computes', '{ runs { id } }', 1],
    ['by what they do for an embedder', '{ own { id } }', FEW + 1],
    ['as items that are Errors', '{ errors { plain } }', 1],
    ['as items that reject', '{ rejected { plain } }', 1],
  ])('have each an error, as long as they are few: %s', async (_, text, calls) => {
    expect(await outcomeOf(text, FEW)).toMatchObject({ errors: FEW, calls, isRefused: false });
  });

  it.each([
    ['at once', '{ items { a b } }', 5001 + 1],
    ['lists that can not be null', '{ items { a list } }', 5001 + 1],
    ['properties', '{ runs { id again: id } }', 1],
    ['Errors as values', '{ items { value again: value } }', 5001 + 1],
    ['items that are Errors', '{ errors { plain } again: errors { plain } }', 2],
    ['items of which some are Errors', '{ mixed { plain } again: mixed { plain } }', 2],
    ['items and fields', '{ errors { plain } items { a } }', 2002 + 1],
  ])('are no longer read once they are more than 5000: %s', async (_, text, atMost) => {
    const { errors, calls, isRefused } = await outcomeOf(text, MANY);
    expect({ isRefused, isBounded: errors <= 5000 && calls <= atMost }).toEqual({ isRefused: true, isBounded: true });
  });

  it('that come later are no errors once they are more than 5000', async () => {
    for (const text of ['{ items { later again: later } }', '{ rejected { plain } again: rejected { plain } }']) {
      const { errors, isRefused } = await outcomeOf(text, MANY);
      expect({ errors, isRefused }).toEqual({ errors: 5000, isRefused: true });
    }
  });

  it('do not stop a mutation, however many they are', async () => {
    const { calls } = await outcomeOf('mutation { a { id } b }', FEW);
    expect(calls).toBe(3);
    const { data, isRefused } = await outcomeOf('mutation { items { a b } b }', MANY);
    expect([data?.b, isRefused]).toEqual([1, true]);
  });

  it('have the error that they failed with where they can not be null, however many they are', async () => {
    const { errors, messages } = await outcomeOf('{ items { sure } }', 2 * MANY);
    expect([errors, messages]).toEqual([2 * MANY, new Set(['failed'])]);
  });

  it('are no lists that are null', async () => {
    expect(await outcomeOf('{ none { plain } }', FEW)).toMatchObject({ data: { none: null }, errors: 0 });
  });

  it('are none of plain data, and none of the schema itself: those are read without a check', () => {
    const schema = buildSchema('type Query { a: Int b: Int c: Int plain: Int }');
    const resolvers = {
      a: { resolve: () => 1 },
      b: { resolve: (source: unknown) => source },
      c: { resolve: (_source: unknown, _args: unknown, _context: unknown, info: unknown) => info },
    };
    attachFields(schema, { Query: resolvers });
    const { a, b, c, plain } = schema.getQueryType()?.getFields() ?? {};
    const ofSchema = () =>
      Object.values((schema.getType('__Type') as GraphQLObjectType).getFields()).map(({ resolve }) => resolve);
    const before = ofSchema();
    guardFields(schema);
    expect(plain?.resolve).toBeUndefined();
    expect(ofSchema()).toEqual(before);
    // A compiled query sees by it what a resolver reads.
    expect([a, b, c].map((field) => field?.resolve?.length)).toEqual([0, 1, 4]);
    expect(a?.resolve).not.toBe(resolvers.a.resolve);
  });
});

describe('the budget of objects', () => {
  it('is used up by all that is taken, and not before', () => {
    const budget = createObjectBudget(10);
    budget.take(4);
    budget.take(6);
    const errors: unknown[] = [];
    for (const objects of [1, 2]) {
      try {
        budget.take(objects);
      } catch (error) {
        errors.push(error);
      }
    }
    expect(errors).toEqual([TOO_LARGE('One operation may answer 10 objects'), errors[0]]);
    expect(errors[1]).toBe(errors[0]);
  });

  it('counts an object, and one more for each ten of its fields', () => {
    expect([0, 1, 9, 10, 19, 20].map(weightOf)).toEqual([1, 1, 1, 2, 2, 3]);
  });
});

describe('a list of objects', () => {
  const schema = buildSchema(`
    type Query { items(later: Boolean): [Item] sure: [Item!]! numbers: [Int] none: [Item] one: Item things: [Thing] word: [Word] }
    type Item { a: Int b: Int inner: Item items: [Item!]! }
    union Thing = Item
    enum Word { ONE }`);
  const item = (items: readonly unknown[] = []) => ({ a: 1, b: 2, items });
  attachFields(schema, {
    Query: {
      items: {
        resolve: (_root: unknown, { later }: { readonly later?: boolean }) =>
          later ? Promise.resolve([item(), item()]) : [item(), item()],
      },
      sure: { resolve: () => [{ ...item([item(), item(), item()]), inner: item() }] },
    },
  });
  attachUnion(schema, 'Thing', () => 'Item');
  countObjects(schema);

  async function taken(text: string): Promise<readonly number[]> {
    const takes: number[] = [];
    const objects = { take: (count: number) => void takes.push(count) };
    const context = { budgets: { objects } } as unknown as Context;
    const rootValue = { numbers: [1, 2], none: null, one: item([item()]), things: [item()], word: ['ONE'] };
    expect((await execute({ schema, document: parse(text), rootValue, contextValue: context })).errors).toBeUndefined();
    return takes;
  }

  it('takes its items from the budget, at once or later', async () => {
    expect(await taken('{ items { a } }')).toEqual([2]);
    expect(await taken('{ items(later: true) { a } }')).toEqual([2]);
    expect(await taken('{ things { ... on Item { a } } one { items { a } } }')).toEqual([1, 1]);
  });

  it('weighs an item by all that is selected of it, but for lists in it', async () => {
    const ten = Array.from({ length: 10 }, (_, at) => `a${at}: a`).join(' ');
    expect(await taken(`{ items { ${ten} } }`)).toEqual([4]);
    expect(await taken(`{ items { ...F } } fragment F on Item { ${ten} }`)).toEqual([4]);
    expect(await taken(`{ things { ... on Item { ${ten} } } }`)).toEqual([2]);
    // An object in the item counts with it.
    expect(await taken('{ sure { inner { a } } }')).toEqual([2]);
    expect(await taken(`{ sure { inner { ${ten} } } }`)).toEqual([3]);
    // One item with a list of three, each of which has an empty list.
    expect(await taken(`{ sure { items { ${ten} items { a } } } }`)).toEqual([1, 6]);
  });

  it('counts what each of several selections of it selects', async () => {
    const ten = Array.from({ length: 10 }, (_, at) => `a${at}: a`).join(' ');
    expect(await taken(`{ items { ${ten} } items { b } }`)).toEqual([4, 2]);
  });

  it('is no list of numbers, no object alone, and none that is empty or null', async () => {
    expect(await taken('{ numbers word none { a } one { a } __schema { types { name } } }')).toEqual([]);
    expect(await taken('{ one { items { items { a } } } }')).toEqual([1]);
  });
});

describe('a count', () => {
  it('is answered where an Int can hold it, and never as another number', () => {
    for (const good of [0, 1 - 2 ** 31, 2 ** 31 - 1, null]) expect(checkInt(good, 'tokens')).toBe(good);
    for (const bad of [2 ** 31, -(2 ** 31) - 1]) {
      expect(() => checkInt(bad, 'tokens')).toThrow(
        expect.objectContaining({
          code: 'NUMBER_OUT_OF_RANGE',
          message: 'tokens: the number is beyond what an Int can hold (2147483647)',
        }),
      );
    }
  });

  it('that can not be told is an error', () => {
    const { tokens } = intFields('tokens');
    expect(tokens.isIntCheck).toBe(true);
    const read = (count: number | null) => tokens.resolve({ tokens: count });
    expect([read(7), read(null)]).toEqual([7, null]);
    expect(() => read(2 ** 31)).toThrow(expect.objectContaining({ code: 'NUMBER_OUT_OF_RANGE' }));
  });
});

describe('a schema', () => {
  it('has each scalar and union that is attached to it', () => {
    const schema = buildSchema('type Query { a: Int } scalar Own union Any = Query');
    const own = new GraphQLScalarType({ name: 'Own', serialize: () => 'as told' });
    attachScalar(schema, own);
    expect((schema.getType('Own') as GraphQLScalarType).serialize(1)).toBe('as told');
    for (const name of ['None', 'Query']) {
      expect(() => {
        attachScalar(schema, new GraphQLScalarType({ name }));
      }).toThrow(`expected ${name} to be in schema.graphql`);
      expect(() => {
        attachUnion(schema, name, () => 'Query');
      }).toThrow(`expected ${name} to be in schema.graphql`);
    }
  });
});
