import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'graphql';
import { LIMITS, passedLimit, type Limit } from '../../src/graphql/operations/limits.ts';

/** Selections, and the fragments that they spread. */
interface Written {
  readonly selections: string;
  readonly fragments: string;
}

/** So many of what a limit bounds, written out. Names are unique, so that nothing is selected twice. */
const PLAIN: Readonly<
  Record<'depth' | 'aliases' | 'rootFields' | 'directives' | 'repeatedFields', (count: number) => string>
> = {
  depth: (count) => `${'f { '.repeat(count - 1)}f${' }'.repeat(count - 1)}`,
  aliases: (count) => `a { ${listed(count, (at) => `b${at}: f${at}`)} }`,
  rootFields: (count) => listed(count, (at) => `f${at}`),
  directives: (count) => `a { ${listed(count, (at) => `f${at} @d`)} }`,
  repeatedFields: (count) => `a { f ${'f '.repeat(count)} }`,
};

const listed = (count: number, write: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => write(at)).join(' ');

type Wrap = (written: Written, at: number) => Written;

const WRAPS: Readonly<Record<string, Wrap>> = {
  'an inline fragment': ({ selections, fragments }) => ({ selections: `... { ${selections} }`, fragments }),
  'one with a type': ({ selections, fragments }) => ({ selections: `... on T { ${selections} }`, fragments }),
  'a fragment': ({ selections, fragments }, at) => ({
    selections: `...F${at}`,
    fragments: `${fragments} fragment F${at} on T { ${selections} }`,
  }),
};

const wraps = fc.array(fc.constantFrom(...Object.keys(WRAPS)), { maxLength: 4 });

/** The limit's name and what was found; null within the limits. */
function refusalOf(text: string): { readonly limit: unknown; readonly found: unknown } | null {
  const error = passedLimit(parse(text));
  if (!error) return null;
  const { code, limit, maximum, found } = error.extensions;
  expect(code).toBe('GRAPHQL_VALIDATION_FAILED');
  expect(error.message).toMatch(
    new RegExp(`^This operation .*\\b${String(found)}\\b.*; at most ${String(maximum)} are`),
  );
  return { limit, found };
}

describe('the limits on the form of an operation', () => {
  it('count what fragments hold as if it stood where they are spread, to the last one', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(PLAIN) as (keyof typeof PLAIN)[])),
        fc.integer({ min: -2, max: 2 }),
        wraps,
        (limit, beyond, around) => {
          const found = LIMITS[limit] + beyond;
          const start: Written = { selections: PLAIN[limit](found), fragments: '' };
          const { selections, fragments } = around.reduce(
            (written, name, at) => WRAPS[name]?.(written, at) ?? written,
            start,
          );
          expect(refusalOf(`{ ${selections} } ${fragments}`)).toEqual(beyond > 0 ? { limit, found } : null);
        },
      ),
    );
  });

  it('count a fragment each time that it is spread', () => {
    const spread = (fields: string, times: number) =>
      refusalOf(`{ ${'...F '.repeat(times)} } fragment F on T { ${fields} }`);
    expect(spread('a b c d e', 10)).toBeNull();
    expect(spread('a b c d e f', 10)).toEqual({ limit: 'rootFields', found: 60 });
    expect(spread('a: f @d @d @d', 50)).toEqual({ limit: 'directives', found: 150 });
  });

  it.each<[Limit, string, number]>([
    ['directives', `{ ...F ${'@d '.repeat(101)} } fragment F on T { f }`, 101],
    ['directives', `{ ... ${'@d '.repeat(101)} { f } }`, 101],
    ['directives', `query ${'@d '.repeat(101)} { f }`, 101],
    ['fragments', `{ f } ${listed(101, (at) => `fragment F${at} on T { f }`)}`, 101],
    // Each operation of a document is measured, and not the first alone.
    ['rootFields', `query A { f } query B { ${listed(51, (at) => `f${at}`)} }`, 51],
  ])('count %s wherever they stand', (limit, text, found) => {
    expect(refusalOf(text)).toEqual({ limit, found });
  });

  it('bound the root of an operation, and not that of a fragment which is spread further down', () => {
    expect(refusalOf(`{ a { ...F } } fragment F on T { ${listed(60, (at) => `f${at}`)} }`)).toBeNull();
  });

  it('leave introspection to a rule of graphql-js', () => {
    expect(refusalOf(`{ __schema { ${'f { '.repeat(30)}f${' }'.repeat(30)} } }`)).toBeNull();
  });

  it.each([
    ['{ ...F } fragment F on T { f { ...F } }', 'F'],
    ['{ f } fragment A on T { ...B } fragment B on T { ... { f { ...C } } } fragment C on T { ...B }', 'B'],
  ])('refuse fragments in a cycle, also where nothing spreads them: %s', (text, name) => {
    const error = passedLimit(parse(text));
    expect(error?.message).toBe(`Cannot spread fragment "${name}" within itself.`);
    expect(error?.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' });
  });

  it.each([
    ['subscription($b: Boolean!) { f @skip(if: $b) }', true],
    ['subscription { ... @include(if: true) { f } }', true],
    ['subscription { ...F } fragment F on T { f @include }', true],
    ['subscription { f { g @skip(if: true) } }', false],
    ['query { f @skip(if: true) }', false],
  ])('refuse conditions on the root field of a subscription: %s', (text, isRefused) => {
    expect(passedLimit(parse(text))?.message ?? '').toMatch(isRefused ? /no @skip and no @include/ : /^$/);
  });

  it('count what inline fragments and fragments name again in the selection that they stand in', () => {
    for (const again of ['... { f }', '... on T { f }', '...F']) {
      const refusal = refusalOf(`{ f ${`${again} `.repeat(150)}} fragment F on T { __typename }`);
      expect(refusal?.limit).toMatch(/repeatedFields|rootFields/);
    }
    expect(refusalOf(`{ f { a: g ${'... { a: g } '.repeat(99)}} }`)).toBeNull();
  });

  it('tell no endless number', () => {
    const fragments = Array.from({ length: 90 }, (_, at) => `fragment F${at} on T { ...F${at + 1} ...F${at + 1} }`);
    const error = passedLimit(parse(`{ f { ...F0 } } ${fragments.join(' ')} fragment F90 on T { a: f }`));
    expect(error?.message).toBe('This operation has more than 1000000000 aliases; at most 100 are allowed.');
    expect(error?.extensions).toMatchObject({ limit: 'aliases', found: 1_000_000_000 });
  });
});
