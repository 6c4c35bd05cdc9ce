/**
 * Clients of the two transports for subscriptions. Each queues all frames, so a test misses none, and reads from the
 * connection only while the test allows it.
 */
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { GraphqlAnswer, GraphqlError, Json } from './gateway.ts';

export type Transport = 'graphql-ws' | 'graphql-sse';

export interface Payload {
  readonly data?: Json;
  readonly errors?: readonly GraphqlError[];
}

export type Frame =
  | { readonly type: 'next'; readonly payload: Payload }
  /** The error that ends an operation: a message in graphql-ws, an event with errors and no data in graphql-sse. */
  | { readonly type: 'error'; readonly errors: readonly GraphqlError[] }
  | { readonly type: 'complete' }
  /** The connection has closed; `code` is the code of a WebSocket. */
  | { readonly type: 'closed'; readonly code: number };

export interface LiveClient {
  /** The next frame. */
  next(): Promise<Frame>;
  /** The data of the next frame; throws for any other frame. */
  nextData(): Promise<Json>;
  /** The code of the error that must be the next frame. */
  nextErrorCode(): Promise<string>;
  /** The number of frames that the test has not taken. */
  readonly waiting: number;
  /** The bytes received on the connection. */
  bytesRead(): number;
  /** Stops reading, like a client that hangs. */
  stopReading(): void;
  goOnReading(): void;
  /** Ends the subscription as clients should. */
  leave(): void;
  /** Destroys the connection. */
  cut(): void;
}

export interface Subscribing {
  readonly key?: string | null;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** Subscribes over a new connection. The bearer key is sent as usual for the transport. */
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
  /** Sends any message, also an invalid one. */
  send(message: unknown): void;
  /** Sends a part of a message, which a later part or `send` continues. */
  sendPart(text: string): void;
  /** Sends a binary message or a text message. */
  sendBytes(bytes: Buffer, binary: boolean): void;
  /** Sends a protocol ping. Resolves with the server's pong: all earlier messages of the server have arrived. */
  roundTrip(): Promise<void>;
  /** Sends a WebSocket ping frame. */
  ping(text: string): void;
  /** The payloads of the server's WebSocket pong frames. */
  readonly pongs: readonly string[];
  /** The request id in the answer to the upgrade. */
  readonly requestId: string | undefined;
  /** The bytes of messages that the gateway has not read yet. */
  unsent(): number;
}

export interface SocketOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocol?: string;
  /** The trusted certificate, for `https`. */
  readonly ca?: string;
}

/** With null, `connection_init` is not sent. All operations share one queue of frames. */
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
  let requestId: string | undefined;
  let bytesRead = () => 0;

  socket.on('upgrade', ({ headers: answered, socket: connection }) => {
    requestId = String(answered['x-request-id']);
    bytesRead = () => connection.bytesRead;
  });
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
    sendPart(text: string) {
      socket.send(text, { fin: false });
    },
    sendBytes(bytes: Buffer, binary: boolean) {
      socket.send(bytes, { binary });
    },
    roundTrip: () =>
      new Promise<void>((resolve) => {
        roundTrips.push(resolve);
        send({ type: 'ping' });
      }),
    ping(text: string) {
      socket.ping(text);
    },
    pongs,
    requestId,
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
  /** The body of an answer that is not a stream. */
  body(): Promise<Json>;
}

export interface StreamOptions {
  readonly method?: 'GET' | 'POST';
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
  // Joined only when a block is complete: joining each chunk would take quadratic time.
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
      // A rejected operation gets a plain answer.
      const text = pieces.join('');
      if (text.startsWith('{"errors"')) push({ type: 'error', errors: (JSON.parse(text) as GraphqlAnswer).errors });
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

/** The query string of an operation. */
export function searchOf(operation: Readonly<Record<string, unknown>> | string): string {
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

/** Returns null for a comment. */
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
