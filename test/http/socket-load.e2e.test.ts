/** WebSockets with many large messages, and with clients that don't read. */
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { collectGarbage } from '../harness/collect-garbage.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { openSocket, type SocketClient } from '../harness/live-client.ts';
import type { Script } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const KEY = { authorization: 'Bearer key-1' };
const TYPE = '{ __typename }';
const ANSWER = { type: 'next', payload: { data: { __typename: 'Query' } } };
const COMPLETE = { type: 'complete' };
const read = (id: string) => `{ run(workflowId: "wf", id: "${id}") { id status } }`;

const running: Script = ({ endpoint, runId }) => ({
  json:
    endpoint === 'run'
      ? [wireRun(runId, { status: 'running', end_time: null, outputs: 'x'.repeat(1_000_000) })]
      : [wireStep()],
});

describe('a socket under load', () => {
  const clients: SocketClient[] = [];
  // No poll is due during a test.
  const gateway = perBlock(new TestGateway({ script: running, env: { LIVE_TTL_MS: '3600000' } }));
  const { upstream } = gateway;
  beforeAll(async () => {
    // An unaccepted key makes few calls at a time.
    for (const key of ['key-1', 'key-2']) await gateway.query(read('first'), { key });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.cut();
  });

  async function open(params: Readonly<Record<string, unknown>> = KEY): Promise<SocketClient> {
    const client = await openSocket(gateway.url, params);
    clients.push(client);
    return client;
  }
  const callOf = (runId: string) => upstream.calls.find((call) => call.runId === runId);
  /** Resolves when the gateway reads nothing more from the client. */
  async function untilStill(client: SocketClient): Promise<void> {
    for (let [same, before] = [0, -1]; same < 10;) {
      for (let time = 0; time < 3; time += 1) await gateway.query(TYPE);
      same = client.unsent() === before ? same + 1 : 0;
      before = client.unsent();
    }
  }

  it('reads no more operations while its client reads no responses', async () => {
    const client = await open();
    client.stopReading();
    // The buffers of both ends take megabytes.
    const large = '{ run(workflowId: "wf", id: "first") { outputs } }';
    for (let count = 0; count < 20; count += 1) client.subscribe({ query: large }, `${count}`);
    client.subscribe({ query: read('behind answers') }, 'last');
    await untilStill(client);
    expect(callOf('behind answers')).toBeUndefined();
    client.goOnReading();
    const answers: unknown[] = [];
    while (answers.length <= 20) {
      const frame = await client.next();
      if (frame.type !== 'complete') answers.push(frame);
    }
    const last = { type: 'next', payload: { data: { run: { id: 'behind answers', status: 'RUNNING' } } } };
    expect(answers).toContainEqual(last);
  });

  it('stores only the key of its connectionParams, and no completed operations', async () => {
    const junk = Array.from({ length: 20_000 }, () => ({}));
    const used = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = used();
    for (let sockets = 0; sockets < 20; sockets += 1) {
      const client = await open({ ...KEY, junk });
      for (let id = 0; id < 10; id += 1) {
        client.subscribe({ query: TYPE }, `${sockets} ${id} `.padEnd(60_000, 'x'));
        expect([await client.next(), await client.next()]).toEqual([ANSWER, COMPLETE]);
      }
    }
    // The parameters would take 1 MB a socket, and the ids 0.6 MB.
    expect(used() - before).toBeLessThan(10_000_000);
  });
});
