import { hash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { secondsOf, startIssuer, type Issuer } from '../harness/issuer.ts';
import { openSocket, openStream, subscribe, type Transport } from '../harness/live-client.ts';
import { startLiveRun, type LiveRun } from '../harness/live-run.ts';
import { healthy, startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';

const sha256 = (key: string): string => hash('sha256', key, 'hex');
const SERVICE = { UPSTREAM_AUTH: 'service', UPSTREAM_API_KEY: 'service-key' };
const RUN = `{ run(workflowId: "wf", id: "r1") { status } }`;

describe("the gateway's own keys", () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeEach(async () => {
    upstream = await startFaultyUpstream(healthy);
    const keys = `web:${sha256('web-key')}, ${sha256('batch-key').toUpperCase()}`;
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, ...SERVICE, GATEWAY_KEYS_SHA256: keys });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('are accepted, share their cached data, and are never sent upstream', async () => {
    for (const key of ['web-key', 'batch-key']) {
      expect((await gateway.query(RUN, { key })).data).toEqual({ run: { status: 'COMPLETED' } });
    }
    expect(upstream.calls.map(({ key }) => key)).toEqual(upstream.calls.map(() => 'service-key'));
    expect(upstream.count('run')).toBe(1);
  });

  it.each(['web-ke', 'web-key2', 'service-key', sha256('web-key'), 'a.b.c'])('are not %s', async (key) => {
    await gateway.query(RUN, { key: 'web-key' });
    const before = upstream.calls.length;
    const { data, errors } = await gateway.query(RUN, { key });
    expect(data).toEqual({ run: null });
    expect(errors).toMatchObject([
      { message: 'the key is none of those that this gateway takes', extensions: { code: 'UNAUTHENTICATED' } },
    ]);
    expect(upstream.calls).toHaveLength(before);
  });

  it.each<Transport>(['graphql-ws', 'graphql-sse'])('are required over %s, too', async (transport) => {
    const watch = `subscription { runUpdated(workflowId: "wf", id: "r1") { status } }`;
    const right = await subscribe(transport, gateway.url, watch, { key: 'web-key' });
    expect(await right.nextData()).toEqual({ runUpdated: { status: 'COMPLETED' } });
    right.leave();
    const wrong = await subscribe(transport, gateway.url, watch, { key: 'wrong' });
    if (transport === 'graphql-ws') expect(await wrong.next()).toEqual({ type: 'closed', code: 4401 });
    else expect(await wrong.nextErrorCode()).toBe('UNAUTHENTICATED');
    wrong.leave();
  });
});

describe('a gateway in service mode', () => {
  const KEYS = { ...SERVICE, GATEWAY_KEYS_SHA256: sha256('k') };
  const TOKENS = { ...SERVICE, AUTH_JWKS: 'https://login.example.com/', AUTH_ISSUER: 'issuer', AUTH_AUDIENCE: 'x' };

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['without a key of its own', { UPSTREAM_AUTH: 'service' }, /^UPSTREAM_API_KEY: expected the key/],
    ['with another key than a header can have', { ...KEYS, UPSTREAM_API_KEY: 'SECRET key' }, /^UPSTREAM_API_KEY/],
    ['without a way to verify callers', SERVICE, /^UPSTREAM_AUTH: .* AUTH_JWKS.* or GATEWAY_KEYS_SHA256/],
    ['with a key in place of its hash', { ...KEYS, GATEWAY_KEYS_SHA256: 'SECRET' }, /^GATEWAY_KEYS_SHA256: expected/],
    ['without an issuer', { ...TOKENS, AUTH_ISSUER: '' }, /^AUTH_ISSUER: expected/],
    ['without an audience', { ...TOKENS, AUTH_AUDIENCE: '' }, /^AUTH_AUDIENCE: expected/],
    ['with the algorithm none', { ...TOKENS, AUTH_ALGORITHMS: 'RS256,none' }, /^AUTH_ALGORITHMS: expected/],
    ['with a shared secret', { ...TOKENS, AUTH_ALGORITHMS: 'HS256' }, /^AUTH_ALGORITHMS: expected/],
    ['with claims but no tokens', { ...KEYS, AUTH_WORKFLOWS_CLAIM: 'w' }, /^AUTH_WORKFLOWS_CLAIM: .* AUTH_JWKS/],
    [
      'with organizations but no list of them',
      { ...TOKENS, AUTH_ORGANIZATION_CLAIM: 'org', UPSTREAM_ENDPOINTS: 'run' },
      /^AUTH_ORGANIZATION_CLAIM: only the upstream's list/,
    ],
    [
      'with keys but without UPSTREAM_AUTH',
      { ...KEYS, UPSTREAM_AUTH: 'passthrough' },
      /it means nothing while UPSTREAM_AUTH is/,
    ],
  ])('does not start %s, and the error repeats no secret', async (_name, environment, message) => {
    const error: unknown = await startGateway(environment).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    expect(String(error)).not.toContain('SECRET');
  });
});

describe('a token that expires while a run is watched', () => {
  let clock: ManualClock;
  let issuer: Issuer;
  let run: LiveRun;
  const WATCH = `subscription { runUpdated(workflowId: "wf", id: "r1") { stepCounts { total } } }`;
  const told = (total: number) => ({ runUpdated: { stepCounts: { total } } });
  const token = (seconds: number) => issuer.token({ exp: secondsOf(clock.now()) + seconds });

  beforeEach(async () => {
    clock = createManualClock();
    issuer = await startIssuer(clock.now);
    run = await startLiveRun(issuer.environment, { now: clock.now, after: clock.after });
  });
  afterEach(async () => {
    await run.close();
    await issuer.close();
  });

  it.each<Transport>(['graphql-ws', 'graphql-sse'])(
    'ends its subscription over %s with UNAUTHENTICATED, and no other',
    async (transport) => {
      const short = await subscribe(transport, run.gateway.url, WATCH, { key: await token(8) });
      const long = await subscribe(transport, run.gateway.url, WATCH, { key: await token(86_400 * 365) });
      expect(await short.nextData()).toEqual(told(1));
      expect(await long.nextData()).toEqual(told(1));
      clock.advance(7_999);
      expect(short.waiting).toBe(0);
      clock.advance(1);
      expect(await short.nextErrorCode()).toBe('UNAUTHENTICATED');
      expect(long.waiting).toBe(0);
      long.leave();
    },
  );

  it('ends the right to start operations on its socket', async () => {
    const socket = await openSocket(run.gateway.url, { authorization: `Bearer ${await token(8)}` });
    socket.subscribe({ query: RUN });
    expect(await socket.nextData()).toEqual({ run: { status: 'RUNNING' } });
    expect(await socket.next()).toEqual({ type: 'complete' });
    clock.advance(8_000);
    // As over HTTP: the field has the error.
    socket.subscribe({ query: RUN }, 'query');
    expect(await socket.next()).toMatchObject({
      payload: { data: { run: null }, errors: [{ path: ['run'], extensions: { code: 'UNAUTHENTICATED' } }] },
    });
    expect(await socket.next()).toEqual({ type: 'complete' });
    socket.subscribe({ query: WATCH }, 'subscription');
    expect(await socket.nextErrorCode()).toBe('UNAUTHENTICATED');
    socket.leave();
  });

  it('closes a socket with 1013, "try again later", while the issuer can not be reached', async () => {
    issuer.failsWith = 500;
    const socket = await openSocket(run.gateway.url, { authorization: `Bearer ${await token(8)}` });
    expect(await socket.next()).toEqual({ type: 'closed', code: 1013 });
    const stream = await openStream(run.gateway.url, { query: WATCH }, await token(8));
    expect(await stream.nextErrorCode()).toBe('IDENTITY_UNAVAILABLE');
    stream.leave();
  });
});
