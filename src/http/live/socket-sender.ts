/** Sends messages on a WebSocket, and stops reading from a client that does not read them. */
import type { WebSocket } from 'ws';
import { PIECE_BYTES } from './live-connections.ts';

/** Nothing is read from a client with more unread bytes than this. */
const MAX_UNREAD_BYTES = 65_536;

/** `heard` is called when the client has read something. `isBusy`: messages that have arrived wait for room. */
export function createSocketSender(socket: WebSocket, heard: () => void, isBusy: () => boolean) {
  /** No other message may be sent between the pieces of a message. */
  let last = Promise.resolve();
  /** Characters of the messages that wait for `last`. */
  let waitingLength = 0;

  const isBehind = () => waitingLength + socket.bufferedAmount > MAX_UNREAD_BYTES;
  const readOn = () => {
    if (socket.isPaused && !isBehind() && !isBusy()) socket.resume();
  };
  const taken = () => {
    heard();
    readOn();
  };

  const sendPiece = (piece: Buffer, fin: boolean) =>
    new Promise<void>((resolve) => {
      socket.send(piece, { binary: false, fin }, () => {
        taken();
        resolve();
      });
    });

  async function sendInPieces(message: string): Promise<void> {
    waitingLength -= message.length;
    const bytes = Buffer.from(message);
    for (let at = 0; at < bytes.length && socket.readyState === socket.OPEN; at += PIECE_BYTES) {
      await sendPiece(bytes.subarray(at, at + PIECE_BYTES), at + PIECE_BYTES >= bytes.length);
    }
  }

  return {
    /** Resolves when the message was sent or the socket is closed. */
    send(message: string): Promise<void> {
      waitingLength += message.length;
      return (last = last.then(() => sendInPieces(message)));
    },
    pong(data: Buffer): void {
      socket.pong(data, false, taken);
    },
    /** Call it for each message and ping that arrives: a client that does not read answers must not send more operations. */
    holdBack(): void {
      if (isBehind() || isBusy()) socket.pause();
    },
    /** Call it when messages no longer wait. */
    readOn,
  };
}
