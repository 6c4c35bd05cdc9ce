import { afterEach, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, healthy, type FaultyUpstream, type Script } from './harness/faulty-upstream.ts';
import { subscribe, type Transport } from './harness/live-client.ts';
import { freePort } from './harness/program.ts';
import { startProcess, type Command, type GatewayProcess } from './harness/process.ts';
import { STOP_PARTS_MS, STOP_WITHIN_MS } from './harness/shutdown.ts';
import { wireStep } from './harness/wire.ts';

const RUN = { query: '{ run(workflowId: "wf", id: "r1") { totalElapsedTime steps { outputs } } }' };

describe('the process', () => {
  const started: GatewayProcess[] = [];
  const upstreams: FaultyUpstream[] = [];

  async function startUpstream(script?: Script): Promise<FaultyUpstream> {
    const upstream = await startFaultyUpstream(script);
    upstreams.push(upstream);
    return upstream;
  }

  function start(environment: Readonly<Record<string, string>>, command?: Command): GatewayProcess {
    const gateway = startProcess({ npm_config_update_notifier: 'false', ...environment }, [], command);
    started.push(gateway);
    return gateway;
  }

  afterEach(async () => {
    for (const gateway of started) gateway.end();
    await Promise.all(started.splice(0).map(({ exited }) => exited));
    await Promise.all(upstreams.splice(0).map((upstream) => upstream.close()));
  });

  /** All at once: a process mostly waits for its end. */
  const forEach = <T>(cases: readonly T[], test: (one: T) => Promise<void>) => Promise.all(cases.map(test));

  const post = (url: string, body: unknown, key = 'key-1') =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    });

  it('starts over the embedded upstream with nothing prepared, and says where it is and which key opens it', async () => {
    const gateway = start({});
    const url = await gateway.url();
    const answer = await post(
      url,
      { query: '{ run(workflowId: "support-triage", id: "run-4711") { status } }' },
      'demo-key',
    );
    expect(await answer.json()).toEqual({ data: { run: { status: 'FAILED' } } });
    expect(gateway.output()).toContain(`${url}/graphql`);
    expect(gateway.output()).toContain('demo-key');
  });

  it('warns of a variable whose name is nearly that of a setting, without its value', async () => {
    const gateway = start({ UPSTREAM_URLL: 'http://secret' });
    await gateway.url();
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
    expect(gateway.output()).toContain('UPSTREAM_URLL is not a setting: UPSTREAM_URL may be meant');
    expect(gateway.output()).not.toContain('secret');
  });

  it('loads modules of the sample only without UPSTREAM_URL', async () => {
    const printing = `
      import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) {
        if (url.includes('/src/sample/')) process.stderr.write('loaded the sample\\n');
        return next(url, context);
      } });`;
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(printing)}`;
    const upstream = await startUpstream();
    const gateways = [start({ NODE_OPTIONS }), start({ NODE_OPTIONS, UPSTREAM_URL: upstream.url })];
    const urls = await Promise.all(gateways.map((gateway) => gateway.url()));
    expect(await (await post(urls[1] ?? '', RUN)).json()).toMatchObject({
      data: { run: { totalElapsedTime: expect.any(Number) } },
    });
    expect(gateways.map((gateway) => gateway.output().includes('loaded the sample'))).toEqual([true, false]);
  });

  const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

  it.each<readonly [string, () => Command | undefined, readonly (number | null)[]]>([
    ['the process', () => undefined, [0, 0, 0]],
    // npm itself ends by SIGHUP.
    ['npm start', () => ['npm', 'start'], [0, 0, null]],
  ])(
    'sends every answer under way whole when %s gets SIGTERM, SIGINT or SIGHUP, and leaves nothing running',
    (_, commandOf, codes) =>
      forEach(SIGNALS, async (signal) => {
        const gate = Promise.withResolvers<undefined>();
        const upstream = await startUpstream(async (call) => {
          await gate.promise;
          return healthy(call);
        });
        const gateway = start({ UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps' }, commandOf());
        const url = await gateway.url();
        const arrived = upstream.nextCall();
        const underWay = Array.from({ length: 50 }, () => post(url, RUN));
        // All 50 are in the gateway when a later request of theirs has been answered; the one call shows the first is.
        await arrived;
        await Promise.all(Array.from({ length: 50 }, () => post(url, { query: '{ __typename }' })));

        gateway.child.kill(signal);
        await refused(url);
        gate.resolve(undefined);
        for (const answer of await Promise.all(underWay)) {
          expect(answer.status).toBe(200);
          expect(await answer.json()).toMatchObject({ data: { run: { totalElapsedTime: 2 } } });
        }
        expect(await gateway.exited).toBe(codes[SIGNALS.indexOf(signal)]);
        expect(gateway.output()).toContain(`"signal":"${signal}","msg":"stopping"`);
      }),
  );

  it('stops gracefully though npm and a terminal send it a signal each', async () => {
    const gate = Promise.withResolvers<undefined>();
    const upstream = await startUpstream(async (call) => {
      await gate.promise;
      return healthy(call);
    });
    const gateway = start({ UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps' });
    const url = await gateway.url();
    const arrived = upstream.nextCall();
    const underWay = post(url, RUN);
    await arrived;
    gateway.child.kill('SIGINT');
    await refused(url);
    gateway.child.kill('SIGINT');
    gate.resolve(undefined);
    expect((await underWay).status).toBe(200);
    expect(await gateway.exited).toBe(0);
  });

  it('tells those who watch a run that it stops, even one who hangs, and exits with 0', async () => {
    const upstream = await startUpstream(({ endpoint }) =>
      endpoint === 'steps'
        ? { json: [wireStep({ status: 'running', end_time: null, outputs: 'x'.repeat(10_000_000) })] }
        : { status: 404 },
    );
    const gateway = start({ UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps' });
    const url = await gateway.url();
    const watch = (transport: Transport, field: string) =>
      subscribe(transport, url, `subscription { runUpdated(workflowId: "wf", id: "r1") { steps { ${field} } } }`);
    const socket = await watch('graphql-ws', 'id');
    const stream = await watch('graphql-sse', 'id');
    for (const client of [socket, stream]) await client.nextData();
    for (const transport of ['graphql-ws', 'graphql-sse'] as const) (await watch(transport, 'outputs')).stopReading();

    gateway.child.kill('SIGTERM');
    expect(await socket.next()).toEqual({ type: 'closed', code: 1001 });
    expect(await stream.next()).toEqual({ type: 'complete' });
    expect(await gateway.exited).toBe(0);
  });

  it('is given as long to stop as all parts of it take together', () => {
    expect(STOP_WITHIN_MS).toBeGreaterThan(STOP_PARTS_MS.reduce((sum, ms) => sum + ms));
  });

  it('goes on answering when nobody reads stdout, stderr or both any more, and exits with 0 when it is told to', () =>
    forEach(['stdout', 'stderr', 'both'] as const, async (closed) => {
      const gateway = start({ LOG_LEVEL: 'debug' });
      const url = await gateway.url();
      const { stdout, stderr } = gateway.child;
      for (const stream of closed === 'both' ? [stdout, stderr] : [gateway.child[closed]]) stream?.destroy();
      // More lines than are written together, several times.
      for (let count = 0; count < 200; count += 1) {
        expect((await post(url, { query: '{ __typename }' })).status).toBe(200);
      }
      gateway.child.kill('SIGTERM');
      expect(await gateway.exited).toBe(0);
    }));

  it('starts, answers and stops though nobody has ever read what it prints', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const gateway = start({ PORT: String(port) });
    for (const stream of [gateway.child.stdout, gateway.child.stderr]) stream?.destroy();
    const isUp = () =>
      fetch(`${url}/healthz`).then(
        () => true,
        () => gateway.child.exitCode !== null,
      );
    while (!(await isUp()));
    expect((await post(url, { query: '{ __typename }' })).status).toBe(200);
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });

  /** Asks over new connections until one is refused. Those that the kernel had queued may be answered, or reset. */
  async function refused(url: string): Promise<void> {
    let code: string | undefined;
    while (code !== 'ECONNREFUSED') {
      code = await fetch(`${url}/healthz`, { headers: { connection: 'close' } }).then(
        () => undefined,
        (error: unknown) => (error as { cause: { code: string } }).cause.code,
      );
    }
  }

  it('does not start with a wrong variable, and says which it is', () =>
    forEach(
      [
        [{ PORT: 'http' }, 'PORT must be a whole number from 0 to 65535, got "http".'],
        [{ NODE_ENV: 'production' }, 'UPSTREAM_URL is required when NODE_ENV is production'],
        [{ UPSTREAM_URL: 'ftp://x' }, 'UPSTREAM_URL must be an http or https URL'],
      ] as const,
      async ([environment, sentence]) => {
        const gateway = start(environment);
        expect(await gateway.exited).toBe(1);
        expect(gateway.output()).toContain(sentence);
        expect(gateway.output()).not.toMatch(/at .*\.ts:\d+/);
      },
    ));

  it('does not start where another process listens, and says so', async () => {
    const upstream = await startUpstream();
    const taken = new URL(upstream.url).port;
    const gateway = start({ PORT: taken });
    expect(await gateway.exited).toBe(1);
    expect(gateway.output()).toContain(
      `PORT must be a free port, got ${taken}, which is in use at 127.0.0.1 (EADDRINUSE).`,
    );
  });
});
