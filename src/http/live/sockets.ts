/** WebSockets at `/graphql`: graphql-ws over `ws`, with backpressure. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, handleProtocols, MessageType } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Logger } from '../../observability/logger.ts';
import type { Authenticate } from '../authentication.ts';
import { GRAPHQL_PATH, requestIdOf } from '../exchange.ts';
import { mayUpgrade } from '../headers/origins.ts';
import { ANONYMOUS, MIN_COUNTED_BYTES, type ClientBytes } from '../connection/client-bytes.ts';
import { bytesBeyondText } from '../connection/json-bytes.ts';
import { endWithError, type RawError } from '../connection/raw-response.ts';
import type { RateLimits } from '../rate-limits.ts';
import type { UnacceptedCallers } from '../unaccepted-callers.ts';
import { closeSocket } from './close-socket.ts';
import type { KeepAlive } from './keep-alive.ts';
import { createLargeMessages } from './large-messages.ts';
import type { LiveTransport } from './live-transport.ts';
import { isOfServers, readMessage, type SocketMessage } from './socket-message.ts';
import { createSocketSender } from './socket-sender.ts';
import type { UnacceptedSockets } from './unaccepted-sockets.ts';
import { countUnfinished } from './unfinished-messages.ts';
import { TRY_AGAIN_LATER, type SocketExtra, type SocketProtocol } from './socket-protocol.ts';

export interface SocketsOptions {
  readonly protocol: SocketProtocol;
  readonly authenticate: Authenticate;
  readonly rateLimits: RateLimits;
  readonly unacceptedCallers: UnacceptedCallers;
  readonly clientBytes: ClientBytes;
  readonly unaccepted: UnacceptedSockets;
  readonly isAccepted: (viewerId: string) => boolean;
  readonly networkOf: (request: IncomingMessage) => string;
  /** Removes the prefix from the request's URL. */
  readonly takeBasePath: (request: IncomingMessage) => void;
  readonly origins: readonly string[];
  readonly maxMessageBytes: number;
  readonly keepAlive: KeepAlive;
  readonly isReady: () => boolean;
  readonly logger: Logger;
}

/**
 * A message may come in so many parts. Each keeps the whole chunk in which it came, up to 64 KiB, and takes some hundred bytes itself,
 * whatever is in it. Clients send parts of kilobytes.
 */
const MAX_PARTS = { maxFragments: 256, maxBufferedChunks: 4096 };

/** WebSocket close code: what is in the message is of another encoding than its type says. */
const INVALID_TEXT = 1007;

/** RFC 6455 asks for them where a version is refused. */
const SUPPORTED_VERSIONS = 'sec-websocket-version: 13, 8';

const STOPPING: RawError = { status: 503, code: 'BAD_REQUEST', message: 'The gateway is stopping.' };
const ELSEWHERE: RawError = { status: 404, code: 'NOT_FOUND', message: 'WebSockets are opened at /graphql.' };
const OF_ANOTHER_ORIGIN: RawError = {
  status: 403,
  code: 'FORBIDDEN',
  message: 'Pages of this origin may not open a WebSocket; CORS_ORIGINS names those that may.',
};

const TOO_MANY: RawError = {
  status: 429,
  code: 'RATE_LIMITED',
  message: 'Too many WebSockets are open whose key the upstream has not accepted yet. Try again later.',
  headers: ['retry-after: 1'],
};

/** Of the keep-alive: 20 to 30 s, for an upstream that is slow to answer the first call. */
const ACCEPTED_WITHIN_BEATS = 3;
const NOT_ACCEPTED = 'The upstream has not accepted the key of this socket';

/** A WebSocket that is open. */
interface Served {
  readonly socket: WebSocket;
  /** Closes it, as soon as the queries and mutations on it are answered: clients must learn of mutations that are made. */
  readonly end: () => void;
  readonly isAnswering: () => boolean;
}

export function serveSockets(server: Server, options: SocketsOptions): LiveTransport {
  const {
    protocol,
    authenticate,
    rateLimits,
    unacceptedCallers,
    clientBytes,
    unaccepted,
    isAccepted,
    networkOf,
    takeBasePath,
    origins,
    maxMessageBytes,
    keepAlive,
    isReady,
    logger,
  } = options;
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    ...MAX_PARTS,
    handleProtocols,
    // It would keep 80 KB more for each connection; see decision 31.
    perMessageDeflate: false,
    // One message a turn: a client may send hundreds at once, and others are answered in between.
    allowSynchronousEvents: false,
    autoPong: false,
  });

  const open = new Set<Served>();

  webSockets.on('headers', (lines, request) => {
    lines.push(`x-request-id: ${requestIdOf(request.headers)}`);
  });
  webSockets.on('wsClientError', ({ message }, socket, { method, headers }) => {
    const requestId = requestIdOf(headers);
    const refused =
      method === 'GET' ? { status: 400, headers: [SUPPORTED_VERSIONS] } : { status: 405, headers: ['allow: GET'] };
    endWithError(socket, { ...refused, code: 'BAD_REQUEST', message: `${message}.`, requestId });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    takeBasePath(request);
    const problem = problemOf(request);
    // Set on the request, so that every later reader gets the same id.
    const requestId = (request.headers['x-request-id'] = requestIdOf(request.headers));
    if (problem !== null) {
      endWithError(socket, { ...problem, requestId });
    } else {
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        serve(webSocket, request);
      });
    }
  });

  /** Why an upgrade is refused; null if it is accepted. */
  function problemOf(request: IncomingMessage): RawError | null {
    if (!isReady()) return STOPPING;
    if (request.url?.split('?')[0] !== GRAPHQL_PATH) return ELSEWHERE;
    if (!mayUpgrade(request, origins)) return OF_ANOTHER_ORIGIN;
    return unaccepted.hasRoom(networkOf(request)) ? null : TOO_MANY;
  }

  /** graphql-ws keeps a message for as long as its operation lasts. Null: too many are held, and the socket is closed. */
  function holdMessage({ socket, owner }: SocketExtra, bytes: number): (() => void) | null {
    try {
      return clientBytes.of(owner).hold(bytes);
    } catch (error) {
      socket.close(TRY_AGAIN_LATER, error instanceof Error ? error.message : '');
      return null;
    }
  }

  function serve(socket: WebSocket, request: IncomingMessage): void {
    const { traceparent } = request.headers;
    const requestId = requestIdOf(request.headers);
    let operations = 0;
    let beats = 0;
    const kept = keepAlive.add({
      ping() {
        beats += 1;
        if (beats === ACCEPTED_WITHIN_BEATS && !hasAcceptedKey()) close(TRY_AGAIN_LATER, NOT_ACCEPTED);
        else socket.ping();
      },
      cut() {
        socket.terminate();
      },
    });
    const { send, pong, holdBack } = createSocketSender(socket, kept.heard);
    const close = (code: number, reason: string) => {
      closeSocket(socket, code, reason);
    };
    const answering = createAnswering(() => {
      close(1001, 'The gateway is stopping');
    });
    const extra: SocketExtra = {
      socket: { close },
      authenticate: (authorization) => authenticate(request, authorization),
      authorization: undefined,
      unacceptedOf: (caller) => unacceptedCallers.of(caller, request),
      takeAllowance: rateLimits.take,
      clientBytes,
      owner: ANONYMOUS,
      largeMessages: createLargeMessages(),
      countAnswering: answering.count,
      // The socket's id with a number: many operations share one request.
      nextRequestId: () => `${requestId}.${(operations += 1)}`,
      traceparent,
      http: { request },
      waiting: new Map(),
    };
    const hasAcceptedKey = () => extra.owner !== ANONYMOUS && isAccepted(extra.owner);
    const removeUnaccepted = unaccepted.add(networkOf(request), hasAcceptedKey);
    countUnfinished(socket, request.socket, (bytes) => holdMessage(extra, bytes));

    async function answer(data: Buffer, receive: (message: SocketMessage | null) => Promise<void>): Promise<void> {
      holdBack();
      // What can't be read would become U+FFFD. `ws` looks at text alone, and closes with this code.
      if (!isUtf8(data)) {
        close(INVALID_TEXT, 'The message is not UTF-8.');
        return;
      }
      const text = data.toString();
      // As text, and parsed.
      const beyond = text.length < MIN_COUNTED_BYTES ? 0 : bytesBeyondText(text);
      const release = holdMessage(extra, 2 * data.length + beyond);
      if (!release) return;
      answering.count(1);
      // Whatever is thrown here must close the socket alone: unhandled, it would end the process.
      try {
        const message = readMessage(text);
        if (isOfServers(message)) {
          logger.debug({ requestId }, 'a socket sent what only servers send');
          close(CloseCode.BadRequest, 'Unexpected message');
          return;
        }
        const id = message?.type === MessageType.Complete ? message.id : null;
        if (typeof id === 'string') extra.waiting.get(id)?.leave();
        await receive(message);
      } catch (err) {
        logger.error({ err, requestId }, 'a message of a socket failed');
        close(CloseCode.InternalServerError, 'Something went wrong inside the gateway');
      } finally {
        release();
        answering.count(-1);
      }
    }

    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(extra.largeMessages.take(text)),
        close: (code = CloseCode.InternalServerError, reason = '') => {
          close(code, reason);
        },
        onMessage(receive) {
          // Its type says text, which it would parse; it takes a value as well.
          const receiveValue = receive as unknown as (message: SocketMessage | null) => Promise<void>;
          socket.on('message', (data: Buffer) => {
            // What comes later has no answer, so nothing may come of it: its client sends it again elsewhere.
            if (!answering.isEnding() && socket.readyState === socket.OPEN) void answer(data, receiveValue);
          });
        },
      },
      extra,
    );
    socket.on('ping', (data) => {
      holdBack();
      pong(data);
    });
    socket.on('pong', kept.heard);
    // A message that is too long or malformed: `ws` has closed the socket with a reason.
    socket.on('error', (err) => {
      logger.debug({ err }, 'a socket failed');
    });
    const served: Served = {
      socket,
      end: answering.end,
      isAnswering: () => answering.isUnderWay() && socket.readyState === socket.OPEN,
    };
    open.add(served);
    socket.once('close', (code, reason) => {
      open.delete(served);
      removeUnaccepted();
      kept.remove();
      for (const client of extra.waiting.values()) client.leave();
      void closed(code, reason.toString());
    });
  }

  const subscribers = () => [...open].filter(({ isAnswering }) => !isAnswering()).map(({ socket }) => socket);

  return {
    end() {
      for (const { end } of open) end();
    },
    cut() {
      for (const socket of subscribers()) socket.terminate();
    },
    async closed() {
      await Promise.all(subscribers().map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    },
  };
}

/** Counts the messages of one socket that are read and not yet answered. `close` is called at its end, when all of them are. */
function createAnswering(close: () => void) {
  let underWay = 0;
  let isEnding = false;

  const closeIfAnswered = () => {
    if (isEnding && underWay === 0) close();
  };
  const count = (change: 1 | -1) => {
    underWay += change;
    closeIfAnswered();
  };
  const end = () => {
    isEnding = true;
    closeIfAnswered();
  };

  return { count, end, isEnding: () => isEnding, isUnderWay: () => underWay > 0 };
}
