/** Hostile clients that request large answers and read them slowly, or not at all. */
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { runIdOf, type RunShape } from '../../fixture-runs.ts';
import { AUTHORIZATION } from '../../queries.ts';

import { flood } from './flood.ts';
import { allOutputs, bodyOf, lengths, manyPaths } from './operations.ts';
import { answerOf, type Target } from './tally.ts';

/** A run whose outputs are almost UPSTREAM_MAX_RESPONSE_BYTES. */
const LARGEST: RunShape = { state: 'finished', steps: 20, outputBytes: 800_000 };
const DENSE: RunShape = { ...LARGEST, state: 'dense' };
const TEN_MB: RunShape = { state: 'finished', steps: 20, outputBytes: 500_000 };
const MEDIUM: RunShape = { state: 'finished', steps: 20, outputBytes: 20_000 };
const LARGE_RUNS = 3;

const SLOW_READERS = 16;
const PATH_CONNECTIONS = 4;
const READ_EVERY_MS = 20;
const PIPELINING_CONNECTIONS = 32;
const PIPELINED = 200;
/** Requests that may wait on one connection before it is closed. */
const PIPELINED_WITHIN_THE_LIMIT = 90;
const PAUSE_MS = 50;

/** 20 expressions of JMESPath a step, and answers of 16 MB over connections that read 3 MB a second. */
export const largeAnswers = (target: Target): Promise<void> =>
  readersAndPaths(target, LARGEST, (index) => manyPaths(index, runIdOf(MEDIUM, index % LARGE_RUNS)));

/** The same with values that take twenty times their text when they are parsed. */
export const denseAnswers = (target: Target): Promise<void> =>
  readersAndPaths(target, DENSE, (index) => lengths(index, runIdOf(DENSE, index % LARGE_RUNS)));

async function readersAndPaths(target: Target, shape: RunShape, paths: (index: number) => string): Promise<void> {
  const readers = Array.from({ length: SLOW_READERS }, (_, reader) => readSlowly(target, shape, reader));
  const headers = { authorization: AUTHORIZATION };
  await Promise.all([
    ...readers,
    flood(target, PATH_CONNECTIONS, (index) => ({ headers, body: bodyOf(paths(index)) })),
  ]);
}

async function readSlowly(target: Target, shape: RunShape, reader: number): Promise<void> {
  for (let round = 0; Date.now() < target.untilMs; round += 1) {
    const index = round * SLOW_READERS + reader;
    const query = allOutputs(index, runIdOf(shape, index % LARGE_RUNS));
    await connection(target, (socket) => {
      target.tally.sent();
      socket.write(rawRequest(target, { query }, ['connection: close']));
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
  }
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

export function rawRequest(
  { url }: Target,
  params: object,
  headers: readonly string[] = [],
  authorization = AUTHORIZATION,
): string {
  const body = JSON.stringify(params);
  const head = [
    `POST ${url.pathname} HTTP/1.1`,
    `host: ${url.host}`,
    `authorization: ${authorization}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
