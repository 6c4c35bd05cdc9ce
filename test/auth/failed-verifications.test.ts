/** Credentials that nobody has verified are checked within the rate of their network, over each transport. */
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { NOBODY } from '../../src/auth/caller.ts';
import { createAuthentication } from '../../src/http/authentication.ts';
import { createManualClock } from '../harness/clock.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { Issuer } from '../harness/issuer.ts';
import { perTest } from '../harness/lasting.ts';
import { openSocket, openStream } from '../harness/live-client.ts';
import { ask } from '../harness/plain-http.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';

const QUERY = '{ run(workflowId: "wf", id: "r1") { status } }';
const RATE = 3;
const REAUTH_INTERVAL_MS = 60_000;
const ATTACKER = '192.0.2.1';
/** Not the digits of a request id. */
const LIMITED = /RATE_LIMITED|^\[?429\b|"code":1013\b/;

/** Each returns what the client sees: status, headers and body. */
const SENDERS = {
  async 'HTTP POST'(url: string, key: string, headers: Readonly<Record<string, string>>) {
    const sent = { ...headers, authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    return seen(await ask(`${url}/graphql`, { method: 'POST', headers: sent, body: JSON.stringify({ query: QUERY }) }));
  },
  async 'graphql-sse'(url: string, key: string, headers: Readonly<Record<string, string>>) {
    const stream = await openStream(url, { query: QUERY }, key, { headers });
    return JSON.stringify([stream.status, await stream.next()]);
  },
  async 'graphql-ws'(url: string, key: string, headers: Readonly<Record<string, string>>) {
    const socket = await openSocket(url, { authorization: `Bearer ${key}` }, { headers });
    socket.subscribe({ query: QUERY });
    const frame = await socket.next();
    socket.cut();
    return JSON.stringify(frame);
  },
  async MCP(url: string, key: string, headers: Readonly<Record<string, string>>) {
    const sent = {
      ...headers,
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const call = { name: 'run_state', arguments: { workflowId: 'wf', runId: 'r1' } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: call });
    return seen(await ask(`${url}/mcp`, { method: 'POST', headers: sent, body }));
  },
};

const seen = ({ status, headers, body }: Awaited<ReturnType<typeof ask>>) =>
  `${status} ${headers['retry-after'] ?? ''} ${body.toString()}`;

describe.each(['a hook', 'tokens'])('failed verifications by %s', (kind) => {
  const clock = createManualClock();
  const upstream = perTest(new ScriptedUpstream());
  let issuer: Issuer;
  let gateway: TestGateway;
  let hooked: string[] = [];
  let names = 0;

  beforeEach(async () => {
    hooked = [];
    issuer = await new Issuer(clock.now).open();
    const environment = {
      TRUST_PROXY: '1',
      RATE_LIMIT_ANONYMOUS_PER_MINUTE: String(RATE),
      REAUTH_INTERVAL_MS: String(REAUTH_INTERVAL_MS),
    };
    gateway =
      kind === 'tokens'
        ? await startGateway({ upstream, env: { ...environment, ...issuer.env }, clock })
        : await startGateway({
            upstream,
            env: environment,
            clock,
            authenticate({ credential }) {
              if (credential === null) return null;
              hooked.push(credential);
              return credential.startsWith('good') ? { upstreamKey: 'key', workflowIds: 'all' } : null;
            },
          });
  });
  afterEach(async () => {
    await gateway.close();
    await issuer.close();
  });

  /** A new credential each time. */
  async function credential(isGood: boolean): Promise<string> {
    names += 1;
    if (kind === 'a hook') return `${isGood ? 'good' : 'bad'}-${names}`;
    return issuer.token({ sub: `caller-${names}`, ...(!isGood && { aud: 'another' }) });
  }

  it.each(Object.entries(SENDERS))('count toward the rate limit of their network: %s', async (_, send) => {
    const from = (address: string, key: string) => send(gateway.url, key, { 'x-forwarded-for': address });
    const known = await credential(true);
    expect(await from(ATTACKER, known)).toContain('COMPLETED');
    for (let time = 0; time < RATE; time += 1) {
      expect(await from(ATTACKER, await credential(false))).not.toMatch(LIMITED);
    }
    const before = hooked.length;
    expect(await from(ATTACKER, await credential(false))).toMatch(LIMITED);
    expect(await from(ATTACKER, await credential(true))).toMatch(LIMITED);
    expect(hooked).toHaveLength(before);
    expect(await from(ATTACKER, known)).toContain('COMPLETED');
    expect(await from('192.0.2.2', await credential(true))).toContain('COMPLETED');
  });

  it('get 429 and Retry-After beyond the rate', async () => {
    const send = async (isGood: boolean) =>
      SENDERS['HTTP POST'](gateway.url, await credential(isGood), { 'x-forwarded-for': ATTACKER });
    for (let time = 0; time < RATE; time += 1) expect(await send(false)).toMatch(/^401/);
    expect(await send(true)).toMatch(/^429 20 /);
    clock.advance(20_000);
    expect(await send(true)).toMatch(/^200/);
  });

  it('never stop an accepted credential from being verified again', async () => {
    const headers = { 'x-forwarded-for': ATTACKER };
    const known = await credential(true);
    expect(await SENDERS['HTTP POST'](gateway.url, known, headers)).toMatch(/^200/);
    clock.advance(REAUTH_INTERVAL_MS);
    for (let time = 0; time <= RATE; time += 1) {
      await SENDERS['HTTP POST'](gateway.url, await credential(false), headers);
    }
    expect(await SENDERS['HTTP POST'](gateway.url, known, headers)).toMatch(/^200/);
  });
});

it('rejects none of 3,000 valid tokens from one address', async () => {
  const clock = createManualClock();
  const issuer = await new Issuer(clock.now).open();
  const gateway = await startGateway({
    env: { ...issuer.env, REAUTH_INTERVAL_MS: `${REAUTH_INTERVAL_MS}` },
    clock,
  });
  const tokens = await Promise.all(Array.from({ length: 3000 }, (_, at) => issuer.token({ sub: `user-${at}` })));
  for (let round = 0; round < 2; round += 1) {
    const statuses = await Promise.all(
      tokens.map(async (token) => (await SENDERS['HTTP POST'](gateway.url, token, {})).slice(0, 3)),
    );
    expect(new Set(statuses)).toEqual(new Set(['200']));
    clock.advance(REAUTH_INTERVAL_MS + 1);
  }
  await Promise.all([gateway.close(), issuer.close()]);
});

/** Tests the module: which verification waits cannot be seen from outside. */
it('runs at most 64 verifications per network at once', async () => {
  const begun: string[] = [];
  const held = Promise.withResolvers<undefined>();
  const authenticate = createAuthentication({
    authenticator: {
      readsRequests: false,
      callerOf: ({ credential }) => ({
        wasAccepted: false,
        async verify() {
          begun.push(credential ?? '');
          await held.promise;
          return NOBODY;
        },
      }),
    },
    origins: [],
    client: {
      addressOf: () => '',
      networkOf: ({ headers }) => ({ network: String(headers['x-forwarded-for']), isProxy: false }),
    },
    byNetwork: () => ({ isAllowed: true, limit: 1, remaining: 1, resetSeconds: 0, retryAfterSeconds: 0 }),
    now: () => 0,
    logger: pino({ level: 'silent' }),
  });
  const from = async (network: string, key: number) => {
    const request = new IncomingMessage(new Socket());
    request.headers = { authorization: `Bearer ${network}-${key}`, 'x-forwarded-for': network };
    return authenticate(request);
  };
  const callers = Array.from({ length: 100 }, (_, key) => from('a', key));
  callers.push(from('b', 0));
  await new Promise(setImmediate);
  expect(begun).toHaveLength(65);
  expect(begun).toContain('b-0');
  held.resolve(undefined);
  await Promise.all(callers);
  expect(begun).toHaveLength(101);
});
