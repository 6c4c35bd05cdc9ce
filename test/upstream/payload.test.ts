import { expect, it } from '@jest/globals';
import { payloadBytes } from '../../src/upstream/payload.ts';

it('a payload is read once for the size of each of its fields, however often it is asked for', () => {
  let readings = 0;
  const read = () => {
    readings += 1;
    return { inputs: 'é', outputs: [1, 2], metadata: null, unreadable: [] };
  };
  const sizes = () => [
    payloadBytes(read, 'inputs', read),
    payloadBytes(read, 'outputs', read),
    payloadBytes(read, 'metadata', read),
  ];
  expect(sizes()).toEqual(['"é"'.length + 1, '[1,2]'.length, 0]);
  expect(sizes()).toEqual(['"é"'.length + 1, '[1,2]'.length, 0]);
  expect(readings).toBe(3);
});
