/** Reads the body of a request as a string, up to MAX_BODY_BYTES, or leaves it unread. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { requestError } from '../graphql/operations/error-formatting.ts';
import type { Ticket } from '../admission/ticket.ts';
import { createOwnBytes, type OwnBytes } from '../runtime/own-bytes.ts';

const MAX_BODY_BYTES = 1_048_576;
/** The buffer doubles when full, because a client may announce more than it sends. */
const FIRST_BYTES = 4096;

/** Up to this many remaining bytes of a body are read and dropped, so that the connection can be reused. */
const DROPPED_BYTES = 65_536;

/**
 * Must be called when nothing will read the body: node:http keeps up to 128 KiB of it, and this drops what has arrived.
 * Returns true if the rest may be long: then it isn't read, and the connection can't be reused.
 */
export function dropBody(request: IncomingMessage): boolean {
  const { complete, socket } = request;
  const leavesRest = !complete && announcesMoreThan(request, DROPPED_BYTES);
  if (leavesRest) {
    socket.pause();
    // node:http resumes the socket after dropping what has arrived.
    socket.once('resume', () => socket.pause());
  }
  request.resume();
  return leavesRest;
}

/** Whether the body is longer than this, or of unknown length. */
export const announcesMoreThan = ({ headers }: IncomingMessage, bytes: number): boolean =>
  'transfer-encoding' in headers || Number(headers['content-length']) > bytes;

/**
 * Rejects with status 415 for a compressed body, 413 for a body that is too long, and RATE_LIMITED if its owner has
 * been out of capacity for 10 s.
 */
export function readBody(request: IncomingMessage, ticket: Pick<Ticket, 'receive'>): Promise<string> {
  const { 'content-length': length, 'content-encoding': encoding = 'identity' } = request.headers;
  /** NaN for a body without an announced length. */
  const announced = Number(length);
  return new Promise((resolve, reject) => {
    let whole: Buffer | null = null;
    let pieces: OwnBytes | null = null;
    let size = 0;

    /** A request lives as long as its response, which may be a stream, so it must not keep the body. */
    const leave = () => {
      request.off('data', take).off('end', finish).off('close', breakOff);
      whole = null;
      pieces = null;
    };
    const refuse = (error: Error) => {
      leave();
      request.pause();
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
      // Most bodies arrive in one piece, directly followed by their end. A list of all pieces could take 400 bytes for
      // each.
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
      // Invalid bytes would become U+FFFD, even in the inputs of a run.
      if (isUtf8(bytes)) resolve(bytes.toString());
      else reject(requestError('BAD_REQUEST', 'The body is not UTF-8.'));
    };

    // The client may have disconnected during authentication, in which case no event follows.
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
