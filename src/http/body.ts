/** Body: reads a request's body as text, at most MAX_BODY_BYTES. */
import type { IncomingMessage } from 'node:http';
import { requestError } from '../graphql/operations/error-formatting.ts';

export const MAX_BODY_BYTES = 1_048_576;

/** Rejects with status 413 for a longer one, and does not read the rest: the connection is then closed. */
export function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const tooLarge = () => {
      request.removeAllListeners('data');
      request.pause();
      const message = `The body has more than ${MAX_BODY_BYTES} bytes, which is the most that one operation may have.`;
      reject(requestError('BAD_USER_INPUT', message, 413));
    };
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
      tooLarge();
      return;
    }
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_BODY_BYTES) tooLarge();
    });
    request.once('end', () => {
      const [first] = chunks;
      resolve((chunks.length === 1 && first ? first : Buffer.concat(chunks, size)).toString());
    });
    request.once('error', reject);
    request.once('close', () => {
      if (request.complete) return;
      reject(requestError('BAD_REQUEST', 'The connection was closed before the whole body had come.'));
    });
  });
}
