/** The gateway as a plugin of a Fastify server that has hooks, parsers, error handlers and routes of its own. */
import { gunzipSync, gzipSync } from 'node:zlib';
import fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, it } from '@jest/globals';
import { stepgate, type Settings } from 'stepgate';
import { startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { perBlock } from '../harness/lasting.ts';
import { openStream } from '../harness/live-client.ts';
import { ask } from '../harness/plain-http.ts';

const PREFIX = '/api/workflows';
const QUERY = '{ run(workflowId: "wf", id: "r1") { status } }';
const COMPLETED = { data: { run: { status: 'COMPLETED' } } };

/** As @fastify/cors, @fastify/compress, @fastify/rate-limit and a parser of its own would be. */
function createHost(): FastifyInstance {
  const host = fastify();
  host.decorateRequest('stage', 'of the host');
  host.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    done(null, { parsedByHost: body });
  });
  host.addHook('onRequest', (_request, reply, done) => {
    void reply.headers({ 'x-host': 'yes', 'access-control-allow-origin': 'https://host.example.com' });
    done();
  });
  host.addHook('onSend', (_request, reply, payload, done) => {
    if (reply.hasHeader('content-encoding') || typeof payload !== 'string') {
      done(null, payload);
      return;
    }
    void reply.header('content-encoding', 'gzip').removeHeader('content-length');
    done(null, gzipSync(payload));
  });
  host.setErrorHandler((_error, _request, reply) => reply.code(418).send('error of the host'));
  host.setNotFoundHandler((_request, reply) => reply.code(404).send('nothing in the host'));
  host.post('/echo', ({ body }) => body);
  host.get('/defect', () => {
    throw new Error('a defect of the host');
  });
  return host;
}

describe('the gateway below a prefix of another server', () => {
  const upstream = perBlock(() => startFaultyUpstream());
  const server = perBlock(async () => {
    const host = createHost();
    const config: Settings = { UPSTREAM_URL: upstream.url, LOG_LEVEL: 'silent', CORS_ORIGINS: '*' };
    await host.register(stepgate({ config }), { prefix: PREFIX });
    return { url: await host.listen({ port: 0, host: '127.0.0.1' }), close: () => host.close() };
  });
  const gateway = () => `${server.url}${PREFIX}`;
  const post = (path: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
    ask(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer key-1', ...headers },
      body: JSON.stringify(body),
    });

  it('answers operations, from each cache', async () => {
    for (let time = 0; time < 3; time += 1) {
      const { status, headers, body } = await post(`${PREFIX}/graphql`, { query: QUERY });
      expect([status, JSON.parse(body.toString())]).toEqual([200, COMPLETED]);
      expect(headers).toMatchObject({
        'x-host': 'yes',
        'access-control-allow-origin': '*',
        'x-content-type-options': 'nosniff',
      });
    }
  });

  it('streams events', async () => {
    const stream = await openStream(gateway(), { query: QUERY }, 'key-1');
    expect(await stream.nextData()).toEqual(COMPLETED.data);
    stream.cut();
  });

  it('serves the page with links below the prefix, health and figures', async () => {
    const page = (await ask(`${gateway()}/`)).body.toString();
    expect(page).toContain(`<meta name="base-path" content="${PREFIX}">`);
    const [file = ''] = /\/api\/workflows\/assets\/index-[\w-]+\.js/.exec(page) ?? [];
    const headers = { 'accept-encoding': 'br' };
    expect((await ask(`${server.url}${file}`, { headers })).headers['content-encoding']).toBe('br');
    expect((await ask(`${gateway()}/readyz`)).body.toString()).toBe('{"status":"ready"}');
    expect((await ask(`${gateway()}/metrics`)).body.toString()).toContain('# HELP');
  });

  it('refuses in the form of GraphQL', async () => {
    for (const [method, path, code] of [
      ['GET', '/nothing', 'NOT_FOUND'],
      ['PUT', '/graphql', 'BAD_REQUEST'],
      ['PROPFIND', '/graphql', 'BAD_REQUEST'],
    ] as const) {
      const { body } = await ask(`${gateway()}${path}`, { method });
      expect(JSON.parse(body.toString())).toMatchObject({ errors: [{ extensions: { code } }] });
    }
    const large = await post(`${PREFIX}/graphql`, { query: `{ __typename } #${'x'.repeat(2 ** 20)}` });
    expect(large.status).toBe(413);
  });

  it('leaves everything else to the server', async () => {
    const echo = await post('/echo', { a: 1 });
    expect(JSON.parse(gunzipSync(echo.body).toString())).toEqual({ parsedByHost: '{"a":1}' });
    const nothing = await ask(`${server.url}/nothing`);
    expect([nothing.status, gunzipSync(nothing.body).toString()]).toEqual([404, 'nothing in the host']);
    const defect = await ask(`${server.url}/defect`);
    expect([defect.status, gunzipSync(defect.body).toString()]).toEqual([418, 'error of the host']);
    for (const { headers } of [echo, nothing, defect]) {
      expect(headers).toMatchObject({ 'x-host': 'yes', 'access-control-allow-origin': 'https://host.example.com' });
      expect(headers).not.toHaveProperty('x-request-id');
      expect(headers).not.toHaveProperty('content-security-policy');
    }
  });
});

it('a gateway that can not open is a server that does not start', async () => {
  const host = createHost();
  const config: Settings = { LOG_LEVEL: 'silent', PERSISTED_OPERATIONS: 'allow', PERSISTED_MANIFESTS: '/nowhere.json' };
  await expect(host.register(stepgate({ config })).ready()).rejects.toThrow('/nowhere.json');
  await host.close();
  expect(() => stepgate({ config: { PORT: 70_000 } })).toThrow(/^PORT must be a whole number/);
});
