import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { healthy, startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { until } from '../harness/fleet.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { openSocket } from '../harness/live-client.ts';

const LENGTH = 600_000;

describe('variables of very many objects', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let due = Promise.withResolvers<undefined>();

  beforeAll(async () => {
    upstream = await startFaultyUpstream(async (call) => {
      await due.promise;
      return healthy(call);
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
    // Before, they would be counted with all unknown clients.
    due.resolve(undefined);
    for (const key of ['key-1', 'key-2', 'key-3'])
      await gateway.query('{ run(workflowId: "wf", id: "accepted") { status } }', { key });
    due = Promise.withResolvers();
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('fill what one viewer may hold, over HTTP as over a WebSocket', async () => {
    const junk = Array.from({ length: LENGTH / 3 }, () => ({}));
    const query = (id: string) => `{ run(workflowId: "wf", id: "${id}") { status } }`;
    const large = { variables: { text: 'x'.repeat(20_000) } };
    const waiting = (...ids: string[]) =>
      until(() => ids.every((id) => upstream.calls.some(({ runId }) => runId === id)));
    const pending = ['a', 'b'].map((id) => gateway.query(query(id), { variables: { junk } }));
    await waiting('a', 'b');
    expect((await gateway.query('{ __typename }', large)).errors).toMatchObject([
      { extensions: { code: 'RATE_LIMITED' } },
    ]);
    expect((await gateway.query('{ __typename }', { ...large, key: 'key-2' })).errors).toEqual([]);
    due.resolve(undefined);
    await Promise.all(pending);
    due = Promise.withResolvers();
    const socket = await openSocket(gateway.url, { authorization: 'Bearer key-3' });
    for (const id of ['c', 'd']) socket.subscribe({ query: query(id), variables: { junk } }, id);
    await waiting('c', 'd');
    expect((await gateway.query('{ __typename }', { ...large, key: 'key-3' })).errors).toMatchObject([
      { extensions: { code: 'RATE_LIMITED' } },
    ]);
    due.resolve(undefined);
    expect(await socket.next()).toMatchObject({ type: 'next' });
    socket.cut();
    expect((await gateway.query('{ __typename }', large)).errors).toEqual([]);
  });

  it('leave room for the answer of their own request', async () => {
    const junk = Array.from({ length: 1_000_000 / 3 }, () => ({}));
    const query = `{ ${'a'.repeat(20_000)}: __typename }`;
    expect((await gateway.query(query, { variables: { junk }, key: 'key-4' })).errors).toEqual([]);
    const socket = await openSocket(gateway.url, { authorization: 'Bearer key-4' });
    socket.subscribe({ query, variables: { junk } }, 'a');
    const message = await socket.next();
    socket.cut();
    expect(message).toMatchObject({ type: 'next', payload: { data: expect.anything() } });
    expect(message).not.toHaveProperty('payload.errors');
  });
});
