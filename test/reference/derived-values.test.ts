import { describe, expect, it } from '@jest/globals';
import { compareWithReference } from './compare-with-reference.ts';

describe('derived values', () => {
  it('are those of the definitions, worked out by brute force', () => {
    expect(compareWithReference({ seed: 20_261_125, numRuns: 3000 })).toBeNull();
  });
});
