import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import type { ReadPayload } from '../../src/domain/types.ts';
import { createReadingTurns, TURN_BYTES } from '../../src/graphql/reading-turns.ts';
import { AbandonedError } from '../../src/upstream/errors.ts';

/** Payloads of one answer. */
const answerOf = (textBytes: number): (() => ReadPayload<unknown>) => {
  const text = {};
  return () => Object.assign(() => null, { text, textBytes });
};

const start = (isGone = () => false) => {
  const readings = createReadingTurns(isGone);
  const read: string[] = [];
  const take = (payload: ReadPayload<unknown>, name: string) =>
    Promise.resolve(
      readings.take(payload, () => {
        read.push(name);
        return name;
      }),
    );
  return { take, read };
};

describe('the payloads that one operation reads', () => {
  it('are read at once as far as a turn of the event loop allows, and those of an answer that is parsed anyway', async () => {
    const { take, read } = start();
    const [a, b] = [answerOf(TURN_BYTES), answerOf(1)];
    const all = [take(a(), 'a1'), take(a(), 'a2'), take(b(), 'b1'), take(a(), 'a3')];
    expect(read).toEqual(['a1', 'a2', 'a3']);
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'b1', 'a3']);
    expect(read).toEqual(['a1', 'a2', 'a3', 'b1']);
  });

  it('wait by answers: each is parsed once, in a turn that has room for it', async () => {
    const { take, read } = start();
    const first = answerOf(TURN_BYTES);
    const answers = [answerOf(TURN_BYTES / 2), answerOf(TURN_BYTES / 2), answerOf(2 * TURN_BYTES), answerOf(1)];
    const all = [take(first(), 'first')];
    for (const alias of ['x', 'y']) all.push(...answers.map((payload, at) => take(payload(), `${alias}${at}`)));
    const turns: (readonly string[])[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      turns.push(read.splice(0));
      await nextTurn();
    }
    expect(turns).toEqual([['first'], ['x0', 'y0', 'x1', 'y1'], ['x2', 'y2'], ['x3', 'y3']]);
    expect(await Promise.all(all)).toHaveLength(9);
  });

  it('take no turn when none of them waits any more', async () => {
    const { take } = start();
    await Promise.all([take(answerOf(TURN_BYTES)(), 'a'), take(answerOf(1)(), 'b')]);
    const turns = jest.spyOn(globalThis, 'setImmediate');
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    const { length } = turns.mock.calls;
    turns.mockRestore();
    expect(length).toBe(0);
  });

  it('fail alone, and are not read any more when the client has gone', async () => {
    let isGone = false;
    const readings = createReadingTurns(() => isGone);
    const full = answerOf(TURN_BYTES);
    expect(readings.take(full(), () => 1)).toBe(1);
    const failing = readings.take(answerOf(1)(), (): number => {
      throw new Error('no such field');
    });
    const good = readings.take(answerOf(1)(), () => 2);
    await expect(failing).rejects.toThrow('no such field');
    expect(await good).toBe(2);
    const late = readings.take(full(), () => 3);
    isGone = true;
    await expect(late).rejects.toThrow(AbandonedError);
  });
});
