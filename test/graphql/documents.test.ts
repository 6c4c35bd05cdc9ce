/** The memory of documents cannot be observed from outside, so this tests their module. */
import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'graphql';
import { createQueryCompiler, type QueryCompiler } from '../../src/graphql/compiled/compiled-query.ts';
import { createDocuments } from '../../src/graphql/operations/documents.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { keptBytes } from '../harness/collect-garbage.ts';

const schema = createSchema();
const realCompiler = createQueryCompiler(schema);

function createTracked(maxBytes: number, compiler: QueryCompiler = realCompiler) {
  const documents = createDocuments({ schema, compiler, maxBytes });
  /** Keeps the document, and returns the size of its compiled query. */
  function keep(text: string, isCompiled = true): number {
    const document = documents.find(text) ?? documents.prepare(text, parse(text, { noLocation: true }));
    documents.keep(document, hash('sha256', text));
    return isCompiled ? (documents.compiled(document, null)?.sizeBytes ?? 0) : 0;
  }
  return { documents, keep };
}

describe('documents', () => {
  it('never exceed their memory limit, in any order of use', () => {
    const action = fc.record({
      number: fc.integer({ min: 0, max: 12 }),
      length: fc.constantFrom(0, 100, 2000, 30_000),
      isCompiled: fc.boolean(),
    });
    const actions = fc.array(action, { maxLength: 60 });
    fc.assert(
      fc.property(actions, fc.constantFrom(0, 1000, 50_000, 200_000), fc.constantFrom(0, 40_000), (all, max, bytes) => {
        const compiler = { compile: () => ({ sizeBytes: bytes, execute: () => ({ data: {} }) }) };
        const { documents, keep } = createTracked(max, compiler);
        const compiled = new Map<string, number>();
        for (const { number, length, isCompiled } of all) {
          const text = `{__typename}#${number} ${'x'.repeat(length)}`;
          const before = documents.find(text) ? (compiled.get(text) ?? 0) : 0;
          compiled.set(text, Math.max(keep(text, isCompiled), before));
          const kept = [...compiled].filter(([known]) => documents.find(known));
          expect(kept.reduce((sum, [known, size]) => sum + 2 * known.length + size, 0)).toBeLessThanOrEqual(max);
        }
      }),
      { seed: 41, numRuns: 150 },
    );
  });

  it('leave no code of evicted compiled queries in memory', () => {
    const { keep } = createTracked(200_000);
    const compileMany = (round: number) => {
      for (let count = 0; count < 100; count += 1) {
        const aliases = Array.from({ length: 50 }, (_, alias) => `a${round}x${count}x${alias}: status`);
        expect(keep(`{ run(workflowId: "wf", id: "r1") { ${aliases.join(' ')} } }`)).toBeGreaterThan(0);
      }
    };
    compileMany(0);
    const before = keptBytes();
    compileMany(1);
    expect(keptBytes() - before).toBeLessThan(2 ** 20);
  });
});
