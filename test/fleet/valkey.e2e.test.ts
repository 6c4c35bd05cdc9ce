import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { PREFIX } from '../../src/fleet/fleet-keys.ts';
import { Authority } from '../harness/certificates.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { answerOf, codesOf, Fleet, recordOf, SECRET, waiting } from '../harness/fleet.ts';
import { SAMPLE, startGateway, type TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { type CapturedLog, captureLog, scrape } from '../harness/observed.ts';
import { startProcess } from '../harness/process.ts';
import { freePort } from '../harness/program.ts';
import { until } from '../harness/until.ts';
import type { Reply } from '../harness/upstream.ts';
import { Valkey } from '../harness/valkey.ts';
import { wireRun } from '../harness/wire.ts';

const AWAY = 'Valkey does not respond; this gateway works alone until it does';
const AGAIN = 'Valkey responds; this gateway shares again';
const REFUSED = 'Valkey rejected a command';
const UNREACHABLE = 'Valkey cannot be reached';

const isClosed = async ({ url }: Pick<TestGateway, 'url'>) =>
  (await scrape(url)).value('stepgate_valkey_breaker', { state: 'closed' }) === 1;
const commandsOf = async ({ url }: TestGateway) => (await scrape(url)).counts('stepgate_valkey_commands_total');
const factsOf = ({ lines }: CapturedLog) => lines.map(({ msg, command, code }) => ({ msg, command, code }));

describeWithValkey(`a fleet with a failing Valkey${withoutValkey}`, () => {
  const fleet = perTest(new Fleet());

  const ask = async (gateway: TestGateway, id: string) => {
    const { data, errors } = await gateway.query(recordOf(id));
    expect({ data, errors }).toEqual({ data: { run: { outputs: `output of ${id} for key-1` } }, errors: [] });
  };
  const callsFor = (id: string) => fleet.upstream.calls.filter(({ runId }) => runId === id).length;
  const atUser = (user: string) => fleet.valkey.url.replace('redis://', `redis://${user}@`);

  it.each<readonly [string, () => Promise<void> | void, () => Promise<void> | void]>([
    [
      'is paused',
      () => {
        fleet.valkey.pause();
      },
      () => {
        fleet.valkey.resume();
      },
    ],
    ['is killed and empty', () => fleet.valkey.kill(), () => fleet.valkey.start()],
  ])('works alone while Valkey %s, and shares again afterwards', async (_name, begin, end) => {
    const log = captureLog('info');
    const environment = { REDIS_TIMEOUT_MS: '100' };
    const [first] = await fleet.start(1, environment, { logger: log.logger });
    const [second] = await fleet.start(1, environment);
    await ask(first, 'r0');
    await fleet.storedForGood(1);
    for (let time = 0; time < 2; time += 1) {
      await begin();
      for (const gateway of [first, second]) for (const id of ['r0', `r1-${time}`]) await ask(gateway, id);
      expect(callsFor(`r1-${time}`)).toBe(2);
      const { 'READ timeout': timeouts = 0, 'READ error': errors = 0 } = await commandsOf(second);
      expect(timeouts + errors).toBeLessThanOrEqual(time + 1);
      await end();
      for (const gateway of [first, second]) await until(() => isClosed(gateway));
      await ask(first, `r2-${time}`);
      await fleet.storedForGood(1);
      await until(async () => (await fleet.names('call')).length === 0);
      await ask(second, `r2-${time}`);
      expect(callsFor(`r2-${time}`)).toBe(1);
    }
    // The second time within a minute is not logged.
    const changes = log.lines.filter(({ msg }) => msg === AWAY || msg === AGAIN);
    expect(changes.map(({ msg }) => msg)).toEqual([AWAY, AGAIN]);
    expect(log.lines.filter(({ msg }) => msg === UNREACHABLE).length).toBeLessThanOrEqual(1);
    expect(log.lines.filter(({ msg }) => msg === REFUSED)).toEqual([]);
  });

  it('stops waiting for another gateway as soon as Valkey fails', async () => {
    const [first, second] = await fleet.start(2, { REDIS_TIMEOUT_MS: '100' });
    const replies: ((reply: Reply) => void)[] = [];
    fleet.upstream.script = () => new Promise((resolve) => replies.push(resolve));
    const answers = [first.query(recordOf('r1'))];
    await until(() => replies.length === 1);
    answers.push(second.query(recordOf('r1')));
    await waiting(second, 1);
    fleet.valkey.pause();
    await until(() => replies.length === 2);
    // A probe noticed it, not a command after the lease.
    const commands = await commandsOf(second);
    expect(commands).toMatchObject({ 'PING timeout': 1 });
    expect(Object.keys(commands).filter((name) => name.endsWith('timeout'))).toHaveLength(1);
    fleet.valkey.resume();
    for (const reply of replies) reply({ json: [wireRun('r1')] });
    for (const { errors } of await Promise.all(answers)) expect(errors).toEqual([]);
  });

  it('keeps reading while Valkey is full, and logs that once', async () => {
    const log = captureLog('warn');
    const [first] = await fleet.start(1);
    await ask(first, 'r1');
    await fleet.storedForGood(1);
    await fleet.valkey.client.config('SET', 'maxmemory', '1', 'maxmemory-policy', 'noeviction');
    const [second] = await fleet.start(1, {}, { logger: log.logger });
    for (const id of ['r1', 'r2', 'r3']) await ask(second, id);
    expect(callsFor('r1')).toBe(1);
    expect(await isClosed(second)).toBe(true);
    await until(async () => ((await commandsOf(second))['ACQUIRE refused'] ?? 0) >= 2);
    expect(factsOf(log).filter(({ msg }) => msg === REFUSED)).toMatchObject([{ code: 'OOM' }]);
    expect(log.text).not.toMatch(/key-1|stepgate:|r2/);
  });

  it.each([
    ['is unreachable', 'redis://127.0.0.1:1', UNREACHABLE, 'ECONNREFUSED'],
    ['has another password', 'known:a-wrong-one', UNREACHABLE, 'WRONGPASS'],
    ['has no such user', 'nobody:a-wrong-one', UNREACHABLE, 'WRONGPASS'],
  ])('starts, responds and logs the reason if Valkey %s', async (_name, access, msg, code) => {
    await fleet.valkey.client.call('ACL', 'SETUSER', 'known', 'on', '>password', '~*', '&*', '+@all');
    const log = captureLog('info');
    const url = access.startsWith('redis://') ? access : atUser(access);
    const [gateway] = await fleet.start(1, { REDIS_URL: url }, { logger: log.logger });
    await ask(gateway, 'r1');
    expect(await isClosed(gateway)).toBe(false);
    expect(factsOf(log)).toContainEqual(expect.objectContaining({ msg, code }));
    expect(log.text).not.toMatch(/a-wrong-one|>password/);
    expect(await fleet.valkey.client.dbsize()).toBe(0);
  });

  it('receives announcements again after SUBSCRIBE is allowed or reconnected', async () => {
    const { client } = fleet.valkey;
    await client.call('ACL', 'SETUSER', 'limited', 'on', '>password', '~*', '&*', '+@all', '-subscribe');
    const log = captureLog('warn');
    const [first] = await fleet.start(1);
    const [other] = await fleet.start(1, { REDIS_URL: atUser('limited:password') }, { logger: log.logger });
    const untilHeard = async () => {
      fleet.upstream.script = answerOf;
      await until(async () => (await codesOf(other, 'r1')).length === 0);
      fleet.upstream.script = () => ({ status: 401 });
      await codesOf(first, 'r2');
      // The key is valid, so without the announcement the answer would come from the cache.
      fleet.upstream.script = answerOf;
      const before = callsFor('r1');
      await codesOf(other, 'r1');
      return callsFor('r1') > before;
    };
    const listeners = async () => Number((await client.pubsub('NUMSUB', `${PREFIX}:withdrawn`))[1]);
    await until(() => log.lines.length > 0);
    await client.call('ACL', 'SETUSER', 'limited', '+subscribe');
    await until(async () => (await listeners()) === 2);
    await until(untilHeard);
    expect(factsOf(log)).toEqual([{ msg: REFUSED, command: 'SUBSCRIBE', code: 'NOPERM' }]);
    await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until(async () => (await listeners()) === 2);
    await until(untilHeard);
  });

  it('uses the database in REDIS_URL', async () => {
    const [gateway] = await fleet.start(1, { REDIS_URL: `${fleet.valkey.url}/3` });
    await ask(gateway, 'r1');
    await fleet.valkey.client.select(3);
    await fleet.storedForGood(1);
    await fleet.valkey.client.select(0);
    expect(await fleet.valkey.client.dbsize()).toBe(0);
  });
});

describeWithValkey(`Valkey with TLS${withoutValkey}`, () => {
  it('is used only by gateways that trust its certificate', async () => {
    await using opened = new AsyncDisposableStack();
    const authority = await new Authority().open();
    opened.defer(() => authority.close());
    const { certificatePath, keyPath } = authority.issue('IP:127.0.0.1');
    const port = await freePort();
    const valkey = await new Valkey([
      ...['--tls-port', `${port}`, '--tls-auth-clients', 'no', '--tls-ca-cert-file', authority.file],
      ...['--tls-cert-file', certificatePath, '--tls-key-file', keyPath],
    ]).open();
    opened.defer(() => valkey.close());
    const settings = { REDIS_URL: `rediss://127.0.0.1:${port}`, FLEET_SECRET: SECRET, REDIS_TIMEOUT_MS: '1000' };
    // Node reads these certificates at its start.
    const trusting = startProcess({ ...settings, NODE_EXTRA_CA_CERTS: authority.file });
    opened.defer(() => {
      trusting.end();
    });
    const doubting = startProcess(settings);
    opened.defer(() => {
      doubting.end();
    });
    const [ofTrusting, ofDoubting] = [await trusting.url(), await doubting.url()];
    await until(() => isClosed({ url: ofTrusting }));
    expect(await isClosed({ url: ofDoubting })).toBe(false);
  });
});

describe('a gateway with another server in place of Valkey', () => {
  it.each([
    ['a number', ':42\r\n'],
    ['a word', '+OK\r\n'],
    ['an error with a private text', '-SECRet private text\r\n'],
    ['a list', '*2\r\n*0\r\n*0\r\n'],
  ])('works without sharing if PING returns %s', async (_name, reply) => {
    let pings = 0;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (sent) => {
        for (const [command] of sent.toString().matchAll(/(?<=\r\n)(hello|info|client|ping)(?=\r\n)/gi)) {
          if (command.toLowerCase() === 'ping') pings += 1;
          socket.write(command.toLowerCase() === 'ping' ? reply : (OTHER[command] ?? '+OK\r\n'));
        }
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const log = captureLog('info');
    const gateway = await startGateway({
      upstream: SAMPLE,
      env: { REDIS_URL: url, FLEET_SECRET: SECRET },
      logger: log.logger,
    });
    try {
      await until(() => pings > 1);
      expect(await isClosed(gateway)).toBe(false);
      expect(log.text).not.toContain('SECRet');
    } finally {
      await gateway.close();
      server.close();
    }
  });
});

const OTHER: Readonly<Record<string, string>> = { hello: '%0\r\n', info: '$11\r\nrole:master\r\n' };
