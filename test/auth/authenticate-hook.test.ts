import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { createHookAuthenticator, type AuthenticateHook, type Identity } from '../../src/auth/authenticate-hook.ts';
import { createViewers } from '../../src/runs/viewer.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { captureLog, type CapturedLog } from '../support/observed.ts';

const RECHECK_MS = 60_000;
const GOOD: Identity = { upstreamKey: 'key-of-upstream', workflowIds: 'all' };
const viewerOf = createViewers();

const upstreamKey = fc.string({ unit: fc.constantFrom('!', 'a', '7', '~'), minLength: 1, maxLength: 20 });
const identities: fc.Arbitrary<Identity> = fc.record(
  {
    upstreamKey,
    organizationId: fc.string({ minLength: 1 }),
    workflowIds: fc.oneof(fc.constant('all' as const), fc.array(fc.string())),
    attributes: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
  },
  { requiredKeys: ['upstreamKey', 'workflowIds'] },
);
/** How long a right still lasts; undefined: for ever. */
const lifetimes = fc.oneof(fc.constantFrom(undefined, -1, 0, 1), fc.integer({ min: 1, max: 2 * RECHECK_MS }));

describe("the authenticator of an embedder's hook", () => {
  let clock: ManualClock;
  let log: CapturedLog;
  beforeEach(() => {
    clock = createManualClock();
    log = captureLog('error');
  });
  const authenticatorOf = (hook: AuthenticateHook, timeoutMs?: number) => {
    const options = { hook, viewerOf, recheckMs: RECHECK_MS, now: clock.now, wallOf: clock.wallOf, logger: log.logger };
    return createHookAuthenticator({ ...options, ...(timeoutMs !== undefined && { timeoutMs }) });
  };
  /** What the hook answers for the only credential; a function is called each time. */
  const callerOf = (identity: unknown) => authenticatorOf(() => identity as Identity).authenticate('credential');

  it('sees just what the identity says, from when the hook is asked until the right ends', async () => {
    await fc.assert(
      fc.asyncProperty(identities, lifetimes, fc.nat(10), async (identity, lifetime, hookMs) => {
        const askedAt = clock.now();
        const expiresAt = lifetime === undefined ? undefined : askedAt + lifetime;
        const authenticator = authenticatorOf(() => {
          clock.advance(hookMs);
          return { ...identity, ...(expiresAt !== undefined && { expiresAt }) };
        });
        expect(authenticator.known('credential')).toBeNull();
        const caller = await authenticator.authenticate('credential');
        if (lifetime !== undefined && lifetime <= 0) {
          expect(caller).toMatchObject({ viewer: null, error: { code: 'UNAUTHENTICATED' }, verifiedUntilMs: 0 });
          expect(caller.error?.message).toContain('has expired');
          expect(authenticator.known('credential')).toBeNull();
          return;
        }
        const { organizationId = null } = identity;
        const workflowIds = identity.workflowIds === 'all' ? null : new Set(identity.workflowIds);
        const isNarrowed = organizationId !== null || workflowIds !== null;
        const scope = isNarrowed ? { organizationId, workflowIds } : null;
        expect(caller).toEqual({
          viewer: viewerOf(identity.upstreamKey, scope, identity.attributes),
          error: null,
          untilMs: expiresAt ?? Infinity,
          verifiedUntilMs: Math.min(expiresAt ?? Infinity, askedAt + RECHECK_MS),
        });
        clock.advance(caller.verifiedUntilMs - clock.now() - 1);
        expect(authenticator.known('credential')).toBe(clock.now() >= caller.verifiedUntilMs ? null : caller);
        clock.advance(1);
        expect(authenticator.known('credential')).toBeNull();
      }),
    );
  });

  it('asks the hook once while the answer lasts, and never without a credential', async () => {
    const hook = jest.fn<AuthenticateHook>(() => GOOD);
    const authenticator = authenticatorOf(hook);
    const nobody = { viewer: null, error: null, untilMs: Infinity, verifiedUntilMs: Infinity };
    expect([authenticator.known(null), await authenticator.authenticate(null)]).toEqual([nobody, nobody]);
    expect(hook).not.toHaveBeenCalled();
    const caller = await authenticator.authenticate('');
    expect(await authenticator.authenticate('')).toBe(caller);
    expect(hook.mock.calls).toEqual([['']]);
    clock.advance(RECHECK_MS);
    await authenticator.authenticate('');
    expect(hook).toHaveBeenCalledTimes(2);
  });

  it('rejects what the hook does not accept, and asks again the next time', async () => {
    const hook = jest.fn<AuthenticateHook>(() => null);
    const authenticator = authenticatorOf(hook);
    for (const times of [1, 2]) {
      expect(await authenticator.authenticate('made-up')).toMatchObject({
        viewer: null,
        error: { code: 'UNAUTHENTICATED', message: 'the credential is not accepted' },
      });
      expect(hook).toHaveBeenCalledTimes(times);
    }
    expect(log.lines).toEqual([]);
  });

  it.each<[string, unknown, boolean]>([
    ['a key of 8192 characters', { ...GOOD, upstreamKey: 'k'.repeat(8192) }, true],
    ['a longer key', { ...GOOD, upstreamKey: 'k'.repeat(8193) }, false],
    ['a key with a blank before it', { ...GOOD, upstreamKey: ' key' }, false],
    ['a key with a blank behind it', { ...GOOD, upstreamKey: 'key ' }, false],
    ['an empty name of an organization', { ...GOOD, organizationId: '' }, false],
    ['no workflow', { ...GOOD, workflowIds: [] }, true],
    ['attributes of 4096 characters', { ...GOOD, attributes: { ['n'.repeat(96)]: 'x'.repeat(4000) } }, true],
    ['longer attributes', { ...GOOD, attributes: { ['n'.repeat(97)]: 'x'.repeat(3000), m: 'x'.repeat(999) } }, false],
  ])('takes an identity with %s, or not', async (_, identity, isTaken) => {
    expect((await callerOf(identity)).error?.code).toBe(isTaken ? undefined : 'IDENTITY_UNAVAILABLE');
  });

  it.each<[string, AuthenticateHook, string]>([
    [
      'where an identity is malformed, and never its value',
      () => ({ upstreamKey: 's 3cret', workflowIds: [1, 's3cret'], attributes: { a: 7 } }) as unknown as Identity,
      "the identity is malformed: upstreamKey must be 1 to 8192 visible ASCII characters, got string; workflowIds must be a list of ids, or 'all', got object; attributes.a must be an object of texts, of at most 4096 characters together, got number",
    ],
    [
      'the names of what an identity should not have',
      () => ({ ...GOOD, scope: 's3cret' }) as Identity,
      'the identity is malformed: unknown scope: expected null, or an object of upstreamKey, workflowIds, organizationId, attributes and expiresAt',
    ],
    ['what the hook throws', () => Promise.reject(new Error('the database is down')), 'the database is down'],
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- Embedders may.
    ['what it throws in place of an error', () => Promise.reject('down'), 'down'],
  ])('logs %s', async (_, hook, reason) => {
    const { viewer, error } = await authenticatorOf(hook).authenticate('credential');
    expect({ viewer, code: error?.code }).toEqual({ viewer: null, code: 'IDENTITY_UNAVAILABLE' });
    expect(log.lines).toMatchObject([{ msg: 'authenticate failed', reason }]);
    expect(log.text).not.toContain('s3cret');
  });

  it('asks the hook for 64 at once, while 1000 wait; the rest is rejected at once', async () => {
    const release = Promise.withResolvers<Identity>();
    const hook = jest.fn<AuthenticateHook>(() => release.promise);
    const authenticator = authenticatorOf(hook);
    const waiting = Array.from({ length: 1064 }, (_, index) => authenticator.authenticate(`key-${index}`));
    const { error } = await authenticator.authenticate('one more');
    expect(error?.code).toBe('IDENTITY_UNAVAILABLE');
    expect(log.lines).toMatchObject([{ reason: expect.stringMatching(/bulkhead/i) }]);
    expect(hook).toHaveBeenCalledTimes(64);
    release.resolve(GOOD);
    expect(new Set((await Promise.all(waiting)).map((caller) => caller.error))).toEqual(new Set([null]));
    expect(hook).toHaveBeenCalledTimes(1064);
  });

  it('that hangs is given up after ten seconds for all who wait, too, and for whoever comes then it is free', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const hangs = new Promise<null>(() => undefined);
      const authenticator = authenticatorOf((credential) => (credential === 'good' ? GOOD : hangs));
      const outcomes = new Map<string, string | undefined>();
      const ask = async (credential: string) => {
        const { error } = await authenticator.authenticate(credential);
        outcomes.set(credential, error?.code);
      };
      for (let index = 0; index < 100; index += 1) void ask(`first ${index}`);
      await jest.advanceTimersByTimeAsync(5000);
      for (let index = 0; index < 100; index += 1) void ask(`second ${index}`);
      await jest.advanceTimersByTimeAsync(5000);
      expect([outcomes.size, [...outcomes.keys()].every((key) => key.startsWith('first'))]).toEqual([100, true]);
      expect(new Set(outcomes.values())).toEqual(new Set(['IDENTITY_UNAVAILABLE']));
      await jest.advanceTimersByTimeAsync(5000);
      expect(outcomes.size).toBe(200);
      await ask('good');
      expect(outcomes.get('good')).toBeUndefined();
      expect(outcomes.size).toBe(201);
    } finally {
      jest.useRealTimers();
    }
  });

  it.each([
    ['ten seconds', undefined, 10_000],
    ['the time that is given', 20, 20],
  ])('gives up a hook that hangs after %s', async (_, timeoutMs, expectedMs) => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const answered = jest.fn();
      const authenticator = authenticatorOf(() => new Promise<null>(() => undefined), timeoutMs);
      const caller = authenticator.authenticate('credential').finally(answered);
      await jest.advanceTimersByTimeAsync(expectedMs - 1);
      expect(answered).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(1);
      expect((await caller).error?.code).toBe('IDENTITY_UNAVAILABLE');
      expect(log.lines).toMatchObject([{ reason: expect.stringMatching(/timed out/i) }]);
    } finally {
      jest.useRealTimers();
    }
  });
});
