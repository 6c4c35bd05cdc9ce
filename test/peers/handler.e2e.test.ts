/** The gateway behind Express, `node:http` and the Fetch API. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import { createClient } from 'graphql-ws';
import { printType, type GraphQLObjectType } from 'graphql';
import { createHandler, type GatewayHandler, type StepgateOptions } from 'stepgate';
import { WebSocket, WebSocketServer } from 'ws';
import { optionsOf } from '../harness/gateway.ts';
import { openStream } from '../harness/live-client.ts';

const QUERY = '{ run(workflowId: "support-triage", id: "run-4711") { status } }';
const RUN = { status: 'FAILED' };
const START = 'mutation { executeWorkflow(workflowId: "support-triage") { run { id } } }';
const WATCH = 'subscription Watch($id: ID!) { runUpdated(workflowId: "support-triage", id: $id) { run { id } } }';

let gateway: GatewayHandler;
let server: Server | undefined;
afterEach(async () => {
  await gateway.close();
  server?.close();
  server = undefined;
});

async function start(options: StepgateOptions = {}): Promise<GatewayHandler> {
  gateway = await createHandler({ ...optionsOf({ LIVE_TTL_MS: '100' }), ...options });
  return gateway;
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  new Request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer demo-key', ...headers },
    body: JSON.stringify(body),
  });

type Ask = (request: Request) => Promise<Response>;

async function startRun(url: string, ask: Ask = fetch): Promise<string> {
  const { data } = (await (await ask(post(url, { query: START }))).json()) as {
    readonly data: { readonly executeWorkflow: { readonly run: { readonly id: string } } };
  };
  return data.executeWorkflow.run.id;
}

async function listen(listening: Server): Promise<string> {
  server = listening;
  await once(listening.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${String((listening.address() as AddressInfo).port)}`;
}

describe.each([
  [
    'Express',
    () =>
      createServer(
        express()
          .use('/team', gateway.handler)
          .get('/own', (_, response) => void response.send('own')),
      ),
  ],
  ['node:http', () => createServer(gateway.handler)],
])('a handler behind %s', (name, create) => {
  const open = async () => {
    await start({ basePath: '/team' });
    return `${await listen(create())}/team`;
  };

  it('serves queries, the page and probes below a path', async () => {
    const url = await open();
    for (let time = 0; time < 3; time += 1) {
      const answer = await fetch(post(`${url}/graphql`, { query: QUERY }));
      expect([answer.status, await answer.json()]).toEqual([200, { data: { run: RUN } }]);
    }
    const page = await (await fetch(`${url}/`)).text();
    const script = /src="(\/team\/assets\/[^"]+)"/.exec(page)?.[1] ?? '';
    expect((await fetch(new URL(script, url))).status).toBe(200);
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' });
    const missing = await fetch(`${url}/nothing`);
    expect([missing.status, await missing.json()]).toMatchObject([404, { errors: [{}] }]);
    if (name === 'Express') expect(await (await fetch(new URL('/own', url))).text()).toBe('own');
  });

  it('sends events, and ends them when it closes', async () => {
    const url = await open();
    const id = await startRun(`${url}/graphql`);
    const stream = await openStream(url, { query: WATCH, variables: { id } }, 'demo-key');
    expect(await stream.nextData()).toEqual({ runUpdated: { run: { id } } });
    await gateway.close();
    const ends = [];
    for (let frame = await stream.next(); ends.push(frame.type) && frame.type !== 'closed';)
      frame = await stream.next();
    expect(ends.slice(-2)).toEqual(['complete', 'closed']);
  });

  it('opens WebSockets through the upgrade event', async () => {
    const url = await open();
    server?.on('upgrade', gateway.upgrade);
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: 'Bearer demo-key' },
    });
    const events = client.iterate({ query: WATCH, variables: { id: 'run-4711' } });
    expect((await events.next()).value).toEqual({ data: { runUpdated: { run: { id: 'run-4711' } } } });
    await client.dispose();
  });
});

it('leaves upgrades at other paths to the host', async () => {
  await start({ basePath: '/team' });
  const chat = new WebSocketServer({ noServer: true });
  const url = (await listen(createServer(express().use('/team', gateway.handler)))).replace('http', 'ws');
  server?.on('upgrade', (request, socket, head) => {
    if (gateway.upgrade(request, socket, head)) return;
    chat.handleUpgrade(request, socket, head, (each) => {
      each.send('hello');
    });
  });
  for (const path of ['/chat', '/graphql', '/team/chat']) {
    const client = new WebSocket(`${url}${path}`);
    const [message] = (await once(client, 'message')) as [Buffer];
    expect([path, message.toString()]).toEqual([path, 'hello']);
    client.terminate();
  }
  const own = new WebSocket(`${url}/team/graphql`, 'graphql-transport-ws');
  await once(own, 'open');
  own.terminate();
});

it('completes the operations in progress when it closes', async () => {
  let finish: () => void = () => undefined;
  const asked = Promise.withResolvers<undefined>();
  await start({
    upstream: {
      name: 'slow',
      steps: () =>
        new Promise((resolve) => {
          finish = () => {
            resolve([]);
          };
          asked.resolve(undefined);
        }),
    },
  });
  const url = await listen(createServer(gateway.handler));
  const answer = fetch(post(`${url}/graphql`, { query: '{ run(workflowId: "wf", id: "r1") { status } }' }));
  await asked.promise;
  const closed = gateway.close();
  // A round trip, in which closing goes on.
  await fetch(`${url}/healthz`);
  finish();
  expect(await (await answer).json()).toEqual({ data: { run: { status: 'UNKNOWN' } } });
  await closed;
});

describe('fetch', () => {
  const URL_OF = 'https://example.com/graphql';

  it("answers queries with the gateway's status and headers", async () => {
    await start();
    for (let time = 0; time < 3; time += 1) {
      const answer = await gateway.fetch(post(URL_OF, { query: QUERY }, { 'x-request-id': 'mine' }));
      expect([answer.status, await answer.json()]).toEqual([200, { data: { run: RUN } }]);
      expect(answer.headers.get('x-request-id')).toBe('mine');
    }
    const get = (headers = {}) =>
      gateway.fetch(
        new Request(`${URL_OF}?query=${encodeURIComponent(QUERY)}`, {
          headers: { authorization: 'Bearer demo-key', 'apollo-require-preflight': 'yes', ...headers },
        }),
      );
    const etag = (await get()).headers.get('etag') ?? '';
    const again = await get({ 'if-none-match': etag });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const wrong = await gateway.fetch(new Request(URL_OF, { method: 'PUT', body: 'x' }));
    expect(wrong.status).toBe(405);
  });

  it('returns large responses, and rejects request bodies above the limit', async () => {
    const outputs = 'x'.repeat(3_000_000);
    await start({
      upstream: {
        name: 'large',
        steps: () => Promise.resolve([{ id: 's', node_id: 'model', status: 'completed', outputs }]),
      },
    });
    const query = '{ run(workflowId: "wf", id: "r1") { steps { outputs } } }';
    for (let time = 0; time < 3; time += 1) {
      const answer = await gateway.fetch(post(URL_OF, { query }));
      expect(await answer.json()).toEqual({ data: { run: { steps: [{ outputs }] } } });
    }
    expect((await gateway.fetch(post(URL_OF, { query: 'x'.repeat(2 ** 20) }))).status).toBe(413);
  });

  it('streams events unchanged until their reader cancels', async () => {
    await start();
    const ask: Ask = (request) => gateway.fetch(request);
    const id = await startRun(URL_OF, ask);
    const body = { query: WATCH, variables: { id } };
    const answer = await gateway.fetch(post(URL_OF, body, { accept: 'text/event-stream' }));
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes('event: next')) text += Buffer.from((await reader.read()).value ?? []).toString();
    expect(text).toContain(`{"data":{"runUpdated":{"run":{"id":"${id}"}}}}`);
    await reader.cancel();
    // Nothing keeps it open.
    await gateway.close();
  });

  it('stops the work for an aborted request', async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    await start({
      upstream: {
        name: 'slow',
        steps: (_ref, { signal }) => {
          asked.resolve(signal);
          return new Promise<never>(() => undefined);
        },
      },
    });
    const abort = new AbortController();
    const query = '{ run(workflowId: "wf", id: "r1") { status } }';
    const answer = gateway.fetch(new Request(post(URL_OF, { query }), { signal: abort.signal }));
    const signal = await asked.promise;
    const stopped = once(signal, 'abort');
    abort.abort();
    await expect(answer).rejects.toThrow('aborted');
    await stopped;
    const events = new AbortController();
    const subscription = post(URL_OF, { query: WATCH, variables: { id: 'r' } }, { accept: 'text/event-stream' });
    const { body } = await gateway.fetch(new Request(subscription, { signal: events.signal }));
    const read = new Response(body).text();
    events.abort();
    await expect(read).rejects.toThrow();
  });

  it('rejects a request after close with a GraphQL error, even over HTTP', async () => {
    await start();
    const url = await listen(createServer(gateway.handler));
    await gateway.close();
    for (const answer of [
      await gateway.fetch(post(URL_OF, { query: QUERY })),
      await fetch(post(url, { query: QUERY })),
    ]) {
      const errors = [{ message: 'The gateway is closed.', extensions: { code: 'BAD_REQUEST' } }];
      expect([answer.status, await answer.json()]).toMatchObject([503, { errors }]);
    }
  });

  it('ends event streams when it closes', async () => {
    await start();
    const ask: Ask = (request) => gateway.fetch(request);
    const id = await startRun(URL_OF, ask);
    const answer = await gateway.fetch(
      post(URL_OF, { query: WATCH, variables: { id } }, { accept: 'text/event-stream' }),
    );
    const text = answer.text();
    await gateway.close();
    expect(await text).toMatch(/event: complete\ndata:\n\n$/);
  });
});

it('has the fields of the extension in the schema', async () => {
  await start({
    extension: { typeDefs: 'extend type Run { mine: Int }', fields: { Run: { mine: { resolve: () => 1 } } } },
  });
  const type = gateway.schema.getType('Run') as GraphQLObjectType;
  expect(printType(type)).toContain('  mine: Int\n');
  expect(type.getFields().mine?.resolve).toEqual(expect.any(Function));
});
