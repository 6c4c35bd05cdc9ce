/** States of failure groups over written and random histories: one character a run, oldest first. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRandom } from './inputs/histories.ts';
import { historyOf } from './failure-histories.ts';
import { at } from './facts.ts';

const ok = (count: number) => 'o'.repeat(count);
/** A rate limit every nine runs. */
const everyNine = (count: number) => `${ok(8)}x`.repeat(count);

describe('the state of a failure', () => {
  it.each([
    ['new after 20 runs without it', `${ok(20)}xox`, false, 'NEW'],
    ['new in a young workflow', 'oox', true, 'NEW'],
    ['ongoing since the first run', 'xoxox', true, 'ONGOING'],
    ['intermittent after a few older runs', `${ok(4)}x${everyNine(4)}`, true, 'ONGOING'],
    ['ongoing if older runs are not known', `${ok(10)}xox`, false, 'ONGOING'],
    ['resolved after enough completions', `${ok(20)}xoox${ok(3)}`, false, 'RESOLVED'],
    ['returned after a long gap', `xoxoxx${ok(30)}xox`, true, 'RETURNED'],
    ['resolved after it had returned', `xoxoxx${ok(30)}xo${ok(40)}`, true, 'RESOLVED'],
    ['ongoing after two long gaps', `xox${ok(30)}x${ok(30)}xox`, true, 'ONGOING'],
    ['ongoing after one gap and no other', `oox${ok(30)}x`, true, 'ONGOING'],
    ['ongoing if it is nearly as rare otherwise', `x${ok(7)}x${ok(7)}x${ok(31)}x`, true, 'ONGOING'],
    ['unknown if an older failure may be the same', `${ok(20)}?${ok(20)}xox`, false, 'UNKNOWN'],
    ['new if only a run since may have failed alike', `${ok(20)}xo?ox`, false, 'NEW'],
    ['unknown if its completions could not be loaded', `${ok(20)}xuuu`, false, 'UNKNOWN'],
    ['unknown if the gap could not be loaded', `xoxox${'u'.repeat(30)}x`, true, 'UNKNOWN'],
  ])('%s', (_, runs, isWhole, expected) => {
    expect(historyOf(runs, isWhole).state).toBe(expected);
  });

  it('names the first failure after the gap', () => {
    const history = historyOf(`xoxoxx${ok(30)}xox`, true);
    expect(history.returnedAt).toEqual(at(36));
    expect(history.firstSeenAt).toEqual(at(0));
    expect(historyOf(`${ok(20)}xox`).returnedAt).toBeNull();
  });

  it('stays when failures of unknown cause become known', () => {
    const kind = fc.constantFrom('o', 'o', 'o', 'o', 'x', '?');
    fc.assert(
      fc.property(fc.array(kind, { minLength: 1, maxLength: 60 }), fc.infiniteStream(fc.boolean()), (kinds, isSame) => {
        const runs = `${kinds.join('')}x`;
        const truth = runs.replaceAll('?', () => (isSame.next().value === true ? 'x' : 'y'));
        const [claimed, known] = [historyOf(runs).state, historyOf(truth).state];
        if (claimed === 'RESOLVED' || claimed === 'RETURNED') expect(known).toBe(claimed);
      }),
    );
  });

  it('is RETURNED in at most 6 % of random series', () => {
    const random = createRandom(79);
    for (const rate of [0.02, 0.05, 0.1, 0.2, 0.4]) {
      let returned = 0;
      for (let series = 0; series < 500; series += 1) {
        const runs = Array.from({ length: 199 }, () => (random() < rate ? 'x' : 'o')).join('');
        if (runs.includes('x') && historyOf(runs).state === 'RETURNED') returned += 1;
      }
      expect(returned / 500).toBeLessThanOrEqual(0.06);
    }
  });
});
