import { describe, expect, it } from '@jest/globals';
import { createRun } from '../../src/domain/run/run.ts';
import type { Run, StepFacts } from '../../src/domain/types.ts';
import { at, EPOCH_MS, ran, runFacts, runOf, runRecord, stepFacts } from './facts.ts';

describe('a run', () => {
  it('has the payload of its record', () => {
    const record = runRecord({ inputs: 1 });
    expect(runOf([], { record }).payload).toBe(record.payload);
    expect(runOf([ran('a', 0, 1)]).payload).toBeNull();
  });

  it('is UNKNOWN and unfinished with an unreadable step', () => {
    const run = runOf([ran('a', 0, 1), stepFacts({ problem: 'expected object' })]);
    expect(run).toMatchObject({ status: 'UNKNOWN', isFinished: false, stepCounts: { total: 1 } });
    expect(run.unreadableSteps).toEqual(['expected object']);
  });

  it('reads no steps for fields of the record', () => {
    const read: PropertyKey[] = [];
    const watched = new Proxy(stepFacts(), {
      get(target, key) {
        read.push(key);
        return Reflect.get(target, key) as StepFacts[keyof StepFacts];
      },
    });
    const run = createRun(runFacts({ steps: [watched], record: runRecord() }), EPOCH_MS);
    expect([run.status, run.startedAt, run.endedAt, run.wallClockMs]).toEqual(['COMPLETED', at(0), at(10), 10_000]);
    expect(read).toEqual([]);
  });
});

describe('a run without a record whose steps could not be loaded', () => {
  const unknown = runOf([], { steps: null, stepsError: new Error('gone') });

  it('has only its ids without record and steps, and depends on now', () => {
    expect(unknown).toMatchObject({ workflowId: 'workflow-1', id: 'run-1', dependsOnNow: true });
  });

  it.each<keyof Run>([
    ...(['rawStatus', 'statusIsInferred', 'status', 'isFinished', 'startedAt', 'endedAt', 'lastActivityAt'] as const),
    ...(['wallClockMs', 'error', 'freshness', 'steps', 'unreadableSteps', 'totalElapsedTime'] as const),
  ])('throws the reason at %s', (field) => {
    expect(() => unknown[field]).toThrow('gone');
  });
});

describe('a run whose steps were not loaded', () => {
  const record = runRecord({ inputs: 1, outputs: 2, error: 'oops' });

  it.each([null, new Error('gone')])('has the fields of its record (%s)', (stepsError) => {
    const facts = runFacts({ steps: null, stepsError, record });
    expect(createRun(facts, EPOCH_MS)).toMatchObject({
      rawStatus: 'completed',
      status: 'COMPLETED',
      statusIsInferred: false,
      isFinished: true,
      dependsOnNow: false,
      startedAt: at(0),
      endedAt: at(10),
      wallClockMs: 10_000,
      payload: record.payload,
      error: 'oops',
      freshness: facts.freshness,
    });
  });

  it('has not started while queued', () => {
    const waiting = runRecord({ rawStatus: 'queued', startTime: null, endTime: null });
    expect(runOf([], { steps: null, record: waiting })).toMatchObject({ startedAt: null, endedAt: null });
  });

  it.each<keyof Run>([
    ...(['lastActivityAt', 'steps', 'stepCounts', 'failedSteps', 'totalElapsedTime', 'timing', 'timeline'] as const),
    ...(['criticalPath', 'progress', 'repeatedNodes', 'tokenUsage'] as const),
  ])('throws at %s, as a programming error', (field) => {
    expect(() => runOf([], { steps: null, record })[field]).toThrow("must require 'STEPS'");
  });

  it.each(['status', 'startedAt', 'endedAt'] as const)("throws at %s if the record doesn't have it", (field) => {
    expect(() => runOf([], { steps: null })[field]).toThrow("must require 'STEPS'");
    const endless = runRecord({ startTime: null, endTime: null });
    if (field !== 'status') {
      expect(() => runOf([], { steps: null, record: endless })[field]).toThrow("must require 'STEPS'");
    }
  });
});

describe('a run whose graph was not loaded', () => {
  it.each(['criticalPath', 'progress'] as const)('throws at %s, as a programming error', (field) => {
    const run = runOf([ran('a', 0, 1)], { graph: undefined });
    expect(() => run[field]).toThrow("must require 'GRAPH'");
    expect(run.timeline.laneCount).toBe(1);
  });
});
