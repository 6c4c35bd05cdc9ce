/** What a hook may read of a request apart from its credential: headers, such as a session's cookie, and the socket. */
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pino } from 'pino';
import type { AuthenticateHook, Claims } from 'stepgate';
import WebSocket from 'ws';
import { createHookAuthenticator } from '../../src/auth/authenticate-hook.ts';
import { createViewers } from '../../src/auth/viewer.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { ask } from '../harness/plain-http.ts';

const SESSIONS: Readonly<Record<string, string>> = { 'sid=of-ada': 'key-of-ada', 'sid=of-bob': 'key-of-bob' };
const NOT_ACCEPTED = 'the request has no accepted credential';
const RUN = '{ run(workflowId: "wf", id: "r1") { status } }';

describe('a session', () => {
  const authenticate: AuthenticateHook = ({ headers: { cookie = '' } }) => {
    const upstreamKey = SESSIONS[cookie];
    return upstreamKey === undefined ? null : { upstreamKey, workflowIds: 'all' };
  };
  const gateway = perTest(new TestGateway({ authenticate, env: { CORS_ORIGINS: '*' } }));
  const { upstream } = gateway;

  const post = async (headers: Readonly<Record<string, string>>) => {
    const sent = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } };
    const answer = await ask(`${gateway.url}/graphql`, { ...sent, body: JSON.stringify({ query: RUN }) });
    return answer;
  };
  const isAccepted = async (headers: Readonly<Record<string, string>>) =>
    !(await post(headers)).body.includes('UNAUTHENTICATED');

  it('tells callers apart by cookie, even on one connection', async () => {
    for (const cookie of Object.keys(SESSIONS)) {
      for (let time = 0; time < 3; time += 1) expect(await isAccepted({ cookie })).toBe(true);
      expect(upstream.calls.at(-1)?.key).toBe(SESSIONS[cookie]);
    }
    expect(await isAccepted({ cookie: 'sid=of-nobody' })).toBe(false);
    expect(await isAccepted({})).toBe(false);
  });

  it('is rejected without asking for an Authorization header', async () => {
    for (const headers of [
      {},
      { cookie: 'sid=of-nobody' },
      { authorization: 'Bearer k', origin: 'https://evil.example' },
    ])
      expect((await post(headers)).body.toString()).toContain(`"message":"${NOT_ACCEPTED}"`);
  });

  it('has separate responses in the browser cache', async () => {
    expect((await post({ cookie: 'sid=of-ada' })).headers.vary).toContain('cookie');
  });

  it("can't be used by another origin", async () => {
    const cookie = 'sid=of-ada';
    const origin = 'https://evil.example';
    expect(await isAccepted({ cookie, origin: gateway.url })).toBe(true);
    expect(await isAccepted({ cookie, origin })).toBe(false);
    const end = (from: string) =>
      new Promise<string>((resolve, reject) => {
        const headers = { cookie };
        const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
          origin: from,
          headers,
        });
        socket.once('open', () => {
          socket.send('{"type":"connection_init"}');
        });
        socket.once('message', (data: Buffer) => {
          resolve((JSON.parse(data.toString()) as { readonly type: string }).type);
          socket.terminate();
        });
        socket.once('close', (code, reason) => {
          resolve(`${code} ${reason.toString()}`);
        });
        socket.once('error', reject);
      });
    expect(await end(gateway.url)).toBe('connection_ack');
    const ignored = `${NOT_ACCEPTED}: the cookies of this Origin are ignored, see corsOrigins`;
    expect((await post({ cookie, origin })).body.toString()).toContain(ignored);
    expect(await end(origin)).toBe(`4401 Unauthorized: ${ignored}`);
  });
});

/** Tests the module: which requests share a call cannot be seen from outside. */
describe('the result of a hook', () => {
  const SOCKETS = [new Socket(), new Socket()] as const;
  const claims = fc.record({
    credential: fc.constantFrom(null, 'one', 'two'),
    headers: fc.dictionary(fc.constantFrom('cookie', 'x-tenant', 'x-user'), fc.constantFrom('a', 'b'), { maxKeys: 3 }),
    socket: fc.constantFrom(0 as const, 1 as const),
  });
  const PARTS = ['cookie', 'x-tenant', 'x-user', 'socket', 'all'] as const;
  /** What the hook reads, in order. It reads a part only if the one before says so, and waits in between. */
  const parts = fc.uniqueArray(fc.record({ part: fc.constantFrom(...PARTS), isLate: fc.boolean() }), {
    selector: ({ part }) => part,
    maxLength: 4,
  });

  it('is shared only by requests that agree in everything it reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(claims, { maxLength: 25 }), parts, async (all, reads) => {
        const seenOf = async ({ credential, headers, socket: connection }: Claims, pauses: boolean) => {
          const seen: unknown[] = [credential];
          for (const { part, isLate } of reads) {
            if (isLate && pauses) await Promise.resolve();
            if (part === 'all') seen.push(JSON.stringify(headers));
            else if (part === 'socket') seen.push(SOCKETS.indexOf(connection));
            else seen.push(headers[part]);
            if (seen.at(-1) === undefined) break;
          }
          return JSON.stringify(seen);
        };
        const { callerOf } = createHookAuthenticator({
          hook: async (given) => ({
            upstreamKey: Buffer.from(await seenOf(given, true)).toString('hex'),
            workflowIds: 'all',
          }),
          ...{ recheckMs: 60_000, viewerOf: createViewers(), logger: pino({ level: 'silent' }) },
          ...{ now: () => 0, wallOf: (ms: number) => ms },
        });
        const requests = all.map(({ socket, headers, credential }) => ({
          ...{ credential, headers: headers },
          socket: SOCKETS[socket],
        }));
        // Twice: from calls under way, and from the cache.
        for (let round = 0; round < 2; round += 1) {
          const found = await Promise.all(
            requests.map(async (request) => {
              const caller = callerOf(request);
              return 'verify' in caller ? caller.verify() : caller;
            }),
          );
          for (const [index, request] of requests.entries()) {
            const expected = Buffer.from(await seenOf({ ...request, headers: { ...request.headers } }, false)).toString(
              'hex',
            );
            expect(found[index]?.viewer?.credential).toBe(expected);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is requested once for concurrent requests that agree in what it reads', async () => {
    let calls = 0;
    const hook: AuthenticateHook = async ({ headers }) => {
      calls += 1;
      await Promise.resolve();
      return { upstreamKey: headers.cookie ?? 'none', workflowIds: 'all' };
    };
    const { callerOf } = createHookAuthenticator({
      ...{ hook, recheckMs: 60_000, viewerOf: createViewers(), logger: pino({ level: 'silent' }) },
      ...{ now: () => 0, wallOf: (ms: number) => ms },
    });
    const of = async (id: string) => {
      const caller = callerOf({ credential: null, headers: { cookie: 'c', 'x-request-id': id }, socket: new Socket() });
      return 'verify' in caller ? caller.verify() : caller;
    };
    await of('first');
    calls = 0;
    await Promise.all(Array.from({ length: 100 }, (_, at) => of(String(at))));
    expect(calls).toBe(0);
  });
});
