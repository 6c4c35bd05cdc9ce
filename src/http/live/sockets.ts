/** WebSockets of graphql-ws: refuses upgrades, and serves open sockets. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { CloseCode, handleProtocols, MessageType } from 'graphql-ws';
import type { ServerOptions, WebSocket } from 'ws';
import type { Logger } from '../../observability/logger.ts';
import { NOBODY } from '../../auth/caller.ts';
import { PARSED_AT_ONCE_BYTES, type Ticket } from '../../graphql/admission/ticket.ts';
import { isRecord } from '../../graphql/json-kinds.ts';
import { AbandonedError, GatewayError } from '../../upstream/errors.ts';
import { CLIENT_GONE } from '../connection/request-client.ts';
import { requestIdOf } from '../routes.ts';
import { mayUpgrade } from '../headers/common-headers.ts';
import type { LiveConnections } from './live-connections.ts';
import { readMessage, type SocketMessage } from './socket-message.ts';
import {
  createSocketProtocol,
  TRY_AGAIN_LATER,
  type SocketProtocolOptions,
  type SocketState,
} from './socket-protocol.ts';
import { createSocketSender } from './socket-sender.ts';

export interface SocketsOptions extends SocketProtocolOptions {
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

/** A message of at most this many bytes is parsed at once: it may end what other messages wait for. */
const MAX_CONTROL_BYTES = 1024;

const STOPPING: UpgradeRefusal = { status: 503, code: 'BAD_REQUEST', message: 'The gateway is stopping.' };
const OTHER_ORIGIN: UpgradeRefusal = {
  status: 403,
  code: 'FORBIDDEN',
  message: 'This origin may not open a WebSocket. Add it to CORS_ORIGINS.',
};
export function createSockets(options: SocketsOptions) {
  const { admission, owners, origins, liveConnections, isReady, logger } = options;
  const protocol = createSocketProtocol(options);

  /** Null for an upgrade that is accepted. */
  function refusalOf(request: IncomingMessage): UpgradeRefusal | null {
    if (!isReady()) return STOPPING;
    return mayUpgrade(request, origins) ? null : OTHER_ORIGIN;
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
      owner: owners.of(NOBODY, request),
      admitted: new WeakMap(),
    };
    const { heard, remove } = liveConnections.add({
      ping() {
        socket.ping();
      },
      cut() {
        socket.terminate();
      },
      end: answering.end,
      isAnswering: () => answering.isUnderWay() && socket.readyState === socket.OPEN,
    });
    /** Messages that have arrived and are not parsed yet. They keep their order, although some wait for room or a turn. */
    let unparsed = 0;
    let earlier = Promise.resolve();
    const sender = createSocketSender(socket, heard, () => unparsed > 0);
    const isClosed = () => socket.readyState !== socket.OPEN;

    async function admit(bytes: number): Promise<Ticket | GatewayError> {
      try {
        // A longer message is already in memory: it does not wait.
        const isLong = bytes > PARSED_AT_ONCE_BYTES;
        return isLong
          ? admission.admit(state.owner, isClosed, bytes)
          : await admission.admitLater(state.owner, isClosed, bytes);
      } catch (error) {
        if (error instanceof GatewayError) return error;
        throw error;
      }
    }

    /** Null: the message is refused, and the socket is closed. */
    async function parsed(data: Buffer): Promise<ReceivedMessage | null> {
      const isControl = data.length <= MAX_CONTROL_BYTES;
      let admitted = isControl ? null : await admit(data.length);
      if (data.length > PARSED_AT_ONCE_BYTES) {
        if (admitted instanceof GatewayError) {
          close(TRY_AGAIN_LATER, admitted.message);
          return null;
        }
        await admitted?.nextTurn();
      }
      const message = readMessage(data.toString());
      if (message?.type === MessageType.Subscribe) {
        admitted ??= await admit(data.length);
        if (isRecord(message.payload)) state.admitted.set(message.payload, admitted);
      }
      return { message, ticket: admitted instanceof GatewayError ? null : admitted };
    }

    function receive(data: Buffer, handle: (message: unknown) => Promise<void>): void {
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
      unparsed += 1;
      answering.count(1);
      const parsing = earlier.then(() => parsed(data));
      earlier = parsing.then(ignore, ignore);
      void answer(parsing, handle);
    }

    /** It lasts as long as an operation, so it does not keep the bytes of its message. */
    async function answer(
      parsing: Promise<ReceivedMessage | null>,
      handle: (message: unknown) => Promise<void>,
    ): Promise<void> {
      let received: ReceivedMessage | null = null;
      // Errors must close only this socket: unhandled, they would end the process.
      try {
        received = await parsing.finally(() => {
          unparsed -= 1;
          sender.readOn();
        });
        if (!received) return;
        const { message } = received;
        if (message?.type === MessageType.Complete) state.underWay.get(String(message.id))?.abort(CLIENT_GONE);
        await handle(message);
      } catch (err) {
        if (err instanceof AbandonedError) return;
        logger.error({ err, requestId }, 'a message of a socket failed');
        close(CloseCode.InternalServerError, 'Something went wrong inside the gateway');
      } finally {
        received?.ticket?.end();
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
            if (!answering.isEnding() && socket.readyState === socket.OPEN) receive(data, handleParsed);
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
      remove();
      for (const controller of state.underWay.values()) controller.abort(CLIENT_GONE);
      void closed(code, reason.toString());
    });
  }

  return { refusalOf, serve };
}

interface ReceivedMessage {
  readonly message: SocketMessage | null;
  /** Of an operation. */
  readonly ticket: Ticket | null;
}

const ignore = (): void => undefined;

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
