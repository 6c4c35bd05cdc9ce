import { describe, expect, it } from '@jest/globals';
import { isTerminal, runStatusOf, stepStatusOf } from '../../src/domain/status.ts';

describe('stepStatusOf', () => {
  it.each([
    ['completed', 'COMPLETED'],
    ['success', 'COMPLETED'],
    ['Succeeded', 'COMPLETED'],
    ['DONE', 'COMPLETED'],
    ['failed', 'FAILED'],
    ['error', 'FAILED'],
    ['errored', 'FAILED'],
    ['timeout', 'FAILED'],
    ['timed_out', 'FAILED'],
    ['running', 'RUNNING'],
    ['in_progress', 'RUNNING'],
    ['In-Progress', 'RUNNING'],
    ['started', 'RUNNING'],
    ['pending', 'PENDING'],
    ['queued', 'PENDING'],
    ['waiting', 'PENDING'],
    ['scheduled', 'PENDING'],
    ['cancelled', 'CANCELLED'],
    ['canceled', 'CANCELLED'],
    ['stopped', 'CANCELLED'],
    ['aborted', 'CANCELLED'],
    ['skipped', 'SKIPPED'],
    ['', 'UNKNOWN'],
    ['constructor', 'UNKNOWN'],
    ['on fire', 'UNKNOWN'],
  ] as const)('reads %p as %s', (word, status) => {
    expect(stepStatusOf(word)).toBe(status);
  });
});

describe('runStatusOf', () => {
  it('knows no skipped run', () => {
    expect(runStatusOf('skipped')).toBe('UNKNOWN');
    expect(runStatusOf('failed')).toBe('FAILED');
  });
});

describe('isTerminal', () => {
  it('is true of what will not change', () => {
    expect((['COMPLETED', 'FAILED', 'CANCELLED', 'SKIPPED'] as const).every(isTerminal)).toBe(true);
    expect((['PENDING', 'RUNNING', 'UNKNOWN'] as const).some(isTerminal)).toBe(false);
  });
});
