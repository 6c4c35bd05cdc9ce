/** Tests the module: the work per second is bounded for anything that Valkey may refuse. */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRetries } from '../../src/fleet/retries.ts';
import { createManualClock } from '../harness/clock.ts';

const AT_ONCE = 100;
const RETRY_MS = 1000;

/** `count` values that could not be written. `isTaken`: whether Valkey accepts the value. */
function start(count: number, isTaken: (each: number) => boolean | Promise<boolean>) {
  const clock = createManualClock();
  const unwritten = new Set(Array.from({ length: count }, (_, index) => index));
  let back = (): void => undefined;
  let [refused, atOnce, most] = [0, 0, 0];
  const valkey = {
    isUp: true,
    onUp(listener: () => void) {
      back = listener;
      return () => {
        back = () => undefined;
      };
    },
  };
  const retries = createRetries<number>({
    valkey,
    after: clock.after,
    unwritten: () => unwritten.values(),
    async write(each) {
      most = Math.max(most, (atOnce += 1));
      await turnOfTheLoop();
      atOnce -= 1;
      if (await isTaken(each)) return unwritten.delete(each);
      refused += 1;
      retries.begin();
      return false;
    },
  });
  /** Waits until no write is pending. */
  const settle = async () => {
    do await turnOfTheLoop();
    while (atOnce > 0);
    await turnOfTheLoop();
  };
  return {
    clock,
    valkey,
    retries,
    unwritten,
    settle,
    back: () => {
      back();
    },
    get refused() {
      return refused;
    },
    get most() {
      return most;
    },
    async turn() {
      clock.advance(RETRY_MS);
      await settle();
    },
  };
}

it('retries write all that Valkey accepts, with bounded work in each second', async () => {
  const all = fc.integer({ min: 1, max: 450 });
  const refusing = fc.func<[number], boolean>(fc.boolean());
  await fc.assert(
    fc.asyncProperty(all, refusing, async (count, isRefused) => {
      const scene = start(count, (each) => !isRefused(each));
      const left = [...scene.unwritten].filter((each) => isRefused(each));
      scene.retries.begin();
      for (let turns = 0; turns < Math.ceil(count / AT_ONCE) + 1; turns += 1) {
        const { refused } = scene;
        await scene.turn();
        expect(scene.refused - refused).toBeLessThanOrEqual(AT_ONCE);
      }
      expect([...scene.unwritten]).toEqual(left);
      expect(scene.clock.pending).toEqual(left.length > 0 ? [RETRY_MS] : []);
      expect(scene.most).toBeLessThanOrEqual(AT_ONCE);
      scene.retries.close();
      expect(scene.clock.pending).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

it('retries write nothing while Valkey is away, all values when it is back, and nothing after close', async () => {
  const scene = start(250, () => scene.valkey.isUp);
  scene.valkey.isUp = false;
  scene.retries.begin();
  await scene.turn();
  expect([scene.unwritten.size, scene.refused, scene.clock.pending]).toEqual([250, 0, []]);
  scene.valkey.isUp = true;
  scene.back();
  while (scene.unwritten.size > 0) await scene.settle();
  expect([scene.refused, scene.clock.pending]).toEqual([0, []]);

  scene.unwritten.add(1);
  scene.retries.close();
  scene.retries.begin();
  scene.back();
  await scene.turn();
  expect([scene.unwritten.size, scene.clock.pending]).toEqual([1, []]);
});
