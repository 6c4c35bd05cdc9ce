/** Hostile clients of the live transports: many sockets with large variables, and streams without a reader. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { runIdOf, WORKFLOW_ID, type RunShape } from '../../fixture-runs.ts';

import { connection, rawRequest } from './bad-readers.ts';
import { answerOf, type Target } from './tally.ts';

const SOCKETS = 2000;
const STREAMS = 200;
const RUNS = 500;
const VARIABLES_LENGTH = 100_000;
const LIVE: RunShape = { state: 'running', steps: 5, outputBytes: 2000 };
const OPERATION =
  '($workflowId:ID!,$id:ID!,$large:ID!){run(workflowId:$workflowId,id:$id){id status steps{id status elapsedTime outputs}step(id:$large){id}}}';
const QUERY = `query${OPERATION}`;
const SUBSCRIPTION = `subscription${OPERATION.replace('{run(', '{runUpdated(')}`;
/** Number of keys: one viewer soon reaches its limit of bytes. */
const KEYS = 20;
const PAUSE_MS = 2;

const authorizationOf = (index: number): string => `Bearer live-${index % KEYS}`;

export async function live(target: Target): Promise<void> {
  const streams = Array.from({ length: STREAMS }, (_, index) => readNothing(target, index));
  const sockets: WebSocket[] = [];
  for (let index = 0; Date.now() < target.untilMs; index += 1) {
    if (sockets.length < SOCKETS) sockets.push(openSocket(target, index));
    const socket = sockets[(index * 7) % sockets.length];
    // Each socket gets one more subscription and one more query in its turn.
    if (socket?.readyState === WebSocket.OPEN && socket.bufferedAmount === 0) {
      subscribe(target, socket, index % 2 === 0 ? SUBSCRIPTION : QUERY, index);
    } else if (socket?.readyState === WebSocket.CLOSED) {
      target.tally.answered('socket closed');
      sockets[(index * 7) % sockets.length] = openSocket(target, index);
    }
    await sleep(PAUSE_MS);
  }
  for (const socket of sockets) socket.terminate();
  await Promise.all(streams);
}

function openSocket({ url, tally }: Target, index: number): WebSocket {
  const socket = new WebSocket(`ws://${url.host}${url.pathname}`, 'graphql-transport-ws');
  socket.on('error', () => {
    tally.answered('socket failed');
  });
  socket.once('open', () => {
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: authorizationOf(index) } }));
  });
  socket.on('message', (data: Buffer) => {
    const text = data.toString('latin1');
    tally.answered(`socket ${answerOf(/"type":"(\w+)"/.exec(text)?.[1] ?? '', text)}`);
    // After a second it turns hostile: every other socket stops reading.
    if (index % 2 === 0 && text.includes('"next"')) socket.pause();
  });
  return socket;
}

function subscribe({ tally }: Target, socket: WebSocket, query: string, index: number): void {
  tally.sent();
  const large = `${index} ${'v'.repeat(VARIABLES_LENGTH)}`;
  const variables = { workflowId: WORKFLOW_ID, id: runIdOf(LIVE, index % RUNS), large };
  socket.send(JSON.stringify({ id: String(index), type: 'subscribe', payload: { query, variables } }));
}

/** A stream of events without a reader. A closed stream is reopened. */
async function readNothing(target: Target, index: number): Promise<void> {
  while (Date.now() < target.untilMs) {
    await connection(target, (socket) => {
      target.tally.sent();
      socket.pause();
      const large = `${index} ${'v'.repeat(VARIABLES_LENGTH)}`;
      const variables = { workflowId: WORKFLOW_ID, id: runIdOf(LIVE, index % RUNS), large };
      socket.write(
        rawRequest(target, { query: SUBSCRIPTION, variables }, ['accept: text/event-stream'], authorizationOf(index)),
      );
    });
    target.tally.answered('stream cut');
    await sleep(1000);
  }
}
