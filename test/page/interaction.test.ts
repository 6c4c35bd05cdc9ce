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

  it('The zoom takes one step for a notch of a mouse, in pixels or in lines', () => {
    expect(zoomOf(1, -120, 0)).toBe(1);
    expect(zoomOf(1, 3, 0, 1)).toBe(-1);
    expect(zoomOf(4, -120, 150)).toBe(4);
  });

  it('The zoom takes a few steps for the dozens of events of a trackpad', () => {
    expect(zoomOf(60, -4, 16)).toBe(4);
    expect(zoomOf(100, -40, 8)).toBeLessThanOrEqual(8);
  });

  it('The zoom forgets half a step after a pause and when the direction changes', () => {
    expect(zoomOf(10, -30, 500)).toBe(0);
    const stepsOf = createWheelSteps();
    const steps = [-40, 40, -40, 40].map((deltaY, index) => stepsOf({ deltaY, deltaMode: 0, timeStamp: index * 16 }));
    expect(steps).toEqual([0, 0, 0, 0]);
  });
});

describe('the pause before a reconnect', () => {
  it('The pause before a reconnect doubles up to 15 s, with jitter of up to half of it', () => {
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

  it('The tree keeps the ids of the remaining nodes when a value grows or shrinks', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), fc.string(), (value, key) => {
        const smaller = Object.fromEntries(Object.entries(value).filter(([each]) => each !== key));
        expect(new Set(idsOf(value)).isSupersetOf(new Set(idsOf(smaller)))).toBe(true);
        expect(new Set(idsOf(value)).size).toBe(idsOf(value).length);
      }),
    );
  });

  it('The tree has an empty node for an id that the value does not have', () => {
    const nodes = createJsonNodes({ a: 1 });
    expect(nodes.has('root/b')).toBe(false);
    expect([nodes.node('root/b').childCount, nodes.children('root/b')]).toEqual([0, []]);
  });
});

describe('a field whose text is in the URL', () => {
  it('A field in the URL keeps later letters when its own writes arrive, one after the other', () => {
    const typed = { text: 'abcd', value: '', written: ['ab', 'abc'] };
    const first = follow(typed, 'ab');
    expect(first).toEqual({ text: 'abcd', value: 'ab', written: ['abc'] });
    expect(follow(first, 'abc')).toEqual({ text: 'abcd', value: 'abc', written: [] });
    expect(follow(typed, 'abc')).toEqual({ text: 'abcd', value: 'abc', written: [] });
  });

  it('A field in the URL has the text of a URL that something else wrote', () => {
    expect(follow({ text: 'abc', value: 'abc', written: [] }, '')).toEqual({ text: '', value: '', written: [] });
  });
});
