import { describe, expect, it } from '@jest/globals';
import { createSchema } from '../../src/graphql/schema.ts';
import { checkFailingOperations } from '../support/containment/failing-operations.ts';

describe('random operations over random failing calls', () => {
  // `npm run soak -- failing-calls` goes on for as long as you like.
  it('answer what does not depend on a failed call as without it, and null with its error what does', async () => {
    const { tally, failure } = await checkFailingOperations(createSchema(), { seed: 4713, numRuns: 100 });
    expect(failure).toBeNull();
    // Else it would prove nothing.
    expect(tally.affected).toBeGreaterThan(20);
    expect(tally.partly).toBeGreaterThan(10);
    expect(tally.nulls).toBeGreaterThan(30);
  }, 120_000);
});
