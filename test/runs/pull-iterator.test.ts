import { describe, expect, it } from '@jest/globals';
import { createPullIterator } from '../../src/runs/live/pull-iterator.ts';

const END = { done: true, value: undefined };

describe('an iterator that is pulled', () => {
  function count(to: number) {
    let value = 0;
    let ends = 0;
    const values = createPullIterator<number>({
      next: () => Promise.resolve(value < to ? { done: false, value: (value += 1) } : { done: true, value: undefined }),
      end: () => {
        ends += 1;
      },
    });
    return {
      values,
      get ends() {
        return ends;
      },
    };
  }

  it('makes a value when it is asked for, to the last', async () => {
    const seen: number[] = [];
    for await (const value of count(3).values) seen.push(value);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('ends with a loop that is left', async () => {
    const counting = count(3);
    for await (const value of counting.values) if (value === 2) break;
    expect(counting.ends).toBe(1);
  });

  it('ends with the block that uses it, and by an error that is thrown into it', async () => {
    const counting = count(3);
    {
      await using values = counting.values;
      await values.next();
    }
    expect(counting.ends).toBe(1);
    expect(await counting.values.throw(new Error('no more'))).toEqual(END);
    expect(await counting.values.return(undefined)).toEqual(END);
    expect(counting.ends).toBe(3);
  });

  it('has ended when its end is over', async () => {
    let isOver = false;
    const values = createPullIterator<number>({
      next: () => Promise.resolve({ done: false, value: 1 }),
      end: () => Promise.resolve().then(() => (isOver = true)),
    });
    await values.return(undefined);
    expect(isOver).toBe(true);
  });
});
