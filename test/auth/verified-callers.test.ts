/**
 * A test of the module: how many callers are cached, how many calls of an embedder's hook run and wait, and when one that hangs is given up
 * can't be seen from outside in a short time. What the hook decides is shown by embedding/authenticate.test.ts.
 */
import { expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { createHookAuthenticator, type AuthenticateHook, type Identity } from '../../src/auth/authenticate-hook.ts';
import { createViewers } from '../../src/runs/viewer.ts';

const LONG = 'x'.repeat(4000);
const MANY = Array.from({ length: 2 ** 15 }, (_, id) => String(id));
const GOOD: Identity = { upstreamKey: 'key', workflowIds: 'all' };

const authenticatorOf = (hook: AuthenticateHook, timeoutMs = 20) =>
  createHookAuthenticator({
    hook,
    viewerOf: createViewers(),
    recheckMs: 60_000,
    now: () => 0,
    wallOf: (ms) => ms,
    logger: pino({ level: 'silent' }),
    timeoutMs,
  });

it.each<readonly [string, Partial<Identity>, number, number]>([
  ['a long key', { upstreamKey: 'k'.repeat(8192) }, 400, 500],
  ['a long id of an organization', { organizationId: LONG }, 900, 1000],
  ['a long id of a workflow', { workflowIds: ['w', LONG] }, 900, 1000],
  ['many workflows', { workflowIds: MANY }, 3, 4],
  ['an attribute with a long name', { attributes: { [LONG]: 'a' } }, 900, 1000],
  ['an attribute with a long value', { attributes: { a: LONG, b: 'b' } }, 900, 1000],
  ['little', {}, 9000, 12_000],
])('callers are cached within 8 MiB by all that is stored of them: %s', async (_name, identity, least, most) => {
  const hook = jest.fn<AuthenticateHook>(() => ({ ...GOOD, ...identity }));
  const authenticator = authenticatorOf(hook);
  const credentials = Array.from({ length: most + 1 }, (_, index) => `credential-${index}`);
  for (const credential of credentials) await authenticator.authenticate(credential);
  const cached = credentials.filter((credential) => authenticator.known(credential));
  // The latest ones.
  expect(cached).toEqual(credentials.slice(credentials.length - cached.length));
  expect(cached.length).toBeGreaterThanOrEqual(least);
  expect(cached.length).toBeLessThanOrEqual(most);
});

it('a hook is asked once for all who come with one credential, for 64 at once, while 1000 wait; the rest is refused', async () => {
  const release = Promise.withResolvers<Identity>();
  const hook = jest.fn<AuthenticateHook>(() => release.promise);
  const authenticator = authenticatorOf(hook, 10_000);
  const waiting = Array.from({ length: 1064 }, (_, index) => authenticator.authenticate(`key-${index}`));
  const same = authenticator.authenticate('key-0');
  expect((await authenticator.authenticate('one more')).error?.code).toBe('IDENTITY_UNAVAILABLE');
  expect(hook).toHaveBeenCalledTimes(64);
  release.resolve(GOOD);
  expect(new Set((await Promise.all([...waiting, same])).map(({ error }) => error))).toEqual(new Set([null]));
  expect(hook).toHaveBeenCalledTimes(1064);
});

it('a hook that hangs is given up, also for those who wait, and is free for later callers', async () => {
  const hangs = new Promise<null>(() => undefined);
  const authenticator = authenticatorOf((credential) => (credential === 'good' ? GOOD : hangs));
  const callers = Array.from({ length: 200 }, (_, index) => authenticator.authenticate(`key-${index}`));
  expect(new Set((await Promise.all(callers)).map(({ error }) => error?.code))).toEqual(
    new Set(['IDENTITY_UNAVAILABLE']),
  );
  expect((await authenticator.authenticate('good')).error).toBeNull();
});
