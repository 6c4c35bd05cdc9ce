import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { StartedRun } from '../../src/upstream/contract.ts';
import {
  createIdempotentStarts,
  fingerprintOf,
  KEY_LIFETIME_MS,
  type KeyedStart,
} from '../../src/runs/starts/idempotent-starts.ts';
import { createClaims } from '../../src/runs/starts/claims.ts';
import { createSharedStarts, type SharedStarts } from '../../src/runs/starts/shared-starts.ts';
import { afterOnThisMachine } from '../../src/runs/timer.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { unknownOutcome } from '../../src/upstream/unknown-outcome.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { until } from '../harness/fleet.ts';
import { joinFleet, type TestFleet } from '../support/join-fleet.ts';
import { rejectionOf } from '../support/rejection.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

const UPSTREAM_TIMEOUT_MS = 60_000;
const START: KeyedStart = { viewerId: 'viewer', identity: 'viewer', key: 'key', workflowId: 'wf', inputs: { a: 1 } };

/** A gateway's starts, on a clock that runs as the machine's does, but can be put forward. */
interface Gateway {
  readonly fleet: TestFleet;
  readonly starts: SharedStarts;
  skip(ms: number): void;
  start(fields?: Partial<KeyedStart>): Promise<StartedRun>;
}

describeWithValkey(`starts with a key, shared by gateways${withoutValkey}`, () => {
  let valkey: TestValkey;
  let sent: number;
  let send: () => Promise<StartedRun>;
  const opened: { close(): void }[] = [];

  beforeAll(async () => {
    valkey = await startValkey();
  });
  beforeEach(async () => {
    await valkey.client.flushall();
    sent = 0;
    send = () => Promise.resolve({ runId: `run-${sent}`, message: 'started' });
  });
  afterEach(() => {
    for (const each of opened.splice(0)) each.close();
  });
  afterAll(() => valkey.close());

  async function join(upstreamTimeoutMs = UPSTREAM_TIMEOUT_MS): Promise<Gateway> {
    let skippedMs = 0;
    const now = () => Date.now() + skippedMs;
    const fleet = await joinFleet(valkey.url, {}, { now });
    const ownStarts = createIdempotentStarts({ now });
    const starts = createSharedStarts({
      fleet,
      source: 'upstream',
      ownStarts,
      upstreamTimeoutMs,
      now,
      after: afterOnThisMachine,
    });
    opened.push(starts, fleet);
    return {
      fleet,
      starts,
      skip: (ms) => void (skippedMs += ms),
      start: (fields) =>
        starts.once({ ...START, ...fields }, () => {
          sent += 1;
          return send();
        }),
    };
  }

  /** What is sent waits until it is answered. */
  function hold() {
    const held = Promise.withResolvers<StartedRun>();
    send = () => held.promise;
    return held;
  }

  const codeOf = async (start: Promise<unknown>) => ((await rejectionOf(start)) as GatewayError).code;

  it('are sent once, and told at each gateway', async () => {
    const [one, other] = [await join(), await join()];
    for (const gateway of [one, other, await join(), one]) {
      expect(await gateway.start()).toEqual({ runId: 'run-1', message: 'started' });
    }
    expect(sent).toBe(1);
  });

  it('are told to whoever waits for them', async () => {
    const [one, other] = [await join(), await join()];
    const { resolve } = hold();
    const first = one.start();
    await until(() => sent === 1);
    const claims = async () => Number(/cmdstat_eval:calls=(\d+)/.exec(await valkey.client.info('commandstats'))?.[1]);
    const before = await claims();
    const second = other.start();
    await until(async () => (await claims()) > before);
    resolve({ runId: 'r', message: null });
    expect([await first, await second]).toEqual([
      { runId: 'r', message: null },
      { runId: 'r', message: null },
    ]);
    expect(sent).toBe(1);
  });

  it('are refused for another workflow or inputs, also while one is under way', async () => {
    const [one, other] = [await join(), await join()];
    const { resolve } = hold();
    const first = one.start();
    await until(() => sent === 1);
    expect(await codeOf(other.start({ workflowId: 'other' }))).toBe('BAD_USER_INPUT');
    resolve({ runId: 'r', message: null });
    await first;
    expect(await codeOf(other.start({ inputs: {} }))).toBe('BAD_USER_INPUT');
    expect(await other.start()).toEqual({ runId: 'r', message: null });
    expect(sent).toBe(1);
  });

  it('are free where nothing was started, and tried by who waited', async () => {
    const [one, other] = [await join(), await join()];
    const refusal = new GatewayError('BAD_USER_INPUT', 'no');
    const { reject } = hold();
    const first = rejectionOf(one.start());
    await until(() => sent === 1);
    const second = rejectionOf(other.start());
    reject(refusal);
    expect([await first, await second]).toEqual([refusal, refusal]);
    expect([sent, await valkey.client.keys('stepgate:start:*')]).toEqual([2, []]);
  });

  it('keep an outcome that is not known', async () => {
    const [one, other] = [await join(), await join()];
    const error = unknownOutcome('UPSTREAM_UNAVAILABLE', 'down', { upstreamStatus: 503 });
    send = () => Promise.reject(error);
    expect(await rejectionOf(one.start())).toBe(error);
    expect(await rejectionOf(other.start())).toEqual(error);
    expect(sent).toBe(1);
  });

  it('are over at each gateway when the first has kept them for ten minutes', async () => {
    const [one, other] = [await join(), await join()];
    await one.start();
    other.skip(KEY_LIFETIME_MS / 2);
    await other.start();
    await valkey.client.flushall();
    other.skip(KEY_LIFETIME_MS / 2 - 10_000);
    expect((await other.start()).runId).toBe('run-1');
    other.skip(10_000);
    expect((await other.start()).runId).toBe('run-2');
  });

  it('are announced, and found without that', async () => {
    const one = await join();
    const heard: string[] = [];
    const listener = valkey.client.duplicate();
    listener.on('message', (_channel, payload: string) => heard.push(payload.replace(/^[\w-]{43} /, '')));
    await listener.subscribe('stepgate:start');
    await one.start();
    send = () => Promise.reject(new GatewayError('BAD_USER_INPUT', 'no'));
    await rejectionOf(one.start({ key: 'another' }));
    await until(() => heard.length === 2);
    expect(heard).toEqual(['stored', 'failed']);
    listener.disconnect();

    const claims = createClaims({
      fleet: one.fleet,
      source: 'upstream',
      maxWaitMs: 1000,
      now: Date.now,
      after: afterOnThisMachine,
    });
    const claim = claims.of({ ...START, key: 'third' });
    const fingerprint = fingerprintOf(START.workflowId, START.inputs);
    await claim.take({ state: 'underWay', fingerprint, at: Date.now() });
    const waiting = (await join()).start({ key: 'third' });
    await claim.settle({ state: 'started', fingerprint, at: Date.now(), runId: 'r', message: null });
    expect(await waiting).toEqual({ runId: 'r', message: null });
    claims.close();
  });

  it('are waited for a little longer than the upstream may take, and no longer', async () => {
    const [one, patient, late] = [await join(), await join(), await join()];
    const { resolve } = hold();
    const first = one.start();
    await until(() => sent === 1);
    late.skip(UPSTREAM_TIMEOUT_MS + 2000);
    expect(await codeOf(late.start())).toBe('UPSTREAM_TIMEOUT');
    patient.skip(UPSTREAM_TIMEOUT_MS - 800);
    const waiting = patient.start();
    resolve({ runId: 'r', message: null });
    expect([await first, await waiting]).toEqual([
      { runId: 'r', message: null },
      { runId: 'r', message: null },
    ]);
  });

  it('are neither told nor heard of any more by a gateway that has stopped', async () => {
    const one = await join();
    const { resolve } = hold();
    const underWay = one.start();
    await until(() => sent === 1);
    const listeners = async () => Number((await valkey.client.pubsub('NUMSUB', 'stepgate:start'))[1]);
    await until(async () => (await listeners()) === 1);
    one.starts.close();
    await until(async () => (await listeners()) === 0);
    await valkey.kill();
    resolve({ runId: 'r', message: null });
    await underWay;
    await valkey.start();
    await until(() => one.fleet.valkey.isUp);
    await one.fleet.valkey.run('PING', (redis) => redis.ping());
    expect(await valkey.client.keys('stepgate:start:*')).toEqual([]);
  });

  it('are not known where the gateway that sends says nothing for longer than the upstream may take', async () => {
    const [one, other] = [await join(), await join(0)];
    const { resolve } = hold();
    const first = one.start();
    await until(() => sent === 1);
    expect(await rejectionOf(other.start())).toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
      details: { outcomeIsUnknown: true },
    });
    // It may be told later.
    resolve({ runId: 'r', message: null });
    await first;
    expect(await other.start()).toEqual({ runId: 'r', message: null });
    expect(sent).toBe(1);
  });

  it('are not known at once where what stands there can not be read, and not sent', async () => {
    const [one, other] = [await join(), await join()];
    await one.start();
    const [name = ''] = await valkey.client.keys('stepgate:start:*');
    await valkey.client.set(name, 'nonsense');
    expect(await codeOf(other.start())).toBe('UPSTREAM_TIMEOUT');
    expect(sent).toBe(1);
  });

  it('are not sent while Valkey is away, and answered where they are known or have been sent', async () => {
    const [one, other, third] = [await join(), await join(), await join()];
    await one.start();
    const { resolve } = hold();
    const underWay = third.start({ key: 'another' });
    await until(() => sent === 2);
    await valkey.kill();
    expect(await rejectionOf(other.start())).toMatchObject({
      code: 'IDEMPOTENCY_UNAVAILABLE',
      details: { wasNotSent: true },
    });
    resolve({ runId: 'r', message: null });
    expect(await underWay).toEqual({ runId: 'r', message: null });
    expect((await one.start()).runId).toBe('run-1');
    expect(sent).toBe(2);
    await valkey.start();
    await until(async () => (await valkey.client.keys('stepgate:start:*')).length > 0);
    expect(await (await join()).start({ key: 'another' })).toEqual({ runId: 'r', message: null });
  });

  it('are kept where they can not be told because of a defect', async () => {
    const one = await join();
    const defect = new TypeError('no function');
    send = () => Promise.reject(defect);
    expect(await rejectionOf(one.start())).toBe(defect);
    expect(await rejectionOf((await join()).start())).toMatchObject({ details: { outcomeIsUnknown: true } });
    expect(sent).toBe(1);
  });
});
