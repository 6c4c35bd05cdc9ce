import { describe, expect, it, jest } from '@jest/globals';
import { GatewayError } from '../../src/upstream/errors.ts';
import { createFeedHarness, stepsIn, watch, type FeedHarness, type Watching } from '../support/poller.ts';
import { settle } from '../support/operations.ts';

const OUTAGE = new GatewayError('UPSTREAM_TIMEOUT', 'the upstream did not answer');
const REFUSED = new GatewayError('UNAUTHENTICATED', 'the upstream refuses this key');

const MISSING = new GatewayError('NOT_FOUND', 'there is none');

/** A feed and one who watches it and has its first state. */
async function watched(liveTtlMs?: number): Promise<{ harness: FeedHarness; watching: Watching }> {
  const harness = createFeedHarness(liveTtlMs);
  const watching = watch(harness.feed);
  await watching.pull();
  await harness.underWay().answer(1);
  expect(watching.given.map(stepsIn)).toEqual([1]);
  return { harness, watching };
}

describe('a feed', () => {
  it('gives the present state at once, by one look', async () => {
    const { harness } = await watched();
    expect(harness.looks).toHaveLength(1);
  });

  it('gives one event for each change, and none without', async () => {
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

  it('takes another order of the same steps for no change', async () => {
    const harness = createFeedHarness();
    const watching = watch(harness.feed);
    await watching.pull();
    await harness.underWay().answer(3);
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().answer(3, { isReversed: true });
    expect(watching.given).toHaveLength(1);
  });

  it('looks less and less often while nothing changes, and as often as before when something does', async () => {
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

  it('looks once for all', async () => {
    const { harness, watching } = await watched();
    const others = [watch(harness.feed), watch(harness.feed)];
    for (const other of others) await other.pull();
    expect(others.map(({ given }) => given.length)).toEqual([1, 1]);
    expect(harness.looks).toHaveLength(1);
    for (const each of [watching, ...others]) await each.pull();
    harness.clock.advance(1000);
    await harness.underWay().answer(2);
    expect([watching, ...others].map(({ given }) => given.map(stepsIn))).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(harness.looks).toHaveLength(2);
  });

  it('looks again for whoever comes when the last look is older than LIVE_TTL_MS', async () => {
    const { harness, watching } = await watched();
    await watching.pull();
    for (let poll = 0; poll < 3; poll++) {
      harness.clock.advance(5000);
      await harness.underWay().answer(1);
    }
    harness.clock.advance(999);
    const inTime = watch(harness.feed);
    await inTime.pull();
    expect(inTime.given).toHaveLength(1);
    harness.clock.advance(1);
    const late = watch(harness.feed);
    await late.pull();
    expect(late.outcome).toBe('WAITING');
    await harness.underWay().answer(2);
    expect([late, watching].map(({ given }) => given.map(stepsIn))).toEqual([[2], [1, 2]]);
  });

  it('stops looking when the last one leaves, and gives up the look under way', async () => {
    const { harness, watching } = await watched();
    const onLeft = jest.fn();
    const other = watch(harness.feed, onLeft);
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

  it('lets one go who waits', async () => {
    const { watching } = await watched();
    await watching.pull();
    await watching.leave();
    expect(watching.outcome).toBe('DONE');
  });

  it('gives a slow reader the latest state alone, and nobody waits for it', async () => {
    const { harness, watching: slow } = await watched();
    const quick = watch(harness.feed);
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

  it('gives a slow reader no state that a look would find out of date', async () => {
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

  it('tells of an outage once, and of its end', async () => {
    const { harness, watching } = await watched();
    const outages = [
      (look = harness.underWay()) => look.fail(OUTAGE),
      () => harness.underWay().answer(1, { staleReason: 'UPSTREAM_UNAVAILABLE: as the store says it', fetchedAt: 0 }),
      (look = harness.underWay()) => look.fail(new GatewayError('RATE_LIMITED', 'fewer calls')),
      (look = harness.underWay()) => look.fail(new GatewayError('UPSTREAM_CONTRACT_VIOLATION', 'no JSON')),
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

  it('looks less and less often during an outage', async () => {
    const { harness } = await watched();
    const waits: (number | undefined)[] = [];
    for (let poll = 0; poll < 6; poll++) {
      waits.push(harness.clock.pending[0]);
      harness.clock.advance(5000);
      await harness.underWay().fail(OUTAGE);
    }
    expect(waits).toEqual([1000, 1000, 2000, 3000, 4000, 5000]);
  });

  it('has nothing for whoever comes during an outage that the store does not stand in for, while others go on', async () => {
    const { harness, watching } = await watched();
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().fail(OUTAGE);
    await watching.pull();
    const late = watch(harness.feed);
    await late.pull();
    expect([late.outcome, late.error]).toEqual(['FAILED', OUTAGE]);
    expect(watching.outcome).toBe('WAITING');
  });

  it('ends for all with a refusal, whatever they have not read yet', async () => {
    const { harness, watching } = await watched();
    const slow = watch(harness.feed);
    await slow.pull();
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().answer(2);
    harness.clock.advance(1000);
    await watching.pull();
    await harness.underWay().fail(REFUSED);
    await slow.pull();
    expect([watching, slow].map(({ outcome, error }) => [outcome, error])).toEqual([
      ['FAILED', REFUSED],
      ['FAILED', REFUSED],
    ]);
    expect(harness.clock.pending).toEqual([]);
  });

  it.each([OUTAGE, REFUSED, MISSING].map((error) => [error.code, error] as const))(
    'ends for all with the error where there is no first state: %s',
    async (_, error) => {
      const harness = createFeedHarness();
      const both = [watch(harness.feed), watch(harness.feed)];
      for (const each of both) await each.pull();
      await harness.underWay().fail(error);
      expect(both.map((each) => each.error)).toEqual([error, error]);
      expect(harness.clock.pending).toEqual([]);
      expect(harness.overs).toBeGreaterThan(0);
    },
  );

  it('completes after the final state, and looks no more', async () => {
    const { harness, watching } = await watched();
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().answer(2, { isFinal: true });
    await watching.pull();
    expect([watching.given.map(stepsIn), watching.outcome]).toEqual([[1, 2], 'DONE']);
    expect(harness.clock.pending).toEqual([]);
    expect(harness.looks).toHaveLength(2);
  });

  it('tells that a state is final even if nothing else of it is new', async () => {
    const { harness, watching } = await watched();
    await watching.pull();
    harness.clock.advance(1000);
    await harness.underWay().answer(1, { isFinal: true });
    expect(watching.given.map(({ isFinal }) => isFinal)).toEqual([false, true]);
  });

  it('looks once more before a slow reader gets a final state, where the right to it is in doubt', async () => {
    const { harness, watching } = await watched();
    harness.clock.advance(1000);
    await harness.underWay().answer(2, { isFinal: true });
    harness.isRightKnown = false;
    harness.clock.advance(600_000);
    await watching.pull();
    expect(watching.outcome).toBe('WAITING');
    await harness.underWay().fail(REFUSED);
    expect([watching.given.map(stepsIn), watching.outcome]).toEqual([[1], 'FAILED']);
  });

  it('looks again for whoever comes while the right to what it has is in doubt', async () => {
    const { harness } = await watched();
    harness.isRightKnown = false;
    const late = watch(harness.feed);
    await late.pull();
    expect(late.outcome).toBe('WAITING');
  });

  it('never looks more often than ten times a second', async () => {
    const { harness, watching } = await watched(0);
    await watching.pull();
    expect(harness.clock.pending).toEqual([100]);
    const late = watch(harness.feed);
    await late.pull();
    await harness.underWay().answer(1);
    expect(late.given).toHaveLength(1);
    expect(harness.clock.pending).toEqual([100]);
  });

  it('ends for all when it is closed', async () => {
    const { harness, watching } = await watched();
    const other = watch(harness.feed);
    await watching.pull();
    harness.feed.close();
    await settle();
    await other.pull();
    expect([watching.outcome, other.outcome]).toEqual(['DONE', 'DONE']);
    expect(harness.clock.pending).toEqual([]);
  });
});
