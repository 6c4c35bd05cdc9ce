import { describe, expect, it } from '@jest/globals';
import { compareWithReference } from './compare-with-reference.ts';

describe('derived values', () => {
  // `npm run soak -- derived-values` goes on for as long as you like.
  it('are those of the definitions, worked out by brute force', () => {
    expect(compareWithReference({ seed: 20_261_125, numRuns: 1000 })).toBeNull();
  });
});
