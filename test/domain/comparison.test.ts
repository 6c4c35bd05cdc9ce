import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareRuns, type NodeChange, type NodeComparison } from '../../src/domain/run/comparison.ts';
import type { StepFacts } from '../../src/domain/types.ts';
import { arbitrarySteps, ran, runOf, runRecord } from '../support/facts.ts';

const changeOf = (base: readonly StepFacts[], head: readonly StepFacts[]) =>
  compareRuns(runOf(base), runOf(head)).nodes.map((node) => node.change);
const speedOf = (baseSeconds: number, headSeconds: number) =>
  changeOf([ran('a', 0, baseSeconds)], [ran('a', 0, headSeconds)])[0];

describe('compareRuns', () => {
  it('tells totals as head − base', () => {
    const outputs = (total: number) => ({ outputs: { usage: { total_tokens: total } } });
    const base = runOf([ran('a', 0, 4, 'completed', { elapsedTime: 4, ...outputs(10) })]);
    const head = runOf([ran('a', 0, 1.5, 'completed', { elapsedTime: 1, ...outputs(12) })]);
    expect(compareRuns(base, head)).toMatchObject({ wallClockDeltaMs: -2500, elapsedTimeDelta: -3, tokenDelta: 2 });
    expect(compareRuns(base, head).base).toBe(base);
    expect(compareRuns(base, head).head).toBe(head);
  });

  it('tells differences of totals that are beyond an Int', () => {
    const outputs = (total: number) => ({ outputs: { usage: { total_tokens: total } } });
    const of = (total: number) =>
      runOf([total, 1].map((part) => ran('a', 0, 1, 'completed', { elapsedTime: part, ...outputs(part) })));
    expect(compareRuns(of(3e9), of(3e9 + 1))).toMatchObject({ elapsedTimeDelta: 1, tokenDelta: 1 });
    const longest = Number.MAX_SAFE_INTEGER;
    for (const base of [1, longest]) {
      const inexact = { elapsedTimeDelta: NaN, tokenDelta: NaN };
      expect(compareRuns(of(base), of(longest))).toMatchObject(inexact);
      expect(compareRuns(of(longest), of(base))).toMatchObject(inexact);
    }
  });

  it('tells no difference to what is unknown', () => {
    const comparison = compareRuns(runOf([]), runOf([ran('a', 0, 1)], { record: runRecord() }));
    expect(comparison).toMatchObject({ wallClockDeltaMs: null, tokenDelta: null, elapsedTimeDelta: 0 });
  });

  it('goes node by node over the latest attempts', () => {
    const base = runOf([ran('c', 0, 1), ran('b', 0, 1, 'failed'), ran('b', 2, 3)]);
    const head = runOf([ran('b', 0, 1), ran('a', 1, 2)]);
    expect(compareRuns(base, head).nodes).toEqual([
      { nodeId: 'a', change: 'ADDED', baseStep: null, headStep: head.steps[1], durationDeltaMs: null },
      { nodeId: 'c', change: 'REMOVED', baseStep: base.steps[0], headStep: null, durationDeltaMs: null },
      { nodeId: 'b', change: 'UNCHANGED', baseStep: base.steps[2], headStep: head.steps[0], durationDeltaMs: 0 },
    ]);
  });

  it('tells what was fixed and what broke, between failed and completed', () => {
    const step = (word: string) => [ran('a', 0, 1, word)];
    expect(changeOf(step('failed'), step('completed'))).toEqual(['FIXED']);
    expect(changeOf(step('completed'), step('failed'))).toEqual(['BROKE']);
    expect(changeOf(step('failed'), step('failed'))).toEqual(['UNCHANGED']);
  });

  it('tells any other change of status', () => {
    const step = (word: string) => [ran('a', 0, 1, word)];
    expect(changeOf(step('skipped'), step('completed'))).toEqual(['STATUS_CHANGED']);
    expect(changeOf(step('failed'), step('skipped'))).toEqual(['STATUS_CHANGED']);
    expect(changeOf(step('failed'), [ran('a', 0, null, 'running')])).toEqual(['STATUS_CHANGED']);
    expect(changeOf(step('archived'), step('hibernating'))).toEqual(['UNCHANGED']);
  });

  it('tells what matters most first', () => {
    const nodes = (...drafts: (readonly [string, number, string?])[]) =>
      runOf(drafts.map(([nodeId, end, word]) => ran(nodeId, 0, end, word)));
    const base = nodes(['a', 1], ['b', 1], ['c', 1], ['d', 9], ['e', 1], ['f', 1], ['g', 1, 'failed'], ['h', 1]);
    const head = nodes(
      ['a', 1],
      ['b', 3],
      ['c', 9],
      ['d', 1],
      ['e', 2, 'failed'],
      ['g', 1],
      ['h', 1, 'skipped'],
      ['i', 1],
    );
    expect(compareRuns(base, head).nodes.map((node) => [node.nodeId, node.change])).toEqual([
      ['e', 'BROKE'],
      ['g', 'FIXED'],
      ['h', 'STATUS_CHANGED'],
      ['i', 'ADDED'],
      ['f', 'REMOVED'],
      ['c', 'SLOWER'],
      ['d', 'FASTER'],
      ['b', 'SLOWER'],
      ['a', 'UNCHANGED'],
    ]);
  });

  it('tells a change of speed beyond 10 % of the shorter duration', () => {
    expect([speedOf(10, 11), speedOf(10, 11.001)]).toEqual(['UNCHANGED', 'SLOWER']);
    expect([speedOf(11, 10), speedOf(11.001, 10)]).toEqual(['UNCHANGED', 'FASTER']);
  });

  it('tells a change of speed beyond 100 ms', () => {
    expect([speedOf(0.1, 0.2), speedOf(0.1, 0.201)]).toEqual(['UNCHANGED', 'SLOWER']);
    expect([speedOf(0, 0.1), speedOf(0.101, 0)]).toEqual(['UNCHANGED', 'FASTER']);
    expect(speedOf(0.592, 0.842)).toBe('SLOWER');
  });

  it('compares steps that are still running by what they took so far', () => {
    expect(changeOf([ran('a', 0, null, 'running')], [ran('a', 90, null, 'running')])).toEqual(['FASTER']);
  });

  it('finds a run unchanged from itself', () => {
    fc.assert(
      fc.property(arbitrarySteps(), (steps) => {
        const comparison = compareRuns(runOf(steps), runOf(steps));
        expect(comparison.nodes.every((node) => node.change === 'UNCHANGED')).toBe(true);
        expect(comparison.nodes.every((node) => !node.durationDeltaMs)).toBe(true);
        // Of sums beyond 2^53 nobody can tell.
        expect(comparison.elapsedTimeDelta || 0).toBe(0);
      }),
    );
  });

  it('is mirrored when base and head are swapped', () => {
    const mirror: Record<NodeChange, NodeChange> = {
      ADDED: 'REMOVED',
      REMOVED: 'ADDED',
      FIXED: 'BROKE',
      BROKE: 'FIXED',
      SLOWER: 'FASTER',
      FASTER: 'SLOWER',
      STATUS_CHANGED: 'STATUS_CHANGED',
      UNCHANGED: 'UNCHANGED',
    };
    const byId = (nodes: readonly NodeComparison[]) => nodes.toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
    const negated = (delta: number | null) => (delta === null ? null : 0 - delta);
    fc.assert(
      fc.property(arbitrarySteps(), arbitrarySteps(), (baseSteps, headSteps) => {
        const [base, head] = [runOf(baseSteps), runOf(headSteps)];
        const there = compareRuns(base, head);
        const back = compareRuns(head, base);
        expect(back.wallClockDeltaMs).toEqual(negated(there.wallClockDeltaMs));
        expect(back.elapsedTimeDelta).toEqual(negated(there.elapsedTimeDelta));
        expect(back.tokenDelta).toEqual(negated(there.tokenDelta));
        expect(byId(back.nodes)).toEqual(
          byId(there.nodes).map((node) => ({
            nodeId: node.nodeId,
            change: mirror[node.change],
            baseStep: node.headStep,
            headStep: node.baseStep,
            durationDeltaMs: negated(node.durationDeltaMs),
          })),
        );
      }),
    );
  });
});
