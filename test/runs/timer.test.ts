import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { afterOnThisMachine, createClock } from '../../src/runs/timer.ts';

describe('a timer of this machine', () => {
  it('never rings early', async () => {
    for (let ms = 0; ms < 5; ms += 1) {
      const startedAt = performance.now();
      await new Promise<void>((resolve) => afterOnThisMachine(ms, resolve));
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(ms);
    }
  });

  it('does not ring once it is cancelled', async () => {
    const rung: string[] = [];
    const cancel = afterOnThisMachine(1, () => rung.push('cancelled'));
    cancel();
    await new Promise<void>((resolve) =>
      afterOnThisMachine(2, () => {
        rung.push('kept');
        resolve();
      }),
    );
    expect(rung).toEqual(['kept']);
  });
});

describe('the clock of a gateway', () => {
  const moves = fc.array(
    fc.record({
      wallMs: fc.integer({ min: -5000, max: 5000 }),
      elapsedMs: fc.double({ min: 0, max: 5000, noNaN: true }),
    }),
  );

  it('agrees with that of the machine until it is set back, never goes back, and goes on evenly', () => {
    fc.assert(
      fc.property(moves, (all) => {
        let [wallMs, elapsedMs, latestMs] = [1_700_000_000_000, 0, 0];
        const { now, wallOf } = createClock(
          () => Math.floor(wallMs),
          () => elapsedMs,
        );
        for (const move of [{ wallMs: 0, elapsedMs: 0 }, ...all]) {
          elapsedMs += move.elapsedMs;
          wallMs += move.elapsedMs + move.wallMs;
          const readMs = now();
          const evenMs = latestMs + move.elapsedMs;
          expect(readMs).toBeGreaterThanOrEqual(latestMs);
          expect(Math.abs(readMs - Math.max(evenMs, wallMs))).toBeLessThanOrEqual(2);
          expect(Math.abs(wallOf(readMs) - wallMs)).toBeLessThanOrEqual(2);
          latestMs = readMs;
        }
      }),
    );
  });

  it('is that of the machine while nobody sets it', () => {
    const { now, wallOf } = createClock();
    const [before, readMs, after] = [Date.now(), now(), Date.now()];
    expect(readMs).toBeGreaterThanOrEqual(before);
    expect(readMs).toBeLessThanOrEqual(after);
    expect(wallOf(readMs)).toBe(readMs);
  });
});
