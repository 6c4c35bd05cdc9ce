import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MinHeap } from '../../src/domain/run/min-heap.ts';

describe('MinHeap', () => {
  it('hands out the smallest of what it holds, and undefined when empty', () => {
    // A number is pushed, and null pops.
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 20 }), { freq: 3 })), (moves) => {
        const heap = new MinHeap();
        const cached: number[] = [];
        for (const move of [...moves, ...moves.map(() => null)]) {
          if (move === null) expect(heap.pop()).toBe(cached.shift());
          else heap.push(move);
          if (move !== null) cached.push(move);
          cached.sort((a, b) => a - b);
        }
      }),
    );
  });
});
