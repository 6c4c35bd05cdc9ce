/** What is sent on a WebSocket: a large message in parts, and to a client that reads it. */
import type { WebSocket } from 'ws';

export interface SocketSender {
  /** Resolves when it is sent, or the socket is closed. A large message is given as bytes. */
  readonly send: (message: string | Buffer) => Promise<void>;
  readonly pong: (data: Buffer) => void;
  /** Call it for whatever comes: a client that does not read answers must not send more operations. */
  readonly holdBack: () => void;
}

/** A client with more unread bytes is not read from until it has read some. */
const MAX_UNTAKEN_BYTES = 65_536;

/** A large message is sent in parts of so many bytes: a client that takes it slowly is heard of with each. */
const PART_BYTES = 131_072;

/** `heard` is called when the client has taken something. */
export function createSocketSender(socket: WebSocket, heard: () => void): SocketSender {
  let large: Promise<void> | null = null;

  /** Of messages that wait for the end of the large one, and so are in no buffer. Other large ones are counted by client-bytes.ts. */
  let waitingLength = 0;

  const isBehind = () => socket.bufferedAmount + waitingLength > MAX_UNTAKEN_BYTES;
  const taken = () => {
    heard();
    if (socket.isPaused && !isBehind()) socket.resume();
  };

  const sendPart = (part: string | Buffer, fin: boolean) =>
    new Promise<void>((resolve) => {
      if (socket.readyState !== socket.OPEN) {
        resolve();
        return;
      }
      socket.send(part, { binary: false, fin }, () => {
        taken();
        resolve();
      });
    });

  async function sendInParts(message: Buffer): Promise<void> {
    for (let end = PART_BYTES; end < message.length; end += PART_BYTES)
      await sendPart(message.subarray(end - PART_BYTES, end), false);
    await sendPart(message.subarray(-(message.length % PART_BYTES || PART_BYTES)), true);
    large = null;
  }

  return {
    async send(message) {
      const length = typeof message === 'string' ? message.length : 0;
      waitingLength += length;
      // Between its parts no other message may come.
      while (large) await large;
      waitingLength -= length;
      if (typeof message === 'string') return sendPart(message, true);
      large = sendInParts(message);
      await large;
    },
    pong(data) {
      socket.pong(data, false, taken);
    },
    holdBack() {
      if (isBehind()) socket.pause();
    },
  };
}
