import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  buildSchema,
  graphqlSync,
  isObjectType,
  parse,
  validateSchema,
  valueFromASTUntyped,
  visit,
  type NameNode,
} from 'graphql';
import { attachFields } from '../../src/graphql/fields/executable-schema.ts';
import { entryOf } from '../../src/graphql/fields/field-entry.ts';
import { KEYS } from '../../src/graphql/federation/representations.ts';
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

  it('is valid as SDL, which is checked only together with an extension', () => {
    const extended = createSchema({ typeDefs: 'enum Cause { QUOTA }', fields: {} });
    expect(validateSchema(extended)).toEqual([]);
  });

  it('describes every type, field, argument and value of the contract', () => {
    const undescribed: string[] = [];
    const at: string[] = [];
    const check = {
      enter(node: { readonly name?: NameNode; readonly description?: unknown }) {
        at.push(node.name?.value ?? '');
        if (!node.description) undescribed.push(at.join('.'));
      },
      leave: () => void at.pop(),
    };
    visit(parse(readFileSync('schema.graphql', 'utf8')), {
      ObjectTypeDefinition: check,
      InputObjectTypeDefinition: check,
      EnumTypeDefinition: check,
      ScalarTypeDefinition: check,
      FieldDefinition: check,
      InputValueDefinition: check,
      EnumValueDefinition: check,
    });
    // A directive's arguments are read by tools.
    expect(undescribed.filter((name) => !name.startsWith('.'))).toEqual([]);
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

describe('the field table', () => {
  it.each([
    ['a type', { Nope: { a: {} } }, 'expected Nope to be in schema.graphql'],
    ['a field', { Query: { nope: {} } }, 'expected Query.nope to be in schema.graphql'],
  ])('is refused with an entry for %s that the schema does not have', (_, tables, message) => {
    expect(() => {
      attachFields(buildSchema('type Query { a: Int }'), tables);
    }).toThrow(message);
  });

  it('resolves the fields that have a resolver, leaves the others to their parents, and says what each costs', () => {
    const schema = buildSchema('type Query { a: Int b: Int }');
    attachFields(schema, { Query: { a: { items: 3, resolve: () => 1 }, b: {} } });
    expect(graphqlSync({ schema, source: '{ a b }', rootValue: { b: 2 } }).data).toEqual({ a: 1, b: 2 });
    const { a, b } = schema.getQueryType()?.getFields() ?? {};
    expect([a, b].map((field) => field && entryOf(field))).toEqual([{ items: 3 }, {}]);
  });
});
