import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'graphql';
import { createQueryCompiler, type QueryCompiler } from '../../src/graphql/compiled/compiled-query.ts';
import { createLookAhead } from '../../src/graphql/fields/data-requirements.ts';
import { createCostModel } from '../../src/graphql/operations/cost.ts';
import { createDocuments, type Documents } from '../../src/graphql/operations/documents.ts';
import { createSchema } from '../../src/graphql/schema.ts';

const schema = createSchema();
const costModel = createCostModel({
  schema,
  lookAhead: createLookAhead(schema),
  offersRecords: true,
  maxObjects: 25_000,
});
const realCompiler = createQueryCompiler(schema);

/** What each kept document must at least count for: its text at two bytes a character, and its compiled queries. */
function createTracked(maxBytes: number, compiledBytes: number | null = null) {
  const compiler: QueryCompiler =
    compiledBytes === null
      ? realCompiler
      : { compile: () => ({ sizeBytes: compiledBytes, execute: () => ({ data: {} }) }) };
  const documents = createDocuments({ schema, costModel, compiler, maxBytes });
  return { documents, keep: keeper(documents) };
}

const keeper =
  (documents: Documents) =>
  (text: string, operationNames: readonly (string | null)[] = []) => {
    const document = documents.find(text) ?? documents.prepare(text, 'hash', parse(text, { noLocation: true }));
    documents.keep(document);
    return operationNames.map((name) => documents.compiled(document, name)?.sizeBytes ?? 0);
  };

const commented = (number: number, length: number) => `{__typename}#${number} ${'x'.repeat(length)}`;
const legal = (number: number, fields: number) =>
  `query Q${number} { run(workflowId: "wf", id: "r") { ${Array.from({ length: fields }, (_, at) => `a${at}: id`).join(' ')} } }`;

describe('documents', () => {
  it('are kept only where keep says so', () => {
    const { documents } = createTracked(1_000_000);
    const text = '{ __typename }';
    const document = documents.prepare(text, 'hash', parse(text));
    expect(documents.find(text)).toBeUndefined();
    expect(documents.compiled(document, null)).toBeNull();
    expect(documents.find(text)).toBeUndefined();
    documents.keep(document);
    expect(documents.find(text)).toBe(document);
    expect(documents.compiled(document, null)).toBe(documents.compiled(document, null));
  });

  it('prepare each of their operations once', () => {
    const { documents } = createTracked(1_000_000);
    const text = 'query A { __typename } query B { __typename }';
    const document = documents.prepare(text, 'hash', parse(text));
    expect(document.operation('A')).toBe(document.operation('A'));
    expect([document.operation('A')?.name, document.operation('B')?.name]).toEqual(['A', 'B']);
    expect([document.operation('C'), document.operation(null)]).toEqual([null, null]);
  });

  it('have compiled queries up to 16 Ki characters', () => {
    const { keep } = createTracked(1_000_000, 1000);
    const longest = '{ __typename }'.padEnd(16_384);
    expect([keep(longest, [null]), keep(`${longest} `, [null])]).toEqual([[1000], [0]]);
  });

  it('count their text, the least recently used is evicted', () => {
    const { documents, keep } = createTracked(1_000_000);
    const texts = Array.from({ length: 1000 }, (_, number) => commented(number, 20_000));
    for (const text of texts) keep(text);
    const kept = texts.filter((text) => documents.find(text));
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.length).toBeLessThanOrEqual(25);
    expect(kept).toEqual(texts.slice(-kept.length));
  });

  it('count their syntax tree, which is many times their text', () => {
    const { documents, keep } = createTracked(1_000_000);
    const texts = Array.from({ length: 200 }, (_, number) => legal(number, 100));
    for (const text of texts) keep(text);
    // 300 nodes and more, of 200 bytes.
    expect(texts.filter((text) => documents.find(text)).length).toBeLessThanOrEqual(1_000_000 / 60_000);
  });

  it('count their compiled queries, each operation of a document', () => {
    const { documents, keep } = createTracked(1_000_000, 300_000);
    const text = ['A', 'B', 'C', 'D'].map((name) => `query ${name} { __typename }`).join(' ');
    keep(text, ['A', 'B', 'C']);
    expect(documents.find(text)).toBeDefined();
    keep('query Other { __typename }');
    keep(text, ['D']);
    // Larger than all that may be kept: it is dropped, not kept beyond the bound.
    expect(documents.find(text)).toBeUndefined();
  });

  it('that are legal and large, sent three times each, stay within the bound', () => {
    const maxBytes = 4_000_000;
    const { documents, keep } = createTracked(maxBytes);
    const sizes = new Map<string, number>();
    for (let number = 0; number < 40; number += 1) {
      const text = legal(number, 90);
      for (let time = 0; time < 3; time += 1) sizes.set(text, keep(text, [`Q${number}`])[0] ?? 0);
    }
    const kept = [...sizes].filter(([text]) => documents.find(text));
    const least = kept.reduce((sum, [text, compiled]) => sum + 2 * text.length + compiled, 0);
    expect(kept.length).toBeGreaterThan(0);
    expect(least).toBeGreaterThan(kept.length * 90 * 2000);
    expect(least).toBeLessThanOrEqual(maxBytes);
  });

  it('of no bytes are not kept', () => {
    const { documents, keep } = createTracked(0);
    keep('{ __typename }');
    expect(documents.find('{ __typename }')).toBeUndefined();
  });

  it('never take more than their bound, in whatever order they are kept, found and compiled', () => {
    const action = fc.record({
      number: fc.integer({ min: 0, max: 12 }),
      length: fc.constantFrom(0, 100, 2000, 30_000),
      isCompiled: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 60 }),
        fc.constantFrom(1000, 5000, 50_000, 200_000),
        fc.constantFrom(0, 1000, 40_000),
        (actions, maxBytes, compiledBytes) => {
          const { documents, keep } = createTracked(maxBytes, compiledBytes);
          const compiled = new Map<string, number>();
          for (const { number, length, isCompiled } of actions) {
            const text = commented(number, length);
            const wasKept = documents.find(text) !== undefined;
            const [size = 0] = keep(text, isCompiled ? [null] : []);
            compiled.set(text, Math.max(size, wasKept ? (compiled.get(text) ?? 0) : 0));
            const bytes = [...compiled]
              .filter(([known]) => documents.find(known))
              .reduce((sum, [known, size]) => sum + 2 * known.length + size, 0);
            expect(bytes).toBeLessThanOrEqual(maxBytes);
          }
        },
      ),
      { seed: 41, numRuns: 200 },
    );
  });
});
