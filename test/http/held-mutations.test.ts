import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { healthy, startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { until } from '../harness/fleet.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { openSocket } from '../harness/live-client.ts';
import { connectRaw } from '../harness/raw-http.ts';

/** Its answer is large enough to be counted, as those of starts are that read the inputs back. */
const MUTATION = `mutation { ${'a'.repeat(20_000)}: executeWorkflow(workflowId: "wf") { message } }`;

describe('large mutations, as many as one viewer may hold at once', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  /** Of the starts. */
  let ends: PromiseWithResolvers<undefined>;

  beforeEach(async () => {
    ends = Promise.withResolvers();
    upstream = await startFaultyUpstream(async (call) => {
      if (call.endpoint !== 'execute') return healthy(call);
      await ends.promise;
      return { json: { run_id: 'new' } };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
    // A key that is not accepted yet makes few calls at a time.
    await gateway.query('{ run(workflowId: "wf", id: "r1") { status } }');
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('are all answered: none waits for the others, which wait for it', async () => {
    const [count, length] = [12, 2 ** 20];
    const body = JSON.stringify({ query: MUTATION }).padEnd(length);
    const head = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer key-1\r\ncontent-length: ${length}\r\n\r\n`;
    const connections = await Promise.all(Array.from({ length: count }, () => connectRaw(gateway.url)));
    for (const each of connections) await each.send(head, body);
    await until(() => upstream.count('execute') === count);
    ends.resolve(undefined);
    const answers = await Promise.all(connections.map((each) => each.read(1)));
    for (const { body: answer } of answers.flat()) expect(JSON.parse(answer)).not.toHaveProperty('errors');
    for (const each of connections) each.close();
  });

  it('are all answered over a WebSocket, too', async () => {
    // A message counts twice.
    const [count, length] = [7, 900_000];
    const socket = await openSocket(gateway.url, { authorization: 'Bearer key-1' });
    for (let id = 0; id < count; id += 1) {
      socket.send(JSON.stringify({ type: 'subscribe', id: String(id), payload: { query: MUTATION } }).padEnd(length));
    }
    await until(() => upstream.count('execute') === count);
    ends.resolve(undefined);
    const types = [];
    while (types.length < 2 * count) types.push((await socket.next()).type);
    expect(types.sort()).toEqual([...Array<string>(count).fill('complete'), ...Array<string>(count).fill('next')]);
    socket.cut();
  });
});
