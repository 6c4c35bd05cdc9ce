import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { itemsOf } from '../../src/upstream/transport/json-items.ts';

describe('the items of a JSON list', () => {
  it('are cut out as they stand in it', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.jsonValue(), fc.string({ unit: fc.constantFrom('"', '\\\\', ',', '[', ']', '{', '}', ' ') })),
        ),
        fc.constantFrom('', ' ', '\n'),
        (values, blank) => {
          const texts = values.map((value) => `${blank}${JSON.stringify(value, null, blank)}${blank}`);
          expect(itemsOf(`${blank}[${texts.join(',')}]${blank}`)).toEqual(texts);
        },
      ),
    );
  });

  it.each(['[]', ' [ ] '])('are none of %j', (json) => {
    expect(itemsOf(json)).toEqual([]);
  });
});
