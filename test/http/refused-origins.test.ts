import { once } from 'node:events';
import { beforeEach, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { captureLog, type CapturedLog } from '../harness/observed.ts';
import { ask } from '../harness/plain-http.ts';

const PREFLIGHT = { 'access-control-request-method': 'POST' };
const PAGES = 'browsers hide responses from pages whose origin is not in CORS_ORIGINS';
const SOCKETS = 'WebSockets were rejected because their origin is not in CORS_ORIGINS';
const PATHS = 'WebSockets were rejected because they must be opened at /graphql';

const clock = createManualClock();
let log: CapturedLog;
beforeEach(() => {
  log = captureLog('warn');
});
const gateway = perTest(
  new TestGateway(() => ({
    clock: { now: clock.now },
    logger: log.logger,
    env: { CORS_ORIGINS: 'https://app.example', SANDBOX: 'off' },
  })),
);

const preflight = (origin: string) =>
  ask(`${gateway.url}/graphql`, { method: 'OPTIONS', headers: { ...PREFLIGHT, origin } });
async function refuse(origin: string, path = '/graphql'): Promise<void> {
  const socket = new WebSocket(`${gateway.url}${path}`, 'graphql-transport-ws', { origin });
  await once(socket, 'error');
}
const lines = () => log.lines.map(({ msg, count, origin, path }) => ({ msg, count, origin, path }));

it('logs pages of other origins once a minute, with a count', async () => {
  for (let index = 0; index < 20; index += 1) await preflight(`https://${index}.example`);
  expect(lines()).toEqual([{ msg: PAGES, count: 1, origin: 'https://0.example' }]);
  clock.advance(60_000);
  await preflight(`https://${'x'.repeat(300)}`);
  expect(lines().slice(1)).toEqual([{ msg: PAGES, count: 20, origin: `https://${'x'.repeat(192)}` }]);
});

it('logs rejected WebSockets apart from pages, by origin and by path', async () => {
  await preflight('https://other.example');
  for (let time = 0; time < 3; time += 1) await refuse('https://other.example');
  await refuse('https://app.example', '/subscriptions?token=secret');
  expect(lines()).toEqual([
    { msg: PAGES, count: 1, origin: 'https://other.example' },
    { msg: SOCKETS, count: 1, origin: 'https://other.example' },
    { msg: PATHS, count: 1, path: '/subscriptions' },
  ]);
});

it('logs nothing for programs, allowed origins and its own pages', async () => {
  await ask(`${gateway.url}/graphql`, { method: 'OPTIONS', headers: PREFLIGHT });
  for (const origin of ['https://app.example', gateway.url]) await preflight(origin);
  expect(lines()).toEqual([]);
});
