import { describe, expect, it } from '@jest/globals';
import { compareWithReference } from './compare-with-reference.ts';

describe('derived values', () => {
  // `npm run soak -- derived-values` continues until it is stopped.
  it('equal the values that the reference computes by brute force', () => {
    expect(compareWithReference({ seed: 20_261_125, numRuns: 1000 })).toBeNull();
  });
});
