/** How much memory many large answers take at a time can't be seen from outside. That one of them holds up no other: calls.test.ts. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { createReadingLimit, type Reading, type ReadingLimit } from '../../src/upstream/transport/reading-limit.ts';

const MIB = 2 ** 20;
const LIMIT = 4 * MIB;
const SMALL = 2 ** 18;
const NEVER = new AbortController().signal;
const HOUR_MS = 3_600_000;

describe('what is read of upstream answers at the same time', () => {
  it('is within the limit, but for one answer and the beginnings of the others, and each comes to its end', async () => {
    const anyOnes = fc.array(fc.array(fc.integer({ min: 1, max: MIB }), { minLength: 1, maxLength: 20 }), {
      maxLength: 20,
    });
    /** Which come in step. */
    const equalOnes = fc.nat(10).map((count) => Array.from({ length: count }, () => new Array<number>(20).fill(MIB)));
    const answers = fc.oneof(anyOnes, equalOnes);
    await fc.assert(
      fc.asyncProperty(answers, fc.scheduler(), async (chunksOfEach, scheduler) => {
        const limit = createReadingLimit(LIMIT, HOUR_MS);
        const largest = Math.max(0, ...chunksOfEach.map((chunks) => chunks.reduce((sum, each) => sum + each, 0)));
        let bytes = 0;
        let most = 0;
        const readings = chunksOfEach.map(async (chunks) => {
          const reading = limit.begin(() => undefined);
          let own = 0;
          for (const chunk of chunks) {
            await scheduler.schedule(Promise.resolve());
            reading.add(chunk);
            own += chunk;
            bytes += chunk;
            most = Math.max(most, bytes);
            await reading.turn(NEVER);
          }
          reading.end();
          bytes -= own;
        });
        await scheduler.waitFor(Promise.all(readings));
        // A chunk is there before it can be counted.
        expect(most).toBeLessThanOrEqual(LIMIT + largest + chunksOfEach.length * (SMALL + MIB));
      }),
    );
  });

  describe('by the clock', () => {
    const STALLED_MS = 1000;
    let limit: ReadingLimit;
    /** Those whose turn has come. */
    let ended: string[];
    beforeEach(() => {
      jest.useFakeTimers();
      limit = createReadingLimit(LIMIT, STALLED_MS);
      ended = [];
    });
    afterEach(() => {
      jest.useRealTimers();
    });

    const begun = (bytes: number, giveUp: () => void = () => undefined): Reading => {
      const reading = limit.begin(giveUp);
      reading.add(bytes);
      return reading;
    };
    const takeTurn = (name: string, reading: Reading) => void reading.turn(NEVER).then(() => ended.push(name));
    const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

    it('has one answer that has stalled, and no more while others wait: the largest of them is given up', async () => {
      const giveUp = () => {
        ended.push('given up');
        larger.end();
      };
      const stalled = begun(LIMIT, giveUp);
      takeTurn('stalled', stalled);
      const larger = begun(LIMIT + 1, giveUp);
      takeTurn('larger', larger);
      takeTurn('waiting', begun(SMALL + 1));
      await pass(STALLED_MS - 1);
      expect(ended).toEqual(['stalled', 'larger']);
      await pass(1);
      expect(ended.slice(2)).toEqual(['given up', 'waiting']);
      expect([stalled.isGivenUp, larger.isGivenUp]).toEqual([false, true]);
      await pass(HOUR_MS);
      expect(ended).toHaveLength(4);
    });
  });
});
