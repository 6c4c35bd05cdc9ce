// Who waits for whom cannot be seen from outside: reads of two callers may arrive in any order.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ReadingWorker } from '../../src/upstream/worker/reading-worker.ts';
import { AbandonedError } from '../../src/upstream/errors.ts';

describe('the worker for large payloads', () => {
  let worker: ReadingWorker;
  beforeEach(() => {
    let nowMs = 0;
    // Each look at the clock takes a millisecond.
    worker = new ReadingWorker({ now: () => (nowMs += 1) });
  });
  afterEach(() => worker.close());
  const [one, other] = [{}, {}];
  const body = Buffer.from('[{"outputs":[7]}]');

  /** Reads for an owner, and notes when its turn comes. */
  const createReads = () => {
    const begun: string[] = [];
    let order = 0;
    const read = (name: string, share: object, isAbandoned = () => false) =>
      worker.readPayloads({ share, order: (order += 1), isAbandoned }, () => {
        begun.push(name);
        return {
          body,
          questions: [{ name: 'size', args: { index: 0, field: 'outputs' } }],
          room: { steps: 0, bytes: 0 },
        };
      });
    return { begun, read };
  };

  it('reads first for the owner that has used the least time', async () => {
    const { begun, read } = createReads();
    const replies = [read('a1', one), read('a2', one), read('a3', one), read('b1', other), read('b2', other)];
    expect(await Promise.all(replies)).toEqual(Array(5).fill([{ value: 3 }]));
    expect(begun).toEqual(['a1', 'b1', 'a2', 'b2', 'a3']);
  });

  it('drops the read of a client that has left', async () => {
    const { begun, read } = createReads();
    let hasLeft = false;
    const replies = [read('a1', one), read('a2', one, () => hasLeft), read('a3', one)];
    hasLeft = true;
    const [, dropped] = await Promise.allSettled(replies);
    expect(dropped).toEqual({ status: 'rejected', reason: expect.any(AbandonedError) });
    expect(begun).toEqual(['a1', 'a3']);
  });

  it('gives what waits up when it closes', async () => {
    const { read } = createReads();
    const outcomes = Promise.allSettled([read('a1', one), read('b1', other)]);
    await worker.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
