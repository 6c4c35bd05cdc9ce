import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GATEWAYS, mountsOf, service } from './compose.ts';
import { SECRET } from '../harness/fleet.ts';
import { postTo } from '../harness/gateway.ts';
import { subscribe } from '../harness/live-client.ts';
import { type Nginx, NGINX, startNginx } from '../harness/nginx.ts';
import { type GatewayProcess, startProcess } from '../harness/process.ts';
import { findProgram, freePort, type Program, startProgram } from '../harness/program.ts';
import { type ScriptedUpstream, startUpstream } from '../harness/upstream.ts';

const WATCH = `subscription { runUpdated(workflowId: "wf", id: "r1") { run { stepCounts { total } } } }`;
const REQUESTS = 20;
const CLIENTS = 30;

const isThere = NGINX !== null && findProgram('--version', 'valkey-server') !== null;
// In CI a missing program is a failure.
const withPrograms = !isThere && process.env.CI === undefined ? describe.skip : describe;

withPrograms(
  `nginx, gateways and Valkey of docker-compose.yml${isThere ? '' : ' (skipped: no nginx or Valkey)'}`,
  () => {
    const mounts = mountsOf(service('nginx'));
    let upstream: ScriptedUpstream;
    let valkey: Program;
    let gateways: GatewayProcess[];
    let nginx: Nginx;
    let startHere: (name: string, port: string) => GatewayProcess;

    beforeAll(async () => {
      upstream = await startUpstream();
      const port = await freePort();
      const [command = '', ...words] = service('valkey').command ?? [];
      valkey = await startProgram(command, [...words, '--port', String(port)], [port]);
      startHere = (name, ownPort) => {
        // Test machines are busy, so Valkey may be slow.
        const here = {
          UPSTREAM_URL: upstream.url,
          REDIS_URL: `redis://127.0.0.1:${port}`,
          REDIS_TIMEOUT_MS: '5000',
          PORT: ownPort,
          FLEET_SECRET: SECRET,
        };
        // An empty variable counts as unset: traces are not collected here.
        const unset = { NODE_ENV: '', OTEL_EXPORTER_OTLP_ENDPOINT: '' };
        return startProcess({ ...service(name).environment, ...here, ...unset });
      };
      gateways = GATEWAYS.map((name) => startHere(name, '0'));
      const urls = await Promise.all(gateways.map((gateway) => gateway.url()));
      const [site = '', servers = ''] = mounts.map(({ source }) => source);
      nginx = await startNginx(urls, { site, upstream: servers, gateways: GATEWAYS.map((name) => `${name}:4000`) });
    });
    afterAll(async () => {
      await nginx.close();
      for (const { child } of gateways) child.kill('SIGKILL');
      await Promise.all(gateways.map(({ exited }) => exited));
      await valkey.close();
      await upstream.close();
    });

    const ask = async (runId: string) => {
      const query = `{ run(workflowId: "wf", id: "${runId}") { stepCounts { total } } }`;
      return (await postTo(nginx.url, { query })).json();
    };
    const operationsOf = async (gateway: GatewayProcess | undefined) => {
      const text = await (await fetch(`${(await gateway?.url()) ?? ''}/metrics`)).text();
      const counts = text.matchAll(/^stepgate_operations_total\{.*outcome="ok"\} (\d+)$/gm);
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
    };

    it('mounts both files where nginx reads them', () => {
      expect(mounts.map(({ target }) => target)).toEqual([
        '/etc/nginx/conf.d/default.conf',
        '/etc/nginx/conf.d/stepgate-upstream.conf',
      ]);
    });

    it('proxies requests and subscriptions, and follows the health of each gateway', async () => {
      const client = await subscribe('graphql-ws', nginx.url, WATCH);
      expect(await client.nextData()).toEqual({ runUpdated: { run: { stepCounts: { total: 1 } } } });
      client.leave();
      const [, , , , , wellAt = ''] = service('nginx').healthcheck?.test ?? [];
      expect(wellAt).toMatch('http://127.0.0.1:8080/');
      const answer = await fetch(wellAt.replace('http://127.0.0.1:8080', nginx.url));
      expect(await answer.json()).toEqual({ status: 'ready' });
    });

    it('balances over both gateways, which call the upstream once', async () => {
      const before = upstream.count('steps');
      for (let request = 0; request < REQUESTS; request += 1) {
        expect(await ask('r2')).toEqual({ data: { run: { stepCounts: { total: 1 } } } });
      }
      for (const gateway of gateways) expect(await operationsOf(gateway)).toBeGreaterThan(0);
      expect(upstream.count('steps') - before).toBe(1);
    });

    it('answers every request, including POST, during a rolling restart', async () => {
      let isOver = false;
      const askWhile = async (isNeeded: (request: number) => boolean) => {
        for (let request = 0; isNeeded(request); request += 1) {
          expect(await ask(`r${request % REQUESTS}`)).toEqual({ data: { run: { stepCounts: { total: 1 } } } });
        }
      };
      const all = (isNeeded: (request: number) => boolean) =>
        Promise.all(Array.from({ length: CLIENTS }, () => askWhile(isNeeded)));
      // nginx does not repeat a POST. A POST on a new connection at the moment of the stop may be lost.
      await all((request) => request < REQUESTS);
      const asking = all(() => !isOver);
      for (const [index, gateway] of gateways.entries()) {
        const url = await gateway.url();
        gateway.child.kill('SIGTERM');
        expect(await gateway.exited).toBe(0);
        const again = startHere(GATEWAYS[index] ?? '', new URL(url).port);
        gateways[index] = again;
        expect(await again.url()).toBe(url);
      }
      isOver = true;
      await asking;
    });
  },
);
