import { describe, expect, it, jest } from '@jest/globals';
import { GatewayError } from '../../src/upstream/errors.ts';
import { createPollerHarness, stepsIn, watch, type PollerHarness, type Watching } from '../support/poller.ts';
import { settle } from '../support/operations.ts';

const OUTAGE = new GatewayError('UPSTREAM_TIMEOUT', 'the upstream did not answer');
const DENIED = new GatewayError('UNAUTHENTICATED', 'the upstream refuses this key');

const MISSING = new GatewayError('NOT_FOUND', 'there is none');

/** A poller with one subscriber, which has its first snapshot. */
async function watched(liveTtlMs?: number): Promise<{ harness: PollerHarness; watching: Watching }> {
  const harness = createPollerHarness(liveTtlMs);
  const watching = watch(harness.poller);
  await watching.pull();
  await harness.underWay().answer(1);
  expect(watching.given.map(stepsIn)).toEqual([1]);
  return { harness, watching };
}

describe('a live poller', () => {
  it('gives the current snapshot at once, with one poll', async () => {
    const { harness } = await watched();
    expect(harness.polls).toHaveLength(1);
  });

  it('gives one event for each change, and none without a change', async () => {
    const { harness, watching } = await watched();
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().answer(1);
    expect(watching.outcome).toBe('WAITING');
    harness.clock.advance(2000);
    await harness.underWay().answer(2);
    expect(watching.given.map(stepsIn)).toEqual([1, 2]);
    await watching.pull();
    expect(watching.outcome).toBe('WAITING');
  });

  it('does not count another order of the same steps as a change', async () => {
    const harness = createPollerHarness();
    const watching = watch(harness.poller);
    await watching.pull();
    await harness.underWay().answer(3);
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().answer(3, { isReversed: true });
    expect(watching.given).toHaveLength(1);
  });

  it('polls less often while nothing changes, and at the first interval again after a change', async () => {
    const { harness, watching } = await watched();
    await watching.pull();
    const waits: (number | undefined)[] = [];
    for (let poll = 0; poll < 6; poll++) {
      waits.push(harness.clock.pending[0]);
      harness.clock.advance(5000);
      await harness.underWay().answer(1);
    }
    expect(waits).toEqual([1000, 2000, 3000, 4000, 5000, 5000]);
    harness.clock.advance(5000);
    await harness.underWay().answer(2);
    expect(harness.clock.pending).toEqual([1000]);
  });

  it('shares each poll among all subscribers', async () => {
    const { harness, watching } = await watched();
    const others = [watch(harness.poller), watch(harness.poller)];
    for (const other of others) await other.pull();
    expect(others.map(({ given }) => given.length)).toEqual([1, 1]);
    expect(harness.polls).toHaveLength(1);
    for (const each of [watching, ...others]) await each.pull();
    harness.clock.advance(1000);
    await harness.underWay().answer(2);
    expect([watching, ...others].map(({ given }) => given.map(stepsIn))).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(harness.polls).toHaveLength(2);
  });

  it('polls for a new subscriber if the last poll is older than LIVE_TTL_MS', async () => {
    const { harness, watching } = await watched();
    await watching.pull();
    for (let poll = 0; poll < 3; poll++) {
      harness.clock.advance(5000);
      await harness.underWay().answer(1);
    }
    harness.clock.advance(999);
    const inTime = watch(harness.poller);
    await inTime.pull();
    expect(inTime.given).toHaveLength(1);
    harness.clock.advance(1);
    const late = watch(harness.poller);
    await late.pull();
    expect(late.outcome).toBe('WAITING');
    await harness.underWay().answer(2);
    expect([late, watching].map(({ given }) => given.map(stepsIn))).toEqual([[2], [1, 2]]);
  });

  it('begins without the steps where they fail, and gives them as soon as they are there', async () => {
    const harness = createPollerHarness();
    const watching = watch(harness.poller);
    await watching.pull();
    await harness.underWay().answerWithout(OUTAGE);
    expect(watching.given.map(({ parts }) => parts.stepsError)).toEqual([OUTAGE]);
    await watching.pull();
    // The same failure again is no change.
    harness.clock.advance(1000);
    await harness.underWay().answerWithout(new GatewayError(OUTAGE.code, OUTAGE.message));
    expect(watching.outcome).toBe('WAITING');
    harness.clock.advance(2000);
    await harness.underWay().answer(2);
    expect(watching.given.map(stepsIn)).toEqual([0, 2]);
  });

  it('keeps the steps when they fail later, which one event says; a new subscriber gets what there is now', async () => {
    const { harness, watching } = await watched();
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().answerWithout(OUTAGE);
    expect(watching.given.map(stepsIn)).toEqual([1, 1]);
    expect(watching.given[1]?.parts.steps?.staleReason).toBe('UPSTREAM_TIMEOUT: the upstream did not answer');
    const late = watch(harness.poller);
    await late.pull();
    expect(late.given.map(({ parts }) => [parts.steps, parts.stepsError])).toEqual([[null, OUTAGE]]);
    for (const each of [watching, late]) await each.pull();
    harness.clock.advance(2000);
    await harness.underWay().answer(2);
    expect([watching, late].map(({ given }) => given.map(stepsIn))).toEqual([
      [1, 1, 2],
      [0, 2],
    ]);
  });

  it('takes the steps away when there are none any more', async () => {
    const { harness, watching } = await watched();
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().answerWithout(MISSING);
    expect(watching.given.map(({ parts }) => parts.stepsError)).toEqual([null, MISSING]);
    expect(watching.outcome).toBe('READY');
  });

  it('stops and aborts the poll under way when the last subscriber leaves', async () => {
    const { harness, watching } = await watched();
    const onLeft = jest.fn();
    const other = watch(harness.poller, onLeft);
    await other.pull();
    harness.clock.advance(1000);
    await watching.leave();
    expect(harness.underWay().signal.aborted).toBe(false);
    await other.leave();
    await other.leave();
    expect(harness.underWay().signal.aborted).toBe(true);
    await harness.underWay().answer(2);
    expect(harness.clock.pending).toEqual([]);
    expect(onLeft).toHaveBeenCalledTimes(1);
    expect(harness.overs).toBeGreaterThan(0);
  });

  it('ends a subscription that is waiting when its subscriber leaves', async () => {
    const { watching } = await watched();
    await watching.pull();
    await watching.leave();
    expect(watching.outcome).toBe('DONE');
  });

  it('gives a slow subscriber only the latest snapshot, and delays no other', async () => {
    const { harness, watching: slow } = await watched();
    const quick = watch(harness.poller);
    await quick.pull();
    for (let steps = 2; steps <= 30; steps++) {
      await quick.pull();
      harness.clock.advance(1000);
      await harness.underWay().answer(steps);
      expect(quick.given.map(stepsIn).at(-1)).toBe(steps);
    }
    await slow.pull();
    await slow.pull();
    expect([slow.given.map(stepsIn), slow.outcome]).toEqual([[1, 30], 'WAITING']);
  });

  it('polls before it gives a slow subscriber an outdated snapshot', async () => {
    const { harness, watching } = await watched();
    harness.clock.advance(1000);
    await harness.underWay().answer(2);
    harness.clock.advance(1000);
    await harness.underWay().answer(2);
    harness.clock.advance(1500);
    await watching.pull();
    expect(watching.outcome).toBe('WAITING');
    await harness.underWay().answer(3);
    expect(watching.given.map(stepsIn)).toEqual([1, 3]);
  });

  it('gives one event for an outage, and one for its end', async () => {
    const { harness, watching } = await watched();
    const outages = [
      (poll = harness.underWay()) => poll.fail(OUTAGE),
      () => harness.underWay().answer(1, { staleReason: 'UPSTREAM_UNAVAILABLE: as the store says it', fetchedAt: 0 }),
      (poll = harness.underWay()) => poll.fail(new GatewayError('RATE_LIMITED', 'fewer calls')),
      (poll = harness.underWay()) => poll.fail(new GatewayError('UPSTREAM_CONTRACT_VIOLATION', 'no JSON')),
    ];
    for (const fail of outages) {
      await watching.pull();
      harness.clock.advance(5000);
      await fail();
    }
    expect(watching.given).toHaveLength(2);
    expect(watching.given[1]?.parts.steps?.staleReason).toBe('UPSTREAM_TIMEOUT: the upstream did not answer');
    harness.clock.advance(5000);
    await harness.underWay().answer(1);
    expect(watching.given).toHaveLength(3);
    expect(watching.given[2]?.parts.steps?.staleReason).toBeNull();
  });

  it('polls less often during an outage', async () => {
    const { harness } = await watched();
    const waits: (number | undefined)[] = [];
    for (let poll = 0; poll < 6; poll++) {
      waits.push(harness.clock.pending[0]);
      harness.clock.advance(5000);
      await harness.underWay().fail(OUTAGE);
    }
    expect(waits).toEqual([1000, 1000, 2000, 3000, 4000, 5000]);
  });

  it('fails a new subscriber during an outage without a stale answer, and keeps the others', async () => {
    const { harness, watching } = await watched();
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().fail(OUTAGE);
    await watching.pull();
    const late = watch(harness.poller);
    await late.pull();
    expect([late.outcome, late.error]).toEqual(['FAILED', OUTAGE]);
    expect(watching.outcome).toBe('WAITING');
  });

  it('ends all subscriptions when access is denied, whatever they have not read yet', async () => {
    const { harness, watching } = await watched();
    const slow = watch(harness.poller);
    await slow.pull();
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().answer(2);
    harness.clock.advance(1000);
    await watching.pull();
    await harness.underWay().fail(DENIED);
    await slow.pull();
    expect([watching, slow].map(({ outcome, error }) => [outcome, error])).toEqual([
      ['FAILED', DENIED],
      ['FAILED', DENIED],
    ]);
    expect(harness.clock.pending).toEqual([]);
  });

  it.each([OUTAGE, DENIED, MISSING].map((error) => [error.code, error] as const))(
    'ends all subscriptions with the error of the first poll: %s',
    async (_, error) => {
      const harness = createPollerHarness();
      const both = [watch(harness.poller), watch(harness.poller)];
      for (const each of both) await each.pull();
      await harness.underWay().fail(error);
      expect(both.map((each) => each.error)).toEqual([error, error]);
      expect(harness.clock.pending).toEqual([]);
      expect(harness.overs).toBeGreaterThan(0);
    },
  );

  it('completes after the final snapshot, and stops polling', async () => {
    const { harness, watching } = await watched();
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().answer(2, { isFinal: true });
    await watching.pull();
    expect([watching.given.map(stepsIn), watching.outcome]).toEqual([[1, 2], 'DONE']);
    expect(harness.clock.pending).toEqual([]);
    expect(harness.polls).toHaveLength(2);
  });

  it('stops polling at the end, also while a subscriber has not read the final snapshot', async () => {
    const { harness, watching } = await watched();
    const lingering = watch(harness.poller);
    await lingering.pull();
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().answer(2, { isFinal: true });
    expect(harness.clock.pending).toEqual([]);
    harness.clock.advance(60_000);
    await lingering.pull();
    expect([lingering.given.map(stepsIn), harness.polls.length]).toEqual([[1, 2], 2]);
  });

  it('gives an event when a run becomes final, even if nothing else changed', async () => {
    const { harness, watching } = await watched();
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().answer(1, { isFinal: true });
    expect(watching.given.map(({ isFinal }) => isFinal)).toEqual([false, true]);
  });

  it('polls before it gives a slow subscriber a final snapshot, if its right is not proven', async () => {
    const { harness, watching } = await watched();
    harness.clock.advance(1000);
    await harness.underWay().answer(2, { isFinal: true });
    harness.isRightKnown = false;
    harness.clock.advance(600_000);
    await watching.pull();
    expect(watching.outcome).toBe('WAITING');
    await harness.underWay().fail(DENIED);
    expect([watching.given.map(stepsIn), watching.outcome]).toEqual([[1], 'FAILED']);
  });

  it('polls for a new subscriber if its right is not proven', async () => {
    const { harness } = await watched();
    harness.isRightKnown = false;
    const late = watch(harness.poller);
    await late.pull();
    expect(late.outcome).toBe('WAITING');
  });

  it('keeps its pace where a poll for a new subscriber finds what was there before', async () => {
    const { harness } = await watched();
    harness.clock.advance(400);
    harness.isRightKnown = false;
    const late = watch(harness.poller);
    await late.pull();
    await harness.underWay().answerCached();
    expect(late.given.map(stepsIn)).toEqual([1]);
    expect(harness.clock.pending).toEqual([600]);
  });

  it('makes no poll for a subscriber who has read the final snapshot', async () => {
    const { harness, watching } = await watched();
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().answer(2, { isFinal: true });
    harness.isRightKnown = false;
    await watching.pull();
    expect([watching.outcome, harness.polls.length]).toEqual(['DONE', 2]);
  });

  it.each([
    ['completes', { isFinal: true }],
    ['fails', DENIED],
  ])('lets each subscriber leave that %s', async (_, end) => {
    const harness = createPollerHarness();
    const onLeft = jest.fn();
    const watching = watch(harness.poller, onLeft);
    await watching.pull();
    if (end instanceof GatewayError) await harness.underWay().fail(end);
    else await harness.underWay().answer(1, end);
    await watching.pull();
    expect(onLeft).toHaveBeenCalledTimes(1);
  });

  it('never polls more often than ten times a second', async () => {
    const { harness, watching } = await watched(0);
    await watching.pull();
    expect(harness.clock.pending).toEqual([100]);
    const late = watch(harness.poller);
    await late.pull();
    await harness.underWay().answer(1);
    expect(late.given).toHaveLength(1);
    expect(harness.clock.pending).toEqual([100]);
  });

  it('completes all subscriptions when it is closed', async () => {
    const { harness, watching } = await watched();
    const other = watch(harness.poller);
    await watching.pull();
    harness.poller.close();
    await settle();
    await other.pull();
    expect([watching.outcome, other.outcome]).toEqual(['DONE', 'DONE']);
    expect(harness.clock.pending).toEqual([]);
  });
});

describe('a live poller in a fleet', () => {
  /** Reads the next snapshot, and waits for another. */
  async function next({ watching }: { watching: Watching }): Promise<void> {
    await watching.pull();
    expect(watching.outcome).toBe('WAITING');
  }

  it('announces each of its polls while it is its turn', async () => {
    const { harness } = await watched();
    harness.clock.advance(1000);
    await harness.underWay().answer(1);
    expect(harness.turns.announced).toBe(2);
  });

  it('waits two intervals longer while it is the turn of another, and polls at once when that is over', async () => {
    const { harness, watching } = await watched();
    harness.turns.areOurs = false;
    harness.turns.listener.onTurn();
    expect(harness.clock.pending).toEqual([3000]);
    await next({ watching });
    harness.clock.advance(2500);
    harness.turns.areOurs = true;
    harness.turns.listener.onTurn();
    harness.clock.advance(0);
    await harness.underWay().answer(2);
    expect(watching.given.map(stepsIn)).toEqual([1, 2]);
  });

  it('polls at once where the right of its viewer is in doubt, whoever has the turn, and once more after a poll under way', async () => {
    const { harness, watching } = await watched();
    harness.turns.areOurs = false;
    harness.turns.listener.onTurn();
    await watching.pull();
    harness.clock.advance(500);
    harness.poller.recheck();
    expect(harness.clock.pending).toEqual([0]);
    harness.clock.advance(0);
    // It may have been sent before the right was withdrawn.
    harness.poller.recheck();
    await harness.underWay().answer(1);
    expect(harness.clock.pending).toEqual([1000]);
    harness.clock.advance(1000);
    await harness.underWay().answer(1);
    expect(harness.clock.pending[0]).toBeGreaterThan(1000);
    harness.poller.recheck();
    harness.clock.advance(1000);
    await harness.underWay().fail(DENIED);
    expect(watching.error).toBe(DENIED);
    harness.poller.recheck();
    expect(harness.clock.pending).toEqual([]);
  });

  it('reads what another has announced, announces nothing of it, and waits for the next', async () => {
    const { harness, watching } = await watched();
    const before = harness.turns.announced;
    harness.turns.areOurs = false;
    harness.turns.listener.onTurn();
    await next({ watching });
    harness.clock.advance(1000);
    harness.turns.listener.onAnnounced();
    harness.clock.advance(0);
    expect(harness.underWay().isAnnounced).toBe(true);
    await harness.underWay().answer(2);
    expect(watching.given.map(stepsIn)).toEqual([1, 2]);
    expect(harness.turns.announced).toBe(before);
    expect(harness.clock.pending).toEqual([3000]);
  });

  it.each([
    ['announces a call that it made', {}, 1],
    ['announces nothing that it finds read by another', { sentAt: 0 }, 0],
  ])('%s for a new subscriber while it is the turn of another', async (_, fields, announced) => {
    const { harness, watching } = await watched();
    harness.turns.areOurs = false;
    const before = harness.turns.announced;
    await next({ watching });
    harness.clock.advance(1500);
    await watch(harness.poller).pull();
    await harness.underWay().answer(2, fields);
    expect(watching.given.map(stepsIn)).toEqual([1, 2]);
    expect(harness.turns.announced).toBe(before + announced);
  });

  it.each([
    ['its own turn', { areOurs: true, isAnnounced: false, error: OUTAGE }, 1],
    ['the turn of another', { areOurs: false, isAnnounced: false, error: OUTAGE }, 0],
    ['the turn of another, which will end it, too,', { areOurs: false, isAnnounced: false, error: DENIED }, 1],
    ['an announcement', { areOurs: true, isAnnounced: true, error: OUTAGE }, 0],
  ])('announces why a poll at %s has failed: %#', async (_, { areOurs, isAnnounced, error }, times) => {
    const { harness, watching } = await watched();
    await next({ watching });
    harness.turns.areOurs = areOurs;
    const before = harness.turns.announced;
    harness.clock.advance(999);
    if (isAnnounced) harness.turns.listener.onAnnounced();
    harness.turns.listener.onTurn();
    harness.clock.advance(isAnnounced ? 0 : 2001);
    await harness.underWay().fail(error);
    expect(harness.turns.announced - before).toBe(times);
  });

  it('makes no poll before a subscriber asks, whoever has the turn', () => {
    const { clock, poller, turns } = createPollerHarness();
    watch(poller);
    turns.listener.onTurn();
    expect(clock.pending).toEqual([]);
  });

  it('reads again where an announcement comes during a poll', async () => {
    const { harness, watching } = await watched();
    await next({ watching });
    harness.clock.advance(1000);
    harness.turns.listener.onAnnounced();
    await harness.underWay().answer(1);
    harness.clock.advance(100);
    expect(harness.underWay().isAnnounced).toBe(true);
    await harness.underWay().answer(2);
    expect(watching.given.map(stepsIn)).toEqual([1, 2]);
  });

  it('polls no more than ten times a second, whatever is announced', async () => {
    const { harness } = await watched();
    harness.turns.areOurs = false;
    const before = harness.polls.length;
    for (let ms = 0; ms < 1000; ms += 10) {
      harness.turns.listener.onAnnounced();
      harness.clock.advance(10);
      if (harness.polls.length > before + Math.floor(ms / 100)) await harness.underWay().answer(1);
    }
    expect(harness.polls.length - before).toBeLessThanOrEqual(10);
  });

  it('keeps its pace when another announces what has not changed', async () => {
    const { harness, watching } = await watched();
    await next({ watching });
    harness.clock.advance(500);
    harness.turns.listener.onAnnounced();
    harness.clock.advance(0);
    await harness.underWay().answer(1);
    expect(harness.clock.pending).toEqual([1000]);
  });

  it('hands over when its last subscriber leaves, and not when the run has ended', async () => {
    const left = await watched();
    await left.watching.leave();
    expect(left.harness.turns.hasHandedOver).toBe(true);
    const ended = await watched();
    await next({ watching: ended.watching });
    ended.harness.clock.advance(1000);
    await ended.harness.underWay().answer(2, { isFinal: true });
    expect(ended.harness.turns).toMatchObject({ hasHandedOver: false, announced: 2 });
  });

  it('announces what ends it', async () => {
    const { harness, watching } = await watched();
    await next({ watching });
    harness.clock.advance(1000);
    await harness.underWay().fail(DENIED);
    expect([watching.outcome, harness.turns.announced]).toEqual(['FAILED', 2]);
  });
});
