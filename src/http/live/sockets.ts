/** WebSockets of graphql-ws: refuses upgrades, and serves open sockets. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { CloseCode, handleProtocols, MessageType } from 'graphql-ws';
import type { ServerOptions, WebSocket } from 'ws';
import type { Logger } from '../../observability/logger.ts';
import { ANONYMOUS } from '../connection/client-bytes.ts';
import { CLIENT_GONE } from '../connection/request-client.ts';
import { bytesBeyondText } from '../connection/json-bytes.ts';
import { requestIdOf } from '../routes.ts';
import { mayUpgrade } from '../headers/common-headers.ts';
import type { LiveConnections } from './live-connections.ts';
import { readMessage } from './socket-message.ts';
import {
  createSocketProtocol,
  TRY_AGAIN_LATER,
  type SocketProtocolOptions,
  type SocketState,
} from './socket-protocol.ts';
import { createSocketSender } from './socket-sender.ts';
import { createUnacceptedSockets } from './unaccepted-sockets.ts';

export interface SocketsOptions extends SocketProtocolOptions {
  readonly isAccepted: (viewerId: string) => boolean;
  readonly networkOf: (request: IncomingMessage) => string;
  readonly origins: readonly string[];
  readonly liveConnections: LiveConnections;
  readonly isReady: () => boolean;
  readonly logger: Logger;
}

/** The HTTP answer to a refused upgrade. */
export interface UpgradeRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Options of the WebSocketServer of `ws`. A host's own server has other options. */
export const SOCKET_OPTIONS = {
  maxPayload: 2 ** 20,
  // Each part of a message keeps its whole chunk in memory, up to 64 KiB. Clients send parts of kilobytes.
  maxFragments: 256,
  maxBufferedChunks: 4096,
  handleProtocols,
  // Compression would keep 80 KB more for each connection; docs/decisions/archive.md, 0031.
  perMessageDeflate: false,
  // One message a turn: a client may send hundreds at once, and others are answered in between.
  allowSynchronousEvents: false,
  autoPong: false,
} satisfies ServerOptions;

/** WebSocket close codes. */
const GOING_AWAY = 1001;
const INVALID_TEXT = 1007;
const MESSAGE_TOO_BIG = 1009;
/** `ws` throws for a longer reason. */
const MAX_REASON_BYTES = 123;

/** Keep-alive beats, 20 to 30 s: an upstream may be slow to answer the first call. */
const ACCEPTED_WITHIN_BEATS = 3;
const NOT_ACCEPTED = 'The upstream has not accepted the key of this socket';

const STOPPING: UpgradeRefusal = { status: 503, code: 'BAD_REQUEST', message: 'The gateway is stopping.' };
const OTHER_ORIGIN: UpgradeRefusal = {
  status: 403,
  code: 'FORBIDDEN',
  message: 'This origin may not open a WebSocket. Add it to CORS_ORIGINS.',
};
const TOO_MANY: UpgradeRefusal = {
  status: 429,
  code: 'RATE_LIMITED',
  message: 'Too many open WebSockets with a key that the upstream has not accepted yet. Try again later.',
  headers: { 'retry-after': '1' },
};

export function createSockets(options: SocketsOptions) {
  const { clientBytes, isAccepted, networkOf, origins, liveConnections, isReady, logger } = options;
  const protocol = createSocketProtocol(options);
  const unaccepted = createUnacceptedSockets();

  /** Null for an upgrade that is accepted. */
  function refusalOf(request: IncomingMessage): UpgradeRefusal | null {
    if (!isReady()) return STOPPING;
    if (!mayUpgrade(request, origins)) return OTHER_ORIGIN;
    return unaccepted.hasRoom(networkOf(request)) ? null : TOO_MANY;
  }

  /** graphql-ws keeps a message as long as its operation lasts, as text and parsed. Null: the socket is closed. */
  function holdMessage({ viewerId, close }: SocketState, text: string, size: number): (() => void) | null {
    try {
      return clientBytes.hold(viewerId, 2 * size + bytesBeyondText(text));
    } catch (error) {
      close(TRY_AGAIN_LATER, error instanceof Error ? error.message : '');
      return null;
    }
  }

  /** Serves an open socket. `request` is its upgrade request. */
  function serve(socket: WebSocket, request: IncomingMessage): void {
    const requestId = requestIdOf(request.headers);
    const close = (code: number, reason: string) => {
      socket.close(code, reasonOf(reason));
    };
    const answering = createAnswering(() => {
      close(GOING_AWAY, 'The gateway is stopping');
    });
    const state: SocketState = {
      request,
      requestId,
      close,
      countAnswering: answering.count,
      underWay: new Map(),
      operationCount: 0,
      viewerId: ANONYMOUS,
    };
    const hasAcceptedKey = () => state.viewerId !== ANONYMOUS && isAccepted(state.viewerId);
    const removeUnaccepted = unaccepted.add(networkOf(request), hasAcceptedKey);
    let beats = 0;
    const { heard, remove } = liveConnections.add({
      ping() {
        beats += 1;
        if (beats === ACCEPTED_WITHIN_BEATS && !hasAcceptedKey()) close(TRY_AGAIN_LATER, NOT_ACCEPTED);
        else socket.ping();
      },
      cut() {
        socket.terminate();
      },
      end: answering.end,
      isAnswering: () => answering.isUnderWay() && socket.readyState === socket.OPEN,
    });
    const sender = createSocketSender(socket, heard);

    async function receive(data: Buffer, handle: (message: unknown) => Promise<void>): Promise<void> {
      sender.holdBack();
      if (data.length > SOCKET_OPTIONS.maxPayload) {
        close(MESSAGE_TOO_BIG, 'The message has more than 1 MiB.');
        return;
      }
      // `ws` checks text only, and closes with this code.
      if (!isUtf8(data)) {
        close(INVALID_TEXT, 'The message is not UTF-8.');
        return;
      }
      const text = data.toString();
      const release = holdMessage(state, text, data.length);
      if (!release) return;
      answering.count(1);
      // Errors must close only this socket: unhandled, they would end the process.
      try {
        const message = readMessage(text);
        if (message?.type === MessageType.Complete) state.underWay.get(String(message.id))?.abort(CLIENT_GONE);
        await handle(message);
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
        send: (message) => sender.send(message),
        close: (code = CloseCode.InternalServerError, reason = '') => {
          close(code, reason);
        },
        onMessage(handle) {
          // Its type says text, but graphql-ws takes a parsed message, too.
          const handleParsed = handle as (message: unknown) => Promise<void>;
          socket.on('message', (data: Buffer) => {
            // A later message is ignored: its client gets no answer, and sends it again elsewhere.
            if (!answering.isEnding() && socket.readyState === socket.OPEN) void receive(data, handleParsed);
          });
        },
      },
      state,
    );
    socket.on('ping', (data) => {
      sender.holdBack();
      sender.pong(data);
    });
    socket.on('pong', heard);
    // A message that is too long or malformed: `ws` has closed the socket with a reason.
    socket.on('error', (err) => {
      logger.debug({ err }, 'a socket failed');
    });
    socket.once('close', (code, reason) => {
      removeUnaccepted();
      remove();
      for (const controller of state.underWay.values()) controller.abort(CLIENT_GONE);
      void closed(code, reason.toString());
    });
  }

  return { refusalOf, serve };
}

/** Counts the messages of one socket that are being answered. After `end` it calls `close` when all of them are. */
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

/** Cuts a longer reason between two characters. */
function reasonOf(reason: string): Buffer {
  const bytes = Buffer.alloc(MAX_REASON_BYTES);
  return bytes.subarray(0, new TextEncoder().encodeInto(reason, bytes).written);
}
