import { EventEmitter, once } from 'node:events';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { WebSocket } from 'ws';
import { createSocketSender, type SocketSender } from '../../src/http/live/socket-sender.ts';

const PART_BYTES = 131_072;
const MAX_UNTAKEN_BYTES = 65_536;

/** What was sent: a part of a message, or the last one. */
interface Frame {
  readonly text: string;
  readonly binary: boolean;
  readonly fin: boolean;
}

/** A socket whose client takes what the test says. */
class SlowSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  isPaused = false;
  readonly frames: Frame[] = [];
  readonly #untaken: { readonly size: number; readonly taken: () => void }[] = [];

  get sent(): readonly number[] {
    return this.frames.map(({ text }) => text.length);
  }
  get bufferedAmount(): number {
    return this.#untaken.reduce((sum, { size }) => sum + size, 0);
  }
  send(message: string | Buffer, { binary, fin }: Omit<Frame, 'text'>, taken: () => void): void {
    this.frames.push({ text: message.toString(), binary, fin });
    this.#untaken.push({ size: message.length, taken });
    this.emit('sent');
  }
  pong(data: Buffer, mask: boolean, taken: () => void): void {
    this.emit('pong', data, mask);
    taken();
  }
  take(): void {
    this.#untaken.shift()?.taken();
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
}

const partsOf = (message: string): readonly string[] =>
  Array.from({ length: Math.ceil(message.length / PART_BYTES) }, (_, at) =>
    message.slice(at * PART_BYTES, (at + 1) * PART_BYTES),
  );

describe('a client of a WebSocket', () => {
  let socket: SlowSocket;
  let sender: SocketSender;
  let heard: number;

  beforeEach(() => {
    socket = new SlowSocket();
    heard = 0;
    sender = createSocketSender(socket as unknown as WebSocket, () => {
      heard += 1;
    });
  });

  it('is not read from while it leaves much untaken', async () => {
    const sent = [sender.send('x'.repeat(60_000)), sender.send('x'.repeat(60_000))];
    sender.holdBack();
    expect(socket.isPaused).toBe(true);
    socket.take();
    expect(socket.isPaused).toBe(false);
    socket.take();
    await Promise.all(sent);
  });

  it('is not read from while much waits for the end of a large one, also where little of that is left', async () => {
    const large = sender.send(Buffer.alloc(PART_BYTES + 10));
    const last = once(socket, 'sent');
    socket.take();
    await last;
    expect([socket.sent, socket.bufferedAmount]).toEqual([[PART_BYTES, 10], 10]);
    sender.holdBack();
    expect(socket.isPaused).toBe(false);
    const waiting = [sender.send('x'.repeat(40_000)), sender.send('x'.repeat(40_000))];
    sender.holdBack();
    expect(socket.isPaused).toBe(true);
    socket.take();
    await large;
    while (socket.sent.length < 4) await once(socket, 'sent');
    expect(socket.isPaused).toBe(true);
    socket.take();
    expect(socket.isPaused).toBe(false);
    socket.take();
    await Promise.all(waiting);
  });

  it('is read from up to a bound of what is untaken, and one that is behind until it has taken enough', async () => {
    const sent = [sender.send('x'.repeat(MAX_UNTAKEN_BYTES))];
    sender.holdBack();
    expect(socket.isPaused).toBe(false);
    for (const text of ['x', 'y'.repeat(MAX_UNTAKEN_BYTES), 'z']) sent.push(sender.send(text));
    sender.holdBack();
    const paused = [0, 1, 2].map(() => {
      socket.take();
      return socket.isPaused;
    });
    expect(paused).toEqual([true, true, false]);
    socket.take();
    await Promise.all(sent);
  });

  it('is read from while large ones wait for another, which are counted elsewhere', async () => {
    const sent = [0, 1].map(() => sender.send(Buffer.alloc(PART_BYTES + 10)));
    const last = once(socket, 'sent');
    socket.take();
    await last;
    sender.holdBack();
    expect([socket.bufferedAmount, socket.isPaused]).toEqual([10, false]);
    const [first, second] = sent;
    socket.take();
    await first;
    for (let parts = 0; parts < 2; parts += 1) {
      while (socket.bufferedAmount === 0) await turnOfTheLoop();
      socket.take();
    }
    await second;
  });

  it('gets each message whole, a large one in parts, and is heard of with each part', async () => {
    const lengths = fc.oneof(fc.nat(100), fc.constantFrom(PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES));
    const messages = fc.array(fc.record({ length: lengths, isLarge: fc.boolean() }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(messages, async (given) => {
        socket = new SlowSocket();
        heard = 0;
        sender = createSocketSender(socket as unknown as WebSocket, () => {
          heard += 1;
        });
        let answered = 0;
        const texts = given.map(({ length, isLarge }, at) =>
          `${isLarge ? 'large' : 'small'} ${at}`.padEnd(length, 'x'),
        );
        const sent = texts.map(async (text) => {
          await sender.send(text.startsWith('large') ? Buffer.from(text) : text);
          answered += 1;
        });
        for (let turns = 0; turns < 500 && answered < texts.length; turns += 1) {
          socket.take();
          await Promise.resolve();
        }
        expect(answered).toBe(texts.length);
        await Promise.all(sent);
        const whole: string[] = [];
        let parts: string[] = [];
        for (const { text, fin, binary } of socket.frames) {
          expect(binary).toBe(false);
          parts.push(text);
          if (!fin) continue;
          const message = parts.join('');
          expect(parts).toEqual(message.startsWith('large') ? partsOf(message) : [message]);
          whole.push(message);
          parts = [];
        }
        expect([whole.toSorted(), parts]).toEqual([texts.toSorted(), []]);
        expect(heard).toBe(socket.frames.length);
      }),
      { numRuns: 50 },
    );
  });

  it('gets nothing more once its socket is closed, for which nobody waits', async () => {
    const large = sender.send(Buffer.alloc(2 * PART_BYTES));
    const waiting = sender.send('x');
    socket.readyState = 2;
    socket.take();
    await Promise.all([large, waiting, sender.send('y')]);
    expect(socket.sent).toEqual([PART_BYTES]);
  });

  it('is heard of when it takes a pong', () => {
    const pongs: unknown[] = [];
    socket.on('pong', (...given) => pongs.push(given));
    sender.pong(Buffer.from('a'));
    expect([pongs, heard]).toEqual([[[Buffer.from('a'), false]], 1]);
  });
});
