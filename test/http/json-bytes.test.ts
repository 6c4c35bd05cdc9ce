import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesBeyondText } from '../../src/http/connection/json-bytes.ts';

const MAX_BYTES = 9 * 2 ** 20;

describe('what is counted of JSON that is parsed', () => {
  it.each([
    ['{},', 71],
    ['[],', 47],
    ['1.5,', 18],
    ['"k":0,', 80],
  ])('is not much less than it takes: %s', (item, bytes) => {
    const times = 10_000;
    const counted = item.length + bytesBeyondText(item.repeat(times)) / times;
    expect(counted).toBeGreaterThan(bytes);
    expect(counted).toBeLessThan(2 * bytes);
  });

  it.each(['"{[,:{[,:"', '"\\"{[,:\\\\"', '"\\\\\\"{,"', 'true', '-1.5e7'])(
    'is nothing beyond its text for %s',
    (json) => {
      expect(bytesBeyondText(json)).toBe(0);
    },
  );

  it('goes on behind a text', () => {
    expect(bytesBeyondText('"\\\\"{"\\""')).toBe(64);
  });

  it('is 64 bytes for each object, list and field, and 16 for each further item, whatever stands in texts', () => {
    const text = fc.string({ unit: fc.constantFrom('"', '\\', ',', ':', '[', '{', 'a') });
    const { json } = fc.letrec<{ json: unknown }>((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' },
        text,
        fc.integer(),
        fc.array(tie('json'), { maxLength: 4 }),
        fc.dictionary(text, tie('json'), { maxKeys: 4 }),
      ),
    }));
    const bytesOf = (value: unknown): number => {
      if (typeof value !== 'object' || value === null) return 0;
      const inner = Object.values(value);
      const fields = Array.isArray(value) ? 0 : inner.length;
      const own = 64 * (1 + fields) + 16 * Math.max(0, inner.length - 1);
      return inner.reduce<number>((sum, each) => sum + bytesOf(each), own);
    };
    fc.assert(
      fc.property(json, fc.constantFrom(0, 2), (value, indent) => {
        expect(bytesBeyondText(JSON.stringify(value, null, indent))).toBe(bytesOf(value));
      }),
    );
  });

  it('is no more than what leaves room for an answer', () => {
    const most = MAX_BYTES / 64;
    expect(['{'.repeat(most - 1), '{'.repeat(most), '{'.repeat(most + 1)].map(bytesBeyondText)).toEqual([
      MAX_BYTES - 64,
      MAX_BYTES,
      MAX_BYTES,
    ]);
  });
});
