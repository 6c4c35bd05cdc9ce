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
        fc.oneof(fc.nat(5), fc.constant(Infinity)),
        (values, blank, limit) => {
          const texts = values.map((value) => `${blank}${JSON.stringify(value, null, blank)}${blank}`);
          expect(itemsOf(`${blank}[${texts.join(',')}]${blank}`, limit)).toEqual(texts.slice(0, limit));
        },
      ),
    );
  });

  it.each(['[]', ' [ ] '])('are none of %j', (json) => {
    expect(itemsOf(json)).toEqual([]);
  });
});
