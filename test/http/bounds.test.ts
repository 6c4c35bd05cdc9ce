import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { request, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { connectRaw } from '../harness/raw-http.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';

/** Bounds of docs/security.md that no other test shows. */
describe('the bounds', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  beforeAll(async () => {
    upstream = await startFaultyUpstream();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const repeated = 'id '.repeat(102);
  const fragments = Array.from({ length: 101 }, (_, at) => at);
  it.each([
    ['repeatedFields', `{ run(workflowId: "wf", id: "r1") { ${repeated} } }`],
    [
      'fragments',
      `{ run(workflowId: "wf", id: "r1") { ${fragments.map((at) => `...F${at}`).join(' ')} } } ` +
        fragments.map((at) => `fragment F${at} on Run { id }`).join(' '),
    ],
  ])('of an operation name the limit %s over every transport', async (limit, query) => {
    for (const transport of TRANSPORTS) {
      const { errors } = await send(transport, gateway.url, { query });
      expect(errors).toMatchObject([
        { extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit, maximum: 100, found: 101 } },
      ]);
    }
    expect(upstream.calls).toEqual([]);
  });

  it('of a text refuse one over 128 KiB over every transport, before it is parsed', async () => {
    const query = `{ __typename } #${'x'.repeat(131_072)}`;
    for (const transport of TRANSPORTS.filter((each) => each !== 'HTTP GET')) {
      const { errors } = await send(transport, gateway.url, { query });
      expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
      expect(errors?.[0]?.message).toContain('131072');
    }
  });

  it('of a request refuse a head over 16 KiB with 431, and close', async () => {
    const raw = await connectRaw(gateway.url);
    const { head } = await raw.ask(`GET /graphql HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(17_000)}\r\n\r\n`);
    expect(head).toMatch(/^HTTP\/1.1 431 /);
    expect(head).toMatch(/connection: close/i);
  });

  it('of a body refuse one over 1 MiB with 413, whether it says its length or not', async () => {
    for (const headers of [{}, { 'content-length': 2 ** 20 + 1 }]) {
      const status = await new Promise((resolve, reject) => {
        const outgoing = request(`${gateway.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: 'Bearer key-1', ...headers },
        });
        outgoing.once('error', reject).once('response', ({ statusCode }) => {
          outgoing.off('error', reject).on('error', () => undefined);
          outgoing.destroy();
          resolve(statusCode);
        });
        for (let written = 0; written <= 2 ** 20; written += 2 ** 16) outgoing.write('x'.repeat(2 ** 16));
      });
      expect(status).toBe(413);
    }
  });

  it('of a credential refuse one over 8 KiB without a call', async () => {
    const query = '{ run(workflowId: "wf", id: "r1") { id } }';
    expect((await gateway.query(query, { key: 'k'.repeat(8192) })).errors).toEqual([]);
    const calls = upstream.calls.length;
    const { errors } = await gateway.query(query, { key: 'k'.repeat(8193) });
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(upstream.calls).toHaveLength(calls);
  });

  it('of a connection are times: 15 s for the head, 30 s for the request, 72 s between requests', async () => {
    const servers: Server[] = [];
    const note = (message: unknown) => servers.push((message as { readonly server: Server }).server);
    subscribe('http.server.request.start', note);
    await gateway.query('{ __typename }');
    unsubscribe('http.server.request.start', note);
    const times = { headersTimeout: 15_000, requestTimeout: 30_000, keepAliveTimeout: 72_000 };
    expect(servers).toMatchObject([times]);
  });
});
