import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ran, runOf, stepFacts } from '../domain/facts.ts';

it('counts each step once', () => {
  const steps = [ran('a', 0, 1), ran('b', 1, 3), stepFacts({ rawStatus: 'failed' })];
  expect(runOf(steps).stepCounts).toMatchObject({ total: 3, completed: 2, failed: 1 });
});

it('counts as many steps as it has, in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100), { maxLength: 50 }), (starts) => {
      const { stepCounts } = runOf(starts.map((start) => ran('a', start, start + 1)));
      expect(stepCounts.total).toBe(starts.length);
    }),
  );
});
