import { describe, expect, it } from '@jest/globals';
import type { JsonValue, StepFacts } from '../../src/domain/types.ts';
import { ran, runOf, runRecord } from './facts.ts';

const failed = (inputs: JsonValue, facts: Partial<StepFacts> = {}) => ran('node', 0, 1, 'failed', { inputs, ...facts });
const completed = (inputs: JsonValue, facts: Partial<StepFacts> = {}) =>
  ran('node', 2, 3, 'completed', { inputs, ...facts });
const during = completed({ item: 32 }, { startTime: ran('node', 0.5, 1).startTime });

it('numbers the attempts at each item of a loop', () => {
  const steps = [
    ...[failed(1), ran('node', 1, 2, 'failed', { inputs: 2 })],
    ...[ran('node', 2, 3, 'failed', { inputs: 1 }), ran('node', 3, 4, 'completed', { inputs: 2 })],
    ...[ran('node', 4, 5, 'completed', { inputs: 1 }), ran('node', 5, 6, 'completed', { inputs: 3 })],
    ran('node', 6, 7, 'completed', { inputs: 4, reportedAttempt: 7 }),
  ];
  expect(runOf(steps).steps.map(({ itemAttempt }) => itemAttempt)).toEqual([1, 1, 2, 2, 3, 1, 7]);
});

describe('an execution after a failure of its node', () => {
  it.each([
    ['the next item of a loop', [failed({ item: 31 }), completed({ item: 32 })]],
    ['an item of a fan-out', [failed({ item: 31 }), during]],
    ['a retry with other inputs', [failed({ text: 'a' }), completed({ text: 'a, again' })]],
    ['the next item of a loop, of several', [failed(1), completed(2), ran('node', 4, 5, 'completed', { inputs: 3 })]],
  ])('leaves the failure that explains the run: %s', (_, steps) => {
    const inferred = runOf(steps);
    expect(inferred.status).toBe('FAILED');
    for (const run of [inferred, runOf(steps, { record: runRecord({ rawStatus: 'failed' }) })]) {
      expect(run.steps.map(({ attemptKind }) => attemptKind)).not.toContain('RETRY');
      expect(run.remainingFailures.map(({ id }) => id)).toEqual(['step-0']);
    }
  });

  it.each([
    ['equal inputs', [failed({ item: 31 }), completed({ item: 31 })]],
    ['equal inputs, after another item', [failed(1), ran('node', 1, 2, 'completed', { inputs: 2 }), completed(1)]],
    ...[null, '', {}, []].flatMap((none): [string, StepFacts[]][] => [
      [`${JSON.stringify(none)} at first`, [failed(none), completed({ item: 32 })]],
      [`${JSON.stringify(none)} at last`, [failed({ item: 31 }), completed(none)]],
    ]),
    ['its number', [failed({ item: 31 }, { reportedAttempt: 1 }), completed({ item: 32 }, { reportedAttempt: 2 })]],
  ])('is a retry by %s', (_, steps) => {
    const inferred = runOf(steps);
    expect(inferred.status).toBe('COMPLETED');
    expect(inferred.steps.at(-1)?.attemptKind).toBe('RETRY');
    expect(inferred.steps.at(-1)?.previousAttempt?.id).toBe('step-0');
    expect(inferred.remainingFailures).toEqual([]);
    expect(runOf(steps, { record: runRecord({ rawStatus: 'failed', error: 'late' }) }).remainingFailures).toEqual([]);
  });
});
