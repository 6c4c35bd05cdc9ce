import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { WebSocket } from 'ws';
import { closeSocket } from '../../src/http/live/close-socket.ts';

const MAX_REASON_BYTES = 123;

it('a socket is closed with as much of its reason as a frame takes, in whole characters', () => {
  const units = fc.constantFrom('a', 'é', '€', '🐎');
  fc.assert(
    fc.property(fc.string({ unit: units, maxLength: 200 }), (reason) => {
      const closed: [number, string][] = [];
      const close = (code: number, bytes: Buffer) => closed.push([code, bytes.toString()]);
      closeSocket({ close } as unknown as WebSocket, 4401, reason);
      let expected = '';
      for (const character of reason) {
        if (Buffer.byteLength(expected + character) > MAX_REASON_BYTES) break;
        expected += character;
      }
      expect(closed).toEqual([[4401, expected]]);
    }),
  );
});
