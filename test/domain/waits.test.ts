/** Waits of steps: neither work nor idle time. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nodeStatistics } from '../../src/domain/workflow/statistics.ts';
import type { Run, StepFacts, Wait, WorkflowGraph } from '../../src/domain/types.ts';
import { at, ran, runOf } from './facts.ts';

const DAY = 86_400;
const NODES = ['a', 'b', 'c', 'd'];
const GRAPH: WorkflowGraph = {
  nodes: NODES.map((id) => ({ id, type: null, description: null })),
  edges: ['ab', 'ac', 'bd', 'cd'].map(([from = '', to = '']) => ({ from, to })),
  entry: 'a',
  finish: 'd',
};

const seconds = fc.integer({ min: 0, max: 40 }).map((quarters) => quarters / 4);
const wait = fc.record({ from: seconds, length: seconds }).map(({ from, length }) => [from, from + length] as const);
const step = fc.record({
  node: fc.constantFrom(...NODES),
  start: seconds,
  length: seconds,
  word: fc.constantFrom('completed', 'completed', 'failed'),
  waits: fc.oneof(fc.constant([]), fc.array(wait, { maxLength: 2 })),
});
interface Draft {
  readonly node: string;
  readonly start: number;
  readonly end: number | null;
  readonly word: string;
  readonly waits: readonly (readonly [from: number, to: number | null])[];
}
const finishedSteps: fc.Arbitrary<Draft[]> = fc.array(
  step.map(({ length, ...rest }) => ({ ...rest, end: rest.start + length })),
  { maxLength: 10 },
);
const waitsOf = (draft: Draft): Wait[] =>
  draft.waits.map(([from, to]) => ({ from: at(from), to: to === null ? to : at(to) }));
const factsOf = (draft: Draft): StepFacts =>
  ran(draft.node, draft.start, draft.end, draft.word, { waits: waitsOf(draft) });
const graph = fc.constantFrom(GRAPH, null);

/** What a wait of any length must not change. */
function workOf(run: Run) {
  const { totalDurationMs, busyMs, idleMs, wastedMs, maxConcurrency, parallelism } = run.timing;
  const { steps, ...path } = run.criticalPath;
  return {
    timing: { totalDurationMs, busyMs, idleMs, wastedMs, maxConcurrency, parallelism },
    criticalPath: { ...path, steps: steps.map(({ index }) => index) },
    nodes: nodeStatistics([run]),
    slowest: run.slowestSteps.map(({ index }) => index),
    steps: run.steps.map(({ durationMs, gapBeforeMs, attemptKind }) => [durationMs, gapBeforeMs, attemptKind]),
  };
}

describe('a step that waits', () => {
  it('affects neither percentiles, busy time nor critical path', () => {
    fc.assert(
      fc.property(finishedSteps, graph, seconds, (drafts, ofGraph, quarter) => {
        // No step begins or ends at this moment.
        const moment = quarter + 0.1;
        const shifted = (time: number) => (time > moment ? time + DAY : time);
        const isAtWork = ({ start, end }: Draft) => start < moment && (end ?? 0) > moment;
        fc.pre(drafts.some(isAtWork));
        const withWait = drafts.map((draft) => ({
          ...draft,
          start: shifted(draft.start),
          end: shifted(draft.end ?? 0),
          waits: [
            ...draft.waits.map(([from, to]) => [shifted(from), shifted(to ?? 0)] as const),
            ...(isAtWork(draft) ? [[moment, moment + DAY] as const] : []),
          ],
        }));
        const [before, after] = [drafts, withWait].map((all) =>
          runOf(all.map(factsOf), { graph: ofGraph, now: 3 * DAY }),
        );
        if (!before || !after) throw new Error('Both runs exist.');
        expect(workOf(after)).toEqual(workOf(before));
        expect((after.wallClockMs ?? 0) - (before.wallClockMs ?? 0)).toBe(DAY * 1000);
        expect(after.timing.waitingMs).toBeGreaterThanOrEqual(DAY * 1000);
      }),
    );
  });

  it('adds only to wait and run time while all unfinished steps wait', () => {
    const waiting = fc
      .record({
        node: fc.constantFrom(...NODES),
        start: seconds,
        since: fc.option(seconds),
        waits: fc.array(wait, { maxLength: 2 }),
      })
      .map(({ node, start, since, waits }): Draft => {
        const lasting = since === null ? [] : [[start + since, null] as const];
        return { node, start, end: null, word: 'suspended', waits: [...waits, ...lasting] };
      });
    fc.assert(
      fc.property(
        finishedSteps,
        fc.array(waiting, { minLength: 1, maxLength: 3 }),
        graph,
        (finished, unfinished, ofGraph) => {
          const all = [...finished, ...unfinished].map(factsOf);
          const [today, tomorrow] = [50, 50 + DAY].map((now) => runOf(all, { graph: ofGraph, now }));
          if (!today || !tomorrow) throw new Error('Both runs exist.');
          expect(today.status).toBe('WAITING');
          expect(workOf(tomorrow)).toEqual(workOf(today));
          expect(tomorrow.timing.waitingMs - today.timing.waitingMs).toBe(DAY * 1000);
        },
      ),
    );
  });
});
