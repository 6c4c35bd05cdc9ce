/** HTTP over one plain connection: tests control and read each byte. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

export interface RawAnswer {
  readonly head: string;
  readonly body: string;
}

export interface RawConnection {
  readonly socket: Socket;
  /** Sends the pieces in order. */
  send(...pieces: (string | Buffer)[]): Promise<void>;
  /** Reads this number of answers. */
  read(answers: number): Promise<RawAnswer[]>;
  /** Sends, and reads one answer. */
  ask(...pieces: (string | Buffer)[]): Promise<RawAnswer>;
  close(): void;
}

/** A POST to /graphql with an operation, or with the given body. */
export function postOf(operation: object | string, key = 'key-1'): string {
  const body = typeof operation === 'string' ? operation : JSON.stringify(operation);
  return `${headOfPost(key, `content-length: ${Buffer.byteLength(body)}`)}${body}`;
}

/** The head of such a POST, with further lines. */
export const headOfPost = (key: string, ...lines: readonly string[]): string =>
  [
    'POST /graphql HTTP/1.1',
    'host: x',
    `authorization: Bearer ${key}`,
    'content-type: application/json',
    ...lines,
    '\r\n',
  ].join('\r\n');

export async function connectRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  let unread = Buffer.alloc(0);
  // Joined only when an answer is complete: joining each chunk would take quadratic time.
  let chunks: Buffer[] = [];
  let size = 0;
  let wanted = 0;
  let wake: () => void = () => undefined;
  let isOver = false;
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    wake();
  });
  for (const event of ['close', 'error']) {
    socket.on(event, () => {
      isOver = true;
      wake();
    });
  }

  async function next(): Promise<RawAnswer> {
    for (;;) {
      if (isOver || size >= wanted) {
        unread = Buffer.concat([unread, ...chunks]);
        chunks = [];
      }
      const length = answerLength(unread);
      if (length !== null && unread.length >= length) {
        const answer = answerIn(unread.subarray(0, length));
        unread = unread.subarray(length);
        size = unread.length;
        wanted = 0;
        return answer;
      }
      wanted = length ?? 0;
      if (isOver) {
        const brought = unread.toString('utf8', 0, 1000);
        throw new Error(`the connection ended before an answer did; it had brought ${unread.length} bytes: ${brought}`);
      }
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  async function send(...pieces: (string | Buffer)[]): Promise<void> {
    for (const piece of pieces) {
      socket.write(piece);
      await setImmediate();
    }
  }

  async function read(answers: number): Promise<RawAnswer[]> {
    const all: RawAnswer[] = [];
    while (all.length < answers) all.push(await next());
    return all;
  }

  return {
    socket,
    send,
    read,
    async ask(...pieces) {
      await send(...pieces);
      return next();
    },
    close: () => void socket.destroy(),
  };
}

/** The length of an answer by its head. Null while the head is incomplete. */
function answerLength(bytes: Buffer): number | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  return headEnd + 4 + Number(/^content-length: (\d+)$/im.exec(bytes.toString('latin1', 0, headEnd))?.[1] ?? 0);
}

function answerIn(bytes: Buffer): RawAnswer {
  const headEnd = bytes.indexOf('\r\n\r\n');
  return { head: bytes.toString('latin1', 0, headEnd), body: bytes.toString('utf8', headEnd + 4) };
}
