import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createDenials } from '../../src/runs/denials.ts';
import { viewerOf } from '../support/operations.ts';

const MAX_BYTES = 2 ** 20;

const place = fc.record({
  viewer: fc.constantFrom('ada', 'bob'),
  endpoint: fc.constantFrom('runs', 'steps'),
  workflowId: fc.constantFrom('', 'a'),
});

describe('a denial', () => {
  it('is news to a viewer who was not denied the same, or had it since', () => {
    const known = fc.array(fc.record({ place, isDenied: fc.boolean() }), { minLength: 10, maxLength: 40 });
    fc.assert(
      fc.property(known, (outcomes) => {
        const denials = createDenials();
        const denied = new Set<string>();
        for (const { place: where, isDenied } of outcomes) {
          const viewer = viewerOf(where.viewer);
          const name = JSON.stringify(where);
          if (isDenied) expect(denials.add(viewer, where)).toBe(!denied.has(name));
          else denials.delete(viewer, where);
          if (isDenied) denied.add(name);
          else denied.delete(name);
        }
      }),
    );
  });

  it.each([2, 512])('is forgotten before all of them take more than 1 MiB: ids of %i bytes', (length) => {
    const viewer = viewerOf('ada');
    const denials = createDenials();
    const add = (index: number) =>
      denials.add(viewer, { endpoint: 'runs', workflowId: String(index).padStart(length, '0') });
    const latest = 5000;
    let news = 0;
    for (let index = 1; index <= latest; index += 1) {
      add(index);
      // What is denied all the time is not the oldest.
      if (add(0)) news += 1;
    }
    expect(news).toBe(1);
    let known = 0;
    while (!add(latest - known)) known += 1;
    expect(known * 2 * (viewer.id.length + length)).toBeLessThan(MAX_BYTES);
    expect(known * (200 + 2 * (viewer.id.length + length + ' runs '.length))).toBeGreaterThan(0.9 * MAX_BYTES);
  });
});
