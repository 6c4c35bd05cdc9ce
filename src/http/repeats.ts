/**
 * A client that polls sends the very same bytes again. Where a connection's next bytes are those of a request that was
 * answered on it with something that is ready, that request is answered once more, and node:http never parses it: the parsing,
 * the request and the response take longer than to send the answer does.
 *
 * Nothing is parsed here either. Bytes are learned only of a request that node:http parsed, and only where they began at a
 * boundary between two requests and held that one alone, so that the same bytes at a boundary are the same request. Where the
 * boundaries can't be told (pipelining, a head that came in pieces, a body of a length that was not told), the connection is
 * node:http's alone from then on.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadyBody } from './response-cache.ts';

/** A larger answer may not fit in the system's buffer, and node counts a connection without a request of its own as idle. */
export const MAX_REPEATED_BODY = 16_384;

/** A whole answer; its body may be empty. */
export interface ReadyMessage {
  readonly head: string;
  readonly body: ReadyBody;
}

/** Null where the request must be looked at like any other, at this moment. */
export type AnswerAgain = () => ReadyMessage | null;

export interface Repeats {
  /** To be called before the server listens. */
  watch(server: Server): void;
  /** To be called before the response to it ends. */
  learn(request: IncomingMessage, answerAgain: AnswerAgain): void;
}

const CONNECTION = Symbol('what is known of the requests on a connection');

/** On the socket itself: a map beside it would cost more. */
interface WatchedSocket extends Socket {
  [CONNECTION]?: Connection;
}

/** A page polls a few queries on one connection. */
const MAX_REPEATS = 4;
const MAX_REPEAT_BYTES = 8192;

export function createRepeats(): Repeats {
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
    learn(request, answerAgain) {
      // What is learned after 100 Continue would be answered without.
      if (request.headers.expect === undefined) connectionOf(request)?.learn(answerAgain);
    },
  };
}

const connectionOf = ({ socket }: IncomingMessage): Connection | undefined => (socket as WatchedSocket)[CONNECTION];

/** One function for all, so that no request needs one of its own. */
function onFinish(this: ServerResponse): void {
  connectionOf(this.req)?.finished();
}

function watchConnection(socket: WatchedSocket): void {
  socket[CONNECTION] = new Connection();
  // node:http takes the bytes from below the stream unless somebody else listens to it, too.
  socket.on('data', ignore);
  socket.push = pushWatched;
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
  /** The bytes that the present request began with, until it is answered. */
  #first: Buffer | null = null;
  /** How many came since the boundary, and how many there are to the next; -1 while that is not known. */
  #received = 0;
  #length = 0;
  /** A request was not answered yet. */
  #isOpen = false;
  readonly #repeats: { readonly bytes: Buffer; readonly answerAgain: AnswerAgain }[] = [];

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
    const repeat = this.#repeats.find(({ bytes }) => bytes.equals(chunk));
    // What waits for a slow reader is node:http's to bound.
    const message = repeat && socket.writableLength === 0 ? repeat.answerAgain() : null;
    if (message) {
      write(socket, message);
      return true;
    }
    this.#first = chunk;
    this.#received = chunk.length;
    this.#length = -1;
    return false;
  }

  /** node:http has read its head. */
  began({ headers }: IncomingMessage): void {
    const headEnd = this.#first?.indexOf(HEAD_END) ?? -1;
    const length = headEnd + HEAD_END.length + Number(headers['content-length'] ?? 0);
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

  learn(answerAgain: AnswerAgain): void {
    const bytes = this.#first;
    if (bytes?.length !== this.#length || bytes.length > MAX_REPEAT_BYTES) return;
    const known = this.#repeats.findIndex((repeat) => repeat.bytes.equals(bytes));
    if (known >= 0) this.#repeats.splice(known, 1);
    else if (this.#repeats.length >= MAX_REPEATS) this.#repeats.pop();
    this.#repeats.unshift({ bytes, answerAgain });
  }

  /** To node:http alone. */
  #leave(): void {
    this.isFollowed = false;
    this.#first = null;
    this.#repeats.length = 0;
  }
}
