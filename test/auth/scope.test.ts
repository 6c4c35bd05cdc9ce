/** What a scope hides. Claims of a token or an `authenticate` hook narrow it, by the upstream's list of workflows. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Identity } from 'stepgate';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { type Claims, Issuer } from '../harness/issuer.ts';
import { perBlock, perTest } from '../harness/lasting.ts';
import { subscribe, type Transport } from '../harness/live-client.ts';
import { scrape } from '../harness/observed.ts';
import { codesOf } from '../harness/operations.ts';
import { type AnyTransport, send } from '../harness/transports.ts';
import { until } from '../harness/until.ts';
import { healthy, type Reply, type Script } from '../harness/upstream.ts';
import { rawJSON, wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

describe('AUTH_EXECUTE_SCOPE', () => {
  const RIGHT = 'runs:execute';
  const START = `mutation ($key: String) { executeWorkflow(workflowId: "wf", idempotencyKey: $key) { message } }`;
  const issuer = perBlock(new Issuer(Date.now));
  const gateway = perTest(
    new TestGateway(() => ({
      script: (call) =>
        call.endpoint === 'execute' ? { json: { run_id: 'new', message: 'accepted' } } : healthy(call),
      env: { ...issuer.env, AUTH_EXECUTE_SCOPE: RIGHT },
    })),
  );
  const { upstream } = gateway;
  const start = async (transport: AnyTransport, claims: Claims, key: string | null = null) =>
    send(transport, gateway.url, { query: START, variables: { key } }, await issuer.token(claims));

  it.each<Claims>([
    { scope: `openid ${RIGHT}` },
    { scp: [RIGHT] },
    { scp: RIGHT },
    { roles: ['other', RIGHT] },
    { permissions: [RIGHT] },
  ])('lets a token with the scope in a claim start runs: %j', async (claims) => {
    expect(await start('HTTP POST', claims)).toEqual({ data: { executeWorkflow: { message: 'accepted' } } });
  });

  it.each<Claims>([
    {},
    { scope: 'runs:read' },
    { scope: `${RIGHT}.none` },
    { scp: ['runs:read', 7, null] },
    { roles: { [RIGHT]: true } },
    { groups: [RIGHT] },
  ])('lets a token without the scope read but not start runs: %j', async (claims) => {
    const { errors } = await start('HTTP POST', claims);
    expect(codesOf({ errors: errors ?? [] })).toEqual(['FORBIDDEN']);
    expect(upstream.calls).toEqual([]);
    const { data } = await gateway.query('{ run(workflowId: "wf", id: "r1") { status } }', {
      key: await issuer.token(claims),
    });
    expect(data).toEqual({ run: { status: 'COMPLETED' } });
  });

  it.each(['HTTP POST', 'graphql-ws'] as const)(
    "hides the run of another caller's idempotency key without the scope: %s",
    async (transport) => {
      expect(await start(transport, { scope: RIGHT }, 'key')).toMatchObject({
        data: { executeWorkflow: { message: 'accepted' } },
      });
      for (const key of ['key', 'another', '']) {
        expect(codesOf({ errors: (await start(transport, {}, key)).errors ?? [] })).toEqual(['FORBIDDEN']);
      }
      expect(upstream.count('execute')).toBe(1);
    },
  );
});

describe('the claims of a token', () => {
  const CLAIM = 'https://example.com/workflows';
  const WORKFLOWS = [
    wireWorkflow('a1', { organization_id: 'org-a' }),
    wireWorkflow('a2', { organization_id: 'org-a' }),
    wireWorkflow('b1', { organization_id: 'org-b' }),
    wireWorkflow('nobodys', { organization_id: null }),
  ];
  /** Every workflow has the same runs, and steps of its organization. */
  const script: Script = ({ endpoint, workflowId, runId }) => {
    if (endpoint === 'workflows') return { json: WORKFLOWS };
    if (endpoint === 'runs') return { json: ['r1', 'r2'].map((id) => wireRun(id)) };
    if (endpoint === 'run') return { json: [wireRun(runId, { outputs: `secret of ${workflowId}` })] };
    if (endpoint === 'execute') return { json: { run_id: 'new', message: null } };
    return { json: [wireStep({ organization_id: workflowId.startsWith('b') ? 'org-b' : 'org-a' })] };
  };

  const issuer = perBlock(new Issuer(Date.now));
  const gateway = perTest(
    new TestGateway(() => ({
      script,
      env: { ...issuer.env, ...{ AUTH_ORGANIZATION_CLAIM: 'org', AUTH_WORKFLOWS_CLAIM: CLAIM } },
    })),
  );
  const { upstream } = gateway;

  const ask = async (claims: Claims, query: string, variables = {}) =>
    gateway.query(query, { key: await issuer.token(claims), variables });
  const all = WORKFLOWS.map((workflow) => workflow.workflow_id);
  const of = (org: string, ids: readonly unknown[] = all): Claims => ({ org, [CLAIM]: ids });
  const outputsOf = (id: string) => `{ run(workflowId: "${id}", id: "r1") { outputs } }`;

  /** Every field that leads to a workflow's data. */
  it.each<[string, (workflowId: string) => string]>([
    ['run', outputsOf],
    ['steps', (id) => `{ run(workflowId: "${id}", id: "r1") { steps { outputs } } }`],
    ['workflow', (id) => `{ workflow(id: "${id}") { name } }`],
    ['workflow.run', (id) => `{ workflow(id: "${id}") { run(id: "r1") { outputs } } }`],
    ['workflow.runsById', (id) => `{ workflow(id: "${id}") { runsById(ids: ["r1"]) { outputs } } }`],
    ['workflow.runs', (id) => `{ workflow(id: "${id}") { runs { nodes { id } } } }`],
    ['workflow.statistics', (id) => `{ workflow(id: "${id}") { statistics { runCount } } }`],
    ['compareRuns', (id) => `{ compareRuns(workflowId: "${id}", baseId: "r1", headId: "r2") { wallClockDeltaMs } }`],
    ['executeWorkflow', (id) => `mutation { executeWorkflow(workflowId: "${id}") { run { id } } }`],
  ])('hide the %s of another organization and unlisted workflows', async (_, queryOf) => {
    // It is cached for viewers with the right to it.
    expect((await ask(of('org-b'), queryOf('b1'))).errors).toEqual([]);
    expect((await ask(of('org-a'), queryOf('a2'))).errors).toEqual([]);
    const before = upstream.calls.filter(({ workflowId }) => workflowId !== '').length;
    const hidden = await Promise.all([
      ask(of('org-a'), queryOf('b1')),
      ask(of('org-a', ['a1']), queryOf('a2')),
      ask(of('org-a'), queryOf('nobodys')),
      ask(of('org-c'), queryOf('a1')),
      ask(of('org-a', []), queryOf('a1')),
    ]);
    for (const { data, errors } of hidden) {
      expect(new Set(codesOf({ errors }))).toEqual(new Set(['NOT_FOUND']));
      expect(JSON.stringify(data)).not.toMatch(/secret|new|r1|Workflow /);
    }
    expect(upstream.calls.filter(({ workflowId }) => workflowId !== '')).toHaveLength(before);
  });

  it('hide a workflow with the same error as a 404', async () => {
    const hidden = await ask(of('org-a'), outputsOf('b1'));
    upstream.script = (call) => (call.endpoint === 'workflows' ? script(call) : { status: 404 });
    const missing = await ask(of('org-a'), outputsOf('a1'));
    const said = ({ errors }: typeof hidden) =>
      errors.map(({ message, extensions }) => ({ message, extensions: { ...extensions, requestId: null } }));
    expect(said(hidden)).toEqual(said(missing));
  });

  it('keep encoded slashes in run ids from reaching hidden workflows', async () => {
    for (const id of ['../../b1/runs/r1', 'r1/../../../b1/runs/r1', '..\\..\\b1\\runs\\r1', './../../b1/runs/r1']) {
      const representations = [{ __typename: 'Run', workflowId: 'a1', id }];
      const document = `query ($id: ID!, $ids: [ID!]!, $representations: [_Any!]!) {
        run(workflowId: "a1", id: $id) { outputs steps { id } }
        workflow(id: "a1") { run(id: $id) { outputs } runsById(ids: $ids) { outputs } }
        compareRuns(workflowId: "a1", baseId: "r1", headId: $id) { head { outputs } }
        _entities(representations: $representations) { ... on Run { outputs } }
      }`;
      const { data, errors } = await ask(of('org-a'), document, { id, ids: [id], representations });
      const workflow = { run: null, runsById: [null] };
      expect(data).toEqual({ run: null, workflow, compareRuns: null, _entities: [null] });
      expect(codesOf({ errors })).toEqual(Array(5).fill('BAD_USER_INPUT'));
    }
    expect(upstream.calls.filter(({ runId }) => !['', 'r1'].includes(runId))).toEqual([]);
  });

  it.each<Transport>(['graphql-ws', 'graphql-sse'])('hide runs from subscriptions over %s', async (transport) => {
    const watch = `subscription { runUpdated(workflowId: "b1", id: "r1") { run { status } } }`;
    const mine = await subscribe(transport, gateway.url, watch, { key: await issuer.token(of('org-b')) });
    expect(await mine.nextData()).toEqual({ runUpdated: { run: { status: 'COMPLETED' } } });
    const other = await subscribe(transport, gateway.url, watch, { key: await issuer.token(of('org-a')) });
    expect(await other.nextErrorCode()).toBe('NOT_FOUND');
    mine.leave();
    other.leave();
  });

  it('distinguish integer organization ids beyond 2^53', async () => {
    const [mine, another] = ['12345678901234567001', '12345678901234567002'];
    upstream.script = (call) => {
      if (call.endpoint === 'workflows') return { json: [wireWorkflow('a1', { organization_id: rawJSON(mine) })] };
      return call.endpoint === 'steps' ? { json: [wireStep({ organization_id: rawJSON(mine) })] } : script(call);
    };
    const query = '{ run(workflowId: "a1", id: "r1") { steps { organizationId } } }';
    for (const claim of [another, String(Number(mine))]) {
      expect(codesOf(await ask(of(claim), query))).toEqual(['NOT_FOUND']);
    }
    const { data, errors } = await ask(of(mine), query);
    expect({ data, errors }).toEqual({ data: { run: { steps: [{ organizationId: mine }] } }, errors: [] });
  });

  it('share cached data within a scope, but never idempotency keys', async () => {
    const execute = 'mutation { executeWorkflow(workflowId: "a1", idempotencyKey: "k") { message } }';
    const callsOf = async (claims: Claims) => {
      const before = upstream.calls.filter(({ workflowId }) => workflowId !== '').length;
      for (const query of [outputsOf('a1'), execute]) expect((await ask(claims, query)).errors).toEqual([]);
      return upstream.calls.filter(({ workflowId }) => workflowId !== '').length - before;
    };
    expect(await callsOf({ ...of('org-a', ['a1', 'a2']), sub: 'ada' })).toBe(2);
    expect(await callsOf({ ...of('org-a', ['a2', 'a1']), sub: 'ada' })).toBe(0);
    // Only her own start.
    expect(await callsOf({ ...of('org-a', ['a2', 'a1']), sub: 'grace' })).toBe(1);
    expect(await callsOf(of('org-a', ['a1']))).toBe(2);
    for (let time = 0; time < 2; time += 1) expect(codesOf(await ask(of('org-b'), execute))).toEqual(['NOT_FOUND']);
  });

  it.each<[string, Claims]>([
    ['none', {}],
    ['only an organization', { org: 'org-a' }],
    ['an empty organization', { org: '', [CLAIM]: [] }],
    ['a list of organizations', { org: ['org-a'], [CLAIM]: [] }],
    ['one workflow, not in a list', { org: 'org-a', [CLAIM]: 'a1' }],
    ['workflows whose ids are numbers', { org: 'org-a', [CLAIM]: [1] }],
    ['an object of workflows', { org: 'org-a', [CLAIM]: {} }],
  ])('get 401 if missing or malformed: %s', async (_, claims) => {
    expect((await ask(claims, outputsOf('a1'))).errors).toMatchObject([
      {
        message: expect.stringMatching(/the token's claim "(org|https:.*)" must be/),
        extensions: { code: 'UNAUTHENTICATED' },
      },
    ]);
    expect(upstream.calls).toEqual([]);
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'count as missing if only an inherited member has the name: %s',
    async (name) => {
      await gateway.restart({ env: { AUTH_ORGANIZATION_CLAIM: '', AUTH_WORKFLOWS_CLAIM: name } });
      expect(codesOf(await ask({}, '{ workflow(id: "a1") { name } }'))).toEqual(['UNAUTHENTICATED']);
    },
  );

  it.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ['neither', {}, ['a1', 'a2', 'b1', 'nobodys']],
    ['the organization', { AUTH_ORGANIZATION_CLAIM: 'org' }, ['a1', 'a2']],
    ['the workflows', { AUTH_WORKFLOWS_CLAIM: CLAIM }, ['b1', 'nobodys']],
  ])('narrow the scope only if configured: %s', async (_, environment, visible) => {
    await gateway.restart({ env: { AUTH_ORGANIZATION_CLAIM: '', AUTH_WORKFLOWS_CLAIM: '', ...environment } });
    const claims = of('org-a', ['b1', 'nobodys']);
    const { data } = await ask(claims, '{ workflows { nodes { id } } }');
    expect(data).toEqual({ workflows: { nodes: visible.map((id) => ({ id })) } });
    for (const id of all) {
      const codes = codesOf(await ask(claims, outputsOf(String(id))));
      expect({ id, codes }).toEqual({ id, codes: visible.includes(String(id)) ? [] : ['NOT_FOUND'] });
    }
  });
});

describe('the workflow list for narrowed scopes', () => {
  const STALE_IF_ERROR_MS = 300_000;
  let clock: ManualClock;
  const identities = new Map<string, Identity>();
  let list: () => Reply | Promise<Reply>;
  let ofSteps: readonly (string | null)[];
  let asked = 0;

  const listOf = (...ids: readonly string[]): Reply => ({ json: ids.map((id) => wireWorkflow(id)) });
  const script: Script = ({ endpoint, runId }) => {
    if (endpoint === 'workflows') return list();
    if (endpoint === 'execute') return { json: { run_id: 'new' } };
    if (endpoint === 'runs') return { json: [wireRun('r1')] };
    if (endpoint === 'run') return { json: [wireRun(runId)] };
    return { json: ofSteps.map((organization_id, at) => wireStep({ id: `s${at}`, organization_id })) };
  };

  beforeEach(() => {
    clock = createManualClock();
    list = () => listOf('w');
    ofSteps = [null];
  });
  const gateway = perTest(
    new TestGateway(() => ({
      script,
      env: { STALE_IF_ERROR_MS: `${STALE_IF_ERROR_MS}`, UPSTREAM_CONCURRENCY: '2' },
      clock,
      authenticate: ({ credential }) => identities.get(credential ?? '') ?? null,
    })),
  );
  const { upstream } = gateway;

  function keyOf(organizationId: string | null, workflowIds: Identity['workflowIds'] = 'all', upstreamKey = 'service') {
    const key = JSON.stringify([organizationId, workflowIds, upstreamKey]).replaceAll(/[^\w-]/g, '_');
    identities.set(key, { upstreamKey, workflowIds, ...(organizationId !== null && { organizationId }) });
    return key;
  }

  /** The record of a new run: `shown`, or the code of the error. */
  async function ask(workflowId: string, key = keyOf('org-1')): Promise<unknown> {
    asked += 1;
    const document = `{ run(workflowId: "${workflowId}", id: "r${asked}") { startedAt } }`;
    const { errors } = await gateway.query(document, { key });
    return errors[0]?.extensions.code ?? 'shown';
  }
  const reads = () => upstream.count('workflows');

  it('reloads after a minute, or after a second for unlisted workflows', async () => {
    expect(await ask('w')).toBe('shown');
    clock.advance(59_999);
    expect([await ask('w'), reads()]).toEqual(['shown', 1]);
    clock.advance(1);
    expect([await ask('w'), reads()]).toEqual(['shown', 2]);
    list = () => listOf('w', 'made');
    clock.advance(999);
    expect([await ask('made'), reads()]).toEqual(['NOT_FOUND', 2]);
    clock.advance(1001);
    expect([await ask('made'), reads()]).toEqual(['shown', 3]);
  });

  it('loads separately for each upstream key', async () => {
    expect(await ask('w', keyOf('org-1', 'all', 'key-1'))).toBe('shown');
    list = () => listOf();
    expect(await ask('w', keyOf('org-1', 'all', 'key-2'))).toBe('NOT_FOUND');
    expect(upstream.calls.filter(({ endpoint }) => endpoint === 'workflows').map(({ key }) => key)).toEqual([
      'key-1',
      'key-2',
    ]);
  });

  it('loads once per key, even if a client disconnects', async () => {
    const answer = Promise.withResolvers<Reply>();
    list = () => answer.promise;
    const client = new AbortController();
    const arrival = upstream.nextCall();
    const first = gateway
      .query('{ run(workflowId: "w", id: "first") { startedAt } }', { key: keyOf('org-1'), signal: client.signal })
      .catch(() => 'left');
    await arrival;
    const second = ask('w', keyOf('org-1', ['w']));
    client.abort();
    expect(await first).toBe('left');
    answer.resolve(listOf('w'));
    expect([await second, reads()]).toEqual(['shown', 1]);
  });

  it('loads before the upstream calls of its viewer', async () => {
    const release = upstream.holdCalls(({ workflowId }) => workflowId === 'slow');
    const busy = keyOf(null);
    const queued = async () => (await scrape(gateway.url)).value('stepgate_upstream_calls_queued');
    const slow = Array.from({ length: 6 }, () => ask('slow', busy));
    await until(async () => (await queued()) === 4);
    const others = [ask('w', keyOf('org-1')), ask('w', keyOf('org-1', ['w']))];
    await until(async () => (await queued()) === 5);
    release();
    expect(await Promise.all([...slow, ...others])).toEqual(new Array(8).fill('shown'));
    // Both slots become free at the same time.
    expect(upstream.calls.slice(2, 4).map(({ endpoint }) => endpoint)).toContain('workflows');
  });

  it("stays in use while it can't be reloaded", async () => {
    expect(await ask('w')).toBe('shown');
    list = () => ({ status: 500 });
    clock.advance(60_000);
    const before = reads();
    expect([await ask('w'), await ask('w', keyOf('org-2'))]).toEqual(['shown', 'NOT_FOUND']);
    // At most once a second.
    expect(reads()).toBe(before + 1);
    clock.advance(1000);
    expect([await ask('w'), reads()]).toEqual(['shown', before + 2]);
    expect(await ask('unlisted')).toBe('UPSTREAM_UNAVAILABLE');
    clock.advance(STALE_IF_ERROR_MS - 2000);
    expect(await ask('w')).toBe('shown');
    clock.advance(1000);
    expect(await ask('w')).toBe('UPSTREAM_UNAVAILABLE');
  });

  it('is not awaited after a failed load', async () => {
    await ask('w');
    list = () => ({ status: 500 });
    clock.advance(60_000);
    await ask('w');
    const never = Promise.withResolvers<Reply>();
    list = () => never.promise;
    clock.advance(2000);
    expect(await ask('w')).toBe('shown');
    never.resolve(listOf());
  });

  it('is awaited again once older than two minutes', async () => {
    await ask('w');
    const again = Promise.withResolvers<Reply>();
    list = () => again.promise;
    clock.advance(120_000);
    const arrival = upstream.nextCall();
    const both = [ask('w'), ask('w')];
    await arrival;
    again.resolve(listOf());
    expect(await Promise.all(both)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
  });

  it.each<[string, Reply]>([
    ['UNAUTHENTICATED', { status: 401 }],
    ['FORBIDDEN', { status: 403 }],
    ['BAD_USER_INPUT', { status: 400 }],
    ['UPSTREAM_CONTRACT_VIOLATION', { json: { detail: 'none' } }],
  ])('is dropped when the upstream rejects it or it is malformed: %s', async (code, reply) => {
    expect(await ask('w')).toBe('shown');
    list = () => reply;
    clock.advance(60_000);
    expect(await ask('w')).toBe(code);
  });

  it('is evicted when the upstream denies it to the key', async () => {
    await ask('w');
    list = () => ({ status: 403 });
    clock.advance(30_000);
    expect([await ask('unlisted'), await ask('w')]).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  });

  it('is not loaded for an invalid id', async () => {
    expect([await ask('..'), reads()]).toEqual(['BAD_USER_INPUT', 0]);
  });

  const IDS = ['w1', 'w2', 'unlisted'];
  const organizations = fc.constantFrom(null, 'org-a', 'org-b');
  const scopes = fc.record({
    organizationId: organizations,
    workflowIds: fc.oneof(fc.constant('all' as const), fc.subarray(IDS)),
  });

  it('allows only what both claims allow, without extra calls', async () => {
    let round = 0;
    const upstreams = fc.record({
      ofWorkflows: fc.array(organizations, { maxLength: 2 }),
      ofSteps: fc.array(organizations, { minLength: 1, maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(upstreams, scopes, async (world, scope) => {
        ({ ofSteps } = world);
        list = () => ({
          json: world.ofWorkflows.map((organization_id, at) => wireWorkflow(IDS[at] ?? '', { organization_id })),
        });
        const own = scope.organizationId;
        const key = keyOf(own, scope.workflowIds, `key-${(round += 1)}`);
        const organizationOf = (id: string) => world.ofWorkflows[IDS.indexOf(id)] ?? null;
        const isAllowed = (id: string) =>
          (scope.workflowIds === 'all' || scope.workflowIds.includes(id)) &&
          (own === null || own === organizationOf(id));
        const areStepsOfAnother = own !== null && ofSteps.some((each) => each !== null && each !== own);

        const listed = await gateway.query('{ workflows { nodes { id } } }', { key });
        const ids = IDS.slice(0, world.ofWorkflows.length).filter(isAllowed);
        expect(listed.data).toEqual({ workflows: { nodes: ids.map((id) => ({ id })) } });
        for (const id of IDS) {
          for (const [query, shows] of [
            [`{ run(workflowId: "${id}", id: "r1") { startedAt } }`, isAllowed(id)],
            [`{ run(workflowId: "${id}", id: "r2") { steps { id } } }`, isAllowed(id) && !areStepsOfAnother],
            [`mutation { executeWorkflow(workflowId: "${id}") { message } }`, isAllowed(id)],
          ] as const) {
            const before = upstream.calls.length;
            const { errors } = await gateway.query(query, { key });
            const made = upstream.calls.slice(before).filter(({ endpoint }) => endpoint !== 'workflows');
            expect(errors.map(({ extensions }) => extensions.code)).toEqual(shows ? [] : ['NOT_FOUND']);
            if (!isAllowed(id)) expect(made).toEqual([]);
          }
        }
      }),
      { numRuns: 25 },
    );
  });
});
