/**
 * What becomes of a connection when an answer is written: it closes while the gateway stops, or if the rest of a body was not read,
 * and a client that does not read its answer is disconnected.
 */
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { dropBody } from './body.ts';

/** The time that a client has to read why the gateway reads no more of what it sends. */
export const LINGER_MS = 1000;

export interface ConnectionEndOptions {
  /** Whether the gateway isn't stopping; once it is, each answer closes its connection. */
  readonly isReady: () => boolean;
  /** A client that reads nothing for this long is disconnected. */
  readonly stalledReaderMs: number;
}

/** The hook of each answer, whatever writes it. */
export function addConnectionEnd(app: FastifyInstance, { isReady, stalledReaderMs }: ConnectionEndOptions): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (!isReady()) void reply.header('connection', 'close');
    // Fastify writes the answer at once.
    done(null, withUnreadBody(reply, payload));
    const { socket, writableLength } = reply.raw;
    const isStream = typeof payload === 'object' && payload !== null && !Buffer.isBuffer(payload);
    // node:http sets its own timeout when the answer is written.
    if (writableLength > 0 || isStream) socket?.setTimeout(stalledReaderMs);
  });
}

/**
 * The payload of an answer whose request may not have been read to its end. The rest of a long body is never read, and the connection
 * ends with the answer: V8 was busy with the garbage of 250 rejected bodies of 1 MiB a second.
 */
export function withUnreadBody(reply: FastifyReply, payload: unknown): unknown {
  const { raw } = reply.request;
  if (raw.complete || !dropBody(raw)) return payload;
  void reply.header('connection', 'close');
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
  void reply.header('content-length', Buffer.byteLength(payload));
  return Readable.from(lingering(payload));
}

/** node:http closes the connection at the end of the answer. With a part of the body unread that resets it, and many clients lose the answer. */
async function* lingering(payload: string | Buffer): AsyncGenerator<string | Buffer> {
  yield payload;
  await pause(LINGER_MS, undefined, { ref: false });
}
