/** One graphql-ws WebSocket: reads its messages in order, and runs each operation as if it were a request. */
import type { IncomingMessage } from 'node:http';
import { GraphQLError } from 'graphql';
import { CloseCode, MessageType, type WebSocket as ProtocolSocket } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { NOBODY, type Owner } from '../auth/caller.ts';
import { parseExactJson } from '../domain/long-integers.ts';
import { PARSED_AT_ONCE_BYTES, Ticket } from '../admission/ticket.ts';
import { isRecord } from '../graphql/json-kinds.ts';
import type { OperationParams, OperationRequest, Outcome } from '../graphql/operations/operation.ts';
import type { Operations } from '../graphql/operations/operations.ts';
import { SubscriptionError, type LiveEvents } from '../graphql/subscriptions/live-events.ts';
import type { Logger } from '../observability/logger.ts';
import type { ClientInfo, OperationType } from '../observability/operation-record.ts';
import { AbandonedError, GatewayError } from '../upstream/errors.ts';
import { LINGER_MS } from './connection-end.ts';
import { clientInfoOf, RequestClient, type Arrival, type Entrance } from './entrance.ts';
import type { LiveConnection } from './live-connections.ts';
import { checkParams } from './params.ts';

export interface SocketOptions {
  readonly entrance: Entrance;
  readonly operations: Operations;
  /** Concurrent operations of one socket. */
  readonly maxOperations: number;
  /** A client that reads nothing for this long is disconnected. */
  readonly stalledReaderMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
}

/** The payload of a `subscribe`, as passed to graphql-ws, which keeps it as long as the operation lasts. */
export class Received {
  /** graphql-ws requires a string. */
  readonly query = '';
  /** The operation's ticket, or why it isn't admitted. */
  readonly admitted: Ticket | GatewayError;
  #params: OperationParams;

  constructor(params: OperationParams, admitted: Ticket | GatewayError) {
    this.#params = params;
    this.admitted = admitted;
  }

  /** Only the first call returns them. */
  takeParams(): OperationParams {
    const params = this.#params;
    this.#params = {};
    return params;
  }
}

/** Read from the first message, because browsers can't send custom headers with a WebSocket. */
interface ConnectionParams {
  readonly authorization: string | undefined;
  readonly clientInfo: ClientInfo | null;
}

interface ReadMessage {
  /** Message, or null for an invalid one, for which graphql-ws closes the socket with 4400. */
  readonly message: object | null;
  /** Ticket, or null for a message that isn't an operation, or isn't admitted. */
  readonly ticket: Ticket | null;
}

/** Nothing is read from a client with more unread bytes than this. Beyond it, Node emits `drain`. */
const MAX_UNREAD_BYTES = 65_536;
/** Messages up to this length are parsed at once: they may end what other messages wait for. */
const MAX_CONTROL_BYTES = 1024;
/**
 * Pings and pongs per second, of `ws` and of the protocol. Each costs a write, without being charged as an operation.
 */
const MAX_PINGS_A_SECOND = 10;

/** WebSocket close codes. */
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;
/** `ws` throws for a longer reason. */
const MAX_REASON_BYTES = 123;

const NO_KEY = 'send your key in connectionParams';
const ALL_TYPES: ReadonlySet<OperationType> = new Set(['query', 'mutation', 'subscription']);

export class Socket implements ProtocolSocket, LiveConnection {
  readonly #ws: WebSocket;
  /** The upgrade request. */
  readonly #request: IncomingMessage;
  readonly #options: SocketOptions;
  /** The upgrade request's id. Each operation appends its number. */
  readonly #requestId: string;
  /** Clients of the operations in progress, by id. graphql-ws forgets an id that the client completes. */
  readonly #clients = new Map<string, RequestClient>();
  #params: ConnectionParams | null = null;
  /** Owner of the messages: the network until the key is authenticated. */
  #owner: Owner;
  #operationCount = 0;
  #pings = 0;
  #pingsSinceMs = 0;
  /**
   * Number of messages that have arrived but aren't parsed yet. They keep their order, although some wait for capacity
   * or a turn.
   */
  #unparsed = 0;
  #earlier = Promise.resolve();
  /** Number of unfinished messages, except subscriptions, which end with the socket. */
  #answering = 0;
  #isEnding = false;

  constructor(ws: WebSocket, request: IncomingMessage, requestId: string, options: SocketOptions) {
    this.#ws = ws;
    this.#request = request;
    this.#options = options;
    this.#requestId = requestId;
    this.#owner = options.entrance.ownerOf(NOBODY, request);
    const { socket } = request;
    socket.setTimeout(options.stalledReaderMs, () => {
      ws.terminate();
    });
    socket.on('drain', () => {
      this.#readOn();
    });
    for (const event of ['ping', 'pong'] as const) {
      ws.on(event, () => {
        this.#countPing();
        this.#holdBack();
      });
    }
    ws.once('close', () => {
      for (const client of this.#clients.values()) client.abort();
    });
  }

  // Required by graphql-ws.

  get protocol(): string {
    return this.#ws.protocol;
  }

  /** Resolves when the message was sent or the socket is closed. */
  send(message: string): Promise<void> {
    return new Promise((resolve) => {
      this.#ws.send(this.#options.operations.write(message), { binary: false }, () => {
        resolve();
      });
    });
  }

  /** Cuts a longer reason between two characters. */
  close(code: number = CloseCode.InternalServerError, reason = ''): void {
    const bytes = Buffer.alloc(MAX_REASON_BYTES);
    this.#ws.close(code, bytes.subarray(0, new TextEncoder().encodeInto(reason, bytes).written));
  }

  onMessage(handle: (text: string) => Promise<void>): void {
    // Its type says string, but graphql-ws also takes a parsed message.
    const handleParsed = handle as (message: unknown) => Promise<void>;
    this.#ws.on('message', (data: Buffer) => {
      // Later messages are ignored: the client gets no response, and sends them again elsewhere.
      if (this.#isEnding || this.#isClosed()) return;
      this.#receive(data, handleParsed);
    });
  }

  /** Resolves to false if the key is rejected, and the socket closes. */
  async connect(): Promise<boolean> {
    const { entrance } = this.#options;
    const operation = await this.#identify(this.#requestId, new RequestClient(null));
    const { viewer, error } = operation.caller;
    if (viewer) return true;
    // A rejected key counts like a rejected request: otherwise, keys could be tried as fast as sockets open.
    let problem: unknown = error;
    try {
      await entrance.limit(operation);
    } catch (limited) {
      problem = limited;
    }
    const message = problem instanceof Error ? problem.message : NO_KEY;
    if (problem instanceof GatewayError && problem.isRetryable) this.close(TRY_AGAIN_LATER, message);
    else this.close(CloseCode.Unauthorized, `Unauthorized: ${message}`);
    return false;
  }

  /** The results of one operation. `running` counts it. */
  async *resultsOf(id: string, received: Received, running: number): LiveEvents {
    if (this.#clients.has(id)) {
      this.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`);
      return;
    }
    const client = new RequestClient(null);
    this.#clients.set(id, client);
    try {
      this.#operationCount += 1;
      const operation = await this.#identify(`${this.#requestId}.${this.#operationCount}`, client);
      const outcome = await this.#outcomeOf(operation, received, running);
      if (outcome.kind === 'events') {
        this.#count(-1);
        try {
          yield* outcome.events;
        } finally {
          this.#count(1);
        }
      } else if (!client.isGone()) {
        const { data, errors = [] } = outcome.result;
        if (data === undefined) throw new SubscriptionError(errors);
        yield outcome.result;
      }
    } finally {
      this.#clients.delete(id);
    }
  }

  // Required by the list of live connections.

  ping(): void {
    this.#ws.ping();
  }

  cut(): void {
    this.#ws.terminate();
  }

  end(): void {
    this.#isEnding = true;
    this.#count(0);
  }

  isAnswering(): boolean {
    return this.#answering > 0 && !this.#isClosed();
  }

  #isClosed(): boolean {
    return this.#ws.readyState !== this.#ws.OPEN;
  }

  #count(change: 1 | 0 | -1): void {
    this.#answering += change;
    if (this.#isEnding && this.#answering === 0) this.close(GOING_AWAY, 'The gateway is stopping');
  }

  /** An open socket has no rights by itself: each operation is authenticated. */
  async #identify(requestId: string, client: RequestClient): Promise<OperationRequest> {
    const { entrance } = this.#options;
    const arrival: Arrival = {
      transport: 'graphql-ws',
      requestId,
      http: { request: this.#request },
      clientInfo: this.#params?.clientInfo ?? clientInfoOf(this.#request.headers),
      authorization: this.#params?.authorization,
      allowed: ALL_TYPES,
      client,
    };
    const operation = await entrance.identify(arrival);
    this.#owner = entrance.ownerOf(operation.caller, this.#request);
    return operation;
  }

  async #outcomeOf(operation: OperationRequest, received: Received, running: number): Promise<Outcome> {
    const { entrance, operations, maxOperations } = this.#options;
    const { admitted } = received;
    try {
      if (running > maxOperations) throw tooMany(maxOperations);
      await entrance.limit(operation);
      if (admitted instanceof GatewayError) throw admitted;
      return await operations.run(operation, admitted, received.takeParams());
    } catch (error) {
      return operations.refuse(operation, error);
    }
  }

  #countPing(): void {
    const nowMs = this.#options.now();
    if (this.#pings <= MAX_PINGS_A_SECOND && nowMs - this.#pingsSinceMs >= 1000) {
      this.#pings = 0;
      this.#pingsSinceMs = nowMs;
    }
    this.#pings += 1;
    if (this.#pings !== MAX_PINGS_A_SECOND + 1) return;
    this.close(POLICY_VIOLATION, `At most ${MAX_PINGS_A_SECOND} pings or pongs a second are allowed.`);
    // Nothing more is read, including the client's response to the close.
    setTimeout(() => {
      this.#ws.terminate();
    }, LINGER_MS).unref();
  }

  #receive(data: Buffer, handle: (message: unknown) => Promise<void>): void {
    this.#unparsed += 1;
    this.#holdBack();
    this.#count(1);
    const reading = this.#earlier.then(() => this.#read(data));
    this.#earlier = reading.then(ignore, ignore);
    void this.#answer(reading, handle);
  }

  /** Lasts as long as an operation, so it doesn't keep the bytes of its message. */
  async #answer(reading: Promise<ReadMessage>, handle: (message: unknown) => Promise<void>): Promise<void> {
    let ticket: Ticket | null = null;
    // Errors must close only this socket: unhandled, they would end the process.
    try {
      const read = await reading.finally(() => {
        this.#unparsed -= 1;
        this.#readOn();
      });
      ({ ticket } = read);
      await handle(read.message);
    } catch (err) {
      if (err instanceof AbandonedError) return;
      if (err instanceof GraphQLError) {
        this.close(CloseCode.BadRequest, err.message);
        return;
      }
      this.#options.logger.error({ err, requestId: this.#requestId }, 'a message of a socket failed');
      this.close(CloseCode.InternalServerError, 'Internal error');
    } finally {
      ticket?.end();
      this.#count(-1);
    }
  }

  async #read(data: Buffer): Promise<ReadMessage> {
    let admitted = data.length > MAX_CONTROL_BYTES ? await this.#admit(data.length) : null;
    try {
      if (data.length > PARSED_AT_ONCE_BYTES) await ticketOf(admitted)?.nextTurn();
      const message = parseMessage(data.toString());
      if (message.type !== MessageType.Subscribe)
        return { message: this.#control(message), ticket: ticketOf(admitted) };
      admitted ??= await this.#admit(data.length);
      return { message: operationIn(message, admitted), ticket: ticketOf(admitted) };
    } catch (error) {
      ticketOf(admitted)?.end();
      throw error;
    }
  }

  async #admit(bytes: number): Promise<Ticket | GatewayError> {
    const { admission } = this.#options.entrance;
    try {
      return await admission.admitLater(this.#owner, () => this.#isClosed(), bytes);
    } catch (error) {
      if (error instanceof GatewayError) return error;
      throw error;
    }
  }

  /** graphql-ws keeps payloads, and would send back a ping's, so it gets none. */
  #control({ type, id, payload }: Message): object | null {
    switch (type) {
      case MessageType.ConnectionInit: {
        const params = isRecord(payload) ? payload : {};
        this.#params ??= { authorization: authorizationIn(params), clientInfo: clientInfoOf(params) };
        return { type };
      }
      case MessageType.Ping:
      case MessageType.Pong:
        this.#countPing();
        return { type };
      case MessageType.Complete:
        // graphql-ws would wait for the next result of the operation before it ends.
        this.#clients.get(String(id))?.abort();
        return { type, id };
      // graphql-ws throws for a message that only servers send.
      default:
        return null;
    }
  }

  /** A client that doesn't read responses must not send more operations. */
  #holdBack(): void {
    if (!this.#mayRead()) this.#ws.pause();
  }

  #readOn(): void {
    if (this.#mayRead()) this.#ws.resume();
  }

  #mayRead(): boolean {
    const { writableLength } = this.#request.socket;
    return writableLength <= MAX_UNREAD_BYTES && this.#unparsed === 0 && this.#pings <= MAX_PINGS_A_SECOND;
  }
}

type Message = Readonly<Record<'type' | 'id' | 'payload', unknown>>;

const NO_MESSAGE: Message = { type: null, id: null, payload: null };

function parseMessage(text: string): Message {
  try {
    const message = parseExactJson(text);
    return isRecord(message) ? { ...NO_MESSAGE, ...message } : NO_MESSAGE;
  } catch {
    return NO_MESSAGE;
  }
}

/** Throws for invalid parameters. */
const operationIn = ({ type, id, payload }: Message, admitted: Ticket | GatewayError): object => ({
  type,
  id,
  payload: new Received(checkParams(payload), admitted),
});

/** Ignores case, because clients spell the name differently. */
function authorizationIn(params: Readonly<Record<string, unknown>>): string | undefined {
  const value = Object.entries(params).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  return typeof value === 'string' ? value : undefined;
}

const ticketOf = (admitted: Ticket | GatewayError | null): Ticket | null =>
  admitted instanceof Ticket ? admitted : null;

const ignore = (): void => undefined;

const tooMany = (maxOperations: number): GatewayError =>
  new GatewayError(
    'RATE_LIMITED',
    `A connection may have at most ${maxOperations} concurrent operations. End one, or open another connection.`,
  );
