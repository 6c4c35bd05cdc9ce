import { Socket } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { GatewayError, type AuthenticateHook, type Claims, type Identity } from 'stepgate';
import { createHookAuthenticator } from '../../src/auth/authenticate-hook.ts';
import { createViewers } from '../../src/auth/viewer.ts';
import { createManualClock } from '../harness/clock.ts';
import { startGateway, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { subscribe } from '../harness/live-client.ts';
import { captureLog } from '../harness/observed.ts';
import { codesOf } from '../harness/operations.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import { healthy, ScriptedUpstream } from '../harness/upstream.ts';
import { wireWorkflow } from '../harness/wire.ts';

const RUN = '{ run(workflowId: "wf", id: "r1") { status } }';
const GOOD: Identity = { upstreamKey: 'key-of-upstream', workflowIds: 'all' };
const START = 'mutation { executeWorkflow(workflowId: "wf") { message } act }';
const UNAVAILABLE = 'IDENTITY_UNAVAILABLE';

describe('an authenticate hook', () => {
  const clock = createManualClock();
  const log = captureLog('error');
  let hook: AuthenticateHook = () => GOOD;
  let credentials = 0;
  const upstream = perBlock(
    new ScriptedUpstream((call) =>
      call.endpoint === 'workflows'
        ? { json: [wireWorkflow('wf'), { ...wireWorkflow('other'), organization_id: 'org-2' }] }
        : call.endpoint === 'execute'
          ? { json: { run_id: 'new', message: 'accepted' } }
          : healthy(call),
    ),
  );
  const TEAM = '{ run(workflowId: "wf", id: "r1") { team } }';
  const act = jest.fn(() => 1);
  const extension = {
    typeDefs: `
      extend type Run { team: String }
      extend type Query { mayAct: Boolean }
      extend type Mutation { act: Int }
    `,
    fields: {
      Run: { team: { cacheMs: Infinity, resolve: teamOf } },
      Query: { mayAct: { cacheMs: Infinity, resolve: mayAct } },
      Mutation: { act: { resolve: act } },
    },
  };
  function mayAct(_root: unknown, _args: unknown, { caller }: { caller: { mayExecute: boolean } }) {
    return caller.mayExecute;
  }
  function teamOf(_run: unknown, _args: unknown, { viewer }: { viewer: { attributes: Record<string, string> } }) {
    return viewer.attributes.team;
  }
  const REAUTH_INTERVAL_MS = 60_000;
  const gateway = perBlock(
    new TestGateway(() => ({
      upstream,
      env: { REAUTH_INTERVAL_MS: `${REAUTH_INTERVAL_MS}` },
      clock,
      extension,
      logger: log.logger,
      authenticate: (claims) => hook(claims),
    })),
  );
  /** `accepted`, or the code of the error. Uses a new credential each time. */
  const outcomeOf = async (authenticate: AuthenticateHook) => {
    hook = authenticate;
    return codesOf(await gateway.query(RUN, { key: `secret-credential-${(credentials += 1)}` }))[0] ?? 'accepted';
  };

  it('decides for every transport, and sends its upstreamKey instead of the credential', async () => {
    hook = ({ credential }) => (credential === 'good' ? GOOD : null);
    for (const transport of TRANSPORTS) {
      const good = await send(transport, gateway.url, { query: RUN }, 'good');
      expect(good).toEqual({ data: { run: { status: 'COMPLETED' } } });
      // graphql-ws rejects the connection.
      const bad = await send(transport, gateway.url, { query: RUN }, 'bad').catch(() => null);
      expect(bad?.data ?? { run: null }).toEqual({ run: null });
    }
    expect(new Set(upstream.calls.map(({ key }) => key))).toEqual(new Set(['key-of-upstream']));
  });

  it('is called once per credential until it expires, each time if rejected', async () => {
    const asked = jest.fn<AuthenticateHook>(({ credential }) => {
      if (credential === 'short') return Promise.resolve({ ...GOOD, expiresAt: clock.now() + 10_000 });
      return credential === 'long' ? GOOD : null;
    });
    hook = asked;
    const calls = async (key: string | null) => {
      asked.mockClear();
      const codes = new Set<string>();
      for (let time = 0; time < 3; time += 1)
        for (const code of codesOf(await gateway.query(RUN, { key }))) codes.add(code);
      return [asked.mock.calls.length, ...codes];
    };
    expect(await calls('long')).toEqual([1]);
    expect(await calls('short')).toEqual([1]);
    expect(await calls('wrong')).toEqual([3, 'UNAUTHENTICATED']);
    // It may know the caller by something else.
    expect(await calls(null)).toEqual([3, 'UNAUTHENTICATED']);
    clock.advance(10_000);
    expect(await calls('long')).toEqual([0]);
    expect(await calls('short')).toEqual([1]);
    clock.advance(REAUTH_INTERVAL_MS - 10_000);
    expect(await calls('long')).toEqual([1]);
  });

  it('evicts cached responses when it rejects a credential or changes its rights', async () => {
    let identity: Identity | null = { ...GOOD, attributes: { team: 'a' } };
    hook = () => identity;
    const thrice = async () => {
      const runs = [];
      for (let time = 0; time < 3; time += 1) runs.push((await gateway.query(TEAM, { key: 'k' })).data);
      return runs;
    };
    expect(await thrice()).toEqual(Array(3).fill({ run: { team: 'a' } }));
    identity = { ...GOOD, attributes: { team: 'b' } };
    clock.advance(REAUTH_INTERVAL_MS);
    expect(await thrice()).toEqual(Array(3).fill({ run: { team: 'b' } }));
    identity = null;
    clock.advance(REAUTH_INTERVAL_MS);
    expect(await thrice()).toEqual(Array(3).fill({ run: null }));
  });

  it('separates callers by all their rights: cold, warm and cached', async () => {
    const identities: Readonly<Record<string, Identity>> = {
      a: { ...GOOD, attributes: { team: 'a' } },
      b: { ...GOOD, attributes: { team: 'b' } },
      narrow: { ...GOOD, attributes: { team: 'c' }, workflowIds: ['other'] },
      foreign: { ...GOOD, attributes: { team: 'd' }, organizationId: 'org-2' },
    };
    hook = ({ credential }) => identities[credential ?? ''] ?? null;
    for (let round = 0; round < 3; round += 1) {
      for (const key of ['a', 'b']) expect((await gateway.query(TEAM, { key })).data).toEqual({ run: { team: key } });
      for (const key of ['narrow', 'foreign'])
        expect(codesOf(await gateway.query(TEAM, { key }))).toEqual(['NOT_FOUND']);
    }
  });

  it.each<readonly [string, () => object, string]>([
    ['a key of 8192 characters', () => ({ upstreamKey: 'k'.repeat(8192) }), 'accepted'],
    ['the workflow', () => ({ workflowIds: ['wf'] }), 'accepted'],
    ['no workflow', () => ({ workflowIds: [] }), 'NOT_FOUND'],
    ['a right that ends now', () => ({ expiresAt: clock.now() }), 'UNAUTHENTICATED'],
    ['a right that ends in a millisecond', () => ({ expiresAt: clock.now() + 1 }), 'accepted'],
  ])('may return %s', async (_name, identity, outcome) => {
    expect(await outcomeOf(() => ({ ...GOOD, ...identity() }))).toBe(outcome);
  });

  it.each(['HTTP POST', 'graphql-ws', 'graphql-sse'] as const)(
    'allows no mutation with mayExecute false: %s',
    async (transport) => {
      hook = ({ credential }) => ({ ...GOOD, mayExecute: credential === 'starter' });
      const start = (key: string) => send(transport, gateway.url, { query: START }, key);
      const before = upstream.count('execute');
      act.mockClear();
      expect(await start('starter')).toEqual({ data: { executeWorkflow: { message: 'accepted' }, act: 1 } });
      const { data, errors = [] } = await start('reader');
      expect(data).toEqual({ executeWorkflow: null, act: null });
      expect(codesOf({ errors })).toEqual(['FORBIDDEN', 'FORBIDDEN']);
      expect(upstream.count('execute')).toBe(before + 1);
      expect(act).toHaveBeenCalledTimes(1);
    },
  );

  it('tells extension fields whether their caller may execute', async () => {
    hook = ({ credential }) => ({ ...GOOD, mayExecute: credential === 'may' });
    for (let round = 0; round < 3; round += 1) {
      for (const key of ['may', 'may-not']) {
        expect((await gateway.query('{ mayAct }', { key })).data).toEqual({ mayAct: key === 'may' });
      }
    }
  });

  it('gives callers of one viewer their own mayExecute, even from caches', async () => {
    hook = ({ credential }) => ({
      ...GOOD,
      workflowIds: ['wf'],
      mayExecute: credential === 'owner',
    });
    const fields = 'mayExecute other: run(id: "r1") { workflow { mayExecute } }';
    const query = `{ workflow(id: "wf") { ${fields} } foreign: workflow(id: "other") { mayExecute } }`;
    const rights = (is: boolean) => ({ mayExecute: is, other: { workflow: { mayExecute: is } } });
    for (let round = 0; round < 3; round += 1) {
      for (const key of ['owner', 'guest']) {
        const { data } = await gateway.query(query, { key });
        expect(data).toEqual({ workflow: rights(key === 'owner'), foreign: { mayExecute: false } });
      }
    }
    const watch = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { workflow { mayExecute } } } }';
    for (const key of ['owner', 'guest']) {
      const client = await subscribe('graphql-sse', gateway.url, watch, { key });
      expect(await client.nextData()).toEqual({ runUpdated: { run: { workflow: { mayExecute: key === 'owner' } } } });
      client.leave();
    }
  });

  const malformed = (identity: unknown) => () => identity as Identity;
  it.each<readonly [string, AuthenticateHook, readonly string[]]>([
    ['throws', throwing(new Error('slip')), ['slip']],
    ['rejects', () => Promise.reject(new Error('the database is down')), ['the database is down']],
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- An embedder may reject with anything.
    ['rejects with a text', () => Promise.reject('down'), ['down']],
    ['returns undefined', malformed(undefined), ['malformed']],
    ...['', ' key', 'key ', 'a\nb', undefined].map(
      (upstreamKey) =>
        [`has the key ${JSON.stringify(upstreamKey)}`, malformed({ ...GOOD, upstreamKey }), ['upstreamKey']] as const,
    ),
    ...['*', null, undefined, [1]].map(
      (workflowIds) =>
        [
          `has the workflows ${JSON.stringify(workflowIds)}`,
          malformed({ ...GOOD, workflowIds }),
          ["workflowIds must be a list of ids, or 'all', got"],
        ] as const,
    ),
    ...['', null, undefined].map(
      (organizationId) =>
        [
          `has the organization ${JSON.stringify(organizationId)}`,
          malformed({ ...GOOD, organizationId }),
          ['organizationId must be an id, or omitted, got'],
        ] as const,
    ),
    ['has a key of 8193 characters', malformed({ ...GOOD, upstreamKey: 'k'.repeat(8193) }), ['upstreamKey']],
    ['has an attribute that is a number', malformed({ ...GOOD, attributes: { a: 1 } }), ['attributes.a']],
    ['has an empty subject', malformed({ ...GOOD, subject: '' }), ['subject must be a non-empty string']],
    [
      'has an unknown member',
      malformed({ ...GOOD, scope: 's3cret' }),
      ['unknown scope: expected null, or an object of upstreamKey, workflowIds'],
    ],
    [
      'has several malformed members',
      malformed({ upstreamKey: 's 3cret', attributes: { a: 7 } }),
      ['upstreamKey', 'workflowIds', 'attributes.a'],
    ],
  ])('accepts no caller if the hook %s, and logs the reason', async (_, authenticate, reasons) => {
    const failures = () => log.lines.filter(({ msg }) => msg === 'authenticate failed');
    const before = { calls: upstream.calls.length, failures: failures().length };
    expect(await outcomeOf(authenticate)).toBe(UNAVAILABLE);
    expect(failures()).toHaveLength(before.failures + 1);
    for (const reason of reasons) expect(failures().at(-1)?.reason).toContain(reason);
    expect(log.text).not.toMatch(/secret-credential|s ?3cret/);
    expect(upstream.calls).toHaveLength(before.calls);
  });

  it('may reject with its own GatewayError', async () => {
    hook = throwing(new GatewayError('FORBIDDEN', 'your contract has ended'));
    const { errors } = await gateway.query(RUN, { key: 'ended' });
    expect(errors).toMatchObject([{ message: 'your contract has ended', extensions: { code: 'FORBIDDEN' } }]);
  });

  it("can't be combined with UPSTREAM_AUTH=service", async () => {
    const service = { UPSTREAM_AUTH: 'service', UPSTREAM_API_KEY: 'k', GATEWAY_KEYS_SHA256: 'a'.repeat(64) };
    await expect(startGateway({ upstream, env: service, authenticate: hook })).rejects.toThrow(
      'upstreamAuth must be passthrough',
    );
  });
});

function throwing(error: Error): () => never {
  return () => {
    throw error;
  };
}

/**
 * Tests the module: the number of cached callers, of running and waiting calls, and the timeout of a hanging hook
 * cannot be seen from outside in a short time.
 */
describe('the authenticator of a hook', () => {
  const LONG = 'x'.repeat(4000);
  const MANY = Array.from({ length: 2 ** 15 }, (_, id) => String(id));

  const claims = (credential: string): Claims => ({ credential, headers: {}, socket: new Socket() });

  function authenticatorOf(hook: AuthenticateHook, timeoutMs = 20) {
    const authenticator = createHookAuthenticator({
      ...{ hook, timeoutMs, recheckMs: 60_000, viewerOf: createViewers(), logger: pino({ level: 'silent' }) },
      ...{ now: () => 0, wallOf: (ms) => ms },
    });
    return {
      isCached: (credential: string) => !('verify' in authenticator.callerOf(claims(credential))),
      callerOf: async (credential: string) => {
        const found = authenticator.callerOf(claims(credential));
        return 'verify' in found ? found.verify() : found;
      },
    };
  }

  it.each<readonly [string, Partial<Identity>, number, number]>([
    ['a long key', { upstreamKey: 'k'.repeat(8192) }, 400, 500],
    ['a long id of an organization', { organizationId: LONG }, 900, 1000],
    ['a long id of a workflow', { workflowIds: ['w', LONG] }, 900, 1000],
    ['many workflows', { workflowIds: MANY }, 3, 4],
    ['an attribute with a long name', { attributes: { [LONG]: 'a' } }, 900, 1000],
    ['an attribute with a long value', { attributes: { a: LONG, b: 'b' } }, 880, 1000],
    ['a long right', { rights: [LONG] }, 880, 1000],
    ['little', {}, 7000, 12_000],
  ])('caches callers within 8 MiB, counting everything stored: %s', async (_name, identity, least, most) => {
    const { callerOf, isCached } = authenticatorOf(() => ({ ...GOOD, ...identity }));
    const credentials = Array.from({ length: most + 1 }, (_, index) => `credential-${index}`);
    for (const credential of credentials) await callerOf(credential);
    const cached = credentials.filter(isCached);
    // The latest callers are cached.
    expect(cached).toEqual(credentials.slice(credentials.length - cached.length));
    expect(cached.length).toBeGreaterThanOrEqual(least);
    expect(cached.length).toBeLessThanOrEqual(most);
  });

  it('makes 64 calls at once, queues 1000, and rejects more', async () => {
    const release = Promise.withResolvers<Identity>();
    const hook = jest.fn<AuthenticateHook>(() => release.promise);
    const { callerOf } = authenticatorOf(hook, 10_000);
    const waiting = Array.from({ length: 1064 }, (_, index) => callerOf(`key-${index}`));
    const same = callerOf('key-0');
    expect((await callerOf('one more')).error?.code).toBe(UNAVAILABLE);
    expect(hook).toHaveBeenCalledTimes(64);
    release.resolve(GOOD);
    expect(new Set((await Promise.all([...waiting, same])).map(({ error }) => error))).toEqual(new Set([null]));
    expect(hook).toHaveBeenCalledTimes(1064);
  });

  it('gives up on a hanging call for all who wait, then continues', async () => {
    const hangs = new Promise<null>(() => undefined);
    const { callerOf } = authenticatorOf(({ credential }) => (credential === 'good' ? GOOD : hangs));
    const callers = Array.from({ length: 200 }, (_, index) => callerOf(`key-${index}`));
    expect(new Set((await Promise.all(callers)).map(({ error }) => error?.code))).toEqual(new Set([UNAVAILABLE]));
    expect((await callerOf('good')).error).toBeNull();
  });
});
