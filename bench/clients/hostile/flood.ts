/** Sends requests over some connections, and reads each answer to its end. */
import { Agent, request as send } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOSTILE_KEY, ordinaryRun } from './operations.ts';
import { runBody } from '../../queries.ts';
import { answerOf, type Target } from './tally.ts';

export interface HostileRequest {
  /** Default: GraphQL. */
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Body of a POST. */
  readonly body?: string;
  /** Query string of a GET. */
  readonly search?: string;
}

export interface FloodOptions {
  readonly connections: number;
  /** Default: true. If false, each request has a separate connection. */
  readonly keepAlive?: boolean;
  /** Least time between two requests of a connection. */
  readonly everyMs?: number;
  /** The connections begin one after another within `everyMs`. Default: together. */
  readonly isSpread?: boolean;
  /** Its clients leave this long after they have connected. */
  readonly leavesAfterMs?: number;
}

const READ_OF_ANSWER = 4000;

/** Calls `next` for the request of each number until the time is over. */
export async function flood(
  target: Target,
  { connections, keepAlive = true, everyMs = 0, isSpread = false, leavesAfterMs }: FloodOptions,
  next: (index: number) => HostileRequest,
): Promise<void> {
  const agent = new Agent({ keepAlive, maxSockets: connections });
  let count = 0;
  const sendInTurn = async (connection: number) => {
    if (isSpread) await sleep((everyMs * connection) / connections);
    while (Date.now() < target.untilMs) {
      const request = next(count);
      count += 1;
      target.tally.sent();
      const pause = everyMs > 0 ? sleep(everyMs) : undefined;
      target.tally.answered(await answerTo(target.url, agent, request, leavesAfterMs));
      await pause;
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, connection) => sendInTurn(connection)));
  agent.destroy();
}

/** One good query, after which the hostile key is accepted. */
export const getAccepted = (url: URL): Promise<string> =>
  answerTo(url, new Agent(), { headers: { authorization: HOSTILE_KEY }, body: runBody(ordinaryRun(0)) });

function answerTo(
  url: URL,
  agent: Agent,
  { path, headers, body, search }: HostileRequest,
  leavesAfterMs?: number,
): Promise<string> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    };
    const options = {
      agent,
      method: body === undefined ? 'GET' : 'POST',
      path: path ?? `${url.pathname}${search ?? ''}`,
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    };
    const sent = send(url, options, (response) => {
      let start = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        if (start.length < READ_OF_ANSWER) start += text;
      });
      response.once('error', failed);
      response.once('end', () => {
        resolve(answerOf(response.statusCode ?? 0, start));
      });
    });
    sent.once('error', failed);
    sent.end(body);
    if (leavesAfterMs === undefined) return;
    // The body must arrive, and nobody waits for its answer.
    sent.once('finish', () => {
      setTimeout(() => {
        resolve('left');
        sent.destroy();
      }, leavesAfterMs);
    });
  });
}
