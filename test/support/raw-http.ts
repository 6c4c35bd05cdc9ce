/** HTTP by hand, over one connection: what is sent and what comes back, to the byte. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

export interface RawAnswer {
  readonly head: string;
  readonly body: string;
}

export interface RawConnection {
  readonly socket: Socket;
  /** Sends the pieces one after another. Each is read by itself where the connection was opened with the server at hand. */
  send(...pieces: (string | Buffer)[]): Promise<void>;
  /** Reads so many answers. */
  read(answers: number): Promise<RawAnswer[]>;
  /** Sends, and reads the one answer. */
  ask(...pieces: (string | Buffer)[]): Promise<RawAnswer>;
  close(): void;
}

export async function connectRaw(url: string, server?: Server): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const accepted = server && (once(server, 'connection') as Promise<[Socket]>);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  const [other] = (await accepted) ?? [];
  let unread = Buffer.alloc(0);
  let wake: () => void = () => undefined;
  let isOver = false;
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
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
      const answer = firstAnswer(unread);
      if (answer) {
        unread = unread.subarray(answer.length);
        return answer;
      }
      if (isOver) throw new Error(`the connection ended before an answer did; it had brought: ${unread.toString()}`);
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  async function send(...pieces: (string | Buffer)[]): Promise<void> {
    for (const piece of pieces) {
      socket.write(piece);
      do await setImmediate();
      while (other && !other.destroyed && other.bytesRead < socket.bytesWritten);
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

/** Of an answer whose length its head tells. */
function firstAnswer(bytes: Buffer): (RawAnswer & { readonly length: number }) | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const head = bytes.toString('latin1', 0, headEnd);
  const bodyStart = headEnd + 4;
  const length = bodyStart + Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  return bytes.length < length ? null : { head, body: bytes.toString('utf8', bodyStart, length), length };
}

/** How many requests node:http has parsed that came to this address, until it is closed. */
export function countParsed(url: string) {
  const port = Number(new URL(url).port);
  let count = 0;
  const note = (message: unknown) => {
    const { request } = message as { readonly request: IncomingMessage };
    if (request.socket.localPort === port) count += 1;
  };
  subscribe('http.server.request.start', note);
  return { count: () => count, close: () => unsubscribe('http.server.request.start', note) };
}
