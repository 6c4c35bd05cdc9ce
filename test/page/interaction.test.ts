import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { follow } from '../../src/web/hooks/draft.ts';
import { createWheelSteps } from '../../src/web/controls/wheel-steps.ts';
import { createJsonNodes, ROOT } from '../../src/web/json/json-nodes.ts';
import { pauseBefore } from '../../src/web/live/backoff.ts';

describe('the zoom by the wheel', () => {
  /** Zoom steps of wheel events at an even pace. */
  const zoomOf = (count: number, deltaY: number, everyMs: number, deltaMode = 0) => {
    const stepsOf = createWheelSteps();
    const steps = Array.from({ length: count }, (_, index) =>
      stepsOf({ deltaY, deltaMode, timeStamp: index * everyMs }),
    );
    return steps.reduce<number>((sum, step) => sum + step, 0);
  };

  it('is one step per mouse notch, in pixels or lines', () => {
    expect(zoomOf(1, -120, 0)).toBe(1);
    expect(zoomOf(1, 3, 0, 1)).toBe(-1);
    expect(zoomOf(4, -120, 150)).toBe(4);
  });

  it('is a few steps for dozens of trackpad events', () => {
    expect(zoomOf(60, -4, 16)).toBe(4);
    expect(zoomOf(100, -40, 8)).toBeLessThanOrEqual(8);
  });

  it('forgets half a step after a pause or change of direction', () => {
    expect(zoomOf(10, -30, 500)).toBe(0);
    const stepsOf = createWheelSteps();
    const steps = [-40, 40, -40, 40].map((deltaY, index) => stepsOf({ deltaY, deltaMode: 0, timeStamp: index * 16 }));
    expect(steps).toEqual([0, 0, 0, 0]);
  });
});

describe('the pause before a reconnect', () => {
  it('doubles up to 15 s, with jitter', () => {
    expect([0, 1, 2, 5, 50].map((attempt) => pauseBefore(attempt, 1))).toEqual([500, 1000, 2000, 15_000, 15_000]);
    expect([0, 50].map((attempt) => pauseBefore(attempt, 0))).toEqual([250, 7500]);
    expect(new Set(Array.from({ length: 20 }, () => pauseBefore(3))).size).toBeGreaterThan(1);
  });
});

describe('the tree of a JSON value', () => {
  const idsOf = (value: unknown): string[] => {
    const nodes = createJsonNodes(value);
    const below = (id: string): string[] => [id, ...nodes.children(id).flatMap(below)];
    return below(ROOT);
  };

  it('keeps ids of remaining nodes when a value grows or shrinks', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), fc.string(), (value, key) => {
        const smaller = Object.fromEntries(Object.entries(value).filter(([each]) => each !== key));
        expect(new Set(idsOf(value)).isSupersetOf(new Set(idsOf(smaller)))).toBe(true);
        expect(new Set(idsOf(value)).size).toBe(idsOf(value).length);
      }),
    );
  });

  it('has an empty node for an unknown id', () => {
    const nodes = createJsonNodes({ a: 1 });
    expect(nodes.has('root/b')).toBe(false);
    expect([nodes.node('root/b').childCount, nodes.children('root/b')]).toEqual([0, []]);
  });
});

describe('a field synced with the URL', () => {
  it('keeps later letters when its own writes arrive in the URL', () => {
    const typed = { text: 'abcd', value: '', written: ['ab', 'abc'] };
    const first = follow(typed, 'ab');
    expect(first).toEqual({ text: 'abcd', value: 'ab', written: ['abc'] });
    expect(follow(first, 'abc')).toEqual({ text: 'abcd', value: 'abc', written: [] });
    expect(follow(typed, 'abc')).toEqual({ text: 'abcd', value: 'abc', written: [] });
  });

  it('shows a value that another writer put in the URL', () => {
    expect(follow({ text: 'abc', value: 'abc', written: [] }, '')).toEqual({ text: '', value: '', written: [] });
  });
});
