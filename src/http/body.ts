/** Reads the body of a request as text, at most MAX_BODY_BYTES. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { requestError } from '../graphql/operations/error-formatting.ts';
import type { Ticket } from '../graphql/admission/ticket.ts';
import { createOwnBytes, type OwnBytes } from '../upstream/transport/own-bytes.ts';

const MAX_BODY_BYTES = 1_048_576;
/** The memory doubles when it is full: a client may announce more than it sends. */
const FIRST_BYTES = 4096;

/**
 * Rejects with status 415 for a compressed body, 413 for a longer one, and RATE_LIMITED if its owner has no room for 10 s. The rest
 * of a rejected body is dropped, so that the connection can be used again.
 */
export function readBody(request: IncomingMessage, ticket: Pick<Ticket, 'receive'>): Promise<string> {
  const { 'content-length': length, 'content-encoding': encoding = 'identity' } = request.headers;
  /** NaN for a body that announces no length. */
  const announced = Number(length);
  return new Promise((resolve, reject) => {
    let whole: Buffer | null = null;
    let pieces: OwnBytes | null = null;
    let size = 0;

    /** A request lives as long as its answer, which may be a stream: it must not keep the body. */
    const leave = () => {
      request.off('data', take).off('end', finish).off('close', breakOff);
      whole = null;
      pieces = null;
    };
    const refuse = (error: Error) => {
      leave();
      // node:http drops the rest by itself only if reading has not begun.
      request.resume();
      reject(error);
    };
    const breakOff = () => {
      leave();
      reject(requestError('BAD_REQUEST', 'The connection was closed before the whole body had arrived.'));
    };
    const take = (piece: Buffer) => {
      size += piece.length;
      if (size > MAX_BODY_BYTES) {
        refuse(tooLarge());
        return;
      }
      // Most bodies arrive in one piece, and their end follows at once. A list of all pieces could take 400 bytes for each.
      if (piece.length === announced) whole = piece;
      else (pieces ??= createOwnBytes(FIRST_BYTES)).append(piece);
      const room = ticket.receive(piece.length);
      if (!room) return;
      request.pause();
      room.then(() => request.resume(), refuse);
    };
    const finish = () => {
      const bytes = whole ?? pieces?.end() ?? EMPTY;
      leave();
      // Invalid bytes would become U+FFFD, also in the inputs of a run.
      if (isUtf8(bytes)) resolve(bytes.toString());
      else reject(requestError('BAD_REQUEST', 'The body is not UTF-8.'));
    };

    // The client may have disconnected during authentication: then no event follows.
    if (request.destroyed) breakOff();
    else if (encoding !== 'identity') refuse(encoded(encoding));
    else if (announced > MAX_BODY_BYTES) refuse(tooLarge());
    else request.on('data', take).once('end', finish).once('close', breakOff);
  });
}

const EMPTY = Buffer.alloc(0);

const encoded = (encoding: string) => {
  const message = `content-encoding must be identity, got ${JSON.stringify(encoding.slice(0, 100))}. Send the body uncompressed.`;
  return requestError('BAD_REQUEST', message, 415);
};

const tooLarge = () =>
  requestError('BAD_USER_INPUT', `The body must have at most ${MAX_BODY_BYTES} bytes, got more.`, 413);
