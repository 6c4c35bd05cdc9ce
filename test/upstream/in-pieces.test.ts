import { expect, it } from '@jest/globals';
import { inPieces } from '../../src/upstream/transport/in-pieces.ts';

it('long work in pieces lets others be answered before it ends', async () => {
  let isAnswered = false;
  setImmediate(() => (isAnswered = true));
  function* work() {
    while (!isAnswered) yield;
    return 'done';
  }
  expect(await inPieces(work())).toBe('done');
});
