/** Who is accepted: tokens of an issuer, and keys of the gateway. The issuer's keys: issuer-keys.test.ts. */
import { createHmac, hash } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { exportSPKI, importJWK, type CryptoKey } from 'jose';
import { createManualClock } from '../harness/clock.ts';
import { startGateway, TestGateway } from '../harness/gateway.ts';
import { AUDIENCE, type Claims, createSigningKey, Issuer, ISSUER, secondsOf } from '../harness/issuer.ts';
import { healthy } from '../harness/upstream.ts';
import { perBlock, perTest } from '../harness/lasting.ts';
import { openSocket, openStream, subscribe, type Transport } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import { type CapturedLog, captureLog } from '../harness/observed.ts';
import { codesOf } from '../harness/operations.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';

const RUN = `{ run(workflowId: "wf", id: "r1") { status } }`;
const DATA = { run: { status: 'COMPLETED' } };
const clock = createManualClock();
const nowSeconds = () => secondsOf(clock.now());

describe('a token', () => {
  let log: CapturedLog;
  beforeEach(() => {
    log = captureLog('trace');
  });
  const issuer = perTest(new Issuer(clock.now));
  const gateway = perTest(new TestGateway(() => ({ env: issuer.env, clock, logger: log.logger })));
  const { upstream } = gateway;
  const ask = (key: string | null) => gateway.query(RUN, { key });
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signedBy = (header: object, claims: object = {}) =>
    `${encode(header)}.${encode({ iss: ISSUER, aud: AUDIENCE, exp: nowSeconds() + 300, ...claims })}`;

  /** The message of the only error. Neither it nor the log may contain a part of the token. */
  async function rejectionOf(token: string): Promise<string> {
    const calls = upstream.calls.length;
    const { status, data, errors } = await ask(token);
    expect({ status, data }).toEqual({ status: 401, data: { run: null } });
    expect(codesOf({ errors })).toEqual(['UNAUTHENTICATED']);
    expect(upstream.calls).toHaveLength(calls);
    const message = errors[0]?.message ?? '';
    for (const part of token.split('.').filter((text) => text.length > 8)) {
      expect(message).not.toContain(part);
      expect(log.text).not.toContain(part);
    }
    expect(log.text).not.toContain('service-key');
    return message;
  }

  it('reads with the gateway key and never reaches the upstream', async () => {
    const token = await issuer.token();
    for (let time = 0; time < 2; time += 1) expect((await ask(token)).data).toEqual(DATA);
    expect(new Set(upstream.calls.map(({ key }) => key))).toEqual(new Set(['service-key']));
    expect(JSON.stringify(upstream.calls.map(({ headers }) => headers))).not.toContain(token);
    expect(log.text).not.toContain(token);
    expect(issuer.requests).toBe(1);
  });

  it.each(['RS256', 'EdDSA'])('may be signed with %s', async (alg) => {
    issuer.keys = [await createSigningKey('other', alg)];
    expect((await ask(await issuer.token({ aud: ['x', AUDIENCE] }))).data).toEqual(DATA);
  });

  it.each<[string, (now: number) => Claims, RegExp]>([
    ['of another issuer', () => ({ iss: 'https://evil.example.com/' }), /wrong issuer/],
    ['of no issuer', () => ({ iss: undefined }), /wrong issuer/],
    ['for another audience', () => ({ aud: ['another', 'third'] }), /wrong audience/],
    ['for no audience', () => ({ aud: [] }), /wrong audience/],
    ...['iat', 'nbf', 'exp'].map<[string, () => Claims, RegExp]>((claim) => [
      `with a text as ${claim}`,
      () => ({ [claim]: 'yesterday' }),
      new RegExp(`the token's claim "${claim}" must be a number`),
    ]),
    ...['', 7, null, ['eve'], { id: 'eve' }].map<[string, () => Claims, RegExp]>((sub) => [
      `with ${JSON.stringify(sub)} as sub`,
      () => ({ sub }),
      /the token's claim "sub" must be a non-empty string, or omitted/,
    ]),
    ['that has expired', (now) => ({ exp: now }), /has expired/],
    ['that is not yet valid', (now) => ({ nbf: now + 1 }), /not yet valid/],
    ['that never expires', () => ({ exp: undefined }), /does not expire/],
  ])('is rejected with the reason: %s', async (_which, claimsAt, message) => {
    expect(await rejectionOf(await issuer.token(claimsAt(nowSeconds())))).toMatch(message);
  });

  it('is rejected if it uses `none` or an unconfigured algorithm', async () => {
    for (const signature of ['', 'c2lnbmF0dXJl']) {
      expect(await rejectionOf(`${signedBy({ alg: 'none' })}.${signature}`)).toMatch(
        /algorithm must be one of RS256, ES256, EdDSA/,
      );
    }
    await gateway.restart({ env: { AUTH_ALGORITHMS: 'RS256' } });
    expect(await rejectionOf(await issuer.token())).toMatch(/algorithm must be one of RS256$/);
  });

  it('is rejected if signed with the public key as shared secret', async () => {
    const key = await createSigningKey('rsa', 'RS256');
    issuer.keys = [key];
    const pem = await exportSPKI((await importJWK({ ...key.publicJwk, ext: true }, 'RS256')) as CryptoKey);
    const content = signedBy({ alg: 'HS256', kid: 'rsa' });
    for (const secret of [pem, pem.trim(), JSON.stringify(key.publicJwk)]) {
      const signature = createHmac('sha256', secret).update(content).digest('base64url');
      expect(await rejectionOf(`${content}.${signature}`)).toMatch(/algorithm/);
    }
  });

  it('is rejected if changed or signed by another key', async () => {
    const [, , signature] = (await issuer.token()).split('.');
    const forged = signedBy({ alg: 'ES256', kid: 'first' }, { sub: 'eve' });
    expect(await rejectionOf(`${forged}.${signature ?? ''}`)).toMatch(/signature/);
    expect(await rejectionOf(await issuer.token({}, await createSigningKey('first')))).toMatch(/signature/);
  });

  it('is rejected if malformed or missing', async () => {
    for (const token of ['not-a-token', 'a.b.c', 'e30.e30.e30', '....', 'a.b.c.d.e']) {
      expect(await rejectionOf(token)).toMatch(/must be a signed JWT or a key of this gateway/);
    }
    const { errors } = await ask(null);
    expect(errors).toMatchObject([
      { message: expect.stringMatching(/A key is required/), extensions: { code: 'UNAUTHENTICATED' } },
    ]);
  });

  it('is rejected once expired, even on open connections and for cached data', async () => {
    const token = await issuer.token({ exp: nowSeconds() + 10 });
    for (const turn of [1, 2, 3]) expect({ turn, data: (await ask(token)).data }).toEqual({ turn, data: DATA });
    clock.advance(9999);
    expect((await ask(token)).data).toEqual(DATA);
    clock.advance(1);
    expect(await rejectionOf(token)).toMatch(/has expired/);
  });

  it('limits max-age to its lifetime', async () => {
    const maxAge = async (token: string) => (await ask(token)).headers.get('cache-control');
    const token = await issuer.token({ exp: nowSeconds() + 10 });
    // The response cache answers from the second time on.
    for (let turn = 0; turn < 4; turn += 1) expect(await maxAge(token)).toBe('private, max-age=10');
    expect(await maxAge(await issuer.token())).toBe('private, max-age=300');
  });

  it('stays valid for AUTH_CLOCK_TOLERANCE_SECONDS after it expires', async () => {
    await gateway.restart({ env: { AUTH_CLOCK_TOLERANCE_SECONDS: '5' } });
    const token = await issuer.token({ exp: nowSeconds(), nbf: nowSeconds() + 5 });
    expect((await ask(token)).data).toEqual(DATA);
    clock.advance(5000);
    expect(await rejectionOf(token)).toMatch(/has expired/);
  });
});

describe('a token that expires on an open connection', () => {
  const issuer = perTest(new Issuer(clock.now));
  const run = perTest(new LiveRun(() => ({ env: issuer.env, clock })));
  const WATCH = `subscription { runUpdated(workflowId: "wf", id: "r1") { run { status } } }`;
  const token = (seconds: number) => issuer.token({ exp: nowSeconds() + seconds });

  it('starts no operation on its socket', async () => {
    const socket = await openSocket(run.gateway.url, { authorization: `Bearer ${await token(8)}` });
    socket.subscribe({ query: RUN });
    expect(await socket.nextData()).toEqual({ run: { status: 'RUNNING' } });
    expect(await socket.next()).toEqual({ type: 'complete' });
    clock.advance(8_000);
    // As over HTTP, the field has the error.
    socket.subscribe({ query: RUN }, 'query');
    expect(await socket.next()).toMatchObject({
      payload: { data: { run: null }, errors: [{ path: ['run'], extensions: { code: 'UNAUTHENTICATED' } }] },
    });
    expect(await socket.next()).toEqual({ type: 'complete' });
    socket.subscribe({ query: WATCH }, 'subscription');
    expect(await socket.nextErrorCode()).toBe('UNAUTHENTICATED');
    socket.leave();
  });

  it('keeps a subscription whose client reconnects with the next token', async () => {
    let current = await token(8);
    const client = createClient({
      url: `${run.gateway.url.replace('http', 'ws')}/graphql`,
      connectionParams: () => ({ authorization: `Bearer ${current}` }),
      retryWait: () => Promise.resolve(),
    });
    const events = client.iterate<{ readonly runUpdated: { readonly run: { readonly status: string } } }>({
      query: WATCH,
    });
    const nextStatus = async () => {
      const next = await events.next();
      return next.done === true ? null : next.value.data?.runUpdated.run.status;
    };
    expect(await nextStatus()).toBe('RUNNING');
    current = await token(86_400);
    client.terminate();
    expect(await nextStatus()).toBe('RUNNING');
    clock.advance(8_000);
    run.status = 'completed';
    clock.advance(5_000);
    expect(await nextStatus()).toBe('COMPLETED');
    await client.dispose();
  });

  it('closes a new socket with 1013 while the issuer is unreachable', async () => {
    issuer.failsWith = 500;
    const socket = await openSocket(run.gateway.url, { authorization: `Bearer ${await token(8)}` });
    expect(await socket.next()).toEqual({ type: 'closed', code: 1013 });
    const stream = await openStream(run.gateway.url, { query: WATCH }, await token(8));
    expect(await stream.nextErrorCode()).toBe('IDENTITY_UNAVAILABLE');
    stream.leave();
  });
});

const sha256 = (key: string): string => hash('sha256', key, 'hex');
const SERVICE = { UPSTREAM_AUTH: 'service', UPSTREAM_API_KEY: 'service-key' };

describe("the gateway's own keys", () => {
  const upstream = perBlock(new ScriptedUpstream());
  const keys = `web:${sha256('web-key')}, ${sha256('batch-key').toUpperCase()}`;
  const gateway = perBlock(new TestGateway({ upstream, env: { ...SERVICE, GATEWAY_KEYS_SHA256: keys } }));

  it('are accepted, share cached data, and never reach the upstream', async () => {
    for (const key of ['web-key', 'batch-key']) expect((await gateway.query(RUN, { key })).data).toEqual(DATA);
    for (const key of ['web-ke', 'web-key2', 'service-key', sha256('web-key'), 'a.b.c']) {
      const { data, errors } = await gateway.query(RUN, { key });
      expect(data).toEqual({ run: null });
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining('not one of this gateway'),
          extensions: { code: 'UNAUTHENTICATED' },
        },
      ]);
    }
    expect(upstream.calls.map(({ endpoint, key }) => [endpoint, key])).toEqual([['run', 'service-key']]);
  });

  it.each<Transport>(['graphql-ws', 'graphql-sse'])('are required over %s', async (transport) => {
    const watch = `subscription { runUpdated(workflowId: "wf", id: "r1") { run { status } } }`;
    const right = await subscribe(transport, gateway.url, watch, { key: 'web-key' });
    expect(await right.nextData()).toEqual({ runUpdated: { run: { status: 'COMPLETED' } } });
    right.leave();
    const wrong = await subscribe(transport, gateway.url, watch, { key: 'wrong' });
    if (transport === 'graphql-ws') expect(await wrong.next()).toEqual({ type: 'closed', code: 4401 });
    else expect(await wrong.nextErrorCode()).toBe('UNAUTHENTICATED');
    wrong.leave();
  });
});

describe('AUTH_EXECUTE_SCOPE with keys of the gateway', () => {
  const keyed = { full: '', reader: 'reader+payloads:read:', starter: 'starter+payloads:read+runs/execute:' };
  const keys = Object.entries(keyed).map(([key, name]) => `${name}${sha256(key)}`);
  const gateway = perBlock(
    new TestGateway({
      script: (call) => (call.endpoint === 'execute' ? { json: { run_id: 'new' } } : healthy(call)),
      env: { ...SERVICE, AUTH_EXECUTE_SCOPE: 'runs/execute', GATEWAY_KEYS_SHA256: keys.join() },
    }),
  );

  it.each([
    ['full', []],
    ['reader', ['FORBIDDEN']],
    ['starter', []],
  ])('start runs with the right, or without any rights: %s', async (key, codes) => {
    const before = gateway.upstream.count('execute');
    const { errors } = await gateway.query('mutation { executeWorkflow(workflowId: "wf") { message } }', { key });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(codes);
    expect(gateway.upstream.count('execute') - before).toBe(codes.length === 0 ? 1 : 0);
    expect((await gateway.query(RUN, { key })).data).toEqual(DATA);
  });
});

describe('a gateway in service mode', () => {
  const KEYS = { ...SERVICE, GATEWAY_KEYS_SHA256: sha256('k') };
  const TOKENS = { ...SERVICE, AUTH_JWKS: 'https://login.example.com/', AUTH_ISSUER: 'issuer', AUTH_AUDIENCE: 'x' };
  const CLAIM = { AUTH_ORGANIZATION_CLAIM: 'org' };

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['without its own key', { UPSTREAM_AUTH: 'service' }, /^UPSTREAM_API_KEY is required/],
    ['with another key than a header can have', { ...KEYS, UPSTREAM_API_KEY: 'SECRET key' }, /^UPSTREAM_API_KEY/],
    ['without a way to verify callers', SERVICE, /^AUTH_JWKS or GATEWAY_KEYS_SHA256 is required/],
    ['with a key in place of its hash', { ...KEYS, GATEWAY_KEYS_SHA256: 'SECRET' }, /^GATEWAY_KEYS_SHA256 must be/],
    [
      'with rights but no name',
      { ...KEYS, GATEWAY_KEYS_SHA256: `+read:${sha256('k')}` },
      /^GATEWAY_KEYS_SHA256 must be/,
    ],
    ['with an empty right', { ...KEYS, GATEWAY_KEYS_SHA256: `web+:${sha256('k')}` }, /^GATEWAY_KEYS_SHA256 must be/],
    ['without an issuer', { ...TOKENS, AUTH_ISSUER: '' }, /^AUTH_ISSUER is required/],
    ['without an audience', { ...TOKENS, AUTH_AUDIENCE: '' }, /^AUTH_AUDIENCE is required/],
    ['with the algorithm none', { ...TOKENS, AUTH_ALGORITHMS: 'RS256,none' }, /^AUTH_ALGORITHMS must be/],
    ['with a shared secret', { ...TOKENS, AUTH_ALGORITHMS: 'HS256' }, /^AUTH_ALGORITHMS must be/],
    [
      'with claims but no tokens',
      { ...KEYS, AUTH_WORKFLOWS_CLAIM: 'w' },
      /^AUTH_JWKS is required when AUTH_WORKFLOWS_CLAIM/,
    ],
    [
      'with organizations but no list',
      { ...TOKENS, ...CLAIM, UPSTREAM_ENDPOINTS: 'run' },
      /^UPSTREAM_ENDPOINTS must include workflows/,
    ],
    ['with keys but no UPSTREAM_AUTH', { ...KEYS, UPSTREAM_AUTH: 'passthrough' }, /^UPSTREAM_AUTH must be service/],
  ])("doesn't start in service mode %s, and reveals no secret", async (_name, environment, message) => {
    const error: unknown = await startGateway({ env: environment }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    expect(String(error)).not.toContain('SECRET');
  });
});
