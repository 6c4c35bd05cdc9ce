import { beforeAll, describe, expect, it } from '@jest/globals';
import fc, { type Arbitrary } from 'fast-check';
import {
  buildClientSchema,
  execute,
  getIntrospectionQuery,
  isLeafType,
  isObjectType,
  parse,
  validate,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql';
import { createManualClock } from '../harness/clock.ts';
import { type GraphqlAnswer, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { oddRuns } from '../harness/odd-runs.ts';
import { randomOperation, type RandomOperation } from '../harness/random-operations.ts';

type Errors = GraphqlAnswer['errors'];

/** `npm run soak -- same-answers [seed] [runs]` uses other values. */
const { SOAK_SEED = '4711', SOAK_RUNS = '60' } = process.env;
const [SEED, RUNS] = [Number(SOAK_SEED), Number(SOAK_RUNS)];

/** Each field resolves to its value in the answer: graphql-js must return the same answer. */
function replaying(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isLeafType(type) && ['JSON', 'DateTime', '_Any'].includes(type.name)) {
      Object.assign(type, { serialize: (value: unknown) => value, parseValue: (value: unknown) => value });
    }
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      field.resolve = (source, _args, _context, { path }) => (source as Record<string, unknown>)[path.key];
    }
  }
  return schema;
}

describe('a random operation', () => {
  let schema: GraphQLSchema;
  // With a manual clock, durations of unfinished runs do not change.
  const options = {
    script: oddRuns,
    env: { RATE_LIMIT_ANONYMOUS_PER_MINUTE: '1000000', MAX_UPSTREAM_CALLS: '1000', MAX_OPERATION_OBJECTS: '1000000' },
    clock: { now: createManualClock().now },
  };
  const plain = perBlock(new TestGateway(options));
  const plugin = { requestDidStart: () => Promise.resolve({ executionDidStart: () => Promise.resolve() }) };
  const embedded = perBlock(new TestGateway({ ...options, plugins: [plugin] }));
  beforeAll(async () => {
    const { data } = await plain.query(getIntrospectionQuery());
    schema = replaying(buildClientSchema(data as unknown as IntrospectionQuery));
  });

  const isNullAbove = (data: unknown, path: readonly (string | number)[]): boolean => {
    let value = data;
    for (const key of path) {
      if (value == null) return true;
      value = (value as Record<string | number, unknown>)[key];
    }
    return false;
  };

  /** Sorted, because the order of errors is undefined. Errors below a nulled parent may be left out (GraphQL specification, 6.4.4). */
  const exactErrors = (data: unknown, errors: Errors) =>
    errors
      .filter(({ path = [] }) => !isNullAbove(data, path))
      .map(({ message, path, extensions: { code } }) => JSON.stringify([path, code, message]))
      .sort();

  const outcomeOf = ({ data, errors, status }: GraphqlAnswer) => ({
    status,
    data: JSON.stringify(data),
    errors: exactErrors(data, errors),
    hasErrors: errors.length > 0,
  });

  let count = 0;
  const newKey = () => `key-${(count += 1)}`;
  const seen = { answered: 0, withErrors: 0, refused: 0 };

  async function check({ text, variables }: RandomOperation): Promise<void> {
    const first = await plain.query(text, { variables, key: newKey() });
    const expected = outcomeOf(first);
    // Nothing is cached for a new key; the last key gets the cached answer.
    const key = newKey();
    const others = { known: plain, compiled: plain, cached: plain, embedded, 'embedded again': embedded };
    for (const [name, gateway] of Object.entries(others)) {
      const answer = await gateway.query(text, { variables, key: name === 'known' ? newKey() : key });
      expect({ text, variables, name, ...outcomeOf(answer) }).toEqual({ text, variables, name, ...expected });
    }
    if (first.data === null) {
      seen.refused += 1;
      return;
    }
    seen.answered += 1;
    if (expected.hasErrors) seen.withErrors += 1;
    // An entity does not contain its type.
    if (text.includes('_entities')) return;
    const replayed = await execute({ schema, document: parse(text), variableValues: variables, rootValue: first.data });
    expect({ text, data: JSON.stringify(replayed.data) }).toEqual({ text, data: expected.data });
  }

  it('has the same response the first time, later, cached and compiled', async () => {
    const bounds = new Map<number, () => Arbitrary<number>>();
    // One function for each bound, as fast-check compares the arguments of earlier calls.
    const below = (bound: number) => {
      const known = bounds.get(bound) ?? (() => fc.nat({ max: bound - 1 }));
      bounds.set(bound, known);
      return known;
    };
    const property = fc.asyncProperty(fc.gen(), async (gen) => {
      const operation = randomOperation(schema, (bound) => gen(below(bound)));
      fc.pre(validate(schema, parse(operation.text), undefined, { maxErrors: 1 }).length === 0);
      await check(operation);
    });
    await fc.assert(property, { seed: SEED, numRuns: RUNS, unbiased: true, endOnFailure: true });
    // Otherwise the comparison would prove nothing.
    expect(seen.answered).toBeGreaterThan(RUNS / 2);
    expect(seen.withErrors).toBeGreaterThan(RUNS / 5);
    expect(seen.refused).toBeGreaterThan(RUNS / 60);
  });
});
