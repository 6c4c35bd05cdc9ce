import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { boundJson } from '../../src/domain/bounded-json.ts';
import type { JsonValue } from '../../src/domain/types.ts';

const json = fc
  .jsonValue({ maxDepth: 6, stringUnit: 'binary' })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
const sizeOf = (value: JsonValue) => Buffer.byteLength(JSON.stringify(value));

describe('JSON cut to a size', () => {
  it('stays whole if it fits, and otherwise names its missing parts', () => {
    fc.assert(
      fc.property(json, fc.integer({ min: 200, max: 2000 }), (value, maxBytes) => {
        const bounded = boundJson(value, maxBytes);
        expect(sizeOf(bounded.value)).toBeLessThanOrEqual(maxBytes);
        if (sizeOf(value) <= maxBytes) expect(bounded).toEqual({ value, leftOut: [] });
        else expect(bounded.leftOut).not.toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('reads only part of a large value', () => {
    let read = 0;
    const item = {
      get text() {
        read += 1;
        return 'x'.repeat(100);
      },
    };
    const { value } = boundJson(
      Array.from({ length: 100_000 }, () => item),
      2000,
    );
    expect(value).toHaveLength(17);
    expect(read).toBeLessThan(2000);
  });

  it('keeps a cursor whole, or leaves it out', () => {
    const cursor = 'r_-9'.repeat(50);
    const nodes = Array.from({ length: 9 }, (_, id) => ({ id, text: 'a b '.repeat(50) }));
    expect(boundJson({ list: { nodes, cursor } }, 1000).value).toMatchObject({ list: { cursor } });
    const { value, leftOut } = boundJson({ list: { nodes, cursor } }, 300);
    expect(JSON.stringify(value)).not.toContain('cursor');
    expect(leftOut).toContain('list: 1 of 2 members');
  });

  it('keeps ids, short strings, first items and prefixes of long strings', () => {
    const run = (id: number) => ({ id: `run-${id}`, error: 'x'.repeat(300), status: 'FAILED' });
    const { value, leftOut } = boundJson(
      { note: 'short', text: 'é'.repeat(2000), runs: Array.from({ length: 9 }, (_, id) => run(id)) },
      2000,
    );
    expect(value).toMatchObject({ note: 'short', runs: [run(0), run(1)] });
    expect((value as { text: string }).text).toMatch(/^é{400,}…$/);
    expect(leftOut).toEqual([
      'runs: first 2 of 9 items',
      expect.stringMatching(/^text: first \d+ of 2000 characters$/),
    ]);
  });
});
