/**
 * Where requests begin and end on a connection, told by what node:http makes of them. Heads are learned and compared at such
 * boundaries alone: two parsers that differ are how requests are smuggled.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { KnownHead, type AnswerTo, type ReadyMessage } from './known-head.ts';

/** More than one where a proxy sends requests of several clients. */
const MAX_HEADS = 4;
const MAX_HEAD_BYTES = 4096;
const HEAD_END = Buffer.from('\r\n\r\n');

export class WatchedConnection {
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
  readonly #heads: KnownHead[] = [];

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
    const head = new KnownHead(bytes.subarray(0, this.#headLength), makeAnswerTo());
    // Where the length is written in an odd way, it does not know the very request that it is of.
    if (!head.bodyOf(bytes)) return;
    if (this.#heads.length === MAX_HEADS) this.#heads.pop();
    this.#heads.unshift(head);
  }

  /** To node:http alone. */
  #leave(): void {
    this.isFollowed = false;
    this.#first = null;
    this.#heads.length = 0;
  }
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
