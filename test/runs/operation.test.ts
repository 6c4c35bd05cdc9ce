import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createAnswerLifetime, createCallBudget } from '../../src/runs/operation.ts';
import { createViewerIds, createViewers } from '../../src/runs/viewer.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import type { Scope } from '../../src/upstream/scope.ts';

it('an answer lives as long as the part of it that is over first', () => {
  const lifetime = createAnswerLifetime();
  expect(lifetime.untilMs).toBe(Infinity);
  for (const end of [20, 10, 30]) lifetime.limit(end);
  expect(lifetime.untilMs).toBe(10);
});

describe('a call budget', () => {
  it('allows so many calls, and names the number in its error', () => {
    const budget = createCallBudget(2);
    budget.take(true);
    budget.take(true);
    for (let again = 0; again < 2; again += 1) {
      let error: unknown;
      try {
        budget.take(true);
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

describe('a viewer', () => {
  const viewerOf = createViewers();
  const scopeOf = (organizationId: string | null, ids: readonly string[] | null): Scope => ({
    organizationId,
    workflowIds: ids && new Set(ids),
  });

  it('is the same for the same key, and another for another', () => {
    expect(viewerOf('key-1')).toEqual(viewerOf('key-1'));
    expect(viewerOf('key-1').id).not.toBe(viewerOf('key-2').id);
    expect(viewerOf('key-1').id).not.toBe(viewerOf('KEY-1').id);
  });

  it('is the same for the same scope in any order, and another for another scope', () => {
    const idOf = (scope: Scope | null) => viewerOf('key', scope).id;
    expect(idOf(scopeOf('org', ['a', 'b']))).toBe(idOf(scopeOf('org', ['b', 'a'])));
    const scopes = [
      null,
      scopeOf(null, null),
      scopeOf(null, []),
      scopeOf('', null),
      scopeOf('org', null),
      scopeOf('org', ['a']),
      scopeOf('org', ['a', 'b']),
      scopeOf('org', ['a,b']),
      scopeOf('a', ['org']),
    ];
    expect(new Set(scopes.map(idOf)).size).toBe(scopes.length);
  });

  it('has an id that does not reveal the key, has no space in it, and differs from process to process', () => {
    const { id } = viewerOf('key-1');
    // A cache key is the id, a space, and the rest: a space in the id could make two viewers' keys equal.
    expect(id).toMatch(/^[\w-]{43}$/);
    expect(id).not.toContain('key-1');
    expect(createViewers()('key-1').id).not.toBe(id);
  });

  it('has the HMAC-SHA-256 of its key for an id', () => {
    const secret = randomBytes(32);
    expect(createViewers(createViewerIds(secret))('key').id).toBe(
      createHmac('sha256', secret).update('key').digest('base64url'),
    );
  });
});
