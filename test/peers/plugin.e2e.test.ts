/** The Fastify plugin on a host with its own plugins, body parser and error handlers. */
import type { AddressInfo } from 'node:net';
import compress from '@fastify/compress';
import cors from '@fastify/cors';
import rateLimit from '@fastify/rate-limit';
import websocket from '@fastify/websocket';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { createClient } from 'graphql-ws';
import stepgate from 'stepgate';
import { WebSocket } from 'ws';
import { optionsOf, postTo } from '../harness/gateway.ts';
import { openStream } from '../harness/live-client.ts';
import { connectMcp } from './mcp-client.ts';

const QUERY = '{ run(workflowId: "support-triage", id: "run-4711") { status failedSteps { nodeId } } }';
const WATCH = 'subscription { runUpdated(workflowId: "support-triage", id: "run-4711") { run { status } } }';
const RUN = { status: 'FAILED' };
const KEY = 'demo-key';
const PREFIX = '/team/stepgate';
const BOUNDS = { maxPayload: 65_536, maxFragments: 64, maxBufferedChunks: 1024 };

interface Host {
  readonly app: FastifyInstance;
  readonly url: string;
  close(): Promise<void>;
}

async function startHost(hasWebSockets: boolean): Promise<Host> {
  const app = Fastify();
  await app.register(cors, { origin: 'https://host.example' });
  await app.register(compress, { threshold: 0 });
  await app.register(rateLimit, { max: 10_000 });
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    done(null, { parsedByHost: body });
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-host', 'yes');
  });
  app.setErrorHandler((_error, _request, reply) => reply.code(418).send('an error of the host'));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send('not here'));
  if (hasWebSockets) {
    await app.register(websocket, { options: BOUNDS });
    app.get('/socket', { websocket: true }, (socket) => {
      socket.send('from the host');
    });
  }
  app.post('/echo', (request) => request.body);
  app.get('/fails', () => Promise.reject(new Error('secret')));
  await app.register(stepgate, { ...optionsOf({ LIVE_TTL_MS: '100' }), prefix: PREFIX });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return { app, url: `http://127.0.0.1:${String(port)}`, close: () => app.close() };
}

it('rejects a host whose WebSockets have other limits, and prints its own', async () => {
  const app = Fastify();
  await app.register(websocket, { options: { ...BOUNDS, maxPayload: 2 ** 20 } });
  await expect(app.register(stepgate, optionsOf())).rejects.toThrow(
    `maxPayload of the server's @fastify/websocket must be 65536, got 1048576. Register it with options: ${JSON.stringify(BOUNDS)}.`,
  );
  await app.close();
});

describe.each([
  ['has WebSockets', true],
  ['has no WebSockets', false],
])('a gateway on a Fastify that %s', (_, hasWebSockets) => {
  let host: Host;
  beforeAll(async () => {
    host = await startHost(hasWebSockets);
  });
  afterAll(() => host.close());
  const post = (body: object) => postTo(host.url + PREFIX, body, { key: KEY });

  it('answers queries below its prefix, with GraphQL errors', async () => {
    // From the upstream, from the run store, and from the response cache.
    for (let time = 0; time < 3; time += 1) {
      const answer = await post({ query: QUERY });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ data: { run: RUN } });
    }
    const put = await fetch(`${host.url}${PREFIX}/graphql`, { method: 'PUT' });
    expect([put.status, await put.json()]).toMatchObject([405, { errors: [{ extensions: { code: 'BAD_REQUEST' } }] }]);
    const wrong = await post([]);
    expect([wrong.status, await wrong.json()]).toMatchObject([
      400,
      { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
    ]);
    const large = await post({ query: 'x'.repeat(2 ** 20) });
    expect([large.status, await large.json()]).toMatchObject([413, { errors: [{}] }]);
    const missing = await fetch(`${host.url}${PREFIX}/nothing`);
    const message = `Path not found. GraphQL is at ${PREFIX}/graphql, the web UI at ${PREFIX}/.`;
    expect([missing.status, await missing.json()]).toMatchObject([404, { errors: [{ message }] }]);
  });

  it('sends events and opens sockets', async () => {
    const stream = await openStream(host.url + PREFIX, { query: WATCH }, KEY);
    expect(await stream.nextData()).toEqual({ runUpdated: { run: RUN } });
    stream.cut();
    const client = createClient({
      url: `${host.url.replace('http', 'ws')}${PREFIX}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: 'Bearer demo-key' },
    });
    const events = client.iterate({ query: WATCH });
    expect((await events.next()).value).toEqual({ data: { runUpdated: { run: RUN } } });
    await client.dispose();
  });

  it('serves agents below its prefix', async () => {
    const client = await connectMcp('@modelcontextprotocol/client 2', host.url + PREFIX, KEY);
    const { content } = await client.call('run_state', { workflowId: 'support-triage', runId: 'run-4711' });
    expect(content).toMatchObject({ data: { run: { status: 'FAILED' } } });
    await client.close();
    expect((await fetch(`${host.url}/mcp`, { method: 'POST' })).status).toBe(404);
  });

  it('serves the page with the paths of its prefix', async () => {
    const page = await (await fetch(`${host.url}${PREFIX}/`)).text();
    const script = new RegExp(`src="(${PREFIX}/assets/[^"]+)"`).exec(page)?.[1] ?? '';
    expect((await fetch(host.url + script)).status).toBe(200);
    expect((await fetch(`${host.url}${PREFIX}/graphiql`)).status).toBe(200);
    expect(await (await fetch(`${host.url}${PREFIX}/readyz`)).json()).toEqual({ status: 'ready' });
  });

  it('leaves the routes of the host unchanged', async () => {
    const echo = await fetch(`${host.url}/echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://host.example' },
      body: '{"a":1}',
    });
    expect(await echo.json()).toEqual({ parsedByHost: '{"a":1}' });
    expect(Object.fromEntries(echo.headers)).toMatchObject({
      'access-control-allow-origin': 'https://host.example',
      'x-host': 'yes',
    });
    for (const name of ['content-security-policy', 'x-request-id']) expect(echo.headers.has(name)).toBe(false);
    const failed = await fetch(`${host.url}/fails`);
    expect([failed.status, await failed.text()]).toEqual([418, 'an error of the host']);
    expect(await (await fetch(`${host.url}/nothing`)).text()).toBe('not here');
    if (!hasWebSockets) return;
    const socket = new WebSocket(`${host.url.replace('http', 'ws')}/socket`);
    const message = await new Promise((resolve) =>
      socket.once('message', (data: Buffer) => {
        resolve(data.toString());
      }),
    );
    expect(message).toBe('from the host');
    socket.close();
  });
});

it('gives a host the schema, and one gateway per scope', async () => {
  const app = Fastify();
  await app.register(stepgate, { ...optionsOf(), prefix: '/one' });
  expect(app.stepgate.schema.getQueryType()?.name).toBe('Query');
  await app.register(async (scope) => {
    await scope.register(stepgate, { ...optionsOf(), prefix: '/two' });
    expect(scope.stepgate).not.toBe(app.stepgate);
  });
  for (const prefix of ['/one', '/two']) {
    const answer = await app.inject({
      ...{ method: 'POST', url: `${prefix}/graphql`, payload: { query: QUERY } },
      headers: { authorization: `Bearer ${KEY}` },
    });
    expect(answer.json()).toMatchObject({ data: { run: RUN } });
  }
  await app.stepgate.close();
  expect((await app.inject('/one/readyz')).statusCode).toBe(503);
  await app.close();
  const twice = Fastify();
  await twice.register(stepgate, optionsOf());
  await expect(twice.register(stepgate, optionsOf())).rejects.toThrow("'stepgate'");
  await twice.close();
});

it("keeps its server from starting if it can't open", async () => {
  const app = Fastify();
  const options = optionsOf({ PERSISTED_OPERATIONS: 'allow', PERSISTED_MANIFESTS: '/nowhere.json' });
  await expect(app.register(stepgate, options).ready()).rejects.toThrow('/nowhere.json');
  await app.close();
  const other = Fastify();
  await expect(other.register(stepgate, { port: 70_000 }).ready()).rejects.toThrow('port must be a whole number');
  await other.close();
});

it('ends its subscriptions when the host closes', async () => {
  const host = await startHost(true);
  const start = 'mutation { executeWorkflow(workflowId: "support-triage") { run { id } } }';
  const { data } = (await (await postTo(host.url + PREFIX, { query: start }, { key: KEY })).json()) as {
    readonly data: { readonly executeWorkflow: { readonly run: { readonly id: string } } };
  };
  const { id: runId } = data.executeWorkflow.run;
  const query = `subscription { runUpdated(workflowId: "support-triage", id: "${runId}") { run { id } } }`;
  const stream = await openStream(host.url + PREFIX, { query }, KEY);
  expect(await stream.nextData()).toEqual({ runUpdated: { run: { id: runId } } });
  await host.close();
  const ends = [];
  for (let frame = await stream.next(); ends.push(frame.type) && frame.type !== 'closed';) frame = await stream.next();
  expect(ends.slice(-2)).toEqual(['complete', 'closed']);
});
