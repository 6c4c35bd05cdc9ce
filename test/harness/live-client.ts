/**
 * Clients of the two transports that carry events. Each queues every frame that comes, so that a test can miss none, and
 * reads only as long as the test lets it.
 */
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { GraphqlError, Json } from './gateway.ts';

export type Transport = 'graphql-ws' | 'graphql-sse';

export interface Payload {
  readonly data?: Json;
  readonly errors?: readonly GraphqlError[];
}

export type Frame =
  | { readonly type: 'next'; readonly payload: Payload }
  /** What ends an operation: of graphql-ws a message of its own, of graphql-sse the errors of an event without data. */
  | { readonly type: 'error'; readonly errors: readonly GraphqlError[] }
  | { readonly type: 'complete' }
  /** The connection; `code` is that of a WebSocket. */
  | { readonly type: 'closed'; readonly code: number };

export interface LiveClient {
  /** The next frame, when it has come. */
  next(): Promise<Frame>;
  /** The data of the next frame; an error if it is another one. */
  nextData(): Promise<Json>;
  /** The code of the error that ends the operation, which must come next. */
  nextErrorCode(): Promise<string>;
  /** How many frames have come that the test has not taken. */
  readonly waiting: number;
  /** How many bytes of the connection have come. */
  bytesRead(): number;
  /** From now on, as a program that hangs. */
  stopReading(): void;
  goOnReading(): void;
  /** Leaves as a client should. */
  leave(): void;
  /** Takes the connection away without a word. */
  cut(): void;
}

export interface Subscribing {
  readonly key?: string | null;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

/** Over a connection of its own, and with the bearer key where the transport's clients put it. */
export async function subscribe(
  transport: Transport,
  gatewayUrl: string,
  query: string,
  { key = 'key-1', ...operation }: Subscribing = {},
): Promise<LiveClient> {
  if (transport === 'graphql-sse') return openStream(gatewayUrl, { query, ...operation }, key);
  const socket = await openSocket(gatewayUrl, key === null ? {} : { authorization: `Bearer ${key}` });
  socket.subscribe({ query, ...operation });
  return socket;
}

function createFrames() {
  const frames: Frame[] = [];
  const takers: ((frame: Frame) => void)[] = [];
  const next = (): Promise<Frame> => {
    const frame = frames.shift();
    return frame ? Promise.resolve(frame) : new Promise((resolve) => takers.push(resolve));
  };
  return {
    push: (frame: Frame): void => {
      const taker = takers.shift();
      if (taker) taker(frame);
      else frames.push(frame);
    },
    client: {
      next,
      async nextData() {
        const frame = await next();
        if (frame.type === 'next' && frame.payload.data != null && !frame.payload.errors) return frame.payload.data;
        throw new Error(`expected data, got ${JSON.stringify(frame)}`);
      },
      async nextErrorCode() {
        const frame = await next();
        if (frame.type === 'error' && frame.errors[0]) return frame.errors[0].extensions.code;
        throw new Error(`expected an error, got ${JSON.stringify(frame)}`);
      },
      get waiting() {
        return frames.length;
      },
    },
  };
}

// ---- graphql-ws ------------------------------------------------------------------------------------------------

export interface SocketClient extends LiveClient {
  subscribe(payload: unknown, id?: string): void;
  /** Any message, even one that is none. */
  send(message: unknown): void;
  /** A message of either type. */
  sendBytes(bytes: Buffer, binary: boolean): void;
  /** The first or a further part of a message. */
  sendPart(text: string): void;
  /** Resolves when the server has answered a ping: whatever it had to send before has come then. */
  roundTrip(payload?: object): Promise<void>;
  /** Sends a ping of the WebSocket itself. */
  ping(text: string): void;
  /** What its pongs have said. */
  readonly pongs: readonly string[];
  /** That of the upgrade, as the server has answered it. */
  readonly requestId: string | undefined;
  /** How many pings of the WebSocket itself have come. */
  pings(): number;
  /** How many bytes of messages the gateway has not taken yet. */
  unsent(): number;
}

export interface SocketOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocol?: string;
  /** False: it answers no ping of the WebSocket itself. */
  readonly autoPong?: boolean;
  /** The certificate that is trusted, for `https`. */
  readonly ca?: string;
}

/** Null sends no `connection_init`. Frames of all its operations come in one queue. */
export async function openSocket(
  gatewayUrl: string,
  connectionParams: Readonly<Record<string, unknown>> | null,
  { headers = {}, protocol = 'graphql-transport-ws', ...connection }: SocketOptions = {},
): Promise<SocketClient> {
  const socket = new WebSocket(`${gatewayUrl.replace('http', 'ws')}/graphql`, protocol, { headers, ...connection });
  const { push, client } = createFrames();
  const acknowledged = Promise.withResolvers<undefined>();
  const roundTrips: (() => void)[] = [];
  const pongs: string[] = [];
  let pings = 0;
  let requestId: string | undefined;
  let bytesRead = () => 0;

  socket.on('upgrade', ({ headers: answered, socket: connection }) => {
    requestId = String(answered['x-request-id']);
    bytesRead = () => connection.bytesRead;
  });
  socket.on('ping', () => (pings += 1));
  socket.on('pong', (data) => pongs.push(data.toString()));
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as { type: string; payload: unknown };
    if (message.type === 'connection_ack') acknowledged.resolve(undefined);
    else if (message.type === 'pong') roundTrips.shift()?.();
    else if (message.type === 'next') push({ type: 'next', payload: message.payload as Payload });
    else if (message.type === 'error') push({ type: 'error', errors: message.payload as GraphqlError[] });
    else if (message.type === 'complete') push({ type: 'complete' });
  });
  socket.on('close', (code) => {
    push({ type: 'closed', code });
    acknowledged.resolve(undefined);
  });
  const opened = Promise.withResolvers<undefined>();
  socket.on('open', () => {
    opened.resolve(undefined);
  });
  socket.on('error', opened.reject);
  await opened.promise;

  const send = (message: unknown) => {
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  };
  if (connectionParams) {
    send({ type: 'connection_init', payload: connectionParams });
    await acknowledged.promise;
  }
  return Object.assign(client, {
    send,
    subscribe(payload: unknown, id = '1') {
      send({ type: 'subscribe', id, payload });
    },
    sendBytes(bytes: Buffer, binary: boolean) {
      socket.send(bytes, { binary });
    },
    sendPart(text: string) {
      socket.send(text, { fin: false });
    },
    roundTrip: (payload?: object) =>
      new Promise<void>((resolve) => {
        roundTrips.push(resolve);
        send({ type: 'ping', payload });
      }),
    ping(text: string) {
      socket.ping(text);
    },
    pongs,
    requestId,
    pings: () => pings,
    bytesRead,
    unsent: () => socket.bufferedAmount,
    stopReading() {
      socket.pause();
    },
    goOnReading() {
      socket.resume();
    },
    leave() {
      socket.close();
    },
    cut() {
      socket.terminate();
    },
  });
}

// ---- graphql-sse -----------------------------------------------------------------------------------------------

export interface StreamClient extends LiveClient {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Of an answer that is no stream. */
  body(): Promise<Json>;
}

export interface StreamOptions {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
}

export async function openStream(
  gatewayUrl: string,
  operation: Readonly<Record<string, unknown>> | string,
  key: string | null,
  { method = 'POST', headers = {} }: StreamOptions = {},
): Promise<StreamClient> {
  const isPost = method === 'POST';
  const outgoing = request(`${gatewayUrl}/graphql/stream${isPost ? '' : searchOf(operation)}`, {
    method,
    agent: false,
    headers: {
      accept: 'text/event-stream',
      ...(isPost && { 'content-type': 'application/json' }),
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...headers,
    },
  });
  outgoing.end(isPost ? (typeof operation === 'string' ? operation : JSON.stringify(operation)) : undefined);
  const response = await responseOf(outgoing);
  const { socket: connection } = response;
  const { push, client } = createFrames();
  // Put together only when a block is whole: joining at every chunk would take quadratic time.
  let pieces: string[] = [];
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const endsBlock = chunk.includes('\n\n') || (chunk.startsWith('\n') && pieces.at(-1)?.endsWith('\n') === true);
    pieces.push(chunk);
    const isStream = response.headers['content-type']?.startsWith('text/event-stream') ?? false;
    if (!isStream || !endsBlock) return;
    const blocks = pieces.join('').split('\n\n');
    pieces = blocks.splice(-1);
    for (const block of blocks) {
      const frame = frameOf(block);
      if (frame) push(frame);
    }
  });
  response.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    response.once('close', () => {
      push({ type: 'closed', code: 0 });
      resolve();
    });
  });
  return Object.assign(client, {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: () =>
      ended.then(() => {
        const text = pieces.join('');
        return text === '' ? null : (JSON.parse(text) as Json);
      }),
    bytesRead: () => connection.bytesRead,
    stopReading() {
      response.pause();
    },
    goOnReading() {
      response.resume();
    },
    leave() {
      outgoing.destroy();
    },
    cut() {
      response.socket.destroy();
    },
  });
}

function searchOf(operation: Readonly<Record<string, unknown>> | string): string {
  if (typeof operation === 'string') return operation;
  const parameters = Object.entries(operation).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return `?${new URLSearchParams(parameters).toString()}`;
}

function responseOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
  });
}

/** Null for a comment. */
function frameOf(block: string): Frame | null {
  const lines = block.split('\n').filter((line) => !line.startsWith(':'));
  const valueOf = (name: string) =>
    lines
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const event = valueOf('event');
  if (event === 'complete') return { type: 'complete' };
  if (event !== 'next') return null;
  const payload = JSON.parse(valueOf('data') ?? '') as Payload;
  return payload.data === undefined && payload.errors
    ? { type: 'error', errors: payload.errors }
    : { type: 'next', payload };
}
