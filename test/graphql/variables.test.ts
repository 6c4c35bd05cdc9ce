import { describe, expect, it } from '@jest/globals';
import { getOperationAST, parse, validate } from 'graphql';
import { nullCheck } from '../../src/graphql/operations/variables.ts';
import { createSchema } from '../../src/graphql/schema.ts';

const schema = createSchema();

/** The message of what is refused; null if nothing is. */
function refusalOf(text: string, variables: Readonly<Record<string, unknown>>): string | null {
  const document = parse(text, { noLocation: true });
  expect(validate(schema, document)).toEqual([]);
  const operation = getOperationAST(document, 'Q');
  if (!operation) throw new Error('expected an operation');
  try {
    nullCheck(schema, document, operation)(variables);
    return null;
  } catch (error) {
    expect(error).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
    return (error as Error).message;
  }
}

const workflow = (fields: string) => `{ workflow(id: "w") { ${fields} } }`;
const NULL = { x: null };

describe('null for a nullable variable', () => {
  it.each([
    ['an argument', `query Q($x: ID = "a") { workflow(id: $x) { id } }`, '"id" of Query.workflow expects ID!'],
    [
      'an item',
      `query Q($x: ID = "a") ${workflow('runsById(ids: ["b", $x]) { id }')}`,
      '"ids" of Workflow.runsById expects ID!',
    ],
    [
      'a field of an input',
      `query Q($x: RunStatus = FAILED) ${workflow('runs(filter: { status: [$x] }) { __typename }')}`,
      '"filter" of Workflow.runs expects RunStatus!',
    ],
    [
      'a directive',
      `query Q($x: Boolean = true) ${workflow('... @include(if: $x) { id }')}`,
      '"if" of @include expects Boolean!',
    ],
    ['the operation', `query Q($x: Boolean = true) { __typename @skip(if: $x) }`, '"if" of @skip expects Boolean!'],
    [
      'a fragment in a fragment',
      `query Q($x: ID = "a") ${workflow('...A')} fragment A on Workflow { ...B } fragment B on Workflow { run(id: $x) { id } }`,
      '"id" of Workflow.run expects ID!',
    ],
  ])('is refused where null is not allowed, with its place: %s', (_, text, place) => {
    expect(refusalOf(text, NULL)).toBe(`Variable "$x" must not be null: ${place}.`);
    expect(refusalOf(text, { x: undefined })).toBe(`Variable "$x" must not be null: ${place}.`);
    // Left out, it has its default, or the argument has.
    expect(refusalOf(text, {})).toBeNull();
    expect(refusalOf(text, Object.create(NULL) as Record<string, never>)).toBeNull();
  });

  it('is refused where it is a default, too', () => {
    const text = `query Q($x: OrderDirection = null) { run(workflowId: "w", id: "r") { steps(orderBy: { field: DURATION, direction: $x }) { id } } }`;
    expect(refusalOf(text, {})).toContain('Variable "$x" must not be null: "orderBy" of Run.steps');
    expect(refusalOf(text, { x: 'ASC' })).toBeNull();
  });

  it.each([
    ['where null is allowed', `query Q($x: String = "a") { workflows(search: $x) { totalCount } }`],
    ['in JSON', `mutation Q($x: ID = "a") { executeWorkflow(workflowId: "w", inputs: { a: [$x] }) { message } }`],
    [
      'where another operation has it',
      `query Q($x: String) { workflows(search: $x) { totalCount } } query P($x: ID!) { workflow(id: $x) { id } }`,
    ],
    [
      'under a condition that excludes it',
      `query Q($x: ID = "a", $y: Boolean = false) { workflow(id: $x) @include(if: $y) { id } }`,
    ],
    [
      'under a condition, in a fragment',
      `query Q($x: ID = "a") ${workflow('... @skip(if: true) { run(id: $x) { id } }')}`,
    ],
    ['that may not be null at all, which graphql-js refuses', `query Q($x: ID!) { workflow(id: $x) { id } }`],
  ])('is none of its business %s', (_, text) => {
    expect(refusalOf(text, NULL)).toBeNull();
  });
});
