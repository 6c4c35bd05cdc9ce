import { describe, expect, it } from '@jest/globals';
import { afterOnThisMachine } from '../../src/runs/timer.ts';

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
