import { hash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { pino } from 'pino';
import { createAuthenticator, type Authenticator } from '../../src/auth/authenticator.ts';
import { readConfig } from '../../src/config/config.ts';
import { createViewers } from '../../src/runs/viewer.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { AUDIENCE, createSigningKey, ISSUER, secondsOf, startIssuer, type Issuer } from '../harness/issuer.ts';

const RECHECK_MS = 300_000;
const WORKFLOWS = 'workflows';
const A_YEAR = 86_400 * 365;

const viewerOf = createViewers();
const NOBODY = { viewer: null, error: null, untilMs: Infinity, verifiedUntilMs: Infinity };
const optionsOf = ({ now, wallOf }: ManualClock) => ({
  viewerOf,
  recheckMs: RECHECK_MS,
  now,
  wallOf,
  logger: pino({ level: 'silent' }),
});

describe('the authenticator of tokens', () => {
  let clock: ManualClock;
  let issuer: Issuer;
  let authenticator: Authenticator;

  beforeEach(async () => {
    clock = createManualClock();
    issuer = await startIssuer(clock.now);
    authenticator = await start({ AUTH_WORKFLOWS_CLAIM: WORKFLOWS });
  });
  afterEach(() => issuer.close());

  const start = (environment: Readonly<Record<string, string>> = {}) =>
    createAuthenticator({ auth: readConfig({ ...issuer.environment, ...environment }).auth, ...optionsOf(clock) });

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

  it.each([0, 5])(
    'takes a token just while its signature and all its claims are right, with %i seconds of tolerance',
    async (tolerance) => {
      const tolerant = await start({ AUTH_CLOCK_TOLERANCE_SECONDS: String(tolerance) });
      const [listed] = issuer.keys;
      const unlisted = await createSigningKey('unlisted');
      const seconds = fc.option(fc.integer({ min: -8, max: 8 }), { nil: undefined, freq: 6 });
      const claims = fc.record({
        iss: fc.constantFrom(ISSUER, ISSUER, ISSUER, 'https://evil.example.com/', undefined),
        aud: fc.constantFrom<unknown>(AUDIENCE, AUDIENCE, ['x', AUDIENCE], 'x', [], undefined),
        exp: seconds,
        nbf: seconds,
        iat: fc.constantFrom(undefined, undefined, undefined, 'yesterday'),
      });
      await fc.assert(
        fc.asyncProperty(claims, fc.boolean(), fc.nat(999), async ({ iss, aud, exp, nbf, iat }, isListed, ms) => {
          clock.advance(ms);
          const nowMs = clock.now();
          const now = secondsOf(nowMs);
          const at = (offset: number | undefined) => (offset === undefined ? undefined : now + offset);
          const all = { iss, aud, exp: at(exp), nbf: at(nbf), iat };
          const token = await issuer.token(all, isListed ? listed : unlisted);
          const caller = await tolerant.authenticate(token);
          const reasons = [
            [isListed, /does not list/],
            [iss === ISSUER, /wrong issuer/],
            [[aud].flat().includes(AUDIENCE), /wrong audience/],
            [exp !== undefined, /does not say when it expires/],
            [exp === undefined || exp + tolerance > 0, /has expired/],
            [nbf === undefined || nbf <= tolerance, /not yet valid/],
            [iat === undefined, /a claim of the token is of the wrong form/],
          ] as const;
          const wrong = reasons.filter(([isRight]) => !isRight).map(([, message]) => message);
          if (wrong.length > 0) {
            expect(caller).toMatchObject({ viewer: null, error: { code: 'UNAUTHENTICATED' }, verifiedUntilMs: 0 });
            expect(wrong.filter((message) => message.test(caller.error?.message ?? ''))).toHaveLength(1);
            expect(tolerant.known(token)).toBeNull();
          } else {
            const untilMs = (now + (exp ?? 0) + tolerance) * 1000;
            expect(caller).toMatchObject({ viewer: { credential: 'service-key', scope: null }, error: null, untilMs });
            expect(caller.verifiedUntilMs).toBe(Math.min(untilMs, nowMs + RECHECK_MS));
            expect(tolerant.known(token)).toBe(caller);
          }
        }),
        { numRuns: 200 },
      );
    },
  );

  it('says of a credential that is no such token what is wrong with it', async () => {
    const [header = '', payload = '', signature = ''] = (await issuer.token({ [WORKFLOWS]: [] })).split('.');
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = encode({ iss: ISSUER, aud: AUDIENCE, exp: secondsOf(clock.now()) + 300, [WORKFLOWS]: ['all'] });
    for (const [credential, message] of [
      [`${header}.${forged}.${signature}`, /signature does not fit its content/],
      [`${encode({ alg: 'HS256' })}.${payload}.${signature}`, /algorithm is none of .* \(RS256, ES256, EdDSA\)/],
      [`${encode({ alg: 'none' })}.${payload}.`, /algorithm is none of/],
      ['made-up', /malformed/],
      ['a.b.c', /malformed/],
    ] as const) {
      const { viewer, error } = await authenticator.authenticate(credential);
      expect({ viewer, code: error?.code }).toEqual({ viewer: null, code: 'UNAUTHENTICATED' });
      expect(error?.message).toMatch(message);
    }
  });

  it('rejects with a defect as it is: that is no fault of the token', async () => {
    const defect = new TypeError('no function');
    const { auth } = readConfig(issuer.environment);
    const failing = await createAuthenticator({
      ...optionsOf(clock),
      auth,
      viewerOf: (credential, scope) => {
        if (scope === null) throw defect;
        return viewerOf(credential, scope);
      },
    });
    await expect(failing.authenticate(await issuer.token())).rejects.toBe(defect);
  });

  it('needs a key name where the issuer lists several keys', async () => {
    const [key] = issuer.keys;
    if (!key) throw new Error('expected a key');
    const unnamed = await new SignJWT({
      iss: ISSUER,
      aud: AUDIENCE,
      exp: secondsOf(clock.now()) + 300,
      [WORKFLOWS]: [],
    })
      .setProtectedHeader({ alg: key.alg })
      .sign(key.privateKey);
    expect((await authenticator.authenticate(unnamed)).error).toBeNull();
    issuer.keys = [key, await createSigningKey('second')];
    expect((await (await start()).authenticate(unnamed)).error?.message).toMatch(/names no key \(kid\)/);
  });
});

describe('the authenticator', () => {
  const clock = createManualClock();
  const start = (environment: Readonly<Record<string, string>>) =>
    createAuthenticator({ auth: readConfig(environment).auth, ...optionsOf(clock) });
  const hashOf = (key: string) => hash('sha256', key, 'hex');

  it('passes any credential on, or opens nothing without one', async () => {
    const authenticator = await start({});
    fc.assert(
      fc.property(fc.string(), (credential) => {
        const caller = { viewer: viewerOf(credential), error: null, untilMs: Infinity, verifiedUntilMs: Infinity };
        expect(authenticator.known(credential)).toEqual(caller);
      }),
    );
    expect(await authenticator.authenticate('key')).toEqual(authenticator.known('key'));
    expect([authenticator.known(null), await authenticator.authenticate(null)]).toEqual([NOBODY, NOBODY]);
  });

  it("takes the gateway's keys alone where there are no tokens", async () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(names, fc.string(), async (keys, other) => {
        const authenticator = await start({
          UPSTREAM_AUTH: 'service',
          UPSTREAM_API_KEY: 'service-key',
          GATEWAY_KEYS_SHA256: keys.map(hashOf).join(','),
        });
        for (const credential of [...keys, other, 'service-key', ...keys.map(hashOf)]) {
          const caller = authenticator.known(credential);
          if (keys.includes(credential)) {
            expect(caller).toMatchObject({ viewer: viewerOf('service-key'), error: null, verifiedUntilMs: Infinity });
          } else {
            expect(caller).toMatchObject({ viewer: null, error: { code: 'UNAUTHENTICATED' }, verifiedUntilMs: 0 });
            expect(caller?.error?.message).toBe('the key is none of those that this gateway takes');
          }
          expect(await authenticator.authenticate(credential)).toEqual(caller);
        }
        expect([authenticator.known(null), await authenticator.authenticate(null)]).toEqual([NOBODY, NOBODY]);
      }),
      { numRuns: 30 },
    );
  });
});
