import { describe, expect, it } from '@jest/globals';
import { createClientBytes, holdFor } from '../../src/http/client-bytes.ts';

describe('bytes that are held for clients', () => {
  it('are refused once the bound is reached, until some are released', () => {
    const bytes = createClientBytes(100_000);
    const release = bytes.hold(60_000);
    const releaseLarge = bytes.hold(500_000);
    expect(() => bytes.hold(20_000)).toThrow(expect.objectContaining({ code: 'RATE_LIMITED', isRetryable: true }));
    releaseLarge();
    releaseLarge();
    const other = bytes.hold(40_000);
    expect(() => bytes.hold(20_000)).toThrow();
    release();
    other();
    expect(bytes.hold(100_000)).toBeDefined();
  });

  it('are released when their client is gone, and not held for one that is', () => {
    const bytes = createClientBytes(100_000);
    const gone: (() => void)[] = [];
    const hold = holdFor(bytes, (release) => gone.push(release));
    hold(60_000);
    hold(60_000)();
    hold(60_000);
    expect(gone).toHaveLength(1);
    expect(() => hold(20_000)).toThrow();
    gone.forEach((release) => {
      release();
    });
    hold(100_000);
    expect(bytes.hold(100_000)).toBeDefined();
  });

  it('do not count for small requests and answers', () => {
    const bytes = createClientBytes(100_000);
    bytes.hold(200_000);
    expect(bytes.hold(16_000)).toBeDefined();
  });
});
