import { hash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { PREFIX } from '../../src/fleet/fleet-keys.ts';
import { createSkippingClock } from '../harness/clock.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { SECRET } from '../harness/fleet.ts';
import { type GraphqlAnswer, postTo, startGateway, TestGateway } from '../harness/gateway.ts';
import { execute, EXECUTE, executeMany, runIn, StartingUpstream, TEN_MINUTES_MS } from '../harness/keyed-starts.ts';
import { perBlock, perTest } from '../harness/lasting.ts';
import { scrape } from '../harness/observed.ts';
import { startProcess } from '../harness/process.ts';
import { until } from '../harness/until.ts';
import type { Reply } from '../harness/upstream.ts';
import { Valkey } from '../harness/valkey.ts';

const [OLD, RENEWED] = ['o'.repeat(40), 'n'.repeat(40)];
const RATE_LATE = { command: 'RATE', outcome: 'timeout' };
/** A sorted set of the claims' names by their end. */
const ENDS = `${PREFIX}:starts`;

interface Member extends TestGateway {
  /** Moves its clock forward. */
  skip(ms: number): void;
}

describeWithValkey(`the idempotency keys of a fleet${withoutValkey}`, () => {
  const valkey = perBlock(new Valkey());
  const upstream = perTest(new StartingUpstream());
  const opened: { close(): Promise<void> }[] = [];
  let first: Member;
  let second: Member;

  const environment = () => ({
    UPSTREAM_URL: upstream.url,
    UPSTREAM_ENDPOINTS: 'steps,run,execute',
    REDIS_URL: valkey.url,
    REDIS_TIMEOUT_MS: '1000',
    FLEET_SECRET: SECRET,
  });

  async function join(changes: Readonly<Record<string, string>> = {}): Promise<Member> {
    const clock = createSkippingClock();
    const gateway = await startGateway({ upstream, env: { ...environment(), ...changes }, clock });
    opened.push(gateway);
    return Object.assign(gateway, { skip: clock.skip });
  }

  beforeEach(async () => {
    await valkey.client.flushall();
    [first, second] = await Promise.all([join(), join()]);
  });
  afterEach(() => Promise.all(opened.splice(0).map((each) => each.close())));

  const claims = () => valkey.client.keys(`${PREFIX}:start:*`);
  const livesForMs = async () => {
    const [seconds] = await valkey.client.time();
    const [name = ''] = await claims();
    return Number(await valkey.client.zscore(ENDS, name)) - Number(seconds) * 1000;
  };
  const isSent = () => until(() => upstream.starts() > 0);
  /** Waits until a start with another key succeeds. */
  const isUp = async (gateway: TestGateway) => {
    let time = 0;
    await until(async () => {
      time += 1;
      const { errors } = await execute(gateway, { idempotencyKey: `${gateway.url} ${time}` });
      return errors.length === 0;
    });
  };
  const order = ([command = '', ...words]: string[]) => valkey.client.call(command, ...words);
  /** The number of scripts that Valkey has run. */
  const scripts = async () => Number(/cmdstat_eval:calls=(\d+)/.exec(await valkey.client.info('commandstats'))?.[1]);
  const UNKNOWN = { data: { executeWorkflow: null }, errors: [{ extensions: { outcomeIsUnknown: true } }] };
  const codeOf = ({ errors }: GraphqlAnswer) => errors[0]?.extensions.code;

  it('start one run at any gateway, even after all restarted', async () => {
    for (let time = 0; time < 2; time += 1) {
      for (const gateway of [first, second, await join()]) expect(runIn(await execute(gateway))).toBe('run-1');
    }
    expect(await livesForMs()).toBeLessThanOrEqual(TEN_MINUTES_MS + 1000);
    expect(await livesForMs()).toBeGreaterThan(TEN_MINUTES_MS - 60_000);
    await Promise.all(opened.splice(0).map((each) => each.close()));
    expect(runIn(await execute(await join()))).toBe('run-1');
    expect(upstream.starts()).toBe(1);
  });

  it('start another run for a key of another version, known after rollback', async () => {
    const rename = async (from: string, to: string) => {
      const names = await valkey.client.keys(`${from}:start:*`);
      await Promise.all(names.map((name) => valkey.client.rename(name, name.replace(from, to))));
    };
    expect(runIn(await execute(first))).toBe('run-1');
    await rename(PREFIX, 'stepgate:another');
    expect(runIn(await execute(await join()))).toBe('run-2');
    await rename(PREFIX, 'stepgate:later');
    await rename('stepgate:another', PREFIX);
    expect(runIn(await execute(await join()))).toBe('run-1');
  });

  it('make one call for concurrent requests, and reject reuse with other inputs', async () => {
    const answer = upstream.hold();
    const answers = Array.from({ length: 20 }, (_, index) => execute(index % 2 === 0 ? first : second));
    await isSent();
    const third = await join();
    const refuse = async () => {
      for (const change of [{ workflowId: 'other' }, { inputs: {} }]) {
        for (const gateway of [first, second, third]) {
          expect(await execute(gateway, change)).toMatchObject({
            data: { executeWorkflow: null },
            errors: [{ extensions: { code: 'BAD_USER_INPUT', retryable: false } }],
          });
        }
      }
    };
    await refuse();
    answer();
    expect(new Set((await Promise.all(answers)).map(runIn))).toEqual(new Set(['run-1']));
    await refuse();
    expect(upstream.starts()).toBe(1);
  });

  it.each<[string, Reply]>([
    ['breaks the connection', { raw: 'x'.repeat(100), cutAfter: 3 }],
    ['answers 503', { status: 503, headers: { 'retry-after': '7' } }],
    ['answers nonsense', { json: [] }],
  ])('keep an unknown outcome at each gateway if the upstream %s', async (_, reply) => {
    upstream.reply(reply);
    const answered = (await execute(first)).errors.map(({ message, extensions }) => ({
      message,
      extensions: { ...extensions, requestId: expect.any(String) },
    }));
    expect(answered).toMatchObject([{ extensions: { outcomeIsUnknown: true, retryable: false } }]);
    upstream.script = upstream.numbered;
    for (const gateway of [second, first, second]) {
      const { data, errors } = await execute(gateway);
      expect(data).toEqual({ executeWorkflow: null });
      expect(errors).toMatchObject(answered);
    }
    expect(upstream.starts()).toBe(1);
  });

  it('are free after a rejection, so a waiting gateway tries', async () => {
    const answer = upstream.hold({ status: 403 });
    const both = [execute(first), execute(second)];
    await isSent();
    answer();
    for (const { errors } of await Promise.all(both)) {
      expect(errors).toMatchObject([{ extensions: { upstreamStatus: 403 } }]);
    }
    expect([upstream.starts(), await claims()]).toEqual([2, []]);
    upstream.script = upstream.numbered;
    expect(runIn(await execute(second))).toBe('run-3');
    expect(runIn(await execute(first))).toBe('run-3');
  });

  it('never return the run of another caller, key or upstream', async () => {
    const ids = new Set<string>();
    for (const gateway of [first, second]) {
      for (const key of ['key-1', 'key-2']) {
        for (const idempotencyKey of ['a', 'b']) ids.add(runIn(await execute(gateway, { key, idempotencyKey })));
      }
    }
    const elsewhere = await new StartingUpstream().open();
    opened.push(elsewhere);
    runIn(await execute(await join({ UPSTREAM_URL: elsewhere.url })));
    expect([ids.size, upstream.starts(), elsewhere.starts()]).toEqual([4, 4, 1]);
  });

  it('start separate runs for two callers of one viewer', async () => {
    const sha256 = (key: string) => hash('sha256', key, 'hex');
    const keys = ['web', 'batch'];
    const service = {
      UPSTREAM_AUTH: 'service',
      UPSTREAM_API_KEY: 'service-key',
      GATEWAY_KEYS_SHA256: keys.map((key) => `${key}:${sha256(key)}`).join(),
    };
    const gateways = await Promise.all([join(service), join(service), join(service)]);
    const started = await Promise.all(
      gateways.map((gateway) => Promise.all(keys.map(async (key) => runIn(await execute(gateway, { key }))))),
    );
    expect(new Set(started.map(String)).size).toBe(1);
    expect(new Set(started[0])).toEqual(new Set(['run-1', 'run-2']));
    expect(upstream.starts()).toBe(2);
  });

  it('are stored as HMACs; an unreadable value is an unknown outcome', async () => {
    const idempotencyKey = 'a confidential key';
    await execute(first, { idempotencyKey });
    const [name = ''] = await claims();
    expect(name).toMatch(new RegExp(`^${PREFIX}:start:[\\w-]{43}$`));
    const value = await valkey.client.getBuffer(name);
    expect(value?.length).toBeGreaterThan(50);
    for (const text of [idempotencyKey, 'run-1', 'started', 'key-1', 'subject', '"wf"', 'fingerprint']) {
      expect(`${name} ${value?.toString('latin1') ?? ''}`).not.toContain(text);
    }
    // The value under the name of another claim.
    await execute(first, { idempotencyKey: 'b' });
    const other = (await claims()).find((each) => each !== name) ?? '';
    for (const forged of [value ?? '', 'nonsense']) {
      await valkey.client.set(other, forged);
      expect(await execute(second, { idempotencyKey: 'b' })).toMatchObject(UNKNOWN);
    }
    expect(upstream.starts()).toBe(2);
  });

  it('are rejected before sending while Valkey is down, unlike other starts', async () => {
    runIn(await execute(first));
    await valkey.kill();
    for (let time = 0; time < 3; time += 1) {
      expect(await execute(second)).toMatchObject({
        data: { executeWorkflow: null },
        errors: [{ extensions: { code: 'IDEMPOTENCY_UNAVAILABLE', retryable: true } }],
      });
    }
    // This gateway has the key in its own memory.
    expect(runIn(await execute(first))).toBe('run-1');
    expect(upstream.starts()).toBe(1);
    expect(runIn(await execute(second, { idempotencyKey: null }))).toBe('run-2');
    await valkey.start();
    await Promise.all([isUp(first), isUp(second)]);
    const id = runIn(await execute(first, { idempotencyKey: 'later' }));
    expect(runIn(await execute(second, { idempotencyKey: 'later' }))).toBe(id);
  });

  it("survive a pause of Valkey that reads don't wait for", async () => {
    const hasty = await join({ REDIS_TIMEOUT_MS: '20' });
    // The first start also counts a rate in Valkey, whose deadline passes; the claim of the second is late itself.
    for (const idempotencyKey of ['a', 'b']) {
      await order(['CLIENT', 'PAUSE', '200']);
      runIn(await execute(hasty, { idempotencyKey }));
    }
    expect(upstream.starts()).toBe(2);
    expect((await scrape(hasty.url)).value('stepgate_valkey_commands_total', RATE_LATE)).toBe(1);
  });

  it('are free again if Valkey accepted the claim too late', async () => {
    const slow = await join({ REDIS_TIMEOUT_MS: '100' });
    valkey.pause();
    expect(codeOf(await execute(slow))).toBe('IDEMPOTENCY_UNAVAILABLE');
    expect(upstream.starts()).toBe(0);
    valkey.resume();
    await until(async () => (await execute(slow, { idempotencyKey: 'b' })).errors.length === 0);
    await until(async () => (await claims()).length === 1);
    expect(runIn(await execute(second))).toBe('run-2');
    expect(runIn(await execute(slow))).toBe('run-2');
  });

  it('return their run while Valkey is down, and share it afterwards', async () => {
    const answer = upstream.hold();
    const sent = execute(first);
    await isSent();
    await valkey.kill();
    answer();
    expect(runIn(await sent)).toBe('run-1');
    first.skip(TEN_MINUTES_MS - 60_000);
    await valkey.start();
    await until(async () => (await claims()).length === 1);
    expect(await livesForMs()).toBeLessThanOrEqual(61_000);
    await until(async () => (await execute(second)).errors.length === 0);
    expect(runIn(await execute(second))).toBe('run-1');
    expect(upstream.starts()).toBe(1);
  });

  it('queue outcomes of up to 4 MiB, despite rejected starts', async () => {
    const [callers, each] = [8, 8];
    // Each outcome is sealed with both secrets: 6 MB in all.
    const gateway = await join({ FLEET_SECRET: `${OLD},${RENEWED}`, UPSTREAM_CONCURRENCY: '100' });
    const answer = upstream.hold({ json: { run_id: 'r', message: randomBytes(48_000).toString('base64') } });
    const keys = Array.from({ length: callers }, (_, index) => `key-${index}`);
    // An unaccepted key makes few calls at a time.
    for (const key of keys) await gateway.query('{ run(workflowId: "wf", id: "r") { status } }', { key });
    const sent = keys.flatMap((key) =>
      Array.from({ length: each }, (_, index) => execute(gateway, { key, idempotencyKey: String(index) })),
    );
    await until(() => upstream.starts() === callers * each);
    await valkey.kill();
    answer();
    for (const { errors } of await Promise.all(sent)) expect(errors).toEqual([]);
    for (let batch = 0; batch < 10; batch += 1) {
      expect(codeOf(await executeMany(gateway, 50, String(batch)))).toBe('IDEMPOTENCY_UNAVAILABLE');
    }
    await valkey.start();
    const bytes = async () => {
      const lengths = await Promise.all((await claims()).map((name) => valkey.client.strlen(name)));
      return lengths.reduce((sum, length) => sum + length, 0);
    };
    await until(async () => (await bytes()) > 0.9 * 2 ** 22);
    await isUp(gateway);
    expect(await bytes()).toBeLessThan(2 ** 22);
  });

  it.each([
    ['read-only', 'REPLICAOF 127.0.0.1 1', 'REPLICAOF NO ONE'],
    ['full', 'CONFIG SET maxmemory 1', 'CONFIG SET maxmemory 0'],
  ])('share their outcomes once Valkey, which was %s, accepts writes again', async (_, refuse, permit) => {
    const answer = upstream.hold();
    const sent = execute(first);
    await isSent();
    await order(refuse.split(' '));
    answer();
    runIn(await sent);
    const waiting = execute(second);
    await order(permit.split(' '));
    expect(runIn(await waiting)).toBe('run-1');
  });

  it('share an outcome with a waiting gateway without an announcement', async () => {
    const answer = upstream.hold();
    const both = [execute(first), execute(second)];
    await isSent();
    await order(['ACL', 'SETUSER', 'default', 'resetchannels']);
    answer();
    expect((await Promise.all(both)).map(runIn)).toEqual(['run-1', 'run-1']);
    await order(['ACL', 'SETUSER', 'default', 'allchannels']);
  });

  it("write lost outcomes again, but not over another gateway's claim", async () => {
    const answer = upstream.hold();
    const sent = execute(first);
    await isSent();
    await valkey.client.flushall();
    answer();
    runIn(await sent);
    expect(runIn(await execute(second))).toBe('run-1');

    const idempotencyKey = 'b';
    const answerEarly = upstream.hold();
    const early = execute(first, { idempotencyKey });
    await until(() => upstream.starts() === 2);
    await valkey.client.flushall();
    const answerLate = upstream.hold();
    const late = execute(second, { idempotencyKey });
    await until(() => upstream.starts() === 3);
    answerEarly();
    expect(runIn(await early)).toBe('run-2');
    const third = execute(await join(), { idempotencyKey });
    answerLate();
    expect([runIn(await late), runIn(await third)]).toEqual(['run-3', 'run-3']);
  });

  it('remove a hundred expired keys per start, even if Valkey is full', async () => {
    for (const prefix of ['a', 'b', 'c']) expect((await executeMany(first, 50, prefix)).errors).toEqual([]);
    for (const name of await claims()) await valkey.client.zincrby(ENDS, -TEN_MINUTES_MS, name);
    // An expired key that is not removed yet is also free.
    runIn(await execute(second));
    expect([(await claims()).length, await valkey.client.zcard(ENDS)]).toEqual([51, 51]);
    await valkey.client.config('SET', 'maxmemory', '1');
    runIn(await execute(second, { idempotencyKey: 'next' }));
    await valkey.client.config('SET', 'maxmemory', '0');
    expect([(await claims()).length, await valkey.client.zcard(ENDS)]).toEqual([2, 2]);
  });

  it('expire at each gateway 10 minutes after the start', async () => {
    runIn(await execute(first));
    const [name = ''] = await claims();
    await valkey.client.zincrby(ENDS, -TEN_MINUTES_MS / 2, name);
    runIn(await execute(second));
    await valkey.client.flushall();
    second.skip(TEN_MINUTES_MS / 2 - 10_000);
    expect(runIn(await execute(second))).toBe('run-1');
    second.skip(10_000);
    expect(runIn(await execute(second))).toBe('run-2');
  });

  it('are shared during secret rotation', async () => {
    const [both, turned] = [`${OLD},${RENEWED}`, `${RENEWED},${OLD}`];
    for (const [one, other] of [
      [OLD, both],
      [both, turned],
      [turned, RENEWED],
    ] as const) {
      const pair = [await join({ FLEET_SECRET: one }), await join({ FLEET_SECRET: other })] as const;
      for (const [sender, reader] of [pair, [pair[1], pair[0]]] as const) {
        const idempotencyKey = `${one} ${other} ${sender.url}`;
        const id = runIn(await execute(sender, { idempotencyKey }));
        expect(runIn(await execute(reader, { idempotencyKey }))).toBe(id);
      }
    }
    expect(upstream.starts()).toBe(6);
  });

  it('have unknown outcomes elsewhere if messages are too long to share', async () => {
    upstream.reply({ json: { run_id: 'run', message: 'x'.repeat(64 * 1024 - 2) } });
    for (let time = 0; time < 2; time += 1) {
      expect((await execute(first)).errors).toEqual([]);
      expect(await execute(second)).toMatchObject(UNKNOWN);
    }
    expect(upstream.starts()).toBe(1);
  });

  it('await a start for UPSTREAM_TIMEOUT_MS and a second, then report it unknown', async () => {
    const timeoutMs = 60_000;
    const [sender, patient, late] = await Promise.all(
      Array.from({ length: 3 }, () => join({ UPSTREAM_TIMEOUT_MS: String(timeoutMs) })),
    );
    if (!sender || !patient || !late) throw new Error('expected three gateways');
    const answer = upstream.hold();
    const sent = execute(sender);
    await isSent();
    const [name = ''] = await claims();
    await valkey.client.zincrby(ENDS, -timeoutMs - 2000, name);
    expect(await execute(late)).toMatchObject(UNKNOWN);
    await valkey.client.zincrby(ENDS, timeoutMs / 2, name);
    const before = await scripts();
    const waiting = execute(patient);
    await until(async () => (await scripts()) > before);
    answer();
    expect([runIn(await sent), runIn(await waiting), runIn(await execute(late))]).toEqual(['run-1', 'run-1', 'run-1']);
  });

  it('never repeat a start if its gateway was killed', async () => {
    upstream.hold();
    const killed = startProcess(environment());
    const other = await join({ UPSTREAM_TIMEOUT_MS: '500' });
    const variables = { inputs: { subject: 'secret' }, idempotencyKey: 'a' };
    const request = postTo(await killed.url(), { query: EXECUTE, variables });
    const gone = expect(request).rejects.toThrow();
    await isSent();
    killed.child.kill('SIGKILL');
    await Promise.all([gone, killed.exited]);
    for (let time = 0; time < 2; time += 1) {
      expect(await execute(other)).toMatchObject({
        data: { executeWorkflow: null },
        errors: [{ extensions: { code: 'UPSTREAM_TIMEOUT', outcomeIsUnknown: true, retryable: false } }],
      });
    }
    expect(upstream.starts()).toBe(1);
  });
});
