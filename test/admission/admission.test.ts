/** The fair admission, on an event loop whose time is the test's: owners, weights, turns. */
import { setImmediate as settled } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Admission } from '../../src/admission/admission.ts';
import { LOOP_OF_NODE } from '../../src/admission/turns.ts';
import type { Owner } from '../../src/auth/caller.ts';
import type { Ticket } from '../../src/admission/ticket.ts';
import { createManualClock } from '../harness/clock.ts';

const caller = (key: string): Owner => ({ key, kind: 'caller', name: null });
const network = (key: string): Owner => ({ key, kind: 'network', name: null });
const here = () => false;
const RATE_LIMITED: unknown = expect.objectContaining({ code: 'RATE_LIMITED' });
const REFUSED = 'are in progress';

/** `iterate` is one iteration of the event loop. Work takes the time that it says. */
function createScene() {
  const clock = createManualClock();
  let immediates: (() => void)[] = [];
  const loop = {
    ...LOOP_OF_NODE,
    now: clock.now,
    setImmediate: (run: () => void) => void immediates.push(run),
    events: () => 0,
  };
  const iterate = async () => {
    const phase = immediates;
    immediates = [];
    for (const run of phase) {
      run();
      await settled();
    }
  };
  const iterateUntilIdle = async () => {
    await settled();
    while (immediates.length > 0) await iterate();
  };
  return { admission: new Admission({ after: clock.after, loop }), clock, iterate, iterateUntilIdle };
}

describe('the cost in progress', () => {
  it('lets a tenant use 1,024, then rejects until an operation ends', () => {
    const { admission } = createScene();
    const tickets = Array.from({ length: 1024 }, () => admission.admit(caller('a'), here));
    expect(() => admission.admit(caller('a'), here)).toThrow(REFUSED);
    admission.admit(caller('b'), here);
    tickets[5]?.end();
    tickets[5]?.end();
    admission.admit(caller('a'), here);
    expect(() => admission.admit(caller('a'), here)).toThrow(REFUSED);
  });

  it('lets a network use 64 and all networks 2,048, besides accepted callers', () => {
    const { admission } = createScene();
    for (let at = 0; at < 64; at += 1) admission.admit(network('n0'), here);
    expect(() => admission.admit(network('n0'), here)).toThrow(REFUSED);
    for (let at = 64; at < 2048; at += 1) admission.admit(network(`n${Math.floor(at / 64)}`), here);
    expect(() => admission.admit(network('another'), here)).toThrow(REFUSED);
    expect(() => admission.admit(caller('a'), here)).not.toThrow();
  });

  it('reserves a quarter of the capacity for small accepted callers', () => {
    const { admission } = createScene();
    for (let at = 0; at < 3072; at += 1) admission.admit(caller(`greedy-${at % 3}`), here);
    const late = caller('late');
    for (let at = 0; at < 16; at += 1) admission.admit(late, here);
    expect(() => admission.admit(late, here)).toThrow(REFUSED);
    expect(() => admission.admit(network('n'), here)).toThrow(REFUSED);
  });

  it('makes a body beyond the capacity wait, unless its operation is oldest', async () => {
    const { admission } = createScene();
    const oldest = admission.admit(caller('a'), here);
    const other = admission.admit(caller('a'), here);
    expect(oldest.receive(1_000_000)).toBeNull();
    expect(oldest.receive(2 ** 22)).toBeNull();
    const room = other.receive(4096);
    expect(room).not.toBeNull();
    oldest.end();
    await room;
  });

  it.each(['query', 'mutation'])('rejects the response of a %s after 10 s without capacity', async (type) => {
    const { admission, clock } = createScene();
    const [oldest, ticket] = [1, 2].map(() => admission.admit(caller('a'), here)) as [Ticket, Ticket];
    void oldest.receive(2 ** 22);
    if (type === 'mutation') ticket.mustFinish();
    const refused = ticket.answer(65_536);
    clock.advance(9999);
    expect(admission.admit(caller('b'), here).answer(65_536)).toBeNull();
    expect(() => {
      ticket.checkRoom();
    }).toThrow(REFUSED);
    clock.advance(1);
    await expect(refused).rejects.toEqual(RATE_LIMITED);
  });

  it('lets only one unauthenticated operation exceed its limit', async () => {
    const { admission } = createScene();
    const bodies = Array.from({ length: 40 }, (_, at) => admission.admit(network(`n${at}`), here));
    const rooms = bodies.map((ticket) => ticket.receive(2 ** 20 - 1));
    // Seven fit, and one more exceeds.
    expect(rooms.flatMap((room, at) => (room ? [] : [at]))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    bodies[7]?.end();
    await rooms[8];
    expect(admission.admit(caller('a'), here).receive(2 ** 20)).toBeNull();
    for (const ticket of bodies) ticket.end();
  });

  it('admits requests queued behind a waiter that gives up', async () => {
    const { admission, clock } = createScene();
    for (let at = 0; at < 1020; at += 1) admission.admit(caller('a'), here);
    const large = admission.admitLater(caller('a'), here, 40_960);
    clock.advance(5000);
    const small = admission.admitLater(caller('a'), here);
    clock.advance(5000);
    await expect(large).rejects.toEqual(RATE_LIMITED);
    await small;
  });

  it('admits waiting operations first come, first served', async () => {
    const { admission, clock } = createScene();
    const tickets = Array.from({ length: 1024 }, () => admission.admit(caller('a'), here));
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (number) => {
      await admission.admitLater(caller('a'), here);
      order.push(number);
    });
    tickets[0]?.end();
    tickets[1]?.end();
    await Promise.all(waiting.slice(0, 2));
    expect(order).toEqual([1, 2]);
    clock.advance(10_000);
    await expect(waiting[2]).rejects.toEqual(RATE_LIMITED);
  });

  it('keeps at most 100 idle tenants', async () => {
    const { admission, clock } = createScene();
    const tickets = Array.from({ length: 2048 }, (_, at) => admission.admit(network(`n${at % 32}`), here));
    for (let at = 0; at < 3000; at += 1) expect(() => admission.admit(network(`late ${at}`), here)).toThrow();
    const waiting = Array.from({ length: 3000 }, (_, at) => admission.admitLater(network(`later ${at}`), here));
    expect(admission.ownerCount).toBeGreaterThan(3000);
    clock.advance(10_000);
    for (const wait of waiting) await expect(wait).rejects.toEqual(RATE_LIMITED);
    for (const ticket of tickets) ticket.end();
    for (let at = 0; at < 6000; at += 1) admission.admit(network(`again ${at}`), here).end();
    expect(admission.ownerCount).toBeLessThanOrEqual(100);
  });
});

describe('turns', () => {
  it('discards the state of a turn within the same event loop iteration', async () => {
    const { admission, iterate } = createScene();
    const [first, second] = [1, 2].map(() => admission.admit(caller('a'), here)) as [Ticket, Ticket];
    void first.nextTurn();
    let isCleared = false;
    const turn = second.nextTurn()?.then(() => {
      second.afterTurn(() => (isCleared = true));
      expect(isCleared).toBe(false);
    });
    await iterate();
    await iterate();
    await turn;
    expect(isCleared).toBe(true);
  });

  it('limits an iteration to 16 turns or 10 ms', async () => {
    const { admission, clock, iterate } = createScene();
    const tickets = Array.from({ length: 23 }, () => admission.admit(caller('a'), here));
    const turns = tickets.map((ticket) => ticket.turn());
    expect(turns[0]).toBeNull();
    const begun: number[] = [];
    turns.forEach(
      (turn, index) =>
        void turn?.then(() => {
          begun.push(index);
          if (index > 16) clock.advance(4);
        }),
    );
    const seen: number[] = [];
    for (let iteration = 0; iteration < 5; iteration += 1) {
      await iterate();
      seen.push(begun.length);
    }
    // The fourth iteration only reads sockets.
    expect(seen).toEqual([0, 16, 19, 19, 22]);
  });

  it('serves the tenant with the least time first, oldest operation first', async () => {
    const { admission, clock, iterateUntilIdle } = createScene();
    const begun: string[] = [];
    const work = async (ticket: Ticket, name: string, ms: number) => {
      await ticket.turn();
      begun.push(name);
      clock.advance(ms);
    };
    const ticketOf = (name: string) => admission.admit(caller(name), here);
    const [a1, a2, a3, b1, b2] = [ticketOf('a'), ticketOf('a'), ticketOf('a'), ticketOf('b'), ticketOf('b')] as const;
    void work(a1, 'a1', 8);
    void work(a3, 'a3', 8);
    void work(a2, 'a2', 8);
    void work(b2, 'b2', 3);
    void work(b1, 'b1', 3);
    await iterateUntilIdle();
    expect(begun).toEqual(['a1', 'b1', 'b2', 'a2', 'a3']);
  });

  it("doesn't charge an immediate turn for I/O of later operations", async () => {
    const { admission, clock, iterateUntilIdle } = createScene();
    const [modest, greedy] = [admission.admit(caller('modest'), here), admission.admit(caller('greedy'), here)];
    expect(modest.turn()).toBeNull();
    clock.advance(1);
    // The end of its microtasks, and of those that they cause.
    for (let drain = 0; drain < 8; drain += 1)
      await new Promise((resolve) => {
        process.nextTick(resolve, undefined);
      });
    const begun: string[] = [];
    const work = async (ticket: Ticket, name: string) => {
      await ticket.nextTurn();
      begun.push(name);
      clock.advance(2);
    };
    void work(greedy, 'greedy');
    clock.advance(500);
    for (let at = 0; at < 5; at += 1) void work(greedy, 'greedy');
    void work(modest, 'modest');
    await iterateUntilIdle();
    expect(begun.indexOf('modest')).toBeLessThan(2);
  });

  it.each([1, 16])('counts unauthenticated time fourfold, with %i networks as one caller', async (count) => {
    const { admission, clock, iterateUntilIdle } = createScene();
    const begun: string[] = [];
    for (let at = 0; at < 16; at += 1) {
      for (const owner of [network(`n${at % count}`), caller('a')]) {
        const ticket = admission.admit(owner, here);
        void (async () => {
          await ticket.nextTurn();
          begun.push(owner.key);
          clock.advance(1);
        })();
      }
    }
    await iterateUntilIdle();
    expect(begun.slice(0, 15).filter((name) => name !== 'a').length).toBeLessThanOrEqual(4);
  });

  it('drops a disconnected client before its turn, but finishes started mutations', async () => {
    const { admission, iterateUntilIdle } = createScene();
    let isGone = false;
    const [first, left, mutation] = [1, 2, 3].map(() => admission.admit(caller('a'), () => isGone)) as [
      Ticket,
      Ticket,
      Ticket,
    ];
    mutation.mustFinish();
    void first.turn();
    const dropped = left.turn();
    const finished = mutation.turn();
    isGone = true;
    await Promise.all([iterateUntilIdle(), expect(dropped).rejects.toThrow('abandoned'), finished]);
  });

  it('holds younger operations back while an older response waits for capacity', async () => {
    const { admission, iterateUntilIdle } = createScene();
    const oldest = admission.admit(caller('a'), here);
    const waiting = admission.admit(caller('a'), here);
    const younger = admission.admit(caller('a'), here);
    const other = admission.admit(caller('b'), here);
    void oldest.answer(64 * 2 ** 20);
    const room = waiting.answer(2 ** 20);
    await iterateUntilIdle();
    const begun: string[] = [];
    void other.nextTurn();
    void younger.nextTurn()?.then(() => begun.push('younger'));
    void other.nextTurn()?.then(() => begun.push('other'));
    await iterateUntilIdle();
    expect(begun).toEqual(['other']);
    oldest.end();
    await Promise.all([room, iterateUntilIdle()]);
    waiting.end();
    await iterateUntilIdle();
    expect(begun).toEqual(['other', 'younger']);
  });

  it('makes a small tenant wait for at most one turn', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.nat(50), { minLength: 1, maxLength: 60 }), fc.nat(20), async (turnsMs, after) => {
        const { admission, clock, iterate } = createScene();
        for (const ms of turnsMs) {
          const ticket = admission.admit(caller('greedy'), here);
          void (async () => {
            for (let turn = 0; turn < 3; turn += 1) {
              await ticket.nextTurn();
              clock.advance(ms);
            }
          })();
        }
        for (let at = 0; at < after; at += 1) await iterate();
        const modest = admission.admit(caller('modest'), here);
        const modestly = { iterations: 0, isServed: false };
        void (async () => {
          await modest.turn();
          modestly.isServed = true;
        })();
        await settled();
        while (!modestly.isServed) {
          await iterate();
          modestly.iterations += 1;
        }
        // The end of the current turn, idle turning, and its own turn.
        expect(modestly.iterations).toBeLessThanOrEqual(4);
      }),
      { numRuns: 50 },
    ));
});

const STEP = fc.oneof(
  fc.record({ kind: fc.constant('turn' as const), ms: fc.nat(30) }),
  fc.record({ kind: fc.constant('work' as const), ms: fc.nat(30) }),
  fc.record({ kind: fc.constant('upstream' as const), ms: fc.nat(15_000) }),
  fc.record({ kind: fc.constant('body' as const), bytes: fc.nat(2 ** 20) }),
);
const OPERATION = fc.record({
  owner: fc.nat(4),
  steps: fc.array(STEP, { maxLength: 6 }),
  answerBytes: fc.nat(20 * 2 ** 20),
  readMs: fc.nat(30_000),
  isMutation: fc.boolean(),
  waits: fc.boolean(),
  leavesAfterMs: fc.option(fc.nat(20_000)),
  startsAtMs: fc.nat(5000),
});

it('never lets an operation wait forever', () =>
  fc.assert(
    fc.asyncProperty(fc.array(OPERATION, { minLength: 1, maxLength: 80 }), async (operations) => {
      const { admission, clock, iterate } = createScene();
      const owners = [caller('a'), caller('b'), network('c'), network('d'), caller('e')];
      const pause = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
      const outcomes: string[] = [];

      async function run({
        owner,
        steps,
        answerBytes,
        readMs,
        isMutation,
        waits,
        leavesAfterMs,
        startsAtMs,
      }: (typeof operations)[number]) {
        await pause(startsAtMs);
        const leavesAt = leavesAfterMs === null ? Infinity : clock.now() + leavesAfterMs;
        const isGone = () => clock.now() >= leavesAt;
        const of = owners[owner] ?? caller('a');
        const ticket = await (waits ? admission.admitLater(of, isGone) : admission.admit(of, isGone));
        let isBegun = false;
        try {
          await ticket.turn();
          if (isMutation) {
            ticket.mustFinish();
            isBegun = true;
          }
          for (const step of steps) {
            // The body of a mutation has been received.
            if (isMutation && step.kind === 'body') continue;
            if (step.kind === 'turn') await ticket.turn();
            else if (step.kind === 'work') await ticket.nextTurn();
            else if (step.kind === 'upstream') await pause(step.ms);
            else await ticket.receive(step.bytes);
            if (step.kind === 'turn' || step.kind === 'work') clock.advance(step.ms);
          }
          // Without room, a mutation answers only its essentials.
          isBegun = false;
          await ticket.answer(answerBytes);
          await pause(readMs);
          return 'answered';
        } catch (error) {
          if (isBegun) throw new Error('A mutation that has begun was stopped', { cause: error });
          throw error;
        } finally {
          ticket.end();
        }
      }

      const all = Promise.all(
        operations.map(async (operation) => {
          try {
            outcomes.push(await run(operation));
          } catch (error) {
            outcomes.push(
              (error as Error).name === 'AbandonedError'
                ? 'dropped'
                : ((error as { code?: string }).code ?? String(error)),
            );
          }
        }),
      );
      for (let at = 0; outcomes.length < operations.length && at < 20_000; at += 1) {
        await settled();
        await iterate();
        clock.advance(20);
      }
      expect(outcomes.length).toBe(operations.length);
      await all;
      expect(new Set(outcomes).difference(new Set(['answered', 'dropped', 'RATE_LIMITED']))).toEqual(new Set());
      // Nothing is left of them: callers, and then networks, find as much room as there is.
      const ofCallers = Array.from({ length: 3072 }, (_, at) => admission.admit(caller(`new ${at % 3}`), here));
      for (const ticket of ofCallers) ticket.end();
      for (let at = 0; at < 2048; at += 1) admission.admit(network(`new ${at % 32}`), here);
    }),
    { numRuns: 40 },
  ));
