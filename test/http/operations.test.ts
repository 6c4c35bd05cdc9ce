import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { healthy, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { subscribe } from '../harness/live-client.ts';
import { startLiveRun } from '../harness/live-run.ts';
import { connectRaw } from '../harness/raw-http.ts';

describe('the operations routes', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it('say that the process is alive and ready', async () => {
    for (const [path, status] of [
      ['/healthz', 'alive'],
      ['/readyz', 'ready'],
    ] as const) {
      const response = await fetch(`${gateway.url}${path}`);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ status });
    }
  });

  it("keep a proxy's request id, and make one where none or no plain word came", async () => {
    const idFor = async (given: string) =>
      (await fetch(`${gateway.url}/healthz`, { headers: { 'x-request-id': given } })).headers.get('x-request-id');
    expect(await idFor('edge-7.a:1')).toBe('edge-7.a:1');
    expect(await idFor('a"b')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idFor('x'.repeat(200))).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a gateway that stops', () => {
  const HEAD = 'host: x\r\nauthorization: Bearer key-1\r\n';
  const QUERY = encodeURIComponent('{ run(workflowId: "wf", id: "r1") { id } }');

  it('finishes the answers under way, and closes their connections', async () => {
    const gate = Promise.withResolvers<undefined>();
    const upstream = await startFaultyUpstream(async (call) => {
      await gate.promise;
      return healthy(call);
    });
    const gateway = await startGateway({ UPSTREAM_URL: upstream.url });
    const raw = await connectRaw(gateway.url);
    const arrival = upstream.nextCall();
    await raw.send(`GET /graphql?query=${QUERY} HTTP/1.1\r\n${HEAD}\r\n`);
    await arrival;
    const closed = gateway.close();
    gate.resolve(undefined);
    expect(await raw.read(1)).toMatchObject([
      { head: expect.stringMatching(/^connection: close/im), body: '{"data":{"run":{"id":"r1"}}}' },
    ]);
    await closed;
    await expect(connectRaw(gateway.url)).rejects.toThrow('ECONNREFUSED');
    await upstream.close();
  });

  it('leaves no timer behind', async () => {
    const clock = createManualClock();
    const gateway = await startGateway({}, { after: clock.after });
    await gateway.close();
    expect(clock.pending).toEqual([]);
  });

  it.each([
    ['graphql-sse', 'complete'],
    ['graphql-ws', 'closed'],
  ] as const)('ends its subscriptions: those of %s are %s', async (transport, end) => {
    const run = await startLiveRun();
    const query = 'subscription { runUpdated(workflowId: "wf", id: "r1") { status } }';
    const client = await subscribe(transport, run.gateway.url, query);
    await client.nextData();
    const closed = run.close();
    expect((await client.next()).type).toBe(end);
    await closed;
  });

  it.each([
    ['is not ready', '/readyz', '', '{"status":"stopping"}'],
    ['opens no stream', `/graphql/stream?query=${QUERY}`, 'accept: text/event-stream\r\n', 'The gateway is stopping.'],
    ['opens no socket', '/graphql', 'connection: upgrade\r\nupgrade: websocket\r\n', 'The gateway is stopping.'],
  ])('%s', async (_, path, headers, said) => {
    const gateway = await startGateway();
    const raw = await connectRaw(gateway.url);
    await raw.ask(`GET /healthz HTTP/1.1\r\n${HEAD}\r\n`);
    await raw.send(`GET ${path} HTTP/1.1\r\n${HEAD}`);
    // By now the beginning of the request has come, too.
    await gateway.query('{ __typename }');
    const closed = gateway.close();
    const { head, body } = await raw.ask(`${headers}\r\n`);
    expect(head).toMatch(/^HTTP\/1.1 503 /);
    expect(head).toMatch(/^connection: close/im);
    expect(body).toContain(said);
    await closed;
  });
});
