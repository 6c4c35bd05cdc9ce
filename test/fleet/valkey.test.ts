import { afterEach, describe, expect, it } from '@jest/globals';
import { createAnnouncements } from '../../src/fleet/announcements.ts';
import { createComplaints } from '../../src/fleet/complaints.ts';
import { readVersioned, storeNewest } from '../../src/fleet/versioned-values.ts';
import { makeCertificate } from '../harness/certificate.ts';
import { SECRET, until } from '../harness/fleet.ts';
import { joinFleet, type TestFleet } from '../support/join-fleet.ts';
import { captureLog, scrape } from '../support/observed.ts';
import { startProcess } from '../harness/process.ts';
import { freePort } from '../harness/program.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

describeWithValkey(`Valkey${withoutValkey}`, () => {
  let valkey: TestValkey | undefined;
  const fleets: TestFleet[] = [];

  afterEach(async () => {
    for (const fleet of fleets.splice(0)) fleet.close();
    await valkey?.close();
    valkey = undefined;
  });

  async function start(environment: Readonly<Record<string, string>> = {}, words: readonly string[] = []) {
    const server = (valkey ??= await startValkey(words));
    const fleet = await joinFleet(server.url, environment);
    fleets.push(fleet);
    return { server, fleet };
  }
  const isUp = (fleet: TestFleet) => () => fleet.valkey.isUp;

  describe('commands', () => {
    it('have no reply while it is paused, wait for no longer than the deadline, and only once', async () => {
      const { server, fleet } = await start({ REDIS_TIMEOUT_MS: '50' });
      expect(await fleet.valkey.run('PING', (redis) => redis.ping())).toBe('PONG');
      server.pause();
      let sent = 0;
      const ping = () =>
        fleet.valkey.run('PING', (redis) => {
          sent += 1;
          return redis.ping();
        });
      expect(await Promise.all([ping(), ping()])).toEqual([undefined, undefined]);
      expect(await ping()).toBeUndefined();
      expect(sent).toBe(2);
      server.resume();
      await until(isUp(fleet));
      expect(await ping()).toBe('PONG');
      expect(await fleet.figures.scrape()).toContain('{command="PING",outcome="skipped"} 1');
    });

    it('work again after it was killed, and started again', async () => {
      const { server, fleet } = await start();
      await server.kill();
      await until(() => !fleet.valkey.isUp);
      expect(await fleet.valkey.run('PING', (redis) => redis.ping())).toBeUndefined();
      await server.start();
      await until(isUp(fleet));
      expect(await fleet.valkey.run('PING', (redis) => redis.ping())).toBe('PONG');
    });

    it('that are refused, and a Valkey that is away, are logged once, without what was sent', async () => {
      const { server } = await start();
      const log = captureLog('info');
      const fleet = await joinFleet(server.url, {}, log);
      fleets.push(fleet);
      for (let time = 0; time < 3; time += 1) {
        await fleet.valkey.run('EVAL', (redis) => redis.eval('return secret', 0));
      }
      await server.kill();
      // Three probes have failed.
      await until(async () => /command="TIME",outcome="error"} [3-9]/.test(await fleet.figures.scrape()));
      await server.start();
      await until(isUp(fleet));
      const facts = log.lines.map(({ msg, command, code }) => ({ msg, command, code }));
      expect(facts).toHaveLength(4);
      expect(facts).toContainEqual({ msg: 'Valkey refuses a command', command: 'EVAL', code: 'ERR' });
      expect(facts).toContainEqual({ msg: 'Valkey can not be reached', code: expect.stringMatching(/^ECONN/) });
      expect(facts).toContainEqual({ msg: 'Valkey does not answer: this gateway works alone until it does' });
      expect(facts.at(-1)).toEqual({ msg: 'Valkey answers: this gateway shares again' });
      expect(log.text).not.toContain('secret');
    });

    it('are answered by nobody with a wrong password, and the log says so', async () => {
      const { server } = await start();
      const log = captureLog('info');
      fleets.push(await joinFleet(server.url.replace('redis://', 'redis://default:a-wrong-one@'), {}, log));
      fleets.push(await joinFleet(server.url.replace('redis://', 'redis://nobody:a-wrong-one@'), {}, log));
      expect(fleets.at(-1)?.valkey.isUp).toBe(false);
      expect(log.lines).toContainEqual(
        expect.objectContaining({ msg: 'Valkey can not be reached', code: 'WRONGPASS' }),
      );
      expect(log.text).not.toContain('a-wrong-one');
    });

    it('are not sent to a Valkey that does not tell its time: gateways could not tell how old anything is', async () => {
      const { server } = await start();
      await server.client.call('ACL', 'SETUSER', 'timeless', 'on', '>password', '~*', '&*', '+@all', '-time');
      const fleet = await joinFleet(server.url.replace('redis://', 'redis://timeless:password@'));
      fleets.push(fleet);
      expect(fleet.valkey.isUp).toBe(false);
    });

    it('that it refuses fail alone: the others go on', async () => {
      const { fleet } = await start({}, ['--maxmemory', '1mb', '--maxmemory-policy', 'noeviction']);
      expect(await fleet.valkey.run('SET', (redis) => redis.set('key', Buffer.alloc(100)))).toBeUndefined();
      expect(fleet.valkey.isUp).toBe(true);
      expect(await fleet.valkey.run('GET', (redis) => redis.get('key'))).toBeNull();
    });

    it('go to the database of the URL', async () => {
      const { server } = await start();
      const fleet = await joinFleet(`${server.url}/3`);
      fleets.push(fleet);
      await fleet.valkey.run('SET', (redis) => redis.set('key', 'in 3'));
      expect(await server.client.get('key')).toBeNull();
      await server.client.select(3);
      expect(await server.client.get('key')).toBe('in 3');
    });

    it('are encrypted on their way with rediss, by a certificate that is checked', async () => {
      const certificate = makeCertificate();
      const port = await freePort();
      const tls = [
        '--tls-port',
        `${port}`,
        '--tls-auth-clients',
        'no',
        '--tls-ca-cert-file',
        certificate.certificatePath,
      ];
      const files = ['--tls-cert-file', certificate.certificatePath, '--tls-key-file', certificate.keyPath];
      valkey = await startValkey([...tls, ...files]);
      const settings = { REDIS_URL: `rediss://127.0.0.1:${port}`, FLEET_SECRET: SECRET, REDIS_TIMEOUT_MS: '1000' };
      const trusting = startProcess({ ...settings, NODE_EXTRA_CA_CERTS: certificate.certificatePath });
      const doubting = startProcess(settings);
      try {
        const isUp = { state: 'closed' };
        expect((await scrape(await trusting.url())).value('stepgate_valkey_breaker', isUp)).toBe(1);
        expect((await scrape(await doubting.url())).value('stepgate_valkey_breaker', isUp)).toBe(0);
      } finally {
        for (const { child } of [trusting, doubting]) child.kill('SIGKILL');
        certificate.remove();
      }
    });

    it('are answered by nobody where it has never been there: the fleet is joined all the same', async () => {
      const fleet = await joinFleet('redis://127.0.0.1:1');
      fleets.push(fleet);
      expect(fleet.valkey.isUp).toBe(false);
      expect(await fleet.leases.acquire('test', 'lease', 1000)).toBeUndefined();
    });

    it('tell whoever waits that it is away', async () => {
      const { server, fleet } = await start({ REDIS_TIMEOUT_MS: '50' });
      const stop = fleet.valkey.watch();
      const isDown = new Promise<void>((resolve) => fleet.valkey.onDown(resolve));
      server.pause();
      await isDown;
      stop();
      server.resume();
    });
  });

  describe('the clock', () => {
    it("is Valkey's, whatever this gateway's shows; what comes back is no younger", async () => {
      const { server } = await start();
      const fleet = await joinFleet(server.url, {}, { now: () => Date.now() - 3_600_000 });
      fleets.push(fleet);
      const localMs = Date.now() - 3_600_000;
      const fleetMs = fleet.clock.toFleet(localMs);
      expect(Math.abs(fleetMs - Date.now())).toBeLessThan(500);
      expect(fleet.clock.toLocal(fleetMs)).toBeLessThanOrEqual(localMs);
    });
  });

  describe('a lease', () => {
    it('is had by one at a time', async () => {
      const { fleet } = await start();
      const { fleet: other } = await start();
      for (const each of [fleet, other, fleet, other]) {
        const lease = await each.leases.acquire('test', 'lease', 10_000);
        expect(lease?.name).toBe('lease');
        for (const another of [fleet, other]) {
          expect(await another.leases.acquire('test', 'lease', 10_000)).toBeNull();
        }
        await lease?.release();
      }
    });

    it('lasts for any time, also for fractions of a millisecond', async () => {
      const { server, fleet } = await start();
      for (const [index, ms] of [1501.5, 10_000.25, 0.5].entries()) {
        const lease = await fleet.leases.acquire('test', `lease ${index}`, ms);
        expect(lease?.name).toBe(`lease ${index}`);
        if (ms < 1) continue;
        expect(await lease?.extend(20_000.5)).toBe(true);
        expect(await server.client.pttl(`lease ${index}`)).toBeGreaterThan(10_000.25);
      }
    });

    it.each(['no end', 'an hour'])(
      'that somebody else has written with %s lasts no longer than others',
      async (end) => {
        const { server, fleet } = await start();
        await server.client.set('lease', 'dead');
        if (end === 'an hour') await server.client.pexpire('lease', 3_600_000);
        expect(await fleet.leases.acquire('test', 'lease', 10_000)).toBeNull();
        const leftMs = await server.client.pttl('lease');
        expect(leftMs > 0 && leftMs <= 10_000).toBe(true);
        // A shorter one is left alone.
        expect(await fleet.leases.acquire('test', 'lease', 20_000)).toBeNull();
        expect(await server.client.pttl('lease')).toBeLessThanOrEqual(leftMs);
        await server.client.del('lease');
        expect(await fleet.leases.acquire('test', 'lease', 10_000)).not.toBeNull();
      },
    );

    it('that is over is neither extended nor released by whoever had it', async () => {
      const { server, fleet } = await start();
      const late = await fleet.leases.acquire('test', 'lease', 10_000);
      expect(await late?.extend(20_000)).toBe(true);
      expect(await server.client.pttl('lease')).toBeGreaterThan(10_000);
      await server.client.del('lease');
      const current = await fleet.leases.acquire('test', 'lease', 10_000);
      expect(await late?.extend(10_000)).toBe(false);
      await late?.release();
      expect(await current?.extend(10_000)).toBe(true);
      expect(await fleet.figures.scrape()).toContain('stepgate_leases_total{purpose="test",outcome="lost"} 1');
    });
  });

  describe('a versioned value', () => {
    it('is overwritten by no older version, whatever it holds', async () => {
      const { server, fleet } = await start();
      const bytes = (word: string) => Buffer.concat([Buffer.of(0, 255, 10), Buffer.from(word)]);
      const store = (version: number, word: string) =>
        fleet.valkey.run('STORE', (redis) =>
          storeNewest(redis, 'value', { version, bytes: bytes(word) }, Date.now() + 10_000),
        );
      const read = async () => readVersioned(await server.client.getBuffer('value'));
      expect(await store(2, 'two')).toBe(true);
      expect(await store(1, 'one')).toBe(false);
      expect(await read()).toEqual({ version: 2, bytes: bytes('two') });
      const nowMs = Number((await server.client.time())[0]) * 1000;
      expect(await store(nowMs, 'now')).toBe(true);
      expect(await store(10, 'ten')).toBe(false);
      expect(await read()).toEqual({ version: nowMs, bytes: bytes('now') });
    });

    it('is overwritten where its version is from the future', async () => {
      const { server, fleet } = await start();
      const nowMs = Number((await server.client.time())[0]) * 1000;
      const versions = [Number.MAX_SAFE_INTEGER, nowMs + 60_000, nowMs, nowMs - 1];
      const stored: (boolean | undefined)[] = [];
      for (const version of versions) {
        const value = { version, bytes: Buffer.from('value') };
        stored.push(
          await fleet.valkey.run('STORE', (redis) => storeNewest(redis, 'value', value, Date.now() + 10_000)),
        );
      }
      expect(stored).toEqual([true, true, true, false]);
      expect(readVersioned(await server.client.getBuffer('value'))?.version).toBe(nowMs);
    });

    it('that somebody else has written is none', () => {
      for (const text of ['', 'text', '1', '00000000000000x1bytes'])
        expect(readVersioned(Buffer.from(text))).toBeNull();
      expect(readVersioned(null)).toBeNull();
    });
  });

  describe('an announcement', () => {
    it('that its listener can not handle is logged, and ends nothing', async () => {
      const { server } = await start();
      const log = captureLog('error');
      const fleet = await joinFleet(server.url, {}, log);
      fleets.push(fleet);
      fleet.announcements.listen('test', () => {
        throw new Error('a defect');
      });
      await until(async () => {
        await fleet.announcements.announce('test', 'anything');
        return log.lines.length > 0;
      });
      expect(log.lines[0]).toMatchObject({ msg: 'an announcement could not be handled' });
    });

    it('is heard when Valkey, which refused that this gateway listens, permits it; that is logged and counted', async () => {
      const { server, fleet } = await start();
      await server.client.call('ACL', 'SETUSER', 'default', '-subscribe');
      const log = captureLog('warn');
      const { logger } = log;
      const { valkey, metrics, figures } = fleet;
      const complaints = createComplaints(logger);
      const listening = { url: server.url, timeoutMs: 500, valkey, metrics, complaints, logger, checkMs: 5 };
      const announcements = await createAnnouncements(listening);
      const heard: string[] = [];
      announcements.listen('test', (payload) => heard.push(payload));
      await until(async () => /command="SUBSCRIBE",outcome="refused"} [2-9]/.test(await figures.scrape()));
      const refusals = log.lines.map(({ msg, command, code }) => ({ msg, command, code }));
      expect(refusals).toEqual([{ msg: 'Valkey refuses a command', command: 'SUBSCRIBE', code: 'NOPERM' }]);
      await server.client.call('ACL', 'SETUSER', 'default', '+subscribe');
      await until(async () => {
        await fleet.announcements.announce('test', 'anything');
        return heard.length > 0;
      });
      announcements.close();
    });

    it('reaches all who listen, again after the connection was lost; what is too long reaches nobody', async () => {
      const { server, fleet } = await start();
      const { fleet: other } = await start();
      const heard: string[] = [];
      other.announcements.listen('test', (payload) => heard.push(payload));
      const isHeard = async (payload: string) => {
        await until(async () => {
          await fleet.announcements.announce('test', payload);
          return heard.includes(payload);
        });
      };
      await isHeard('one');
      await server.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await isHeard('two');
      await fleet.announcements.announce('test', 'x'.repeat(1025));
      await isHeard('three');
      expect(new Set(heard)).toEqual(new Set(['one', 'two', 'three']));
    });
  });
});
