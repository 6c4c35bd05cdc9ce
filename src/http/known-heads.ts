/**
 * A client sends the same head with each request on its connection, but for the length of the body. Where the next bytes of
 * a connection begin with such a head, the request is answered at once if it can be, and node:http never parses it: the
 * parsing, the request and the response take longer than to find a ready answer and to send it.
 *
 * Nothing is parsed here either. A head is learned only of a request that node:http parsed, and only where its bytes began at a
 * boundary between two requests, so that the same bytes at a boundary are the same head. Where the boundaries can't be told
 * (pipelining, a head that came in pieces, a body of a length that was not told), the connection is node:http's alone from
 * then on.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadyBody } from './response-cache.ts';

/** A whole answer; its body may be empty. */
export interface ReadyMessage {
  readonly head: string;
  readonly body: ReadyBody;
}

/** Null where the request must be looked at like any other. The bytes may be kept only as a copy. */
export type AnswerTo = (body: Buffer) => ReadyMessage | null;

export interface KnownHeads {
  /** To be called before the server listens. */
  watch(server: Server): void;
  /** To be called before the response to it ends. `makeAnswerTo` is asked for what answers requests with this head. */
  learn(request: IncomingMessage, makeAnswerTo: () => AnswerTo): void;
  /** Resolves when all that was answered has left for the client. */
  flushed(): Promise<void>;
}

const CONNECTION = Symbol('what is known of the requests on a connection');

/** On the socket itself: a map beside it would cost more. */
interface WatchedSocket extends Socket {
  [CONNECTION]?: Connection;
}

/** More than one where a proxy sends requests of several clients. */
const MAX_HEADS = 4;
const MAX_HEAD_BYTES = 4096;

export function createKnownHeads(): KnownHeads {
  /** Node counts a connection without a request of its own as idle, and would close it as such. */
  const unflushed = new Map<Socket, Promise<unknown>>();

  function noteUnflushed(socket: Socket): void {
    if (unflushed.has(socket)) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const settle = () => {
      unflushed.delete(socket);
      resolve(undefined);
    };
    unflushed.set(socket, promise);
    socket.once('close', settle);
    socket.write('', () => {
      socket.removeListener('close', settle);
      settle();
    });
  }

  function watchConnection(socket: WatchedSocket): void {
    socket[CONNECTION] = new Connection(noteUnflushed);
    // node:http takes the bytes from below the stream unless somebody else listens to it, too.
    socket.on('data', ignore);
    socket.push = pushWatched;
  }

  return {
    watch(server) {
      server.on('connection', watchConnection);
      // Before anybody answers it.
      server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
        const connection = connectionOf(request);
        if (!connection?.isFollowed) return;
        connection.began(request);
        response.on('finish', onFinish);
      });
    },
    learn(request, makeAnswerTo) {
      // What is learned after 100 Continue would be answered without.
      if (request.headers.expect === undefined) connectionOf(request)?.learn(makeAnswerTo);
    },
    async flushed() {
      await Promise.all(unflushed.values());
    },
  };
}

const connectionOf = ({ socket }: IncomingMessage): Connection | undefined => (socket as WatchedSocket)[CONNECTION];

/** One function for all, so that no request needs one of its own. */
function onFinish(this: ServerResponse): void {
  connectionOf(this.req)?.finished();
}

const ignore = (): void => undefined;

/** What a socket calls with each piece that it has read. */
function pushWatched(this: WatchedSocket, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk instanceof Buffer && this[CONNECTION]?.answers(chunk, this)) return true;
  return Readable.prototype.push.call(this, chunk, encoding);
}

function write(socket: Socket, { head, body }: ReadyMessage): void {
  // Every character of either string is one byte.
  if (typeof body === 'string') {
    socket.write(head + body, 'latin1');
    return;
  }
  socket.cork();
  socket.write(head, 'latin1');
  socket.write(body);
  socket.uncork();
}

const HEAD_END = Buffer.from('\r\n\r\n');

class Connection {
  isFollowed = true;
  readonly #noteUnflushed: (socket: Socket) => void;
  /** The bytes that the present request began with, until it is answered. */
  #first: Buffer | null = null;
  /** How many of these are its head. */
  #headLength = 0;
  /** How many came since the boundary, and how many there are to the next; -1 while that is not known. */
  #received = 0;
  #length = 0;
  /** A request was not answered yet. */
  #isOpen = false;
  readonly #heads: Head[] = [];

  constructor(noteUnflushed: (socket: Socket) => void) {
    this.#noteUnflushed = noteUnflushed;
  }

  /** True if that was all: the bytes are nobody else's then. */
  answers(chunk: Buffer, socket: Socket): boolean {
    if (!this.isFollowed) return false;
    if (this.#received < this.#length) {
      this.#received += chunk.length;
      if (this.#received > this.#length) this.#leave();
      return false;
    }
    if (this.#isOpen || this.#length < 0) {
      this.#leave();
      return false;
    }
    // What waits for a slow reader is node:http's to bound.
    const message = socket.writableLength === 0 ? this.#messageFor(chunk) : null;
    if (message) {
      write(socket, message);
      if (socket.writableLength > 0) this.#noteUnflushed(socket);
      return true;
    }
    this.#first = chunk;
    this.#received = chunk.length;
    this.#length = -1;
    return false;
  }

  #messageFor(chunk: Buffer): ReadyMessage | null {
    for (const head of this.#heads) {
      const body = head.bodyOf(chunk);
      if (body) return head.answerTo(body);
    }
    return null;
  }

  /** node:http has read its head. */
  began({ headers }: IncomingMessage): void {
    const headEnd = this.#first?.indexOf(HEAD_END) ?? -1;
    this.#headLength = headEnd + HEAD_END.length;
    const length = this.#headLength + Number(headers['content-length'] ?? 0);
    const isKnown = headEnd >= 0 && headers['transfer-encoding'] === undefined;
    if (!isKnown || this.#received > length) {
      this.#leave();
      return;
    }
    this.#isOpen = true;
    this.#length = length;
  }

  finished(): void {
    this.#isOpen = false;
    this.#first = null;
  }

  /** The head of the present request, unless it is known, or its body came apart from it. */
  learn(makeAnswerTo: () => AnswerTo): void {
    const bytes = this.#first;
    if (bytes?.length !== this.#length || this.#headLength > MAX_HEAD_BYTES) return;
    if (this.#heads.some((head) => head.bodyOf(bytes))) return;
    if (this.#heads.length === MAX_HEADS) this.#heads.pop();
    this.#heads.unshift(new Head(bytes.subarray(0, this.#headLength), makeAnswerTo()));
  }

  /** To node:http alone. */
  #leave(): void {
    this.isFollowed = false;
    this.#first = null;
    this.#heads.length = 0;
  }
}

const LENGTH_HEADER = /\r\ncontent-length: *(\d+)\r\n/i;
/** Of a body that is looked at: it has less than a megabyte. */
const MAX_DIGITS = 5;

/** A head of which the length of the body may differ. */
class Head {
  readonly answerTo: AnswerTo;
  readonly #beforeLength: Buffer;
  readonly #afterLength: Buffer;

  constructor(bytes: Buffer, answerTo: AnswerTo) {
    this.answerTo = answerTo;
    const own = Buffer.from(bytes);
    const [header = '', digits = ''] = LENGTH_HEADER.exec(own.toString('latin1')) ?? [];
    // Without a body all of it must be the same.
    const start = digits === '' ? own.length : own.indexOf(header) + header.lastIndexOf(digits);
    this.#beforeLength = own.subarray(0, start);
    this.#afterLength = own.subarray(start + digits.length);
  }

  /** The body, if the bytes are one whole request with this head; null else. */
  bodyOf(bytes: Buffer): Buffer | null {
    const before = this.#beforeLength;
    const after = this.#afterLength;
    if (!isAt(bytes, before, 0)) return null;
    let end = before.length;
    let length = 0;
    if (after.length > 0) {
      for (
        let digit = digitAt(bytes, end);
        digit >= 0 && end - before.length < MAX_DIGITS;
        digit = digitAt(bytes, end)
      ) {
        length = length * 10 + digit;
        end += 1;
      }
      if (end === before.length || !isAt(bytes, after, end)) return null;
      end += after.length;
    }
    return bytes.length === end + length ? bytes.subarray(end) : null;
  }
}

function isAt(bytes: Buffer, part: Buffer, start: number): boolean {
  const end = start + part.length;
  return end <= bytes.length && bytes.compare(part, 0, part.length, start, end) === 0;
}

const ZERO = 48;

/** The digit's value; below 0 for anything else, and past the end. */
function digitAt(bytes: Buffer, index: number): number {
  const value = (bytes[index] ?? 0) - ZERO;
  return value <= 9 ? value : -1;
}
