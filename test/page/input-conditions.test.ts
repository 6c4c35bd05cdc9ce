import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { textOfCondition } from '../../src/web/failures/condition-text.ts';
import { conditionsIn } from '../../src/web/run-list/input-conditions.ts';

describe('input conditions in the search field', () => {
  it.each([
    ['customer.region = eu', [{ path: 'customer.region', test: 'EQUALS', value: 'eu' }]],
    [
      'n=5 and flag = true',
      [
        { path: 'n', test: 'EQUALS', value: 5 },
        { path: 'flag', test: 'EQUALS', value: true },
      ],
    ],
    ['n >= 5', [{ path: 'n', test: 'AT_LEAST', value: 5 }]],
    ['length of items[0].tags < 3', [{ path: 'items[0].tags', test: 'LENGTH_BELOW', value: 3 }]],
    ['"odd name".x present', [{ path: '"odd name".x', test: 'PRESENT' }]],
    [
      'coupon missing and name = Northwind Traders',
      [
        { path: 'coupon', test: 'MISSING' },
        { path: 'name', test: 'EQUALS', value: 'Northwind Traders' },
      ],
    ],
    ['name = "5"', [{ path: 'name', test: 'EQUALS', value: '5' }]],
    ['', []],
  ])('are read from "%s"', (text, conditions) => {
    expect(conditionsIn(text)).toEqual(conditions);
  });

  it.each(['customer', 'customer =', '= eu', 'a = b c and', 'a is b'])('are not read from "%s"', (text) => {
    const found = conditionsIn(text);
    if (text === 'a = b c and') expect(found).toEqual([{ path: 'a', test: 'EQUALS', value: 'b c and' }]);
    else expect(found).toBeNull();
  });

  it('are written as they were read', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom('5', 'true', ' a', 'x and y = 2', 'a"b'),
      fc.integer(),
      fc.boolean(),
    );
    const condition = fc.oneof(
      fc.record({ path: fc.constantFrom('a.b', '"a b".c'), test: fc.constant('EQUALS' as const), value }),
      fc.record({
        path: fc.constant('a'),
        test: fc.constantFrom('AT_LEAST', 'BELOW', 'LENGTH_AT_LEAST', 'LENGTH_BELOW'),
        value: fc.integer(),
      }),
    );
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 3 }), (conditions) => {
        expect(conditionsIn(conditions.map(textOfCondition).join(' and '))).toEqual(conditions);
      }),
    );
  });
});
