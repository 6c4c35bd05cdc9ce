/** Hostile owners whose clients read or write slowly, or not at all. */
import { createConnection, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { runIdOf, WORKFLOW_ID, type RunShape } from '../../fixture-runs.ts';
import { fromAddress } from './floods.ts';
import { allOutputs, HOSTILE_KEY } from './operations.ts';
import { answerOf, type Target } from './tally.ts';

const FIFTEEN_MB: RunShape = { state: 'finished', steps: 20, outputBytes: 750_000 };
const TEN_MB: RunShape = { state: 'finished', steps: 20, outputBytes: 500_000 };
const LARGE_RUNS = 3;

const SLOW_READERS = 4;
const READ_EVERY_MS = 200;
const UPLOADS_NEXT_TO_READERS = 13;
/** Most of MAX_CONNECTIONS. */
const UPLOADS = 9000;
/** They begin one after the other: 9,000 connections that arrive at once take seconds to accept, and anyone's new one waits. */
const UPLOAD_EVERY_MS = 2;
/** The limit of a body. */
const UPLOAD_BYTES = 1_048_576;
const MISSING_BYTES = 1000;
const UPLOAD = Buffer.alloc(UPLOAD_BYTES - MISSING_BYTES, ' ');
const DRIP_EVERY_MS = 500;

const NETWORKS = 40;
const OPEN_BODIES = 400;
const ALL_BUT_THE_END = Buffer.alloc(UPLOAD_BYTES - 1, ' ');
const SIX_MB: RunShape = { state: 'finished', steps: 12, outputBytes: 500_000 };
const MUTATIONS = 250;

const EVENT_READERS = 12;
const LARGE_LIVE: RunShape = { state: 'running', steps: 20, outputBytes: 100_000 };
/** An unknown member of a body of 1 MB. */
const UNKNOWN = 'v'.repeat(1_000_000);
const LIVE_QUERY = `subscription($id:ID!){runUpdated(workflowId:"${WORKFLOW_ID}",id:$id){run{steps{id status elapsedTime outputs}}}}`;

const PIPELINING_CONNECTIONS = 32;
const PIPELINED = 200;
/** Requests that may wait on one connection before it is closed. */
const PIPELINED_WITHIN_THE_LIMIT = 90;

/** Default of MAX_CONNECTIONS. */
const HALF_OPEN = 10_000;
const OPENED_AT_ONCE = 200;
const PAUSE_MS = 50;

/** Answers of 15 MB over connections that read 300 KB a second, and slow uploads without a key. */
export async function readers(target: Target): Promise<void> {
  const slow = Array.from({ length: SLOW_READERS }, (_, reader) => readSlowly(target, reader));
  await Promise.all([...slow, uploadSlowly(target, UPLOADS_NEXT_TO_READERS, null)]);
}

/** Bodies that have arrived except for their end, with one key. */
export const uploads = (target: Target): Promise<void> => uploadSlowly(target, UPLOADS, HOSTILE_KEY);

/** The same with made-up keys, from forty networks behind a proxy. */
export async function openBodies(target: Target): Promise<void> {
  const upload = async (_: unknown, index: number) => {
    while (Date.now() < target.untilMs) {
      await connection(target, (socket) => {
        const forwarded = Object.entries(fromAddress(index % NETWORKS)).map((header) => header.join(': '));
        const authorization = `Bearer made-up-${index}`;
        target.tally.sent();
        socket.write(head(target, UPLOAD_BYTES, { authorization, headers: forwarded }));
        socket.write(ALL_BUT_THE_END);
        socket.once('data', (chunk) => {
          target.tally.answered(answerOf(chunk.toString('latin1', 9, 12), chunk.toString('latin1')));
          socket.destroy();
        });
      });
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: OPEN_BODIES }, upload));
}

/** Starts with one idempotency key, so that one run starts, whose answers have 6 MB that nobody reads. */
export async function mutations(target: Target): Promise<void> {
  const id = runIdOf(SIX_MB, 'started');
  const query = `mutation{executeWorkflow(workflowId:"${WORKFLOW_ID}",idempotencyKey:"one"){run{workflow{run(id:"${id}"){steps{outputs}}}}}}`;
  const open = async () => {
    while (Date.now() < target.untilMs) {
      await connection(target, (socket) => {
        target.tally.sent();
        socket.pause();
        socket.write(rawRequest(target, { query }));
      });
      target.tally.answered('cut');
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: MUTATIONS }, open));
}

async function readSlowly(target: Target, reader: number): Promise<void> {
  for (let round = 0; Date.now() < target.untilMs; round += 1) {
    const index = round * SLOW_READERS + reader;
    const query = allOutputs(index, runIdOf(FIFTEEN_MB, index % LARGE_RUNS));
    await connection(target, (socket) => {
      target.tally.sent();
      socket.write(rawRequest(target, { query }, { headers: ['connection: close'] }));
      let isFirst = true;
      const timer = setInterval(() => socket.resume(), READ_EVERY_MS);
      socket.on('data', (chunk) => {
        if (isFirst) target.tally.answered(answerOf(chunk.toString('latin1', 9, 12), chunk.toString('latin1')));
        isFirst = false;
        socket.pause();
      });
      socket.once('close', () => {
        clearInterval(timer);
      });
    });
    await sleep(PAUSE_MS);
  }
}

async function uploadSlowly(target: Target, count: number, authorization: string | null): Promise<void> {
  const upload = async (_: unknown, index: number) => {
    await sleep(index * UPLOAD_EVERY_MS);
    while (Date.now() < target.untilMs) {
      await connection(target, (socket) => {
        target.tally.sent();
        socket.write(head(target, UPLOAD_BYTES, { authorization }));
        socket.write(UPLOAD);
        const timer = setInterval(() => socket.write(' '), DRIP_EVERY_MS);
        socket.once('data', (chunk) => {
          target.tally.answered(answerOf(chunk.toString('latin1', 9, 12), chunk.toString('latin1')));
          socket.destroy();
        });
        socket.once('close', () => {
          clearInterval(timer);
        });
      });
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: count }, upload));
}

/** Streams of events of 2 MB without a reader, opened by bodies of 1 MB. A closed stream is reopened. */
export async function eventReaders(target: Target): Promise<void> {
  const read = async (_: unknown, index: number) => {
    while (Date.now() < target.untilMs) {
      await readNothing(target, { query: LIVE_QUERY, variables: { id: runIdOf(LARGE_LIVE, index) }, unknown: UNKNOWN });
    }
  };
  await Promise.all(Array.from({ length: EVENT_READERS }, read));
}

export async function readNothing(target: Target, params: object, authorization = HOSTILE_KEY): Promise<void> {
  await connection(target, (socket) => {
    target.tally.sent();
    socket.pause();
    socket.write(rawRequest(target, params, { headers: ['accept: text/event-stream'], authorization }));
  });
  target.tally.answered('stream cut');
  await sleep(1000);
}

/** 200 requests for 10 MB each, or as many as may wait, on connections that read nothing. Closed connections are reopened. */
export async function pipelining(target: Target): Promise<void> {
  const open = async (_: unknown, index: number) => {
    const count = index % 4 === 0 ? PIPELINED : PIPELINED_WITHIN_THE_LIMIT;
    while (Date.now() < target.untilMs) {
      await connection(target, (socket) => {
        const query = allOutputs(index % 2, runIdOf(TEN_MB, index % LARGE_RUNS));
        target.tally.sent(count);
        socket.pause();
        socket.write(rawRequest(target, { query }).repeat(count));
      });
      target.tally.answered('cut');
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: PIPELINING_CONNECTIONS }, open));
}

/** All connections of the gateway, each with half a head. They come from an address of the machine that is not loopback. */
export async function halfOpen(target: Target): Promise<void> {
  const outside = new URL(target.url);
  outside.hostname = ownAddress() ?? target.url.hostname;
  target.tally.answered(`half open from ${outside.hostname}`);
  let opening = 0;
  const open = async () => {
    while (Date.now() < target.untilMs) {
      while (opening >= OPENED_AT_ONCE) await sleep(PAUSE_MS);
      opening += 1;
      let isOpening = true;
      const opened = () => {
        if (isOpening) opening -= 1;
        isOpening = false;
      };
      await connection({ ...target, url: outside }, (socket) => {
        opened();
        target.tally.sent();
        socket.write(`POST ${outside.pathname} HTTP/1.1\r\nhost: ${outside.host}\r\n`);
        socket.resume();
      });
      opened();
      target.tally.answered('closed');
      await sleep(1000);
    }
  };
  await Promise.all(Array.from({ length: HALF_OPEN }, open));
}

const ownAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

/** Resolves when the connection is closed, at the latest after the attack. */
export function connection({ url, untilMs }: Target, use: (socket: Socket) => void): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: url.hostname, port: Number(url.port) }, () => {
      use(socket);
    });
    const timer = setTimeout(() => socket.destroy(), untilMs - Date.now());
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** The request that opens a WebSocket. */
export function handshake({ url }: Target, headers: readonly string[]): string {
  const lines = [
    `GET ${url.pathname} HTTP/1.1`,
    `host: ${url.host}`,
    'connection: upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    `sec-websocket-key: ${Buffer.alloc(16).toString('base64')}`,
    'sec-websocket-protocol: graphql-transport-ws',
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

interface RawOptions {
  readonly headers?: readonly string[];
  readonly authorization?: string | null;
}

export function rawRequest(target: Target, params: object, options?: RawOptions): string {
  const body = JSON.stringify(params);
  return `${head(target, Buffer.byteLength(body), options)}${body}`;
}

function head(
  { url }: Target,
  bodyBytes: number,
  { headers = [], authorization = HOSTILE_KEY }: RawOptions = {},
): string {
  const lines = [
    `POST ${url.pathname} HTTP/1.1`,
    `host: ${url.host}`,
    ...(authorization === null ? [] : [`authorization: ${authorization}`]),
    'content-type: application/json',
    `content-length: ${bodyBytes}`,
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
