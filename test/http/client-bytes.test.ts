import { describe, expect, it } from '@jest/globals';
import {
  ANONYMOUS,
  createClientBytes,
  createHolding,
  MIN_COUNTED_BYTES,
} from '../../src/http/connection/client-bytes.ts';
import { collectGarbage } from '../harness/collect-garbage.ts';

const refused = expect.objectContaining({ code: 'RATE_LIMITED', isRetryable: true, details: { retryAfterSeconds: 1 } });

describe('bytes that are held for clients', () => {
  it('are refused once the bound is reached, until some are released', () => {
    const bytes = createClientBytes(100_000, () => true);
    const release = bytes.of('a').hold(60_000);
    const releaseLarge = bytes.of('b').hold(500_000);
    expect(() => bytes.of('c').hold(20_000)).toThrow(refused);
    releaseLarge();
    releaseLarge();
    const other = bytes.of('c').hold(55_000);
    expect(() => bytes.of('b').hold(20_000)).toThrow(refused);
    release();
    other();
    expect(bytes.of('b').hold(100_000)).toBeDefined();
  });

  it.each([
    ['many answers', Array<number>(5).fill(20_000)],
    ['one that is larger than the bound', [500_000]],
  ])('leave half to others, though one viewer holds %s', (_, sizes) => {
    const bytes = createClientBytes(100_000, () => true);
    const slow = bytes.of('slow');
    for (const size of sizes) {
      try {
        slow.hold(size);
      } catch (error) {
        expect(error).toEqual(refused);
      }
    }
    expect(() => slow.hold(20_000)).toThrow(refused);
    expect(bytes.of('other').hold(20_000)).toBeDefined();
    expect(bytes.of('another').hold(20_000)).toBeDefined();
  });

  it('have one owner for all keys that are not accepted, each until it is', async () => {
    const accepted = new Set<string>();
    const bytes = createClientBytes(100_000, (viewerId) => accepted.has(viewerId));
    const [a, b] = [bytes.of('a'), bytes.of('b')];
    const release = a.hold(60_000);
    expect(() => b.hold(20_000)).toThrow(refused);
    expect(() => bytes.of(ANONYMOUS).hold(20_000)).toThrow(refused);
    accepted.add('a').add('b');
    (await a.holdWhenFree(20_000))();
    const releaseOwn = b.hold(60_000);
    accepted.clear();
    // From whom it was taken.
    for (const each of [release, releaseOwn]) each();
    a.hold(60_000);
    expect(() => b.hold(20_000)).toThrow(refused);
  });

  it('are counted from a size on', async () => {
    const bytes = createClientBytes(MIN_COUNTED_BYTES, () => true);
    for (let time = 0; time < 3; time += 1) bytes.of('a').hold(MIN_COUNTED_BYTES - 1);
    bytes.of('a').hold(MIN_COUNTED_BYTES);
    expect(() => bytes.of('a').hold(MIN_COUNTED_BYTES)).toThrow(refused);
    bytes.of('a').hold(MIN_COUNTED_BYTES - 1);
    const events = createClientBytes(MIN_COUNTED_BYTES, () => true);
    await events.of('a').holdWhenFree(MIN_COUNTED_BYTES - 1);
    expect(() => {
      events.of('a').hold(MIN_COUNTED_BYTES)();
    }).not.toThrow();
    await events.of('a').holdWhenFree(MIN_COUNTED_BYTES);
    await events.of('a').holdWhenFree(MIN_COUNTED_BYTES - 1);
    expect(() => events.of('a').hold(MIN_COUNTED_BYTES)).toThrow(refused);
  });

  it('are forgotten with their owner when they are released', () => {
    const bytes = createClientBytes(100_000, () => true);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let id = 0; id < 3000; id += 1) bytes.of(Buffer.alloc(10_000, `${id},`).toString()).hold(MIN_COUNTED_BYTES)();
    collectGarbage();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
    expect(bytes.of('a').hold(100_000)).toBeDefined();
  });

  it('are waited for where an event is due', async () => {
    const bytes = createClientBytes(100_000, () => true);
    const release = await bytes.of('a').holdWhenFree(100_000);
    const order: string[] = [];
    const waiting = bytes
      .of('a')
      .holdWhenFree(20_000)
      .then(() => order.push('held'));
    await Promise.resolve();
    order.push('released');
    release();
    await waiting;
    expect(order).toEqual(['released', 'held']);
  });

  it('of an event do not wait for requests, which may wait for their answers', async () => {
    const bytes = createClientBytes(100_000, () => true);
    bytes.of('a').hold(100_000);
    bytes.of('b').hold(100_000);
    const release = await bytes.of('a').holdWhenFree(100_000);
    release();
    await bytes.of('a').holdWhenFree(100_000);
    expect(() => bytes.of('c').hold(20_000)).toThrow(refused);
  });

  it('are released at the end of their request, and not held from then on', async () => {
    const bytes = createClientBytes(100_000, () => true);
    const request = createHolding(bytes.of('a'));
    request.hold(MIN_COUNTED_BYTES - 1);
    expect(request.isEmpty()).toBe(true);
    request.hold(40_000);
    request.hold(40_000)();
    request.hold(40_000);
    expect(request.isEmpty()).toBe(false);
    expect(() => request.hold(20_000)).toThrow(refused);
    const late = request.holdWhenFree(100_000);
    request.end();
    await late;
    request.hold(100_000);
    (await request.holdWhenFree(100_000))();
    expect(request.isEmpty()).toBe(true);
    expect(bytes.of('a').hold(20_000)).toBeDefined();
    expect(bytes.of('b').hold(100_000)).toBeDefined();
  });
});
