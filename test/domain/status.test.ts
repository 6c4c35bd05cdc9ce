import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isOver, isStatusWord, isTerminal, runStatusOf, stepStatusOf } from '../../src/domain/status.ts';
import { statusOf } from '../reference/executions.ts';
import { at } from '../support/facts.ts';

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
    expect(isStatusWord(word)).toBe(status !== 'UNKNOWN');
  });

  it('reads a word in any case, with `_`, `-` or spaces anywhere', () => {
    const word = fc.constantFrom('completed', 'inprogress', 'timedout', 'skipped', 'archived', '');
    const separators = fc.array(fc.constantFrom('', '', '_', '-', ' ', '\t'), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(word, separators, fc.nat(), (plain, between, capitals) => {
        const letters = Array.from(plain).map((letter, i) => (between[i] ?? '') + letter);
        const spelled = letters.map((letter, i) => ((capitals >> i) & 1 ? letter.toUpperCase() : letter)).join('');
        expect(stepStatusOf(spelled)).toBe(plain === 'timedout' ? 'FAILED' : statusOf(plain));
        expect(isStatusWord(spelled)).toBe(stepStatusOf(spelled) !== 'UNKNOWN');
      }),
    );
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

describe('isOver', () => {
  it('is true of a terminal status, and of an end beside a word that is not known', () => {
    for (const end of [null, at(1)]) {
      expect((['COMPLETED', 'FAILED', 'CANCELLED', 'SKIPPED'] as const).every((status) => isOver(status, end))).toBe(
        true,
      );
      expect((['PENDING', 'RUNNING'] as const).some((status) => isOver(status, end))).toBe(false);
      expect(isOver('UNKNOWN', end)).toBe(end !== null);
    }
  });
});
