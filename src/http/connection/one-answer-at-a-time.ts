/**
 * One answer at a time on a connection: pipelined requests wait. Otherwise a client could cause many large answers and read
 * none of them.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Each takes the memory of its head. A connection with more waiting requests is closed. */
const MAX_WAITING = 100;

/** Calls `handle` when the connection's earlier answers have been sent. */
export type InTurn = (request: IncomingMessage, response: ServerResponse, handle: () => void) => void;

export function createTurns(): InTurn {
  /** Waiting requests, by connection with an answer in progress. */
  const waiting = new WeakMap<Socket, (() => void)[]>();

  return ({ socket }, response, handle) => {
    const start = () => {
      response.once('close', () => {
        // What waits on a connection that is closed has no reader.
        const next = socket.destroyed ? undefined : waiting.get(socket)?.shift();
        if (next) {
          // That of the answer before, which node:http takes away only where nothing waits.
          socket.setTimeout(0);
          next();
        } else waiting.delete(socket);
      });
      handle();
    };
    const queue = waiting.get(socket);
    if (!queue) {
      waiting.set(socket, []);
      start();
    } else if (queue.length < MAX_WAITING) queue.push(start);
    else socket.destroy();
  };
}
