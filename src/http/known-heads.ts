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
import type { AnswerTo } from './known-head.ts';
import { WatchedConnection } from './watched-connection.ts';

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
  [CONNECTION]?: WatchedConnection;
}

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
    socket[CONNECTION] = new WatchedConnection(noteUnflushed);
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

const connectionOf = ({ socket }: IncomingMessage): WatchedConnection | undefined =>
  (socket as WatchedSocket)[CONNECTION];

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
