import { describe, expect, it } from '@jest/globals';
import { lasting, type Caller } from '../../src/auth/caller.ts';
import { createVerifiedCallers } from '../../src/auth/verified-callers.ts';
import { createViewers, type Attributes } from '../../src/runs/viewer.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import type { Scope } from '../../src/upstream/scope.ts';
import { rejectionOf } from '../support/rejection.ts';

const viewerOf = createViewers();
const LONG = 'x'.repeat(2 ** 20);
const MANY = Array.from({ length: 2 ** 15 }, (_, id) => String(id));

const withScope = (scope: Scope) => viewerOf('key', scope);
const withAttributes = (attributes: Attributes) => viewerOf('key', null, attributes);

/** How many of so many callers are cached, all of whom have come. The last always is. */
async function cachedOf(count: number, caller: Caller): Promise<number> {
  const callers = createVerifiedCallers({
    callerOf: () => Promise.resolve(caller),
    errorOf: () => null,
    now: () => 0,
  });
  const credentials = Array.from({ length: count }, (_, index) => `credential-${index}`);
  for (const credential of credentials) await callers.verify(credential);
  const cached = credentials.filter((credential) => callers.cached(credential));
  expect(cached).toEqual(credentials.slice(credentials.length - cached.length));
  return cached.length;
}

describe('verified callers', () => {
  it.each([
    ['a long key', viewerOf(LONG)],
    ['the long id of an organization', withScope({ organizationId: LONG, workflowIds: null })],
    ['a long id of a workflow', withScope({ organizationId: null, workflowIds: new Set(['w', LONG]) })],
    ['many workflows', withScope({ organizationId: 'org', workflowIds: new Set(MANY) })],
    ['an attribute with a long name', withAttributes({ [LONG]: 'a' })],
    ['an attribute with a long value', withAttributes({ a: LONG, b: 'b' })],
    ['many attributes', withAttributes(Object.fromEntries(MANY.slice(0, 2 ** 14).map((name) => [name, ''])))],
  ])('are cached within 8 MiB by all that they hold: three with %s', async (_, viewer) => {
    expect(await cachedOf(5, lasting(viewer))).toBe(3);
  });

  it('are cached by the ten thousand where they hold little', async () => {
    const cached = await cachedOf(12_000, lasting(viewerOf('key')));
    expect(cached).toBeGreaterThan(9000);
    expect(cached).toBeLessThan(2 ** 23 / 650);
  });

  it('are verified once for all who come at the same time, and again for whoever comes later', async () => {
    let calls = 0;
    let outcome = Promise.withResolvers<Caller>();
    const callers = createVerifiedCallers({
      callerOf: () => {
        calls += 1;
        return outcome.promise;
      },
      errorOf: () => null,
      now: () => 0,
    });
    const known = new GatewayError('FORBIDDEN', 'no');
    for (const isGood of [true, false, true]) {
      outcome = Promise.withResolvers();
      calls = 0;
      const together = Array.from({ length: 20 }, () => callers.verify('credential'));
      const another = callers.verify('another');
      expect(calls).toBe(2);
      if (isGood) outcome.resolve(lasting(viewerOf('key')));
      else outcome.reject(known);
      const error = isGood ? null : known;
      expect((await Promise.all([...together, another])).map((caller) => caller.error)).toEqual(Array(21).fill(error));
    }
  });

  it('are forgotten by a later verification that fails, whoever it is that fails', async () => {
    const { viewer } = lasting(viewerOf('key'));
    let outcome: () => Promise<Caller> = () => Promise.resolve(lasting(viewerOf('key')));
    const known = new GatewayError('FORBIDDEN', 'no');
    const callers = createVerifiedCallers({
      callerOf: () => outcome(),
      errorOf: (error) => (error instanceof RangeError ? known : null),
      now: () => 0,
    });
    for (const failure of [known, new RangeError('x'), new TypeError('a defect')]) {
      outcome = () => Promise.resolve(lasting(viewerOf('key')));
      await callers.verify('credential');
      expect(callers.cached('credential')).toMatchObject({ viewer });
      expect(callers.cached('another')).toBeNull();
      outcome = () => Promise.reject(failure);
      if (failure instanceof TypeError) expect(await rejectionOf(callers.verify('credential'))).toBe(failure);
      else expect(await callers.verify('credential')).toMatchObject({ viewer: null, error: known, verifiedUntilMs: 0 });
      expect(callers.cached('credential')).toBeNull();
    }
  });
});
