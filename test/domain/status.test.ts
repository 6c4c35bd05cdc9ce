import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createStatusOf, isTerminal, runStatusOf } from '../../src/domain/status.ts';
import { FINISHED, WORDS } from '../reference/executions.ts';

const statusOf = createStatusOf();

describe('the status of a step', () => {
  it.each(Object.entries(WORDS))('is %s for each of %j, ignoring case, `_`, `-` and spaces', (status, words) => {
    const separators = fc.array(fc.constantFrom('', '', '_', '-', ' ', '\t'), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom(...words), separators, fc.nat(), (word, between, capitals) => {
        const letters = Array.from(word).map((letter, i) => (between[i] ?? '') + letter);
        const spelled = letters.map((letter, i) => ((capitals >> i) & 1 ? letter.toUpperCase() : letter)).join('');
        expect(statusOf(spelled)).toBe(status);
        expect(isTerminal(statusOf(spelled))).toBe(FINISHED.includes(status));
      }),
    );
  });

  it.each(['', 'constructor', 'on fire', 'completely'])('is UNKNOWN for %p', (word) => {
    expect([statusOf(word), isTerminal(statusOf(word))]).toEqual(['UNKNOWN', false]);
  });
});

describe('STATUS_WORDS', () => {
  it('sets the status of custom words, ignoring case, before known words', () => {
    const ofEngine = createStatusOf({ Failure: 'FAILED', 'waiting-children': 'RUNNING', waiting: 'RUNNING' });
    const words = ['failure', 'FAILURE', 'waiting_children', 'waiting', 'queued', 'constructor'];
    expect(words.map(ofEngine)).toEqual(['FAILED', 'FAILED', 'RUNNING', 'RUNNING', 'PENDING', 'UNKNOWN']);
  });
});

describe('the status of a run', () => {
  it('is never SKIPPED', () => {
    expect([runStatusOf('SKIPPED'), runStatusOf('FAILED')]).toEqual(['UNKNOWN', 'FAILED']);
  });
});
