/** Statistics over the runs of a workflow against the reference. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inputPathText } from '../../src/domain/inputs/input-path.ts';
import { shiftsOf } from '../../src/domain/shifts/shifts.ts';
import { historyOf } from '../domain/failure-histories.ts';
import { at, runRecord } from '../domain/facts.ts';
import { causelessRuns, CAUSES, createRandom, found, plantedRuns } from '../domain/inputs/histories.ts';
import { SERIES } from '../domain/shifts/series.ts';
import { referenceCommonInputs } from './common-inputs.ts';
import { referenceShifts, referenceState } from './shifts.ts';

const small = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('a', 'b', 'x'.repeat(101), '[redacted] x', true, false, null),
  fc.array(fc.constant(0), { maxLength: 4 }),
);
const inputs = fc.dictionary(
  fc.constantFrom('a', 'b', 'a b', 'c'),
  fc.oneof(small, fc.dictionary(fc.constantFrom('a', 'd'), small)),
  {
    noNullPrototype: true,
  },
);
const isFailed = fc.boolean();

describe('the reference implementation', () => {
  const same = (runs: Parameters<typeof found>[0]) => {
    const { nodes, ...counts } = found(runs);
    const reference = referenceCommonInputs(runs.map(({ runId, ...rest }) => ({ id: runId, ...rest })));
    expect({ nodes: nodes.map((node) => ({ ...node, text: undefined })), ...counts }).toEqual({
      ...reference,
      nodes: reference.nodes.map(({ keys, ...node }) => ({ path: inputPathText(keys), ...node })),
    });
    return nodes.length;
  };

  it('finds the same common inputs, planted or by chance', () => {
    let claims = 0;
    for (const [seed, cause] of CAUSES.entries()) {
      const planted = { failed: 15, completed: 60, failedShare: 0.9, completedShare: 0.08 };
      claims += same(plantedRuns(createRandom(seed), [cause], planted));
    }
    for (let seed = 0; seed < 4; seed += 1) same(causelessRuns(seed).slice(0, 80));
    expect(claims).toBeGreaterThanOrEqual(CAUSES.length);
  });

  it('finds the same common inputs of unusual inputs', () => {
    const runs = fc.array(fc.record({ inputs, isFailed }), { minLength: 8, maxLength: 24 });
    // A field that all failed runs have, so that there is something to find.
    fc.assert(
      fc.property(runs, fc.boolean(), (drawn, isMarked) => {
        same(
          drawn.map((run, at) => ({
            ...run,
            runId: `r${at}`,
            inputs: isMarked && run.isFailed ? { ...run.inputs, a: 9 } : run.inputs,
          })),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('finds the same shifts', () => {
    let shifts = 0;
    for (const [seed, series] of SERIES.entries()) {
      const random = createRandom(seed);
      const values = Array.from({ length: 90 }, (_, index) =>
        Math.round(1000 * series.levelAt(index, 90) * (0.8 + 0.4 * random())),
      );
      const records = values.map((ms, index) =>
        runRecord({ id: `run-${index}`, startTime: at(100 * index), endTime: at(100 * index + ms / 1000) }),
      );
      const found = shiftsOf(records, null).toReversed();
      expect(found.map(({ runId, before, after }) => ({ at: Number(runId.slice(4)), before, after }))).toEqual(
        referenceShifts(values),
      );
      shifts += found.length;
    }
    expect(shifts).toBeGreaterThanOrEqual(3);
  });

  it('gives a failure the same state', () => {
    const part = fc.oneof(
      fc.constantFrom('x', 'xo', 'xox', 'y', 'oo'),
      fc.integer({ min: 1, max: 45 }).map((count) => 'o'.repeat(count)),
    );
    const states = new Set<string>();
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), fc.boolean(), (parts, isWhole) => {
        const runs = `${parts.join('')}x${parts.at(0) === 'y' ? 'ooo' : ''}`;
        const { state } = historyOf(runs, isWhole);
        expect(state).toBe(referenceState(runs, isWhole));
        states.add(state);
      }),
      { numRuns: 2000 },
    );
    expect(states.size).toBe(4);
  });
});
