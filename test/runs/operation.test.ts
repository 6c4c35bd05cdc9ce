import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createCallBudget } from '../../src/runs/operation.ts';
import { createHmacSha256, createViewers } from '../../src/runs/viewer.ts';
import { GatewayError } from '../../src/upstream/errors.ts';

describe('a budget of calls', () => {
  it('allows just so many, and says how many when there are no more', () => {
    const budget = createCallBudget(2);
    budget.take();
    budget.take();
    for (let again = 0; again < 2; again += 1) {
      let error: unknown;
      try {
        budget.take();
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(GatewayError);
      expect(error).toMatchObject({
        code: 'UPSTREAM_BUDGET_EXCEEDED',
        isRetryable: false,
        message: expect.stringContaining('may cause 2 upstream calls'),
      });
    }
  });
});

describe('the HMAC of viewers', () => {
  it("is node's own", () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(bytes, fc.string({ unit: 'grapheme', maxLength: 200 }), (secret, text) => {
        const expected = createHmac('sha256', secret).update(text).digest('base64url');
        expect(createHmacSha256(Buffer.from(secret))(text)).toBe(expected);
      }),
    );
  });
});

describe('a viewer', () => {
  const viewerOf = createViewers();

  it('is told by the key alone: the same for one key, another for another', () => {
    expect(viewerOf('key-1')).toEqual(viewerOf('key-1'));
    expect(viewerOf('key-1').id).not.toBe(viewerOf('key-2').id);
    expect(viewerOf('key-1').id).not.toBe(viewerOf('KEY-1').id);
  });

  it('has an id that tells nothing of the key, has no space in it, and means nothing to another process', () => {
    const { id } = viewerOf('key-1');
    // A space would let one viewer's id and key run into those of another in the keys of caches.
    expect(id).toMatch(/^[\w-]{43}$/);
    expect(id).not.toContain('key-1');
    expect(createViewers()('key-1').id).not.toBe(id);
  });
});
