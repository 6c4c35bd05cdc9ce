/** Body: reads a request's body as text, at most MAX_BODY_BYTES. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { requestError } from '../graphql/operations/error-formatting.ts';
import { createOwnBytes, type OwnBytes } from '../upstream/transport/own-bytes.ts';
import { MIN_COUNTED_BYTES, type HeldBytes } from './connection/client-bytes.ts';

export const MAX_BODY_BYTES = 1_048_576;

/** A body is counted in these steps as it comes, at most its length where the client says it. */
const STEP_BYTES = 65_536;

/**
 * Rejects with status 415 for a compressed one, and 413 for a longer one, at once: the rest is dropped as it comes. `held` counts
 * what has come, also of a slow client that leaves it at a part. What is only announced costs nobody anything.
 */
export function readBody(request: IncomingMessage, held: Pick<HeldBytes, 'hold'>): Promise<string> {
  return new Promise((resolve, reject) => {
    const { 'content-length': length, 'content-encoding': encoding = 'identity' } = request.headers;
    // Most bodies come in one piece, which is read where it lies. Others are put together as they come: a list would take 400 bytes
    // for each piece.
    let first: Buffer | null = null;
    let several: OwnBytes | null = null;
    let size = 0;
    let counted = 0;
    /** The request lasts as long as its answer, which may be a stream: nothing of the body is kept with it. */
    const leave = () => {
      request.removeAllListeners('data').off('error', close).off('close', close);
      several?.free();
      first = several = null;
    };
    const stop = (error: Error) => {
      leave();
      // node:http reads what is left of a body that nobody has begun to read, and only of such a one.
      request.resume();
      reject(error);
    };
    const read = () => {
      const body = several?.bytes ?? first ?? EMPTY;
      // What can't be read would become U+FFFD, also in the inputs of a run.
      if (isUtf8(body)) resolve(body.toString());
      else reject(requestError('BAD_REQUEST', 'The body is not UTF-8.'));
      leave();
    };
    const close = () => {
      leave();
      reject(requestError('BAD_REQUEST', 'The connection was closed before the whole body had come.'));
    };
    const take = (chunk: Buffer) => {
      if (first === null) first = chunk;
      else {
        several ??= startWith(first, Number(length ?? 0));
        several.append(chunk);
      }
    };
    // Its client may have left while it was authenticated: then no event comes any more.
    if (request.destroyed) {
      close();
      return;
    }
    if (encoding !== 'identity') {
      stop(encoded(encoding));
      return;
    }
    if (Number(length ?? 0) > MAX_BODY_BYTES) {
      stop(tooLarge());
      return;
    }
    const announced = Number(length ?? MAX_BODY_BYTES);
    const count = () => {
      if (size <= MIN_COUNTED_BYTES) return;
      for (; counted < size; counted += STEP_BYTES) held.hold(Math.min(STEP_BYTES, announced - counted));
    };
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      try {
        if (size > MAX_BODY_BYTES) throw tooLarge();
        count();
        take(chunk);
      } catch (error) {
        stop(error as Error);
      }
    });
    request.once('end', read);
    // An error says the same, in the words of node:http.
    request.once('error', close);
    request.once('close', close);
  });
}

const EMPTY = Buffer.alloc(0);

function startWith(first: Buffer, expectedBytes: number): OwnBytes {
  const bytes = createOwnBytes(expectedBytes);
  bytes.append(first);
  return bytes;
}

const encoded = (encoding: string) => {
  const message = `content-encoding: expected a body that is not compressed, got ${JSON.stringify(encoding.slice(0, 100))}.`;
  return requestError('BAD_REQUEST', message, 415);
};

const tooLarge = () => {
  const message = `The body has more than ${MAX_BODY_BYTES} bytes, which is the most that one operation may have.`;
  return requestError('BAD_USER_INPUT', message, 413);
};
