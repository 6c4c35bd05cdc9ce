import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GatewayError, type AuthenticateHook, type Identity } from 'stepgate';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { healthy, startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { captureLog, type CapturedLog } from '../harness/observed.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import { codesOf } from '../harness/operations.ts';
import { startEmbedded, type EmbeddedGateway } from './embedding.ts';

const RUN = '{ run(workflowId: "wf", id: "r1") { status } }';
const GOOD: Identity = { upstreamKey: 'key-of-upstream', workflowIds: 'all' };

describe('an authenticate hook', () => {
  let upstream: FaultyUpstream;
  let gateway: EmbeddedGateway | undefined;
  let clock: ManualClock;
  let log: CapturedLog;
  beforeEach(async () => {
    clock = createManualClock();
    log = captureLog('error');
    upstream = await startFaultyUpstream((call) =>
      call.endpoint === 'workflows'
        ? { json: [wireWorkflow('wf'), { ...wireWorkflow('other'), organization_id: 'org-2' }] }
        : healthy(call),
    );
  });
  afterEach(async () => {
    await gateway?.close();
    await upstream.close();
  });
  const start = async (authenticate: AuthenticateHook, environment = {}, more = {}) =>
    (gateway = await startEmbedded(
      { authenticate, now: clock.now, after: clock.after, logger: log.logger, ...more },
      { UPSTREAM_URL: upstream.url, ...environment },
    ));

  it('decides who may ask, over every transport; its key goes upstream, and the credential does not', async () => {
    const { url } = await start((credential) => (credential === 'good' ? GOOD : null));
    for (const transport of TRANSPORTS) {
      expect(await send(transport, url, { query: RUN }, 'good')).toEqual({ data: { run: { status: 'COMPLETED' } } });
      // graphql-ws refuses the connection.
      const bad = await send(transport, url, { query: RUN }, 'bad').catch(() => null);
      expect(bad?.data ?? { run: null }).toEqual({ run: null });
    }
    expect(new Set(upstream.calls.map(({ key }) => key))).toEqual(new Set(['key-of-upstream']));
  });

  it('is asked once for a credential until REAUTH_INTERVAL_MS or its expiry, and each time for a bad one', async () => {
    const hook = jest.fn<AuthenticateHook>((credential) =>
      credential === 'good'
        ? GOOD
        : credential === 'short'
          ? Promise.resolve({ ...GOOD, expiresAt: clock.now() + 10_000 })
          : null,
    );
    const { thrice } = await start(hook, { REAUTH_INTERVAL_MS: '60000' });
    const calls = async (key: string) => {
      hook.mockClear();
      const answers = await thrice(RUN, { key });
      return [hook.mock.calls.length, ...new Set(answers.flatMap(codesOf))];
    };
    expect(await calls('good')).toEqual([1]);
    expect(await calls('short')).toEqual([1]);
    expect(await calls('bad')).toEqual([3, 'UNAUTHENTICATED']);
    clock.advance(10_000);
    expect(await calls('good')).toEqual([0]);
    expect(await calls('short')).toEqual([1]);
    clock.advance(50_000);
    expect(await calls('good')).toEqual([1]);
  });

  it('is not asked without a credential, which opens nothing', async () => {
    const hook = jest.fn<AuthenticateHook>(() => GOOD);
    const { query } = await start(hook);
    expect(codesOf(await query(RUN, { key: null }))).toEqual(['UNAUTHENTICATED']);
    expect(hook).not.toHaveBeenCalled();
  });

  it('that withdraws a credential, or changes what it may see, takes the cached answers with it', async () => {
    let identity: Identity | null = { ...GOOD, attributes: { team: 'a' } };
    const extension = {
      typeDefs: 'extend type Run { team: String }',
      fields: { Run: { team: { cacheMs: Infinity, calls: 0, resolve: teamOf } } },
    };
    const { query } = await start(() => identity, { REAUTH_INTERVAL_MS: '1000' }, { extension });
    const team = async () => (await query('{ run(workflowId: "wf", id: "r1") { team } }', { key: 'k' })).data;
    expect([await team(), await team(), await team()]).toEqual(['a', 'a', 'a'].map((a) => ({ run: { team: a } })));
    identity = { ...GOOD, attributes: { team: 'b' } };
    clock.advance(1000);
    expect([await team(), await team(), await team()]).toEqual(['b', 'b', 'b'].map((b) => ({ run: { team: b } })));
    identity = null;
    clock.advance(1000);
    expect([await team(), await team()]).toEqual([{ run: null }, { run: null }]);
  });
  const teamOf = (_run: unknown, _args: unknown, { viewer }: { viewer: { attributes: Record<string, string> } }) =>
    viewer.attributes.team;

  it('keeps callers apart by all that it says of them: cold, warm and from the response cache', async () => {
    const extension = {
      typeDefs: 'extend type Run { team: String }',
      fields: { Run: { team: { cacheMs: Infinity, calls: 0, resolve: teamOf } } },
    };
    const identities: Readonly<Record<string, Identity>> = {
      a: { ...GOOD, attributes: { team: 'a' } },
      b: { ...GOOD, attributes: { team: 'b' } },
      narrow: { ...GOOD, attributes: { team: 'c' }, workflowIds: ['other'] },
      foreign: { ...GOOD, attributes: { team: 'd' }, organizationId: 'org-2' },
    };
    const { query } = await start((credential) => identities[credential] ?? null, {}, { extension });
    const document = '{ run(workflowId: "wf", id: "r1") { team } }';
    for (let round = 0; round < 3; round += 1) {
      for (const key of ['a', 'b']) expect((await query(document, { key })).data).toEqual({ run: { team: key } });
      for (const key of ['narrow', 'foreign']) expect(codesOf(await query(document, { key }))).toEqual(['NOT_FOUND']);
    }
  });

  it.each<readonly [string, AuthenticateHook, string]>([
    ['throws', () => Promise.reject(new Error('the database is down')), 'the database is down'],
    ['throws at once', throwing(new Error('slip')), 'slip'],
    ['has no upstream key', () => ({}) as Identity, 'upstreamKey'],
    ['has a key with a line break', () => ({ ...GOOD, upstreamKey: 'a\nb' }), 'upstreamKey'],
    [
      'has what it should not',
      () => ({ ...GOOD, scope: 'all' }) as Identity,
      'unknown scope: expected null, or an object of upstreamKey, workflowIds',
    ],
    [
      'does not say which workflows',
      () => ({ upstreamKey: 'k' }) as Identity,
      "workflowIds must be a list of ids, or 'all', got undefined",
    ],
    [
      'has undefined for the workflows',
      () => ({ ...GOOD, workflowIds: undefined }) as unknown as Identity,
      "workflowIds must be a list of ids, or 'all', got undefined",
    ],
    ['has null for the workflows', () => ({ ...GOOD, workflowIds: null }) as unknown as Identity, 'workflowIds'],
    ['has another word for the workflows', () => ({ ...GOOD, workflowIds: '*' }) as unknown as Identity, 'workflowIds'],
    [
      'has undefined for the organization',
      () => ({ ...GOOD, organizationId: undefined }) as unknown as Identity,
      'organizationId must be an id, or left out, got undefined',
    ],
    [
      'has null for the organization',
      () => ({ ...GOOD, organizationId: null }) as unknown as Identity,
      'organizationId',
    ],
    [
      'has attributes that are no texts',
      () => ({ ...GOOD, attributes: { a: 1 } }) as unknown as Identity,
      'attributes',
    ],
    ['has more attributes than fit', () => ({ ...GOOD, attributes: { a: 'x'.repeat(4096) } }), 'attributes'],
    ['answers undefined', () => undefined as unknown as null, 'malformed'],
  ])('that %s opens nothing, and the log says why', async (_, hook, reason) => {
    const { query } = await start(hook);
    expect(codesOf(await query(RUN, { key: 'secret-credential' }))).toEqual(['IDENTITY_UNAVAILABLE']);
    expect(log.text).toContain(reason);
    expect(log.text).not.toContain('secret-credential');
    expect(upstream.calls).toEqual([]);
  });

  it('may say with a GatewayError why it refuses', async () => {
    const { query } = await start(throwing(new GatewayError('FORBIDDEN', 'your contract has ended')));
    const { errors } = await query(RUN);
    expect(errors).toMatchObject([{ message: 'your contract has ended', extensions: { code: 'FORBIDDEN' } }]);
  });

  it('stands in place of UPSTREAM_AUTH=service: both are refused at start', async () => {
    const service = { UPSTREAM_AUTH: 'service', UPSTREAM_API_KEY: 'k', GATEWAY_KEYS_SHA256: 'a'.repeat(64) };
    await expect(start(() => GOOD, service)).rejects.toThrow('UPSTREAM_AUTH: expected passthrough');
  });
});

function throwing(error: Error): () => never {
  return () => {
    throw error;
  };
}
