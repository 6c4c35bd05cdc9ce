import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isStatusWord, isTerminal, runStatusOf, stepStatusOf } from '../../src/domain/status.ts';
import { FINISHED, WORDS } from '../reference/executions.ts';

describe('the status of a step', () => {
  it.each(Object.entries(WORDS))(
    'is %s for each of %j, in any case, with `_`, `-` or spaces anywhere',
    (status, words) => {
      const separators = fc.array(fc.constantFrom('', '', '_', '-', ' ', '\t'), { minLength: 12, maxLength: 12 });
      fc.assert(
        fc.property(fc.constantFrom(...words), separators, fc.nat(), (word, between, capitals) => {
          const letters = Array.from(word).map((letter, i) => (between[i] ?? '') + letter);
          const spelled = letters.map((letter, i) => ((capitals >> i) & 1 ? letter.toUpperCase() : letter)).join('');
          expect(stepStatusOf(spelled)).toBe(status);
          expect(isStatusWord(spelled)).toBe(true);
          expect(isTerminal(stepStatusOf(spelled))).toBe(FINISHED.includes(status));
        }),
      );
    },
  );

  it.each(['', 'constructor', 'on fire', 'completely'])('is UNKNOWN for %p', (word) => {
    expect([stepStatusOf(word), isStatusWord(word), isTerminal(stepStatusOf(word))]).toEqual(['UNKNOWN', false, false]);
  });
});

describe('the status of a run', () => {
  it('is never SKIPPED', () => {
    expect([runStatusOf('skipped'), runStatusOf('failed')]).toEqual(['UNKNOWN', 'FAILED']);
  });
});
