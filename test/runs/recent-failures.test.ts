import { describe, expect, it } from '@jest/globals';
import { createRecentFailures } from '../../src/runs/recent-failures.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { createManualClock } from '../harness/clock.ts';

const MISSING = new GatewayError('NOT_FOUND', 'no such run');

describe('recent failures', () => {
  it('are remembered for the pause, or until they are deleted', () => {
    const clock = createManualClock();
    const failures = createRecentFailures(1000, clock.now);
    failures.add('a', MISSING);
    failures.add('b', MISSING);
    failures.delete('b');
    clock.advance(999);
    expect([failures.get('a'), failures.get('b')]).toEqual([MISSING, undefined]);
    clock.advance(1);
    expect(failures.get('a')).toBeUndefined();
  });

  it('are not remembered for a pause of 0', () => {
    const failures = createRecentFailures(0, createManualClock().now);
    failures.add('a', MISSING);
    expect(failures.get('a')).toBeUndefined();
  });

  it('take no more than a mebibyte: with long keys the oldest are forgotten earlier', () => {
    const failures = createRecentFailures(1000, createManualClock().now);
    const keys = Array.from({ length: 2000 }, (_, index) => `${index} ${'x'.repeat(512)}`);
    for (const key of keys) failures.add(key, MISSING);
    const remembered = keys.filter((key) => failures.get(key));
    expect(remembered).toEqual(keys.slice(-remembered.length));
    expect(remembered.length * (1024 + 1000)).toBeLessThan(2 ** 20);
    expect(remembered.length).toBeGreaterThan(300);
  });
});
