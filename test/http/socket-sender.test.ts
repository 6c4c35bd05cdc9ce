import { EventEmitter, once } from 'node:events';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { WebSocket } from 'ws';
import { createSocketSender, type SocketSender } from '../../src/http/live/socket-sender.ts';

const PART_BYTES = 131_072;

/** A socket whose client takes what the test says. */
class SlowSocket extends EventEmitter {
  readonly OPEN = 1;
  readonly readyState = 1;
  isPaused = false;
  readonly sent: number[] = [];
  readonly #untaken: { readonly size: number; readonly taken: () => void }[] = [];

  get bufferedAmount(): number {
    return this.#untaken.reduce((sum, { size }) => sum + size, 0);
  }
  send({ length: size }: string | Buffer, _options: unknown, taken: () => void): void {
    this.sent.push(size);
    this.#untaken.push({ size, taken });
    this.emit('sent');
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

describe('a client that does not take a message', () => {
  let socket: SlowSocket;
  let sender: SocketSender;

  beforeEach(() => {
    socket = new SlowSocket();
    sender = createSocketSender(socket as unknown as WebSocket, () => undefined);
  });

  it('is not read from while much is untaken', async () => {
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
});
