import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRun } from '../../src/domain/run/run.ts';
import { isRunning } from '../../src/domain/step/duration.ts';
import type { Run, RunRecord, StepFacts, TimelineBar, TokenCounts } from '../../src/domain/types.ts';
import { derivedBy } from '../reference/domain-side.ts';
import { arbitraryGraph, arbitrarySteps, arbitraryStepFacts, EPOCH_MS, runFacts, runRecord } from '../support/facts.ts';

const NOW_MS = EPOCH_MS + 20_000;
const run = (steps: readonly StepFacts[], facts: Parameters<typeof runFacts>[0] = {}): Run =>
  createRun(runFacts({ steps, ...facts }), NOW_MS);

const facts = fc.record({
  steps: arbitrarySteps(),
  graph: fc.option(arbitraryGraph),
  record: fc.option(
    arbitraryStepFacts().map(({ rawStatus, startTime, endTime }) => runRecord({ rawStatus, startTime, endTime })),
  ),
});
/** A run's fields are read one by one: getters are not copied. */
const everythingOf = (one: Run) => ({
  ...derivedBy(one),
  stepCounts: one.stepCounts,
  criticalPath: { ...one.criticalPath, steps: one.criticalPath.steps.map(({ index }) => index) },
});

/** In microseconds, as the bars tell it. */
const startOf = (bar: TimelineBar) => bar.step.startTime?.epochMicros ?? 0;
const endOf = (bar: TimelineBar) => startOf(bar) + Math.round(bar.durationMs * 1000);

describe('whatever the upstream tells', () => {
  it('nothing throws', () => {
    fc.assert(
      fc.property(facts, (given) => {
        expect(() => everythingOf(run(given.steps, given))).not.toThrow();
      }),
    );
  });

  it('the order of the list does not matter', () => {
    fc.assert(
      fc.property(
        facts.chain((given) =>
          fc.tuple(fc.constant(given), fc.shuffledSubarray(given.steps, { minLength: given.steps.length })),
        ),
        ([given, shuffled]) => {
          expect(everythingOf(run(shuffled, given))).toEqual(everythingOf(run(given.steps, given)));
        },
      ),
    );
  });

  it('every step is there once, and counted once', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { steps, stepCounts, failedSteps } = run(given.steps, given);
        const { total, ...counts } = stepCounts;
        expect(steps.map((step) => step.index).sort((a, b) => a - b)).toEqual(given.steps.map((_, i) => i));
        expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(total);
        expect(total).toBe(given.steps.length);
        expect(failedSteps).toHaveLength(stepCounts.failed);
        for (const step of failedSteps) expect(steps).toContain(step);
      }),
    );
  });

  it('no length of time is negative, and every number is finite', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { steps, timing, totalElapsedTime, criticalPath, timeline } = run(given.steps, given);
        const { longestGap, parallelism, wallClockMs, ...lengths } = timing;
        const numbers = [
          ...steps.flatMap((step) => [step.durationMs ?? 0, step.gapBeforeMs ?? 0, step.shareOfRun ?? 0]),
          ...Object.values(lengths),
          longestGap?.durationMs ?? 0,
          parallelism ?? 0,
          wallClockMs ?? 0,
          timeline.durationMs ?? 0,
          criticalPath.durationMs,
        ];
        for (const number of numbers) expect(number >= 0 && number < Infinity).toBe(true);
        // A sum of absurd seconds may be too large for any number: then it is an error at the edge.
        expect(totalElapsedTime).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('bars and gaps lie within the timeline', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { bars, gaps, durationMs } = run(given.steps, given).timeline;
        const length = Math.round((durationMs ?? 0) * 1000);
        for (const part of [...bars, ...gaps]) {
          expect(part.offsetMs).toBeGreaterThanOrEqual(0);
          // Before the year 1684 and after 2255 microseconds are rounded.
          expect(Math.round(part.offsetMs * 1000) + Math.round(part.durationMs * 1000)).toBeLessThanOrEqual(
            length + 64,
          );
        }
      }),
    );
  });

  it('percentages are within 0…100', () => {
    fc.assert(
      fc.property(facts, (given) => {
        for (const { offsetPercent, widthPercent } of run(given.steps, given).timeline.bars) {
          expect(offsetPercent >= 0 && widthPercent >= 0 && offsetPercent + widthPercent <= 100).toBe(true);
        }
      }),
    );
  });

  it('bars of one lane never overlap, and every step with a place in the run has one', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { steps, timeline } = run(given.steps, given);
        expect(timeline.bars.map((bar) => bar.step)).toEqual(steps.filter((step) => step.offsetMs !== null));
        for (const bars of Map.groupBy(timeline.bars, (bar) => bar.lane).values()) {
          const inOrder = bars.toSorted((a, b) => startOf(a) - startOf(b) || endOf(a) - endOf(b));
          inOrder.slice(1).forEach((bar, i) => {
            const before = inOrder[i];
            expect(before && endOf(before) <= startOf(bar)).toBe(true);
          });
        }
        expect(new Set(timeline.bars.map((bar) => bar.lane)).size).toBe(timeline.laneCount);
      }),
    );
  });

  it('attempts link up: one retry for each superseded failure', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { steps, timing, repeatedNodes } = run(given.steps, given);
        const retries = steps.filter((step) => step.attemptKind === 'RETRY');
        expect(new Set(retries.map((step) => step.previousAttempt))).toEqual(
          new Set(steps.filter((step) => step.isSuperseded)),
        );
        for (const step of steps) {
          expect(step.previousAttempt?.attempt ?? 0).toBe(step.attempt - 1);
          expect(step.previousAttempt === null).toBe(step.attemptKind === 'FIRST');
        }
        const wasted = repeatedNodes.reduce((sum, node) => sum + Math.round(node.wastedMs * 1000), 0);
        expect(Math.abs(wasted / 1000 - timing.wastedMs)).toBeLessThan(1e-3 * Math.max(1, timing.wastedMs * 1e-9));
      }),
    );
  });

  it('progress never passes its total', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { progress } = run(given.steps, given);
        expect(progress.finished).toBeLessThanOrEqual(progress.total);
      }),
    );
  });

  it('tokens are never negative, and the models add up to the run', () => {
    const counts = ({ inputTokens, outputTokens, totalTokens, cachedInputTokens, reasoningTokens }: TokenCounts) => [
      inputTokens,
      outputTokens,
      totalTokens,
      cachedInputTokens,
      reasoningTokens,
    ];
    fc.assert(
      fc.property(facts, (given) => {
        const { tokenUsage } = run(given.steps, given);
        const { byModel } = tokenUsage;
        for (const count of [tokenUsage, ...byModel].flatMap(counts)) expect(count ?? 0).toBeGreaterThanOrEqual(0);
        expect(byModel.reduce((sum, model) => sum + model.stepsReporting, 0)).toBe(tokenUsage.stepsReporting);
        expect(byModel.reduce((sum, model) => sum + (model.totalTokens ?? 0), 0)).toBe(tokenUsage.totalTokens ?? 0);
      }),
    );
  });
});

describe('where the clocks agree', () => {
  const sane = arbitrarySteps({ isAbsurd: false });

  it('a finished run is no longer busy than its wall clock, and idle for the rest', () => {
    fc.assert(
      fc.property(sane, (given) => {
        // Ended and in order: no elapsed seconds that reach past the run's end.
        const ended = given.filter(({ startTime: a, endTime: b }) => a && b && a.epochMicros <= b.epochMicros);
        const { timing, isFinished } = run(ended.map((step) => ({ ...step, rawStatus: 'completed' })));
        expect(isFinished).toBe(ended.length > 0);
        expect(timing.busyMs).toBeLessThanOrEqual(timing.wallClockMs ?? 0);
        expect(timing.busyMs + timing.idleMs).toBeCloseTo(timing.wallClockMs ?? 0, 6);
        expect(timing.longestGap?.durationMs ?? 0).toBeLessThanOrEqual(timing.idleMs);
      }),
    );
  });

  it('elapsed seconds of a running step end nothing: it runs until now, or until the end of its run', () => {
    const records = fc.constantFrom(runRecord(), runRecord({ rawStatus: 'running', endTime: null }));
    const layoutOf = (given: readonly StepFacts[], record: RunRecord) => {
      const { timing, timeline, criticalPath, steps } = everythingOf(run(given, { record }));
      const gaps = steps.map((step) => step.gapBeforeMs);
      return { timing: { ...timing, totalDurationMs: null }, timeline, criticalPath, gaps };
    };
    fc.assert(
      fc.property(sane, records, (given, record) => {
        const silent = run(given, { record }).steps.map((step) =>
          isRunning(step) && step.startTime ? { ...step, elapsedTime: null } : step,
        );
        expect(layoutOf(given, record)).toEqual(layoutOf(silent, record));
      }),
    );
  });

  it('the timeline has as many lanes as steps ran at once, if each took some time', () => {
    fc.assert(
      fc.property(sane, (given) => {
        const lasting = run(given)
          .timeline.bars.filter((bar) => bar.durationMs > 0)
          .map((bar) => bar.step.index);
        const { timeline, timing } = run(given.filter((step) => lasting.includes(step.index)));
        expect(timeline.laneCount).toBe(timing.maxConcurrency);
      }),
    );
  });

  it('concurrency is the most steps that any moment saw', () => {
    fc.assert(
      fc.property(sane, (given) => {
        const { timeline, timing } = run(given);
        const bars = timeline.bars.filter((bar) => bar.durationMs > 0);
        const seenAt = (micros: number) => bars.filter((bar) => startOf(bar) <= micros && micros < endOf(bar)).length;
        const placed = timeline.bars.some((bar) => bar.step.durationMs !== null);
        expect(timing.maxConcurrency).toBe(Math.max(placed ? 1 : 0, ...bars.map((bar) => seenAt(startOf(bar)))));
      }),
    );
  });
});
