import { describe, expect, it } from '@jest/globals';
import { selectSteps } from '../../src/domain/step/steps.ts';
import { ran, runOf, runRecord } from '../support/facts.ts';

describe('steps', () => {
  it('come by start, then index, and those without a start last', () => {
    const { steps } = runOf([ran('d', null, null, 'queued'), ran('b', 2, 3), ran('c', 2, 2.5), ran('a', 1, 2)]);
    expect(steps.map((step) => step.nodeId)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('are finished by their status, or by an end where the status is unknown', () => {
    const { steps } = runOf([ran('a', 0, 1, 'hm'), ran('b', 0, null, 'hm'), ran('c', 0, 1, 'running')]);
    expect(steps.map((step) => step.isFinished)).toEqual([true, false, false]);
  });

  it('stay completed with an error', () => {
    expect(runOf([ran('a', 0, 1, 'completed', { error: 'boom' })]).steps[0]?.status).toBe('COMPLETED');
  });

  it('tell where in the run they start', () => {
    const { steps } = runOf([ran('a', 1.5, 2), ran('b', 4, 5), ran('c', null, null, 'queued')]);
    expect(steps.map((step) => step.offsetMs)).toEqual([0, 2500, null]);
  });

  it('tell a negative offset where they claim to start before their run', () => {
    expect(runOf([ran('a', -0.5, 2)], { record: runRecord() }).steps[0]?.offsetMs).toBe(-500);
  });

  it('tell the gap since the latest end of those that started before', () => {
    const { steps } = runOf([ran('a', 1, 2), ran('b', 1.5, 4), ran('c', 3, 3.5), ran('d', 4.25, 5), ran('e', 6, 7)], {
      record: runRecord(),
    });
    expect(steps.map((step) => step.gapBeforeMs)).toEqual([1000, 0, 0, 250, 1000]);
  });

  it('tell the same gap to all that start together', () => {
    const { steps } = runOf([ran('a', 0, 1), ran('b', 3, 9), ran('c', 3, 4), ran('d', 3, 3)]);
    expect(steps.map((step) => step.gapBeforeMs)).toEqual([0, 2000, 2000, 2000]);
  });

  it('tell their share of the wall clock, at most 1', () => {
    const { steps } = runOf([ran('a', 0, 2.5), ran('b', 0, 20), ran('c', 5, null)], { record: runRecord() });
    expect(steps.map((step) => step.shareOfRun)).toEqual([0.25, 1, null]);
    expect(runOf([ran('a', 1, 1)]).steps[0]?.shareOfRun).toBeNull();
  });

  it('are counted by status', () => {
    const words = ['queued', 'running', 'running', 'completed', 'failed', 'cancelled', 'skipped', 'hm', 'hm'];
    const { stepCounts } = runOf(words.map((word) => ran('a', 0, 1, word)));
    expect(stepCounts).toEqual({
      total: 9,
      pending: 1,
      running: 2,
      completed: 1,
      failed: 1,
      cancelled: 1,
      skipped: 1,
      unknown: 2,
    });
  });
});

describe('selectSteps', () => {
  const { steps } = runOf([
    ran('b', 0, 5),
    ran('a', 1, 2, 'failed'),
    ran('c', 2, 3),
    ran('b', 3, 4, 'failed'),
    ran('a', null, null, 'queued'),
  ]);
  const places = (...args: [Parameters<typeof selectSteps>[1]?, Parameters<typeof selectSteps>[2]?]) =>
    selectSteps(steps, args[0], args[1]).map((step) => step.index);

  it('passes all on without a filter', () => {
    expect(places()).toEqual([0, 1, 2, 3, 4]);
    expect(places({ status: null, nodeId: null, failedOnly: null })).toEqual([0, 1, 2, 3, 4]);
    expect(selectSteps(steps, null, null)).toBe(steps);
  });

  it('asks every condition', () => {
    expect(places({ status: ['COMPLETED', 'PENDING'] })).toEqual([0, 2, 4]);
    expect(places({ nodeId: ['a', 'b'] })).toEqual([0, 1, 3, 4]);
    expect(places({ failedOnly: true })).toEqual([1, 3]);
    expect(places({ nodeId: ['b'], failedOnly: true })).toEqual([3]);
    expect(places({ status: [] })).toEqual([]);
  });

  it('orders in both directions, with ties in their own order and unknowns last', () => {
    expect(places(null, { field: 'DURATION', direction: 'ASC' })).toEqual([1, 2, 3, 0, 4]);
    expect(places(null, { field: 'DURATION', direction: 'DESC' })).toEqual([0, 1, 2, 3, 4]);
    expect(places(null, { field: 'START_TIME', direction: 'DESC' })).toEqual([3, 2, 1, 0, 4]);
    expect(places(null, { field: 'NODE_ID', direction: 'ASC' })).toEqual([1, 4, 0, 3, 2]);
    expect(places(null, { field: 'NODE_ID', direction: 'DESC' })).toEqual([2, 0, 3, 1, 4]);
  });
});
