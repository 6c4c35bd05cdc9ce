/**
 * Ends connections once a response is written: when the gateway is stopping, when the rest of a body wasn't read, or
 * when the client doesn't read its response.
 */
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { dropBody } from './body.ts';

/** How long a client can read why the gateway stopped reading its request. */
export const LINGER_MS = 1000;

export interface ConnectionEndOptions {
  /** False once the gateway is stopping, when each response closes its connection. */
  readonly isReady: () => boolean;
  /** A client that reads nothing for this long is disconnected. */
  readonly stalledReaderMs: number;
}

/** Adds the hook of each response, whatever writes it. */
export function addConnectionEnd(app: FastifyInstance, { isReady, stalledReaderMs }: ConnectionEndOptions): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (!isReady()) void reply.header('connection', 'close');
    // Fastify writes the response at once.
    done(null, withUnreadBody(reply, payload));
    const { socket, writableLength } = reply.raw;
    const isStream = typeof payload === 'object' && payload !== null && !Buffer.isBuffer(payload);
    // node:http sets its own timeout once the response is written.
    if (writableLength > 0 || isStream) socket?.setTimeout(stalledReaderMs);
  });
}

/**
 * The payload of a response whose request may not have been read to its end. The rest of a long body is never read, and
 * the connection ends with the response: 250 rejected bodies of 1 MiB a second kept V8 busy collecting garbage.
 */
export function withUnreadBody(reply: FastifyReply, payload: unknown): unknown {
  const { raw } = reply.request;
  if (raw.complete || !dropBody(raw)) return payload;
  void reply.header('connection', 'close');
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
  void reply.header('content-length', Buffer.byteLength(payload));
  return Readable.from(lingering(payload));
}

/**
 * node:http closes the connection at the end of the response. If part of the body is unread, that resets the
 * connection, and many clients lose the response.
 */
async function* lingering(payload: string | Buffer): AsyncGenerator<string | Buffer> {
  yield payload;
  await pause(LINGER_MS, undefined, { ref: false });
}
