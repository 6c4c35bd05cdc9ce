import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createAuthenticator, type Authenticator } from '../../src/auth/authenticator.ts';
import { readConfig } from '../../src/config/config.ts';
import { createViewers } from '../../src/runs/viewer.ts';
import { createManualClock, type ManualClock } from '../support/clock.ts';
import { createSigningKey, secondsOf, startIssuer, type Issuer } from '../support/issuer.ts';

const RECHECK_MS = 300_000;
const WORKFLOWS = 'workflows';
const A_YEAR = 86_400 * 365;

describe('the authenticator of tokens', () => {
  let clock: ManualClock;
  let issuer: Issuer;
  let authenticator: Authenticator;

  beforeEach(async () => {
    clock = createManualClock();
    issuer = await startIssuer(clock.now);
    const { auth } = readConfig({ ...issuer.environment, AUTH_WORKFLOWS_CLAIM: WORKFLOWS });
    const logger = pino({ level: 'silent' });
    const options = { viewerOf: createViewers(), recheckMs: RECHECK_MS, now: clock.now, logger };
    authenticator = await createAuthenticator({ auth, ...options });
  });
  afterEach(() => issuer.close());

  const tokenOf = (ids: readonly string[], seconds = A_YEAR) =>
    issuer.token({ [WORKFLOWS]: ids, exp: secondsOf(clock.now()) + seconds });

  it('verifies a token once, and answers it without waiting until it must be verified again', async () => {
    const token = await tokenOf(['a']);
    expect(authenticator.known(token)).toBeNull();
    const caller = await authenticator.authenticate(token);
    expect(caller).toMatchObject({ error: null, verifiedUntilMs: clock.now() + RECHECK_MS });
    clock.advance(RECHECK_MS - 1);
    expect(authenticator.known(token)).toBe(caller);
    clock.advance(1);
    expect(authenticator.known(token)).toBeNull();
    const again = await authenticator.authenticate(token);
    expect(again).toMatchObject({ viewer: { id: caller.viewer?.id }, error: null });
    expect(again.verifiedUntilMs).toBe(clock.now() + RECHECK_MS);
  });

  it('rejects a token whose key was withdrawn, when it is asked again', async () => {
    const token = await tokenOf(['a']);
    await authenticator.authenticate(token);
    issuer.keys = [await createSigningKey('second')];
    // The issuer's keys are read again when they are ten minutes old.
    clock.advance(RECHECK_MS);
    expect((await authenticator.authenticate(token)).error).toBeNull();
    clock.advance(RECHECK_MS);
    expect(authenticator.known(token)).toBeNull();
    const { viewer, error, verifiedUntilMs } = await authenticator.authenticate(token);
    expect({ viewer, code: error?.code, verifiedUntilMs }).toEqual({
      viewer: null,
      code: 'UNAUTHENTICATED',
      verifiedUntilMs: 0,
    });
    expect(authenticator.known(token)).toBeNull();
  });

  it('rejects a token that has expired, however lately it was verified', async () => {
    const token = await tokenOf(['a'], 10);
    await authenticator.authenticate(token);
    clock.advance(10_000);
    expect(authenticator.known(token)).toBeNull();
    expect((await authenticator.authenticate(token)).error?.message).toMatch(/has expired/);
  });
});
