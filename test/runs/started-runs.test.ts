import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createStartedRuns } from '../../src/runs/starts/started-runs.ts';
import { createManualClock } from '../harness/clock.ts';
import { viewerOf } from '../support/operations.ts';

const AWAITED_MS = 10_000;
const MAX_BYTES = 2 ** 20;

function start() {
  const clock = createManualClock();
  return { clock, startedRuns: createStartedRuns({ fleet: null, source: '', now: clock.now }) };
}

describe('a run that was started', () => {
  it('is awaited for ten seconds by the viewer who started it last, and by nobody else', async () => {
    const command = fc.record({
      ms: fc.constantFrom(0, 1, 4000, AWAITED_MS - 1, AWAITED_MS),
      isStart: fc.boolean(),
      viewer: fc.constantFrom('ada', 'bob'),
      workflowId: fc.constantFrom('a', 'b'),
      runId: fc.constantFrom('a', 'b'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 20 }), async (commands) => {
        const { clock, startedRuns } = start();
        const startedAt = new Map<string, number>();
        for (const { ms, isStart, viewer, ...ref } of commands) {
          clock.advance(ms);
          const name = JSON.stringify([viewer, ref]);
          if (isStart) startedAt.set(name, clock.now());
          if (isStart) await startedRuns.add(viewerOf(viewer), ref);
          const isAwaited = clock.now() - (startedAt.get(name) ?? -Infinity) < AWAITED_MS;
          expect(await startedRuns.isAwaited(viewerOf(viewer), ref)).toBe(isAwaited);
        }
      }),
    );
  });

  it.each([2, 512])('is forgotten before all of them take more than 1 MiB: ids of %i bytes', async (length) => {
    const viewer = viewerOf('ada');
    const { startedRuns } = start();
    const refOf = (index: number) => ({ workflowId: 'w'.repeat(length), runId: String(index).padStart(length, '0') });
    const latest = 5000;
    for (let index = 0; index <= latest; index += 1) await startedRuns.add(viewer, refOf(index));
    let known = 0;
    while (await startedRuns.isAwaited(viewer, refOf(latest - known))) known += 1;
    const keyLength = `${viewer.id} \n`.length + 2 * length;
    expect(known * 2 * keyLength).toBeLessThan(MAX_BYTES);
    expect(known * (300 + 2 * keyLength)).toBeGreaterThan(0.9 * MAX_BYTES);
  });
});
