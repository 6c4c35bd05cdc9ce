import { describe, expect, it } from '@jest/globals';
import { defaultFieldResolver, isObjectType, type GraphQLFieldResolver } from 'graphql';
import { COMPUTED_TYPES } from '../../src/graphql/fields/guarded-fields.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { everyFieldAndArgument } from '../support/compiled-coverage.ts';
import { checkRandomOperations } from '../support/compared-operations.ts';

describe('compiled queries over random operations', () => {
  // `npm run soak -- compiled-queries` goes on for as long as you like. So many reach every field and argument.
  it('answer as graphql-js does, the first time and later', async () => {
    const schema = createSchema();
    const outcome = await checkRandomOperations(schema, { seed: 4711, numRuns: 2000 });
    expect(outcome.failure).toBeNull();
    // Else the comparison would prove nothing.
    expect(outcome.compiled / outcome.seen).toBeGreaterThan(0.7);
    expect(outcome.withErrors / outcome.compiled).toBeGreaterThan(0.3);
    expect(outcome.refused).toBeGreaterThan(10);
    const ways = [
      'whole variable',
      'variable in a literal',
      'default of a variable',
      'alias',
      'inline fragment',
      'fragment spread',
    ];
    const missing = [...everyFieldAndArgument(schema), ...ways].filter((what) => !outcome.counts.has(what));
    expect(missing).toEqual([]);
  });

  it('read plain data alone where a field has no resolver', async () => {
    const schema = createSchema();
    const computed = new Set<string>();
    const checked: GraphQLFieldResolver<object, unknown> = (source, args, context, info) => {
      const value: unknown = Object.getOwnPropertyDescriptor(source, info.fieldName)?.value;
      const isLazy = [value].flat().some((item) => typeof item === 'function' || item instanceof Promise);
      if (isLazy || (value === undefined && info.fieldName in source)) {
        computed.add(`${info.parentType.name}.${info.fieldName}`);
      }
      return defaultFieldResolver(source, args, context, info);
    };
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) || COMPUTED_TYPES.has(type.name) || type.name.startsWith('__')) continue;
      for (const field of Object.values(type.getFields())) field.resolve ??= checked;
    }
    const { failure } = await checkRandomOperations(schema, { seed: 4712, numRuns: 150 });
    expect(failure).toBeNull();
    // Such a type belongs to COMPUTED_TYPES.
    expect([...computed]).toEqual([]);
  });
});
