import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { exportSPKI, importJWK, type CryptoKey } from 'jose';
import { pino } from 'pino';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import {
  AUDIENCE,
  createSigningKey,
  ISSUER,
  secondsOf,
  startIssuer,
  type Claims,
  type Issuer,
} from '../harness/issuer.ts';

const RUN = `{ run(workflowId: "wf", id: "r1") { status } }`;
const DATA = { run: { status: 'COMPLETED' } };

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token', () => {
  let clock: ManualClock;
  let issuer: Issuer;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let logged = '';

  const start = async (environment: Readonly<Record<string, string>> = {}) => {
    const stream = { write: (line: string) => void (logged += line) };
    return startGateway(
      { UPSTREAM_URL: upstream.url, ...issuer.environment, ...environment },
      { now: clock.now, after: clock.after, logger: pino({ level: 'trace' }, stream) },
    );
  };
  const ask = (key: string | null) => gateway.query(RUN, { key });
  const nowSeconds = () => secondsOf(clock.now());

  /** The message of the only error, which must have that code; neither it nor the log may contain a part of the token. */
  async function rejectionOf(token: string, code = 'UNAUTHENTICATED'): Promise<string> {
    const calls = upstream.calls.length;
    const { status, data, errors } = await ask(token);
    expect({ status, data }).toEqual({ status: 200, data: { run: null } });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
    expect(upstream.calls).toHaveLength(calls);
    const message = errors[0]?.message ?? '';
    for (const part of token.split('.').filter((text) => text.length > 8)) {
      expect(message).not.toContain(part);
      expect(logged).not.toContain(part);
    }
    expect(logged).not.toContain('service-key');
    return message;
  }

  beforeEach(async () => {
    logged = '';
    clock = createManualClock();
    issuer = await startIssuer(clock.now);
    upstream = await startFaultyUpstream();
    gateway = await start();
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
    await issuer.close();
  });

  it("that is valid is answered with the data of the gateway's own key, and is never passed on", async () => {
    const token = await issuer.token();
    expect((await ask(token)).data).toEqual(DATA);
    expect((await ask(token)).data).toEqual(DATA);
    expect(new Set(upstream.calls.map(({ key }) => key))).toEqual(new Set(['service-key']));
    expect(JSON.stringify(upstream.calls.map(({ headers }) => headers))).not.toContain(token);
    expect(logged).not.toContain(token);
    expect(issuer.requests).toBe(1);
  });

  it.each(['RS256', 'EdDSA'])('may be signed with %s', async (alg) => {
    issuer.keys = [await createSigningKey('other', alg)];
    expect((await ask(await issuer.token())).data).toEqual(DATA);
  });

  const claims: readonly (readonly [string, (now: number) => Claims, RegExp])[] = [
    ['of another issuer', () => ({ iss: 'https://evil.example.com/' }), /wrong issuer/],
    ['of no issuer', () => ({ iss: undefined }), /wrong issuer/],
    ['for another audience', () => ({ aud: ['another', 'third'] }), /wrong audience/],
    ['for no audience', () => ({ aud: [] }), /wrong audience/],
    ['issued at no time', () => ({ iat: 'yesterday' }), /wrong form/],
    ['that has expired', (now) => ({ exp: now }), /has expired/],
    ['that is not yet valid', (now) => ({ nbf: now + 1 }), /not yet valid/],
    ['that never expires', () => ({ exp: undefined }), /does not say when it expires/],
  ];
  it.each(claims)('%s is rejected with that reason', async (_which, claimsAt, message) => {
    expect(await rejectionOf(await issuer.token(claimsAt(nowSeconds())))).toMatch(message);
  });

  it('whose algorithm is `none` is rejected with that reason', async () => {
    const payload = { iss: ISSUER, aud: AUDIENCE, exp: nowSeconds() + 300 };
    for (const signature of ['', 'c2lnbmF0dXJl']) {
      expect(await rejectionOf(`${encode({ alg: 'none' })}.${encode(payload)}.${signature}`)).toMatch(
        /algorithm is none of those that this gateway takes \(RS256, ES256, EdDSA\)/,
      );
    }
  });

  it('that is signed with the public key as a shared secret is rejected for its algorithm', async () => {
    const key = await createSigningKey('rsa', 'RS256');
    issuer.keys = [key];
    const pem = await exportSPKI((await importJWK({ ...key.publicJwk, ext: true }, 'RS256')) as CryptoKey);
    const payload = { iss: ISSUER, aud: AUDIENCE, exp: nowSeconds() + 300 };
    const content = `${encode({ alg: 'HS256', kid: 'rsa' })}.${encode(payload)}`;
    for (const secret of [pem, pem.trim(), JSON.stringify(key.publicJwk)]) {
      const signature = createHmac('sha256', secret).update(content).digest('base64url');
      expect(await rejectionOf(`${content}.${signature}`)).toMatch(/algorithm/);
    }
  });

  it('with an algorithm that is not configured is rejected', async () => {
    await gateway.close();
    gateway = await start({ AUTH_ALGORITHMS: 'RS256' });
    expect(await rejectionOf(await issuer.token())).toMatch(/algorithm is none of those .*\(RS256\)/);
  });

  it('that was changed, or signed by another key of the same name, is rejected for its signature', async () => {
    const [header, , signature] = (await issuer.token()).split('.');
    const forged = encode({ iss: ISSUER, aud: AUDIENCE, sub: 'eve', exp: nowSeconds() + 300 });
    expect(await rejectionOf(`${header ?? ''}.${forged}.${signature ?? ''}`)).toMatch(/signature/);
    expect(await rejectionOf(await issuer.token({}, await createSigningKey('first')))).toMatch(/signature/);
  });

  it.each(['not-a-token', 'a.b.c', 'e30.e30.e30', '....', 'a.b.c.d.e'])('such as %s is malformed', async (token) => {
    expect(await rejectionOf(token)).toMatch(/malformed/);
  });

  it('that is missing has an error of its own', async () => {
    const { errors } = await ask(null);
    expect(errors).toMatchObject([
      { message: expect.stringMatching(/needs a key/), extensions: { code: 'UNAUTHENTICATED' } },
    ]);
  });

  it('that expires is rejected at once, on an open connection and for cached data', async () => {
    const token = await issuer.token({ exp: nowSeconds() + 10 });
    for (const turn of [1, 2, 3]) expect({ turn, data: (await ask(token)).data }).toEqual({ turn, data: DATA });
    expect((await ask(await issuer.token({ aud: ['x', AUDIENCE] }))).data).toEqual(DATA);
    clock.advance(9999);
    const last = await ask(token);
    expect(last.data).toEqual(DATA);
    clock.advance(1);
    expect(await rejectionOf(token)).toMatch(/has expired/);
  });

  it('limits max-age to its own lifetime', async () => {
    const maxAge = async (token: string) => (await ask(token)).headers.get('cache-control');
    const token = await issuer.token({ exp: nowSeconds() + 10 });
    expect(await maxAge(token)).toBe('private, max-age=10');
    // The same from the response cache.
    for (let turn = 0; turn < 3; turn += 1) expect(await maxAge(token)).toBe('private, max-age=10');
    expect(await maxAge(await issuer.token())).toBe('private, max-age=300');
  });

  it('is valid for AUTH_CLOCK_TOLERANCE_SECONDS more', async () => {
    await gateway.close();
    gateway = await start({ AUTH_CLOCK_TOLERANCE_SECONDS: '5' });
    const token = await issuer.token({ exp: nowSeconds(), nbf: nowSeconds() + 5 });
    expect((await ask(token)).data).toEqual(DATA);
    clock.advance(5000);
    expect(await rejectionOf(token)).toMatch(/has expired/);
  });
});
