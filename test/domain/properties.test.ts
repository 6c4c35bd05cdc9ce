import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Run } from '../../src/domain/types.ts';
import { derivedBy, domainRun } from '../reference/domain-side.ts';
import { arbitraryRun } from '../reference/random-runs.ts';
import { arbitrarySteps, runFacts, runOf } from './facts.ts';
import { createRun } from '../../src/domain/run/run.ts';

const NOW_MS = Date.UTC(2025, 2, 13, 2, 42);
const everythingOf = (run: Run) => ({
  ...derivedBy(run),
  criticalPath: { ...run.criticalPath, steps: run.criticalPath.steps.map(({ index }) => index) },
});

describe('a run of impossible times and numbers', () => {
  it('has finite derived values, with bars inside the timeline', () => {
    fc.assert(
      fc.property(arbitrarySteps, (given) => {
        const { steps, timing, timeline, criticalPath, totalElapsedTime } = runOf(given);
        const { longestGap, ...lengths } = timing;
        const numbers = [
          ...steps.flatMap((step) => [step.durationMs, step.gapBeforeMs, step.shareOfRun]),
          ...Object.values(lengths),
          longestGap?.durationMs,
          timeline.durationMs,
          criticalPath.durationMs,
        ].map((length) => length ?? 0);
        expect(numbers.filter((length) => !(length >= 0 && length < Infinity))).toEqual([]);
        expect(totalElapsedTime).toBeGreaterThanOrEqual(0);
        const { bars, gaps, durationMs } = timeline;
        for (const { offsetMs, durationMs: length } of [...bars, ...gaps]) {
          expect(offsetMs).toBeGreaterThanOrEqual(0);
          // Before 1684 and after 2255 a double does not represent each microsecond.
          expect(offsetMs + length).toBeLessThanOrEqual((durationMs ?? 0) + 0.064);
        }
        for (const { offsetPercent, widthPercent } of bars) {
          expect(offsetPercent >= 0 && widthPercent >= 0 && offsetPercent + widthPercent <= 100).toBe(true);
        }
      }),
    );
  });

  it('is the same for any order of its steps', () => {
    const lists = arbitrarySteps.chain((given) =>
      fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length })),
    );
    fc.assert(
      fc.property(lists, ([given, shuffled]) => {
        const [one, other] = [given, shuffled].map((steps) => createRun(runFacts({ steps }), NOW_MS));
        expect(other && everythingOf(other)).toEqual(one && everythingOf(one));
      }),
    );
  });
});

describe('a run that does not depend on the current time', () => {
  it('stays the same later', () => {
    fc.assert(
      fc.property(arbitraryRun, fc.nat(1e9), (raw, later) => {
        const run = domainRun(raw);
        if (run.dependsOnNow) return;
        expect(everythingOf(domainRun({ ...raw, nowMs: raw.nowMs + later }))).toEqual(everythingOf(run));
      }),
    );
  });
});
