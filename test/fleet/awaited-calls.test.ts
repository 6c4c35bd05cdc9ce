import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, beforeEach, afterEach, expect, it } from '@jest/globals';
import { createAwaitedCalls, type AwaitedCalls } from '../../src/runs/shared/awaited-calls.ts';
import { AbandonedError } from '../../src/upstream/errors.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { until } from '../harness/fleet.ts';
import { joinFleet, type TestFleet } from '../support/join-fleet.ts';
import { captureLog, type CapturedLog } from '../support/observed.ts';
import { rejectionOf } from '../support/rejection.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

const LONG_MS = 60_000;
const leaseOf = (letter: string): string => `stepgate:call:${letter.repeat(43)}`;

describeWithValkey(`calls that another gateway makes${withoutValkey}`, () => {
  let valkey: TestValkey;
  let fleet: TestFleet;
  let calls: AwaitedCalls;
  let log: CapturedLog;
  const { signal: never } = new AbortController();

  beforeAll(async () => {
    valkey = await startValkey();
  });
  beforeEach(async () => {
    log = captureLog('error');
    fleet = await joinFleet(valkey.url, {}, { logger: log.logger });
    calls = createAwaitedCalls(fleet, 'call');
    await until(async () => (await listeners()) === 1);
  });
  afterEach(() => {
    calls.close();
    fleet.close();
  });
  afterAll(() => valkey.close());

  const listeners = async () => Number((await valkey.client.pubsub('NUMSUB', 'stepgate:call'))[1]);

  it('are over for all who wait when they are announced, each with what became of it', async () => {
    const [one, same, other] = [calls.expect(leaseOf('a')), calls.expect(leaseOf('a')), calls.expect(leaseOf('b'))];
    const outcomes = [one, same, other].map((call) => call.outcome(LONG_MS, never));
    await calls.announce(leaseOf('a'), 'stored');
    await calls.announce(leaseOf('b'), 'failed');
    expect(await Promise.all(outcomes)).toEqual(['stored', 'stored', 'failed']);
  });

  it('may be announced before anybody waits, once they are expected', async () => {
    const call = calls.expect(leaseOf('a'));
    const other = calls.expect(leaseOf('b'));
    await calls.announce(leaseOf('a'), 'stored');
    await calls.announce(leaseOf('b'), 'stored');
    await other.outcome(LONG_MS, never);
    expect(await call.outcome(0, never)).toBe('stored');
  });

  it('are not over by what is no announcement of them', async () => {
    const [call, last] = [calls.expect(leaseOf('a')), calls.expect(leaseOf('b'))];
    for (const payload of ['', 'a', `${'a'.repeat(43)} done`, `${'a'.repeat(42)} stored`, `${'a'.repeat(44)} stored`]) {
      await valkey.client.publish('stepgate:call', payload);
    }
    await valkey.client.publish('stepgate:call', `${'a'.repeat(43)} stored!`);
    await calls.announce(leaseOf('c'), 'stored');
    await calls.announce(leaseOf('b'), 'stored');
    await last.outcome(LONG_MS, never);
    expect(await call.outcome(0, never)).toBe('over');
    expect(log.lines).toEqual([]);
  });

  it('leave nothing behind when they are over', async () => {
    let left = 0;
    const counted = (stop: () => void) => {
      left += 1;
      return () => {
        left -= 1;
        stop();
      };
    };
    const counting = createAwaitedCalls(
      {
        announcements: fleet.announcements,
        valkey: {
          ...fleet.valkey,
          watch: () => counted(fleet.valkey.watch()),
          onDown: (listener) => counted(fleet.valkey.onDown(listener)),
        },
      },
      'other',
    );
    const { signal } = new AbortController();
    const outcome = counting.expect(leaseOf('a')).outcome(1, signal);
    expect([left, getEventListeners(signal, 'abort').length]).toEqual([2, 1]);
    await outcome;
    expect([left, getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
    counting.close();
  });

  it('may be over when the lease is', async () => {
    expect(await calls.expect(leaseOf('a')).outcome(1, never)).toBe('over');
  });

  it('are nothing to wait for when Valkey fails', async () => {
    const outcome = calls.expect(leaseOf('a')).outcome(LONG_MS, never);
    valkey.pause();
    expect(await outcome).toBe('down');
    valkey.resume();
  });

  it('are abandoned with the last who waits for the answer here', async () => {
    const controller = new AbortController();
    const outcome = rejectionOf(calls.expect(leaseOf('a')).outcome(LONG_MS, controller.signal));
    controller.abort();
    expect(await outcome).toBeInstanceOf(AbandonedError);
    expect(await rejectionOf(calls.expect(leaseOf('a')).outcome(LONG_MS, AbortSignal.abort()))).toBeInstanceOf(
      AbandonedError,
    );
  });

  it('are heard of by who still expects them when another does not any more', async () => {
    const [one, other] = [calls.expect(leaseOf('a')), calls.expect(leaseOf('a'))];
    one.end();
    const outcome = other.outcome(LONG_MS, never);
    await calls.announce(leaseOf('a'), 'stored');
    expect(await outcome).toBe('stored');
    other.end();
    const again = calls.expect(leaseOf('a'));
    other.end();
    const late = again.outcome(LONG_MS, never);
    await calls.announce(leaseOf('a'), 'failed');
    expect(await late).toBe('failed');
  });

  it('are heard of no more after the end', async () => {
    calls.close();
    await until(async () => (await listeners()) === 0);
    expect(await calls.expect(leaseOf('a')).outcome(0, never)).toBe('over');
  });
});
