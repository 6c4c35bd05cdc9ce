import { describe, expect, it } from '@jest/globals';
import { at, ran, runOf, runRecord, stepFacts } from '../support/facts.ts';

const statusOf = (...steps: Parameters<typeof runOf>[0]) => runOf(steps).status;

describe('the inferred status of a run', () => {
  it('is UNKNOWN without steps', () => {
    expect(runOf([])).toMatchObject({ status: 'UNKNOWN', statusIsInferred: true, isFinished: false });
  });

  it('is COMPLETED when all are completed or skipped', () => {
    expect(statusOf(ran('a', 0, 1), ran('b', 1, 1, 'skipped'))).toBe('COMPLETED');
  });

  it('is RUNNING while any is unfinished, whatever failed', () => {
    expect(statusOf(ran('a', 0, 1, 'failed'), ran('b', 1, null, 'running'))).toBe('RUNNING');
    expect(statusOf(ran('a', 0, 1), ran('b', null, null, 'queued'))).toBe('RUNNING');
    expect(statusOf(ran('a', 0, 1), ran('b', 1, null, 'no such word'))).toBe('RUNNING');
  });

  it('is FAILED before CANCELLED before UNKNOWN', () => {
    const unknown = ran('c', 1, 2, 'no such word');
    const cancelled = ran('b', 1, 2, 'cancelled');
    expect(statusOf(unknown, cancelled, ran('a', 0, 1, 'failed'))).toBe('FAILED');
    expect(statusOf(unknown, cancelled, ran('a', 0, 1))).toBe('CANCELLED');
    expect(statusOf(unknown, ran('a', 0, 1))).toBe('UNKNOWN');
    expect(runOf([unknown, ran('a', 0, 1)])).toMatchObject({ isFinished: true, endedAt: at(2) });
  });

  it('is UNKNOWN and not finished beside an entry that can not be read: it may have failed or still run', () => {
    const run = runOf([ran('a', 0, 1), stepFacts({ index: 1, problem: 'expected object' })]);
    expect(run).toMatchObject({ status: 'UNKNOWN', isFinished: false, stepCounts: { total: 1 } });
    expect(run.unreadableSteps).toEqual(['expected object']);
  });

  it('looks at the latest attempt of each node alone', () => {
    expect(statusOf(ran('a', 0, 1, 'failed'), ran('a', 2, 3))).toBe('COMPLETED');
    expect(statusOf(ran('a', 0, 2, 'running'), ran('a', 2, 3))).toBe('COMPLETED');
    expect(statusOf(ran('a', 0, 1), ran('a', 2, 3, 'failed'))).toBe('FAILED');
  });
});

describe('the status of a run with a record', () => {
  it('is the record’s, whatever the steps say', () => {
    const run = runOf([ran('a', 0, null, 'running')], { record: runRecord({ rawStatus: 'canceled' }) });
    expect(run).toMatchObject({ status: 'CANCELLED', statusIsInferred: false, isFinished: true });
  });

  it.each(['no such word', 'skipped'])('is UNKNOWN for "%s", and finished if the record names an end', (rawStatus) => {
    const open = runOf([], { record: runRecord({ rawStatus, endTime: null }) });
    expect(open).toMatchObject({ status: 'UNKNOWN', statusIsInferred: false, isFinished: false, endedAt: null });
    const ended = runOf([], { record: runRecord({ rawStatus }) });
    expect(ended).toMatchObject({ status: 'UNKNOWN', statusIsInferred: false, isFinished: true, endedAt: at(10) });
  });

  it('has no end while the record says that it is not over, whatever its end', () => {
    const run = runOf([ran('a', 0, 1)], { record: runRecord({ rawStatus: 'running' }) });
    expect(run).toMatchObject({ isFinished: false, endedAt: null, wallClockMs: 100_000, lastActivityAt: at(10) });
  });
});
