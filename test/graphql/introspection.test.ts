import { expect, it } from '@jest/globals';
import { execute, getIntrospectionQuery, parse } from 'graphql';
import { createSchema } from '../../src/graphql/schema.ts';
import { createPreparedCost } from '../support/cost.ts';

const schema = createSchema();
const costOf = createPreparedCost(schema, true);

const objectsIn = (value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value).reduce((sum: number, each) => sum + objectsIn(each), 0);
  return Array.isArray(value) ? inner : 1 + inner;
};

// With fewer than ten fields each object weighs one.
it.each([
  getIntrospectionQuery(),
  '{ __schema { types { fields { args { type { name } } type { fields { name } possibleTypes { name } } } } } }',
  '{ a: __schema { queryType { name } mutationType { name } subscriptionType { fields { name } } directives { args { name } } } }',
  '{ __type(name: "Run") { fields(includeDeprecated: true) { name type { ofType { enumValues { name } } } } interfaces { name } } }',
  '{ __type(name: "StepFilter") { inputFields { type { kind ofType { name } } } } none: __type(name: "None") { name } }',
  '{ ...Q } fragment Q on Query { __schema { ...S } } fragment S on __Schema { types { ... on __Type { name } } }',
])('introspection costs the objects that it answers: %s', async (query) => {
  const { data, errors } = await execute({ schema, document: parse(query) });
  expect(errors).toBeUndefined();
  const { objects, introspected, calls } = costOf(query)({});
  // The root is no object that counts.
  expect([objects, introspected, calls]).toEqual([objectsIn(data) - 1, objectsIn(data) - 1, 0]);
});

it('introspection is counted with the variables of the request', () => {
  const byName = costOf('query Q($name: String!) { __type(name: $name) { fields { name } } }');
  expect(byName({ name: 'Run' }).objects).toBeGreaterThan(byName({ name: 'PageInfo' }).objects);
});

it('introspection is counted no further than the limit of the whole operation, however many root fields ask for it', () => {
  const root = (index: number) => `s${index}: __schema { types { fields { type { fields { name } } } } }`;
  const { introspected } = costOf(`{ ${Array.from({ length: 50 }, (_, index) => root(index)).join(' ')} }`)({});
  expect(introspected).toBe(25_001);
});
