/** OPS_PORT: probes and metrics on a separate server. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import stepgate from '../../src/index.ts';
import { optionsOf, startGateway, TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { freePort } from '../harness/program.ts';

const ROUTES = ['/healthz', '/readyz', '/metrics'] as const;
const RUN = '{ run(workflowId: "wf", id: "r1") { status } }';

describe('OPS_PORT', () => {
  const gateway = perTest(new TestGateway({ env: { OPS_PORT: '0' } }));
  const { upstream } = gateway;

  /** A query whose upstream call waits until the returned function is called. */
  async function askAndWait() {
    const release = upstream.holdCalls();
    const arrived = upstream.nextCall();
    const answer = gateway.query(RUN);
    await arrived;
    return async () => {
      release();
      expect((await answer).data).toEqual({ run: { status: 'COMPLETED' } });
    };
  }

  const statuses = (url: string | null, paths: readonly string[]) =>
    Promise.all(paths.map(async (path) => (await fetch(`${url ?? ''}${path}`)).status));

  it('closes connections beyond 1000 at once', async () => {
    const { port } = new URL(gateway.opsUrl ?? '');
    // A rejected connection may be reset.
    const open = () => connect(Number(port), '127.0.0.1').on('error', () => undefined);
    const sockets = Array.from({ length: 1000 }, open);
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    await once(open(), 'close');
    expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([]);
    for (const socket of sockets) socket.destroy();
  });

  it('serves probes and metrics exclusively', async () => {
    await gateway.restart({ env: { BASE_PATH: '/stepgate' } });
    expect(new URL(gateway.opsUrl ?? '').port).not.toBe(new URL(gateway.url).port);
    expect(await statuses(gateway.opsUrl, ROUTES)).toEqual([200, 200, 200]);
    expect(await statuses(gateway.opsUrl, ['/', '/graphql', '/graphiql'])).toEqual([404, 404, 404]);
    const below = ROUTES.map((route) => `/stepgate${route}`);
    expect(await statuses(gateway.url, [...ROUTES, ...below])).toEqual(Array(6).fill(404));
    await gateway.query(RUN);
    const metrics = await fetch(`${gateway.opsUrl ?? ''}/metrics`);
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await metrics.text()).toContain('stepgate_upstream_calls_total{endpoint="run",outcome="ok"} 1\n');
  });

  it('does nothing in a plugin: its host has the routes', async () => {
    const app = fastify();
    await app.register(stepgate, { ...optionsOf({ OPS_PORT: '0' }), prefix: '/stepgate' });
    expect((await app.inject('/stepgate/readyz')).json()).toEqual({ status: 'ready' });
    await app.close();
  });

  it('serves probes while all client connections are in use', async () => {
    await gateway.restart({ env: { MAX_CONNECTIONS: '1' } });
    const answer = await askAndWait();
    await expect(fetch(gateway.url)).rejects.toThrow();
    expect(await statuses(gateway.opsUrl, ROUTES)).toEqual([200, 200, 200]);
    await answer();
  });

  it('reports stopping until the last response, then closes', async () => {
    const answer = await askAndWait();
    const closed = gateway.close();
    expect(await statuses(gateway.opsUrl, ROUTES)).toEqual([200, 503, 200]);
    await answer();
    await closed;
    await expect(fetch(`${gateway.opsUrl ?? ''}/healthz`)).rejects.toThrow();
  });

  it('is rejected if in use, and nothing else listens', async () => {
    const port = await freePort();
    const taken = new URL(upstream.url).port;
    const started = startGateway({ upstream, env: { PORT: String(port), OPS_PORT: taken } });
    const sentence = `OPS_PORT must be a free port, got ${taken}, which is in use at 127.0.0.1 (EADDRINUSE).`;
    await expect(started).rejects.toThrow(sentence);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });
});
