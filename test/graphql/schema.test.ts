import { describe, expect, it } from '@jest/globals';
import { buildSchema, graphqlSync, isObjectType, validateSchema, valueFromASTUntyped } from 'graphql';
import { attachResolvers } from '../../src/graphql/attach-resolvers.ts';
import { KEYS } from '../../src/graphql/representations.ts';
import { createSchema } from '../../src/graphql/schema.ts';

describe('the schema', () => {
  const schema = createSchema();

  it('is valid, and describes all that it adds to the contract', () => {
    expect(validateSchema(schema)).toEqual([]);
    const { _entities, _service } = schema.getQueryType()?.getFields() ?? {};
    for (const part of [_entities, _service, schema.getType('_Any'), schema.getType('_Entity')]) {
      expect(part?.description).toMatch(/^Federation: /);
    }
  });

  it('reads entities by the keys that the contract promises, and has the fields of each', () => {
    const promised = Object.values(schema.getTypeMap()).flatMap((type) => {
      const key = isObjectType(type) && type.astNode?.directives?.find(({ name }) => name.value === 'key');
      const fields = key && key.arguments?.[0] && valueFromASTUntyped(key.arguments[0].value);
      return key ? [[type.name, String(fields).split(' ')]] : [];
    });
    expect(Object.fromEntries(promised)).toEqual(KEYS);
  });
});

describe('resolvers', () => {
  it.each([
    ['a type', { Nope: { a: () => 1 } }, 'expected Nope to be in schema.graphql'],
    ['a field', { Query: { nope: () => 1 } }, 'expected Query.nope to be in schema.graphql'],
  ])('are refused for %s that the schema does not have', (_, resolvers, message) => {
    expect(() => {
      attachResolvers(buildSchema('type Query { a: Int }'), resolvers);
    }).toThrow(message);
  });

  it('answer the field that they are of', () => {
    const schema = buildSchema('type Query { a: Int b: Int }');
    attachResolvers(schema, { Query: { a: () => 1 } });
    expect(graphqlSync({ schema, source: '{ a b }', rootValue: { b: 2 } }).data).toEqual({ a: 1, b: 2 });
  });
});
