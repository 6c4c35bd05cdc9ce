/** Closes a WebSocket with its reason, of which a close frame takes 123 bytes: `ws` throws for more. */
import type { WebSocket } from 'ws';

const MAX_REASON_BYTES = 123;

/** A longer reason is cut between two characters. */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  const bytes = Buffer.alloc(MAX_REASON_BYTES);
  const { written } = new TextEncoder().encodeInto(reason, bytes);
  socket.close(code, bytes.subarray(0, written));
}
