import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { postTo } from './harness/gateway.ts';
import { subscribe, type Transport } from './harness/live-client.ts';
import { type Command, type GatewayProcess, startProcess } from './harness/process.ts';
import { freePort } from './harness/program.ts';
import { type Script, type ScriptedUpstream, startUpstream } from './harness/upstream.ts';
import { wireStep } from './harness/wire.ts';
import { STOP_PARTS_MS, STOP_WITHIN_MS } from './deploy/shutdown.ts';

const RUN = { query: '{ run(workflowId: "wf", id: "r1") { totalElapsedTime steps { outputs } } }' };

describe('the process', () => {
  const started: GatewayProcess[] = [];
  const upstreams: ScriptedUpstream[] = [];

  async function openUpstream(script?: Script): Promise<ScriptedUpstream> {
    const upstream = await startUpstream(script);
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

  /** Environment of a process that runs this module first. */
  const preloading = (module: string) => ({
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(module)}`,
  });

  /** All at once: a process mostly waits for its end. */
  const forEach = <T>(cases: readonly T[], test: (one: T) => Promise<void>) => Promise.all(cases.map(test));

  it('starts over the sample without settings, printing address and key', async () => {
    const gateway = start({});
    const url = await gateway.url();
    const query = '{ run(workflowId: "support-triage", id: "run-4711") { status } }';
    const answer = await postTo(url, { query }, { key: 'demo-key' });
    expect(await answer.json()).toEqual({ data: { run: { status: 'FAILED' } } });
    expect(gateway.output()).toContain(`${url}/graphql`);
    expect(gateway.output()).toContain('demo-key');
  });

  it('warns about a misspelled variable without its value', async () => {
    const gateway = start({ UPSTREAM_URLL: 'http://secret' });
    await gateway.url();
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
    expect(gateway.output()).toContain('unknown setting UPSTREAM_URLL: did you mean UPSTREAM_URL?');
    expect(gateway.output()).not.toContain('secret');
  });

  it('loads the sample modules only without UPSTREAM_URL', async () => {
    const printing = `
      import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) {
        if (url.includes('/src/sample/')) process.stderr.write('loaded the sample\\n');
        return next(url, context);
      } });`;
    const upstream = await openUpstream();
    const gateways = [start(preloading(printing)), start({ ...preloading(printing), UPSTREAM_URL: upstream.url })];
    const urls = await Promise.all(gateways.map((gateway) => gateway.url()));
    expect(await (await postTo(urls[1] ?? '', RUN)).json()).toMatchObject({
      data: { run: { totalElapsedTime: expect.any(Number) } },
    });
    expect(gateways.map((gateway) => gateway.output().includes('loaded the sample'))).toEqual([true, false]);
  });

  const toProcess = (pid: number, signal: NodeJS.Signals) => process.kill(pid, signal);
  const toGroup = (pid: number, signal: NodeJS.Signals) => process.kill(-pid, signal);

  it.each([
    ['the process', undefined, toProcess, ['SIGTERM', 'SIGINT', 'SIGHUP']],
    // The shell of npm ends without the gateway.
    ['npm start', ['npm', 'start'], toProcess, ['SIGTERM']],
    ['the terminal of npm start', ['npm', 'start'], toGroup, ['SIGINT', 'SIGHUP']],
  ] as const)('sends every pending response when %s gets a signal, then exits', (_, command, kill, signals) =>
    forEach<NodeJS.Signals>(signals, async (signal) => {
      const upstream = await openUpstream();
      const release = upstream.holdCalls();
      const gateway = start({ UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps' }, command);
      const url = await gateway.url();
      const arrived = upstream.nextCall();
      const underWay = Array.from({ length: 50 }, () => postTo(url, RUN));
      // All 50 requests are in the gateway when later requests of theirs are answered. The one call shows that the
      // first is.
      await arrived;
      await Promise.all(Array.from({ length: 50 }, () => postTo(url, { query: '{ __typename }' })));

      kill(Number(gateway.child.pid), signal);
      await refused(url);
      release();
      for (const answer of await Promise.all(underWay)) {
        expect(answer.status).toBe(200);
        expect(await answer.json()).toMatchObject({ data: { run: { totalElapsedTime: 2 } } });
      }
      const code = await gateway.exited;
      if (command === undefined) expect(code).toBe(0);
      expect(gateway.output()).toContain('"msg":"stopping"');
    }),
  );

  it('stops gracefully if npm and a terminal both send signals', async () => {
    const upstream = await openUpstream();
    const release = upstream.holdCalls();
    const gateway = start({ UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps' });
    const url = await gateway.url();
    const arrived = upstream.nextCall();
    const underWay = postTo(url, RUN);
    await arrived;
    gateway.child.kill('SIGINT');
    await refused(url);
    gateway.child.kill('SIGINT');
    release();
    expect((await underWay).status).toBe(200);
    expect(await gateway.exited).toBe(0);
  });

  it('ends subscriptions on stop, even of hanging clients, with exit 0', async () => {
    const upstream = await openUpstream(({ endpoint }) =>
      endpoint === 'steps'
        ? { json: [wireStep({ status: 'running', end_time: null, outputs: 'x'.repeat(10_000_000) })] }
        : { status: 404 },
    );
    const gateway = start({ UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps' });
    const url = await gateway.url();
    const watch = (transport: Transport, field: string) =>
      subscribe(
        transport,
        url,
        `subscription { runUpdated(workflowId: "wf", id: "r1") { run { steps { ${field} } } } }`,
      );
    const socket = await watch('graphql-ws', 'id');
    const stream = await watch('graphql-sse', 'id');
    for (const client of [socket, stream]) await client.nextData();
    for (const transport of ['graphql-ws', 'graphql-sse'] as const) (await watch(transport, 'outputs')).stopReading();

    gateway.child.kill('SIGTERM');
    expect(await socket.next()).toEqual({ type: 'closed', code: 1001 });
    expect(await stream.next()).toEqual({ type: 'complete' });
    expect(await gateway.exited).toBe(0);
  });

  it('logs an uncaught error, and exits with 1 after pending responses', async () => {
    const upstream = await openUpstream();
    const release = upstream.holdCalls();
    const gateway = start({
      ...{ UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps' },
      ...preloading(`process.once('SIGUSR2', () => { throw new Error('a defect'); });`),
    });
    const url = await gateway.url();
    const arrived = upstream.nextCall();
    const underWay = postTo(url, RUN);
    await arrived;
    gateway.child.kill('SIGUSR2');
    await refused(url);
    release();
    expect((await underWay).status).toBe(200);
    expect(await gateway.exited).toBe(1);
    expect(gateway.output()).toMatch(/a defect.*stopping after an uncaught error/);
  });

  it('cuts short a hanging stop with exit code 1', async () => {
    const gateway = start({ LOG_LEVEL: 'debug', RATE_LIMIT_ANONYMOUS_PER_MINUTE: '100000' });
    const url = await gateway.url();
    const { child } = gateway;
    child.stdout?.pause();
    // Far more lines than fit into the buffers between the processes.
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 50 }, () => postTo(url, { query: '{ __typename }' })));
    }
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([1, null]);
    child.stdout?.resume();
  });

  it('has at least as long to stop as its parts', () => {
    expect(STOP_WITHIN_MS).toBeGreaterThan(STOP_PARTS_MS.reduce((sum, ms) => sum + ms));
  });

  it('keeps serving with closed stdout or stderr, and exits with 0', () =>
    forEach(['stdout', 'stderr', 'both'] as const, async (closed) => {
      const gateway = start({ LOG_LEVEL: 'debug' });
      const url = await gateway.url();
      const { stdout, stderr } = gateway.child;
      for (const stream of closed === 'both' ? [stdout, stderr] : [gateway.child[closed]]) stream?.destroy();
      // More lines than are written together, several times.
      for (let count = 0; count < 200; count += 1) {
        expect((await postTo(url, { query: '{ __typename }' })).status).toBe(200);
      }
      gateway.child.kill('SIGTERM');
      expect(await gateway.exited).toBe(0);
    }));

  it('starts, serves and stops if its output was never read', async () => {
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
    expect((await postTo(url, { query: '{ __typename }' })).status).toBe(200);
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });

  /**
   * Sends requests over new connections until one is refused. Connections in the kernel's queue may be answered or
   * reset.
   */
  async function refused(url: string): Promise<void> {
    let code: string | undefined;
    while (code !== 'ECONNREFUSED') {
      code = await fetch(`${url}/healthz`, { headers: { connection: 'close' } }).then(
        () => undefined,
        (error: unknown) => (error as { cause: { code: string } }).cause.code,
      );
    }
  }

  it("doesn't start with an invalid variable, and names it", () =>
    forEach(
      [
        [{ PORT: 'http' }, 'PORT must be a whole number from 0 to 65535, got "http".'],
        [{ NODE_ENV: 'production' }, 'UPSTREAM_URL is required in production'],
        [{ UPSTREAM_URL: 'ftp://x' }, 'UPSTREAM_URL must be an http or https URL'],
      ] as const,
      async ([environment, sentence]) => {
        const gateway = start(environment);
        expect(await gateway.exited).toBe(1);
        expect(gateway.output()).toContain(sentence);
        expect(gateway.output()).not.toMatch(/at .*\.ts:\d+/);
      },
    ));

  it("doesn't start if another process listens, and says so", async () => {
    const upstream = await openUpstream();
    const taken = new URL(upstream.url).port;
    const gateway = start({ PORT: taken });
    expect(await gateway.exited).toBe(1);
    expect(gateway.output()).toContain(
      `PORT must be a free port, got ${taken}, which is in use at 127.0.0.1 (EADDRINUSE).`,
    );
  });
});
