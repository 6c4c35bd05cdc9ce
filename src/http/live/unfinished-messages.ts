/**
 * Counts what has come of a message of a WebSocket that is not whole yet: `ws` holds it until it is, up to 1 MiB, also of a client
 * that says nothing more.
 */
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { MIN_COUNTED_BYTES } from '../connection/client-bytes.ts';

/** It is counted in these steps as it comes. */
const STEP_BYTES = 65_536;
/** What a ping or a pong of a client has beside its content. */
const CONTROL_BYTES = 6;

/** `hold` answers the function that releases the bytes; null where too many are held: then the connection ends. */
export function countUnfinished(
  socket: WebSocket,
  connection: Socket,
  hold: (bytes: number) => (() => void) | null,
): void {
  let size = 0;
  let counted = MIN_COUNTED_BYTES;
  let releases: (() => void)[] = [];

  const release = () => {
    for (const each of releases) each();
    releases = [];
    [size, counted] = [0, MIN_COUNTED_BYTES];
  };
  const forget = (content: Buffer) => {
    size -= content.length + CONTROL_BYTES;
  };
  /** Before `ws` reads it. */
  const count = (chunk: Buffer) => {
    size += chunk.length;
    for (; size > counted; counted += STEP_BYTES) {
      const held = hold(STEP_BYTES);
      if (held) releases.push(held);
      else {
        connection.off('data', count);
        // With the reason, which the socket has been closed with; it would read on for 30 s.
        connection.destroySoon();
        return;
      }
    }
  };

  connection.prependListener('data', count);
  socket.on('ping', forget).on('pong', forget).on('message', release).once('close', release);
}
