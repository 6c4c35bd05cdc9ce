import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { WebSocket } from 'ws';
import { MIN_COUNTED_BYTES } from '../../src/http/connection/client-bytes.ts';
import { countUnfinished } from '../../src/http/live/unfinished-messages.ts';

const STEP_BYTES = 65_536;
const CONTROL_BYTES = 6;

/** A socket of which the test says what comes. It may hold `most` bytes. */
function start(most = Infinity) {
  const socket = new EventEmitter();
  let held = 0;
  /** What was held when `ws` read each chunk. */
  const heldWhenRead: number[] = [];
  let destroyed = 0;
  const connection = Object.assign(new EventEmitter(), {
    destroySoon() {
      destroyed += 1;
    },
  });
  connection.on('data', () => heldWhenRead.push(held));
  countUnfinished(socket as unknown as WebSocket, connection as unknown as Socket, (bytes) => {
    if (held + bytes > most) return null;
    held += bytes;
    return () => {
      held -= bytes;
    };
  });
  return {
    socket,
    heldWhenRead,
    receive: (bytes: number) => connection.emit('data', Buffer.alloc(bytes)),
    held: () => held,
    destroyed: () => destroyed,
  };
}

/** Beyond what is not counted, in whole steps. */
const stepsOf = (size: number) => Math.max(0, Math.ceil((size - MIN_COUNTED_BYTES) / STEP_BYTES)) * STEP_BYTES;

const sizes = fc.oneof(
  fc.nat(200_000),
  fc.constantFrom(MIN_COUNTED_BYTES, MIN_COUNTED_BYTES + 1, STEP_BYTES, MIN_COUNTED_BYTES + STEP_BYTES + 1),
);
const commands = fc.array(
  fc.oneof(
    fc.record({ event: fc.constant('data' as const), bytes: sizes }),
    fc.record({ event: fc.constantFrom('ping' as const, 'pong' as const), bytes: fc.nat(125) }),
    fc.constantFrom({ event: 'message' as const, bytes: 0 }, { event: 'close' as const, bytes: 0 }),
  ),
);

describe('what has come of a message that is not whole', () => {
  it('is held in steps until it is, or the socket is closed, without what pings take', () => {
    fc.assert(
      fc.property(commands, (given) => {
        const { socket, receive, held, heldWhenRead, destroyed } = start();
        let [size, most] = [0, 0];
        for (const { event, bytes } of given) {
          if (event === 'data') {
            receive(bytes);
            size += bytes;
            most = Math.max(most, size);
            expect(heldWhenRead.at(-1)).toBe(stepsOf(most));
          } else if (event === 'ping' || event === 'pong') {
            receive(bytes + CONTROL_BYTES);
            most = Math.max(most, size + bytes + CONTROL_BYTES);
            socket.emit(event, Buffer.alloc(bytes));
          } else {
            socket.emit(event);
            [size, most] = [0, 0];
            if (event === 'close') expect(held()).toBe(0);
            if (event === 'close') break;
          }
          expect([held(), destroyed()]).toEqual([stepsOf(most), 0]);
        }
      }),
    );
  });

  it('ends the connection once where it is too much, and is free when that is closed', () => {
    const { socket, receive, held, destroyed } = start(2 * STEP_BYTES);
    receive(MIN_COUNTED_BYTES + 2 * STEP_BYTES);
    expect([held(), destroyed()]).toEqual([2 * STEP_BYTES, 0]);
    receive(1);
    expect([held(), destroyed()]).toEqual([2 * STEP_BYTES, 1]);
    for (let chunks = 0; chunks < 3; chunks += 1) receive(STEP_BYTES);
    expect([held(), destroyed()]).toEqual([2 * STEP_BYTES, 1]);
    socket.emit('close');
    expect(held()).toBe(0);
  });
});
