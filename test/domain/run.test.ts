import { describe, expect, it } from '@jest/globals';
import { createRun } from '../../src/domain/run/run.ts';
import type { Run, StepFacts } from '../../src/domain/types.ts';
import { at, EPOCH_MS, ran, runFacts, runOf, runRecord, stepFacts } from '../support/facts.ts';

describe('the bounds of a run', () => {
  const steps = [ran('b', 3, 6), ran('a', 2, 9), ran('c', null, null, 'skipped')];

  it('are the record’s', () => {
    const recorded = runOf(steps, { record: runRecord() });
    expect(recorded).toMatchObject({ startedAt: at(0), endedAt: at(10), wallClockMs: 10_000 });
  });

  it('are the first start and the last end of the steps where no record tells', () => {
    expect(runOf(steps)).toMatchObject({ startedAt: at(2), endedAt: at(9) });
    const record = runRecord({ startTime: null, endTime: null });
    expect(runOf(steps, { record })).toMatchObject({ startedAt: at(2), endedAt: at(9) });
  });

  it('have no start while the record says that the run waits, whatever its steps say', () => {
    const record = runRecord({ rawStatus: 'queued', startTime: null, endTime: null });
    expect(runOf(steps, { record })).toMatchObject({ startedAt: null, endedAt: null, wallClockMs: null });
    expect(runOf(steps, { record: { ...record, startTime: at(1) } }).startedAt).toEqual(at(1));
  });

  it('have no end while the run is unfinished', () => {
    expect(runOf([...steps, ran('d', 9, null, 'running')])).toMatchObject({ startedAt: at(2), endedAt: null });
  });

  it('are unknown without steps', () => {
    expect(runOf([])).toMatchObject({ startedAt: null, endedAt: null, lastActivityAt: null });
  });
});

describe('lastActivityAt', () => {
  it('is the latest start or end of any step, or of the record', () => {
    const steps = [ran('a', 0, 2), ran('b', 5, null, 'running')];
    expect(runOf(steps).lastActivityAt).toEqual(at(5));
    expect(runOf(steps, { record: runRecord() }).lastActivityAt).toEqual(at(10));
    expect(runOf(steps, { record: runRecord({ endTime: null }) }).lastActivityAt).toEqual(at(5));
  });
});

describe('what a run was given and answered', () => {
  it('is that of the record, if there is one', () => {
    const record = runRecord({ inputs: 1, error: 'oops' });
    expect(runOf([], { record })).toMatchObject({ payload: record.payload, error: 'oops' });
    expect(runOf([ran('a', 0, 1)])).toMatchObject({ payload: null, error: null });
  });
});

describe('the upstream’s own word for the status', () => {
  it('is that of the record, also one that is not known, and null without a record', () => {
    expect(runOf([], { record: runRecord({ rawStatus: 'Archived' }) })).toMatchObject({
      rawStatus: 'Archived',
      status: 'UNKNOWN',
    });
    expect(runOf([ran('a', 0, 1, 'done')])).toMatchObject({ rawStatus: null, status: 'COMPLETED' });
  });
});

describe('a run of which neither record nor steps can be had', () => {
  const unknown = runOf([], { steps: null, stepsError: new Error('gone') });

  it('has its ids, and depends on now', () => {
    expect(unknown).toMatchObject({ workflowId: 'workflow-1', id: 'run-1', dependsOnNow: true });
  });

  it.each<keyof Run>([
    'rawStatus',
    'statusIsInferred',
    'status',
    'isFinished',
    'startedAt',
    'endedAt',
    'lastActivityAt',
    'wallClockMs',
    'error',
    'freshness',
    'steps',
    'unreadableSteps',
    'totalElapsedTime',
  ])('throws at %s why the steps could not be loaded', (field) => {
    expect(() => unknown[field]).toThrow('gone');
  });
});

describe('a run whose steps were not loaded', () => {
  const record = runRecord({ inputs: 1, outputs: 2, error: 'oops' });
  const recorded = createRun(runFacts({ steps: null, record }), EPOCH_MS);

  it.each([null, new Error('gone')])('tells what its record tells (%s)', (stepsError) => {
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

  it.each<keyof Run>([
    'lastActivityAt',
    'steps',
    'stepCounts',
    'failedSteps',
    'totalElapsedTime',
    'timing',
    'timeline',
    'criticalPath',
    'progress',
    'repeatedNodes',
    'tokenUsage',
  ])('refuses %s as a mistake of the program', (field) => {
    expect(() => recorded[field]).toThrow(
      "Run run-1 was loaded without its steps: whatever reads them must require 'STEPS'.",
    );
  });

  it('refuses what no record tells', () => {
    const unknown = createRun(runFacts({ steps: null }), EPOCH_MS);
    expect(unknown.id).toBe('run-1');
    for (const field of ['status', 'startedAt', 'endedAt'] as const) {
      expect(() => unknown[field]).toThrow('without its steps');
    }
    const endless = createRun(
      runFacts({ steps: null, record: runRecord({ startTime: null, endTime: null }) }),
      EPOCH_MS,
    );
    expect(() => endless.startedAt).toThrow('without its steps');
    expect(() => endless.endedAt).toThrow('without its steps');
  });
});

describe('a run whose graph was not loaded', () => {
  it.each(['criticalPath', 'progress'] as const)('refuses %s as a mistake of the program', (field) => {
    const run = runOf([ran('a', 0, 1)], { graph: undefined });
    expect(() => run[field]).toThrow(
      "Run run-1 was loaded without its workflow's graph: whatever reads it must require 'GRAPH'.",
    );
    expect(run.timeline.laneCount).toBe(1);
  });
});

describe('deriving', () => {
  it('is done once for each part', () => {
    const run = runOf([ran('a', 0, 1, 'failed'), ran('a', 1, 2)], { record: runRecord() });
    const parts = ['steps', 'stepCounts', 'failedSteps', 'timing', 'timeline', 'criticalPath', 'progress'] as const;
    for (const part of parts) expect(run[part]).toBe(run[part]);
    expect(run.repeatedNodes).toBe(run.repeatedNodes);
    expect(run.tokenUsage).toBe(run.tokenUsage);
    expect(run.timeline.bars[0]?.step).toBe(run.steps[0]);
    expect(run.failedSteps[0]).toBe(run.steps[0]);
    expect(run.repeatedNodes[0]?.attempts[1]).toBe(run.steps[1]);
  });

  it('reads the steps once for the moments between which the run lasted', () => {
    const read: string[] = [];
    const step = stepFacts({ endTime: null, elapsedTime: 3 });
    const watched = new Proxy(step, {
      get(target, key) {
        read.push(String(key));
        return Reflect.get(target, key) as StepFacts[keyof StepFacts];
      },
    });
    const run = createRun(runFacts({ steps: [watched] }), EPOCH_MS);
    const { startedAt, endedAt } = run;
    expect([startedAt, endedAt]).toEqual([at(0), at(3)]);
    read.length = 0;
    expect(run.startedAt).toBe(startedAt);
    expect(run.endedAt).toBe(endedAt);
    expect(read).toEqual([]);
  });

  it('waits until something is asked for', () => {
    const read: string[] = [];
    const watched = new Proxy(stepFacts(), {
      get(target, key) {
        read.push(String(key));
        return Reflect.get(target, key) as StepFacts[keyof StepFacts];
      },
    });
    const run = createRun(runFacts({ steps: [watched], record: runRecord() }), EPOCH_MS);
    expect([run.status, run.startedAt, run.endedAt]).toEqual(['COMPLETED', at(0), at(10)]);
    expect(read).toEqual([]);
    expect([run.lastActivityAt, run.lastActivityAt]).toEqual([at(10), at(10)]);
    expect(read).toEqual(['startTime', 'endTime']);
  });
});

describe('dependsOnNow', () => {
  it('is true of an unfinished run', () => {
    expect(runOf([ran('a', 0, null, 'running')]).dependsOnNow).toBe(true);
    expect(runOf([]).dependsOnNow).toBe(true);
  });

  it('is true of a finished run while a step that says "running" starts in the future', () => {
    const others = [ran('b', 0, 1), ran('c', null, null, 'running')];
    for (const end of [null, 12]) {
      const run = (now: number) => runOf([ran('a', 12, end, 'running'), ...others], { record: runRecord(), now });
      expect(run(11).dependsOnNow).toBe(true);
      expect(run(11).steps[1]).toMatchObject({ nodeId: 'a', clockSkewDetected: true, durationMs: null });
      expect(run(12).dependsOnNow).toBe(false);
      expect(run(12).steps[1]).toMatchObject({ nodeId: 'a', clockSkewDetected: false, durationMs: 0 });
    }
  });

  it('is false of a finished run without a record', () => {
    expect(runOf([ran('a', 0, 1)]).dependsOnNow).toBe(false);
  });

  it('is false of a finished run of unknown end, where no step counts up', () => {
    const run = runOf([ran('a', 0, null, 'running')], { record: runRecord({ endTime: null }) });
    expect(run).toMatchObject({ dependsOnNow: false, endedAt: null, steps: [{ durationMs: null }] });
  });

  it('is false of a finished run, for whatever it left running ends with it', () => {
    const facts = { record: runRecord() };
    const steps = [ran('a', 0, null, 'running'), ran('b', 12, null, 'running')];
    expect(runOf(steps, facts).dependsOnNow).toBe(false);
    const [soon, late] = [runOf(steps, { ...facts, now: 13 }), runOf(steps, { ...facts, now: 9000 })];
    expect(soon.steps).toEqual(late.steps);
    expect(soon.timing).toEqual(late.timing);
    expect(soon.timeline).toEqual(late.timeline);
  });
});
