import { beforeEach, describe, expect, it } from '@jest/globals';
import { createFleetTurns, type FleetTurns } from '../../src/runs/live/fleet-turns.ts';
import type { Turns } from '../../src/runs/live/turns.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { createSimulatedValkey, type SimulatedValkey } from '../support/fleet/simulated-valkey.ts';
import { settle } from '../support/operations.ts';

const INTERVAL_MS = 1000;

interface Watching {
  readonly turns: Turns;
  /** What it was told, in turn. */
  readonly told: string[];
}

interface Gateway {
  readonly turns: FleetTurns;
  isGone: boolean;
  join(name?: string): Promise<Watching>;
}

describe('the turns of a fleet', () => {
  let clock: ManualClock;
  let valkey: SimulatedValkey;
  let one: Gateway;
  let other: Gateway;

  function createGateway(): Gateway {
    const connection = valkey.connect(() => gateway.isGone);
    const gateway: Gateway = {
      isGone: false,
      turns: createFleetTurns({ ...connection, after: clock.after }),
      async join(name = 'run') {
        const told: string[] = [];
        const turns = gateway.turns.of(name)({
          intervalMs: INTERVAL_MS,
          onTurn: () => told.push(turns.areOurs ? 'ours' : 'theirs'),
          onAnnounced: () => told.push('announced'),
        });
        await settle();
        return { turns, told };
      },
    };
    return gateway;
  }

  beforeEach(() => {
    clock = createManualClock();
    valkey = createSimulatedValkey(clock);
    [one, other] = [createGateway(), createGateway()];
  });

  const pass = async (intervals: number) => {
    for (let part = 0; part < 10 * intervals; part += 1) {
      clock.advance(INTERVAL_MS / 10);
      await settle();
    }
  };

  it('are nobody’s before Valkey has answered, and then those of who came first', async () => {
    const joining = one.join();
    expect(one.turns.roles).toEqual({ leader: 0, follower: 1, alone: 0 });
    const first = await joining;
    const second = await other.join();
    expect([first.turns.areOurs, second.turns.areOurs]).toEqual([true, false]);
    expect([first.told, second.told]).toEqual([['ours'], []]);
    expect([one.turns.roles, other.turns.roles]).toEqual([
      { leader: 1, follower: 0, alone: 0 },
      { leader: 0, follower: 1, alone: 0 },
    ]);
  });

  it('stay where they are, for as long as who has them goes on', async () => {
    const first = await one.join();
    await pass(0.8);
    const second = await other.join();
    await pass(10);
    expect([first.told, second.told]).toEqual([['ours'], []]);
  });

  it('go to another at once from who hands over, and in an interval from who does not', async () => {
    const [first, second, third] = [await one.join(), await other.join(), await createGateway().join()];
    first.turns.leave(true);
    await settle();
    expect([second.told, third.told]).toEqual([['ours'], []]);
    second.turns.leave(false);
    await settle();
    expect(third.told).toEqual([]);
    await pass(1);
    expect(third.told).toEqual(['ours']);
  });

  it('go to another within two and a half intervals where who had them has died', async () => {
    await one.join();
    const second = await other.join();
    await pass(3);
    one.isGone = true;
    await pass(2.5);
    expect(second.told).toEqual(['ours']);
  });

  it('are everybody’s while Valkey is away, and one’s again when it is back', async () => {
    const [first, second] = [await one.join(), await other.join()];
    valkey.isUp = false;
    await pass(1);
    expect([one.turns.roles.alone, other.turns.roles.alone]).toEqual([1, 1]);
    expect([first.told, second.told]).toEqual([['ours', 'ours'], ['ours']]);
    await pass(1);
    valkey.isUp = true;
    await pass(2);
    expect([one.turns.roles.alone, other.turns.roles.alone]).toEqual([0, 0]);
    expect([one.turns.roles.leader + other.turns.roles.leader, valkey.holders]).toEqual([1, 1]);
  });

  it('are of each name by itself', async () => {
    const [first, second] = [await one.join('a'), await other.join('b')];
    expect([first.turns.areOurs, second.turns.areOurs, valkey.holders]).toEqual([true, true, 2]);
    first.turns.announce();
    expect(second.told).toEqual(['ours']);
  });

  it('are told of what another gateway announces, and not of what this one does', async () => {
    const [first, second] = [await one.join(), await other.join()];
    first.turns.announce();
    expect([first.told, second.told]).toEqual([['ours'], ['announced']]);
    const { announcements } = valkey.connect(() => false);
    for (const payload of ['NEWS third run', 'READ third other', 'READ', ''])
      await announcements.announce('poll', payload);
    expect(second.told).toEqual(['announced']);
    await announcements.announce('poll', 'READ third run');
    expect(second.told).toEqual(['announced', 'announced']);
  });

  it('are over for who has left: it hears nothing, holds nothing and asks for nothing', async () => {
    const [first, second] = [await one.join(), await other.join()];
    second.turns.leave(true);
    second.turns.leave(true);
    first.turns.announce();
    first.turns.leave(true);
    await settle();
    expect([first.told, second.told, valkey.holders, clock.pending]).toEqual([['ours'], [], 0, []]);
    expect(one.turns.roles).toEqual({ leader: 0, follower: 0, alone: 0 });
    const again = await one.join();
    first.turns.leave(true);
    expect(one.turns.roles.leader).toBe(1);
    (await other.join()).turns.announce();
    expect(again.told).toEqual(['ours', 'announced']);
  });

  it('are handed over by who leaves before it knows that they are its own', async () => {
    const joined = one.turns.of('run')({
      intervalMs: INTERVAL_MS,
      onTurn: () => {
        throw new Error('it has left');
      },
      onAnnounced: () => undefined,
    });
    const second = other.join();
    joined.leave(true);
    await settle();
    expect((await second).turns.areOurs).toBe(true);
    expect(one.turns.roles.leader).toBe(0);
    expect(clock.pending).toEqual([INTERVAL_MS]);
  });

  it('are one’s where a gateway watches a run anew before the last watch of it has ended', async () => {
    const first = await one.join();
    const second = await one.join();
    expect([first.turns.areOurs, second.turns.areOurs]).toEqual([true, false]);
    first.turns.leave(false);
    await pass(1);
    const third = await other.join();
    expect([second.turns.areOurs, third.turns.areOurs]).toEqual([true, false]);
    third.turns.announce();
    expect(second.told).toEqual(['ours', 'announced']);
  });
});
