// Who waits for whom cannot be seen from outside: reads of two callers may arrive in any order.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { PayloadRequest } from '../../src/upstream/worker/messages.ts';
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
  const never = () => false;
  const REQUEST: PayloadRequest = {
    body: Buffer.from('[{"outputs":[7]}]'),
    questions: [{ name: 'size', args: { index: 0, field: 'outputs' } }],
    room: { steps: 0, bytes: 0 },
  };

  /** Reads for an owner, and notes when its turn comes. */
  const createReads = () => {
    const begun: string[] = [];
    let order = 0;
    const read = (name: string, share: object, { isAbandoned = never, isHeldBack = never } = {}) =>
      worker.readPayloads({ share, order: (order += 1), isAbandoned, isHeldBack }, () => {
        begun.push(name);
        return REQUEST;
      });
    return { begun, read };
  };

  it('reads first for the tenant that has used the least time', async () => {
    const { begun, read } = createReads();
    const replies = [read('a1', one), read('a2', one), read('a3', one), read('b1', other), read('b2', other)];
    expect(await Promise.all(replies)).toEqual(Array(5).fill([{ value: 3 }]));
    expect(begun).toEqual(['a1', 'b1', 'a2', 'b2', 'a3']);
  });

  it('drops the read of a client that has left', async () => {
    const { begun, read } = createReads();
    let hasLeft = false;
    const replies = [read('a1', one), read('a2', one, { isAbandoned: () => hasLeft }), read('a3', one)];
    hasLeft = true;
    const [, dropped] = await Promise.allSettled(replies);
    expect(dropped).toEqual({ status: 'rejected', reason: expect.any(AbandonedError) });
    expect(begun).toEqual(['a1', 'a3']);
  });

  it('reads nothing for an operation that is held back', async () => {
    const { begun, read } = createReads();
    let isHeldBack = true;
    const replies = [read('a1', one, { isHeldBack: () => isHeldBack }), read('b1', other)];
    await replies[1];
    expect(begun).toEqual(['b1']);
    isHeldBack = false;
    worker.wake();
    await replies[0];
    expect(begun).toEqual(['b1', 'a1']);
  });

  it('ends a read that takes too long, and reads the next one', async () => {
    const limits = [1, 60_000];
    const impatient = new ReadingWorker({
      get maxReadMs() {
        return limits.shift() ?? 0;
      },
    });
    const read = () =>
      impatient.readPayloads({ share: one, order: 1, isAbandoned: never, isHeldBack: never }, () => REQUEST);
    await expect(read()).rejects.toMatchObject({ code: 'UPSTREAM_CONTRACT_VIOLATION' });
    expect(await read()).toEqual([{ value: 3 }]);
    await impatient.close();
  });

  it('rejects waiting reads when it closes', async () => {
    const { read } = createReads();
    const outcomes = Promise.allSettled([read('a1', one), read('b1', other)]);
    await worker.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
