/** Hostile owners of the live transports: idle sockets, dense and large variables, and streams without a reader. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { runIdOf, WORKFLOW_ID, type RunShape } from '../../fixture-runs.ts';
import { fromAddress } from './floods.ts';
import { denseBody, denseBytes, HOSTILE_KEY } from './operations.ts';
import { connection, handshake, readNothing } from './slow.ts';
import { answerOf, type Target } from './tally.ts';

const SOCKETS = 2000;
const STREAMS = 200;
const RUNS = 500;
const VARIABLES_LENGTH = 50_000;
const LIVE: RunShape = { state: 'running', steps: 5, outputBytes: 2000 };
const VARIABLES = '($workflowId:ID!,$id:ID!,$large:ID!)';
const FIELDS = '{id status steps{id status elapsedTime outputs}step(id:$large){id}}';
const QUERY = `query${VARIABLES}{run(workflowId:$workflowId,id:$id)${FIELDS}}`;
const SUBSCRIPTION = `subscription${VARIABLES}{runUpdated(workflowId:$workflowId,id:$id){run${FIELDS}}}`;
/** Number of keys: one viewer soon reaches its limit of bytes. */
const KEYS = 20;
const PAUSE_MS = 2;
const REOPEN_AFTER_MS = 500;

/** A message may have 64 KiB. */
const MOST_OF_A_MESSAGE = Buffer.alloc(60_000, ' ');
const DRIP_EVERY_MS = 500;

const DENSE_SOCKETS = 50;
/** Default of MAX_SUBSCRIPTIONS_PER_CONNECTION. Together, MAX_SUBSCRIPTIONS_PER_VIEWER. */
const SUBSCRIPTIONS_PER_SOCKET = 100;

const NETWORKS = 4;
const IDLE_OF_NETWORK = 100;

const liveKey = (index: number): string => `Bearer live-${index % KEYS}`;

export async function live(target: Target): Promise<void> {
  const streams = Array.from({ length: STREAMS }, (_, index) => readStreams(target, index));
  const sockets: WebSocket[] = [];
  const opened = (index: number) => {
    const socket = openSocket(target, { authorization: liveKey(index) });
    // After its first event every other socket stops reading.
    if (index % 2 === 0) socket.on('message', (data: Buffer) => data.includes('"next"') && socket.pause());
    return socket;
  };
  for (let index = 0; Date.now() < target.untilMs; index += 1) {
    if (sockets.length < SOCKETS) sockets.push(opened(index));
    const socket = sockets[(index * 7) % sockets.length];
    // Each socket gets one more subscription and one more query in its turn.
    if (socket?.readyState === WebSocket.OPEN && socket.bufferedAmount === 0) {
      target.tally.sent();
      const payload = { query: index % 2 === 0 ? SUBSCRIPTION : QUERY, variables: largeVariables(index) };
      socket.send(JSON.stringify({ id: String(index), type: 'subscribe', payload }));
    } else if (socket?.readyState === WebSocket.CLOSED) {
      target.tally.answered('socket closed');
      sockets[(index * 7) % sockets.length] = opened(index);
    }
    await sleep(PAUSE_MS);
  }
  for (const socket of sockets) socket.terminate();
  await Promise.all(streams);
}

const largeVariables = (index: number) => ({
  workflowId: WORKFLOW_ID,
  id: runIdOf(LIVE, index % RUNS),
  large: `${index} ${'v'.repeat(VARIABLES_LENGTH)}`,
});

async function readStreams(target: Target, index: number): Promise<void> {
  while (Date.now() < target.untilMs) {
    await readNothing(target, { query: SUBSCRIPTION, variables: largeVariables(index) }, liveKey(index));
  }
}

/** As many subscriptions as one key may have, each with 8 to 16 KB of dense JSON. */
export async function denseSubscriptions(target: Target): Promise<void> {
  const open = async (_: unknown, number: number) => {
    while (Date.now() < target.untilMs) {
      const socket = openSocket(target, { authorization: HOSTILE_KEY });
      socket.on('message', (data: Buffer) => {
        if (!data.includes('"connection_ack"')) return;
        for (let count = 0; count < SUBSCRIPTIONS_PER_SOCKET; count += 1) {
          const index = number * SUBSCRIPTIONS_PER_SOCKET + count;
          const variables = { workflowId: WORKFLOW_ID, id: runIdOf(LIVE, index % RUNS), large: '' };
          target.tally.sent();
          socket.send(
            `{"id":"${index}","type":"subscribe","payload":${denseBody(SUBSCRIPTION, variables, denseBytes(index))}}`,
          );
        }
      });
      await closed(target, socket);
    }
  };
  await Promise.all(Array.from({ length: DENSE_SOCKETS }, open));
}

/** Frames of one message, nearly as many as `ws` takes by default. */
const FRAMES = 16_382;
const FRAGMENTING_SOCKETS = 50;
const FLOOD_AT_ONCE = 200;
const FLOOD_EVERY_MS = 10;
const FIN = 0x80;
const OPCODES = { continuation: 0, text: 1, ping: 9, pong: 10 } as const;

/** A frame of at most 125 bytes, masked with zeros. */
const frameOf = (head: number, payload = ''): Buffer =>
  Buffer.concat([Buffer.from([head, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)]);

/** A ping of the protocol in empty frames; floods of pings and pongs; a message byte by byte; and messages of 64 frames. */
const FLOODS: readonly (() => Buffer)[] = [
  () => fragmented('{"type":"ping"}', FRAMES),
  () => Buffer.concat(Array.from({ length: FLOOD_AT_ONCE }, () => frameOf(FIN | OPCODES.ping))),
  () => Buffer.concat(Array.from({ length: FLOOD_AT_ONCE }, () => frameOf(FIN | OPCODES.pong, 'x'.repeat(100)))),
  () => frameOf(OPCODES.continuation, ' '),
  () => fragmented('{"type":"complete","id":"1"}', 64),
];

const fragmented = (message: string, frames: number): Buffer =>
  Buffer.concat([
    frameOf(OPCODES.text),
    ...Array.from({ length: frames - 2 }, () => frameOf(OPCODES.continuation)),
    frameOf(FIN | OPCODES.continuation, message),
  ]);

/** Sockets without a key and with one, that send pieces of messages. */
export async function fragments(target: Target): Promise<void> {
  const open = async (_: unknown, index: number) => {
    const flood = FLOODS[index % FLOODS.length]?.() ?? Buffer.alloc(0);
    while (Date.now() < target.untilMs) {
      await connection(target, (socket) => {
        const authorization = index % 2 === 0 ? [`authorization: ${HOSTILE_KEY}`] : [];
        socket.setNoDelay();
        socket.write(handshake(target, authorization));
        const timer = setInterval(() => {
          if (socket.writableLength > flood.length) return;
          target.tally.sent();
          socket.write(flood);
        }, FLOOD_EVERY_MS);
        socket.resume();
        socket.once('close', () => {
          clearInterval(timer);
        });
      });
      target.tally.answered('socket closed');
      await sleep(REOPEN_AFTER_MS);
    }
  };
  await Promise.all(Array.from({ length: FRAGMENTING_SOCKETS }, open));
}

/** Messages that have arrived except for their end, with one key. */
export async function messages(target: Target): Promise<void> {
  const open = async () => {
    while (Date.now() < target.untilMs) {
      const socket = openSocket(target, { authorization: HOSTILE_KEY });
      let timer: NodeJS.Timeout | undefined;
      socket.once('message', () => {
        target.tally.sent();
        socket.send(MOST_OF_A_MESSAGE, { fin: false });
        timer = setInterval(() => {
          socket.send(' ', { fin: false });
        }, DRIP_EVERY_MS);
      });
      await closed(target, socket);
      clearInterval(timer);
    }
  };
  await Promise.all(Array.from({ length: SOCKETS }, open));
}

/** Sockets that send nothing, from four networks. The gateway closes each after 10 s. */
export async function idleSockets(target: Target): Promise<void> {
  const open = async (_: unknown, index: number) => {
    while (Date.now() < target.untilMs) {
      target.tally.sent();
      await closed(target, openSocket(target, { headers: fromAddress(index % NETWORKS) }));
    }
  };
  await Promise.all(Array.from({ length: NETWORKS * IDLE_OF_NETWORK }, open));
}

interface SocketOptions {
  /** The key of `connection_init`; without one, that message is not sent. */
  readonly authorization?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function openSocket({ url, tally }: Target, { authorization, headers = {} }: SocketOptions): WebSocket {
  const socket = new WebSocket(`ws://${url.host}${url.pathname}`, 'graphql-transport-ws', { headers });
  socket.on('error', ({ message }) => {
    tally.answered(`socket failed: ${message}`);
  });
  if (authorization !== undefined) {
    socket.once('open', () => {
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
    });
  }
  socket.on('message', (data: Buffer) => {
    const text = data.toString('latin1');
    tally.answered(`socket ${answerOf(/"type":"(\w+)"/.exec(text)?.[1] ?? '', text)}`);
  });
  return socket;
}

/** Resolves a while after the socket is closed, at the latest after the attack. */
function closed({ tally, untilMs }: Target, socket: WebSocket): Promise<void> {
  const timer = setTimeout(() => {
    socket.terminate();
  }, untilMs - Date.now());
  return new Promise((resolve) => {
    socket.once('close', (code) => {
      clearTimeout(timer);
      tally.answered(`socket closed: ${code}`);
      setTimeout(resolve, REOPEN_AFTER_MS);
    });
  });
}
