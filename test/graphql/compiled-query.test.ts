import { describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import { BYTES_PER_FIELD, createQueryCompiler } from '../../src/graphql/compiled/compiled-query.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { createComparison, createContexts } from '../support/query-harness.ts';
import { CODE_AS_TEXT } from '../support/random-inputs.ts';

const schema = createSchema();
const compiler = createQueryCompiler(schema);
const compare = createComparison(schema);
const compile = (text: string, operationName: string | null = null) => compiler.compile(parse(text), operationName);

/** Compiled, and the same as graphql-js three times. */
async function expectSame(text: string, variables: Readonly<Record<string, unknown>> = {}) {
  const comparison = await compare({ text, variables }, true);
  expect(comparison?.difference).toBeNull();
  return comparison?.expected;
}

describe('a compiled query', () => {
  it('takes the default of an input field whose variable is left out', async () => {
    const text = `query ($d: OrderDirection!) {
      run(workflowId: "wf", id: "r1") { steps(orderBy: { field: DURATION, direction: $d }) { id } } }`;
    const optional = text.replace('OrderDirection!', 'OrderDirection! = ASC');
    const idsOf = async (variables: object) => JSON.stringify((await expectSame(optional, { ...variables }))?.data);
    expect(await idsOf({})).toBe(await idsOf({ d: 'ASC' }));
    expect(await idsOf({ d: 'DESC' })).not.toBe(await idsOf({}));
  });

  it('takes variables inside of lists and objects', async () => {
    const text = `query ($i: ID) { _entities(representations: [{ __typename: "Run", workflowId: "wf", id: $i }]) {
      ... on Run { id stepCounts { total } } } }`;
    const answer = await expectSame(text, { i: 'r1' });
    expect(JSON.parse(JSON.stringify(answer))).toEqual({
      data: { _entities: [{ id: 'r1', stepCounts: { total: 3 } }] },
    });
  });

  it('never runs what stands in a literal', async () => {
    const text = `{ run(workflowId: "wf", id: "r1") { outputs(path: ${JSON.stringify(CODE_AS_TEXT)}) } }`;
    const answer = await expectSame(text);
    expect(answer?.errors?.[0]?.message).toContain('path: ');
  });

  it.each([
    ['a mutation', 'mutation { executeWorkflow(workflowId: "wf") { message } }'],
    [
      'a mutation with variables inside of its inputs',
      'mutation ($p: String, $n: Int) { executeWorkflow(workflowId: "wf", inputs: { p: $p, deep: { list: [$p, $n] } }) { message } }',
    ],
    ['a subscription', 'subscription { runUpdated(workflowId: "wf", id: "r1") { id } }'],
    ['introspection', '{ __schema { queryType { name } } }'],
    ['introspection in a fragment', '{ ...Q } fragment Q on Query { __type(name: "Run") { name } }'],
    ['a condition', 'query ($x: Boolean!) { workflow(id: "wf") { id @skip(if: $x) } }'],
    ['a condition of a fragment', '{ workflow(id: "wf") { ... @include(if: true) { id } } }'],
    ['keys whose paths have one name', '{ a: workflow(id: "wf") { b_c: id } a_b: workflow(id: "wf") { c: id } }'],
    ['a key that is no property', '{ __proto__: workflow(id: "wf") { id } }'],
    ['several operations and no name', 'query A { __typename } query B { __typename }'],
    ['a large operation', `{ workflow(id: "wf") { ${Array.from({ length: 200 }, (_, i) => `a${i}: id`).join(' ')} } }`],
    [
      'a large operation made of nested fragments',
      `{ workflow(id: "wf") { ...F0 } } ${Array.from({ length: 60 }, (_, i) => `fragment F${i} on Workflow { ...F${i + 1} ...F${i + 1} }`).join(' ')} fragment F60 on Workflow { id }`,
    ],
  ])('is none for %s', (_, text) => {
    expect(compile(text)).toBeNull();
  });

  it('is one of several operations by its name', async () => {
    const text = 'query A { a: __typename } query B { b: __typename }';
    expect(await compile(text, 'B')?.execute(createContexts(schema)(null), {})).toEqual({ data: { b: 'Query' } });
    expect(compile(text, 'C')).toBeNull();
  });

  it('says by its fields how much memory it holds, at most about 1 MB', () => {
    const small = compile('{ workflow(id: "wf") { id } }')?.sizeBytes ?? 0;
    const twice = compile(
      '{ workflow(id: "wf") { ...F } a: workflow(id: "wf") { ...F } } fragment F on Workflow { id }',
    );
    expect(small).toBe(2 * BYTES_PER_FIELD);
    expect(twice?.sizeBytes).toBe(2 * small);
    const large = `{ workflow(id: "wf") { ${Array.from({ length: 127 }, (_, i) => `a${i}: id`).join(' ')} } }`;
    expect(compile(large)?.sizeBytes).toBeLessThan(1.1 * 2 ** 20);
  });

  it('words the errors of variables as graphql-js does', async () => {
    const text = 'query ($f: StepFilter) { run(workflowId: "wf", id: "r1") { steps(filter: $f) { id } } }';
    for (const f of [[], [[]], { failedOnly: 'x' }, { nodeId: [null] }, { unknown: 1 }, 7]) {
      expect((await expectSame(text, { f }))?.data).toBeUndefined();
    }
  });
});
