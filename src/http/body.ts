/** Reads the body of a request as text, at most MAX_BODY_BYTES. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { requestError } from '../graphql/operations/error-formatting.ts';
import type { Ticket } from '../graphql/admission/ticket.ts';

export const MAX_BODY_BYTES = 1_048_576;

/**
 * Rejects with status 415 for a compressed body, 413 for a longer one, and RATE_LIMITED if its owner has no room for 10 s. The rest
 * of a rejected body is dropped, so that the connection can be used again.
 */
export function readBody(request: IncomingMessage, ticket: Pick<Ticket, 'receive'>): Promise<string> {
  return new Promise((resolve, reject) => {
    const { 'content-length': length = MAX_BODY_BYTES, 'content-encoding': encoding = 'identity' } = request.headers;
    const announced = Number(length);
    // Most bodies arrive in one piece and are not copied. A list of all pieces could take 400 bytes for each.
    let body: Buffer = EMPTY;
    let size = 0;

    /** A request lives as long as its answer, which may be a stream: it must not keep the body. */
    const leave = () => {
      request.off('data', take).off('end', finish).off('close', fail);
      body = EMPTY;
    };
    const stop = (error: Error) => {
      leave();
      // node:http drops the rest by itself only if reading has not begun.
      request.resume();
      reject(error);
    };
    const fail = () => {
      leave();
      reject(requestError('BAD_REQUEST', 'The connection was closed before the whole body had arrived.'));
    };
    const take = (chunk: Buffer) => {
      if (size + chunk.length > MAX_BODY_BYTES) {
        stop(tooLarge());
        return;
      }
      body = appended(body, size, chunk);
      size += chunk.length;
      const room = ticket.receive(chunk.length);
      if (!room) return;
      request.pause();
      room.then(() => request.resume(), stop);
    };
    const finish = () => {
      const bytes = body.subarray(0, size);
      // Invalid bytes would become U+FFFD, also in the inputs of a run.
      if (isUtf8(bytes)) resolve(bytes.toString());
      else reject(requestError('BAD_REQUEST', 'The body is not UTF-8.'));
      leave();
    };

    // The client may have disconnected during authentication: then no event follows.
    if (request.destroyed) fail();
    else if (encoding !== 'identity') stop(encoded(encoding));
    else if (announced > MAX_BODY_BYTES) stop(tooLarge());
    else request.on('data', take).once('end', finish).once('close', fail);
  });
}

const EMPTY = Buffer.alloc(0);

/** The first `size` bytes of `body`, then the chunk. The memory doubles if it is too short. */
function appended(body: Buffer, size: number, chunk: Buffer): Buffer {
  if (size === 0) return chunk;
  const end = size + chunk.length;
  // A first chunk is as long as its bytes, so that nothing is written into the memory of node:http.
  const target = end <= body.length ? body : Buffer.allocUnsafeSlow(Math.min(MAX_BODY_BYTES, 2 * end));
  if (target !== body) body.copy(target, 0, 0, size);
  chunk.copy(target, size);
  return target;
}

const encoded = (encoding: string) => {
  const message = `content-encoding must be identity, got ${JSON.stringify(encoding.slice(0, 100))}. Send the body uncompressed.`;
  return requestError('BAD_REQUEST', message, 415);
};

const tooLarge = () => {
  const message = `The body must have at most ${MAX_BODY_BYTES} bytes, got more.`;
  return requestError('BAD_USER_INPUT', message, 413);
};
