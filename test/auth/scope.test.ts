import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream, type Script } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { startIssuer, type Claims, type Issuer } from '../harness/issuer.ts';
import { subscribe, type Transport } from '../harness/live-client.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { rawJSON, wireRun, wireStep } from '../harness/wire.ts';

const WORKFLOWS = [
  wireWorkflow('a1', { organization_id: 'org-a' }),
  wireWorkflow('a2', { organization_id: 'org-a' }),
  wireWorkflow('b1', { organization_id: 'org-b' }),
  wireWorkflow('nobodys', { organization_id: null }),
];

/** Every workflow has the same runs; the steps are of the workflow's organization. */
const script: Script = ({ endpoint, workflowId, runId }) => {
  switch (endpoint) {
    case 'workflows':
      return { json: WORKFLOWS };
    case 'runs':
      return { json: ['r1', 'r2'].map((id) => wireRun(id)) };
    case 'run':
      return { json: [wireRun(runId, { outputs: `secret of ${workflowId}` })] };
    case 'steps':
      return { json: [wireStep({ organization_id: workflowId.startsWith('b') ? 'org-b' : 'org-a' })] };
    case 'execute':
      return { json: { run_id: 'new', message: null } };
    case 'unknown':
      return { status: 404 };
  }
};

/** Every field that leads to a workflow's data. */
const WAYS: readonly (readonly [string, (workflowId: string) => string])[] = [
  ['run', (id) => `{ run(workflowId: "${id}", id: "r1") { outputs } }`],
  ['steps', (id) => `{ run(workflowId: "${id}", id: "r1") { steps { outputs } } }`],
  ['workflow', (id) => `{ workflow(id: "${id}") { name } }`],
  ['workflow.run', (id) => `{ workflow(id: "${id}") { run(id: "r1") { outputs } } }`],
  ['workflow.runsById', (id) => `{ workflow(id: "${id}") { runsById(ids: ["r1"]) { outputs } } }`],
  ['workflow.runs', (id) => `{ workflow(id: "${id}") { runs { nodes { id } } } }`],
  ['workflow.statistics', (id) => `{ workflow(id: "${id}") { statistics { runCount } } }`],
  ['compareRuns', (id) => `{ compareRuns(workflowId: "${id}", baseId: "r1", headId: "r2") { wallClockDeltaMs } }`],
  ['executeWorkflow', (id) => `mutation { executeWorkflow(workflowId: "${id}") { run { id } } }`],
];

describe('the claims of a token', () => {
  let clock: ManualClock;
  let issuer: Issuer;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  const ofClaims = (claims: Claims) => issuer.token(claims);
  const ask = async (claims: Claims, query: string) => gateway.query(query, { key: await ofClaims(claims) });
  const listed = async (claims: Claims) => (await ask(claims, '{ workflows { nodes { id } } }')).data;

  const start = (environment: Readonly<Record<string, string>>) =>
    startGateway(
      { UPSTREAM_URL: upstream.url, ...issuer.environment, ...environment },
      { now: clock.now, after: clock.after },
    );

  beforeEach(async () => {
    clock = createManualClock();
    issuer = await startIssuer(clock.now);
    upstream = await startFaultyUpstream(script);
    gateway = await start({ AUTH_ORGANIZATION_CLAIM: 'org', AUTH_WORKFLOWS_CLAIM: 'https://example.com/workflows' });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
    await issuer.close();
  });

  const all = WORKFLOWS.map((workflow) => workflow.workflow_id);
  const of = (org: string, ids: readonly unknown[] = all): Claims => ({ org, 'https://example.com/workflows': ids });

  it('tell starts with equal keys apart, unless the rights are equal', async () => {
    const execute = 'mutation { executeWorkflow(workflowId: "a1", idempotencyKey: "k") { message } }';
    await ask({ ...of('org-a'), sub: 'ada' }, execute);
    await ask({ ...of('org-a'), sub: 'grace' }, execute);
    expect(upstream.count('execute')).toBe(1);
    await ask(of('org-a', ['a1']), execute);
    expect(upstream.count('execute')).toBe(2);
    for (let time = 0; time < 2; time += 1) {
      expect((await ask(of('org-b'), execute)).errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
    }
    expect(upstream.count('execute')).toBe(2);
  });

  it.each(WAYS)('allow %s in scope', async (_way, queryOf) => {
    expect((await ask(of('org-a'), queryOf('a1'))).errors).toEqual([]);
  });

  it.each(WAYS)('hide %s of another organization, and of a workflow that they do not list', async (_way, queryOf) => {
    // It is cached for viewers that may see it.
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
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(errors.map(() => 'NOT_FOUND'));
      expect(errors.length).toBeGreaterThan(0);
      expect(JSON.stringify(data)).not.toMatch(/secret|new|r1|Workflow /);
    }
    expect(upstream.calls.filter(({ workflowId }) => workflowId !== '')).toHaveLength(before);
  });

  it('tell organizations apart whose ids are integers that a double can not', async () => {
    const [mine, another] = ['12345678901234567001', '12345678901234567002'];
    upstream.script = (call) => {
      if (call.endpoint === 'workflows') return { json: [wireWorkflow('a1', { organization_id: rawJSON(mine) })] };
      return call.endpoint === 'steps' ? { json: [wireStep({ organization_id: rawJSON(mine) })] } : script(call);
    };
    const query = '{ run(workflowId: "a1", id: "r1") { steps { organizationId } } }';
    for (const claim of [another, String(Number(mine))]) {
      const { data, errors } = await ask(of(claim), query);
      expect({ data, errors }).toMatchObject({ data: { run: null }, errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    }
    const { data, errors } = await ask(of(mine), query);
    expect({ data, errors }).toEqual({ data: { run: { steps: [{ organizationId: mine }] } }, errors: [] });
  });

  it.each(['../../b1/runs/r1', 'r1/../../../b1/runs/r1', '..\\..\\b1\\runs\\r1', './../../b1/runs/r1'])(
    'hide it from the run id %j, though a proxy before the upstream decodes slashes',
    async (id) => {
      // As nginx does it with `proxy_pass http://upstream/;`.
      upstream.script = ({ url, ...call }) => {
        const [, , workflowId = '', , runId = '', steps] = new URL(
          decodeURIComponent(url.pathname),
          url,
        ).pathname.split('/');
        return script({ ...call, url, endpoint: steps === undefined ? 'run' : 'steps', workflowId, runId });
      };
      await gateway.close();
      gateway = await start({ AUTH_WORKFLOWS_CLAIM: 'ids' });
      const variables = { id, ids: [id], representations: [{ __typename: 'Run', workflowId: 'a1', id }] };
      const document = `query ($id: ID!, $ids: [ID!]!, $representations: [_Any!]!) {
        run(workflowId: "a1", id: $id) { outputs steps { id } }
        workflow(id: "a1") { run(id: $id) { outputs } runsById(ids: $ids) { outputs } }
        compareRuns(workflowId: "a1", baseId: "r1", headId: $id) { head { outputs } }
        _entities(representations: $representations) { ... on Run { outputs } }
      }`;
      const { data, errors } = await gateway.query(document, { key: await ofClaims({ ids: ['a1'] }), variables });
      expect(data).toEqual({
        run: null,
        workflow: { run: null, runsById: [null] },
        compareRuns: null,
        _entities: [null],
      });
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(Array(5).fill('BAD_USER_INPUT'));
      expect(upstream.calls.filter(({ runId }) => runId !== 'r1')).toEqual([]);
    },
  );

  it('hide it with the same error as a 404', async () => {
    const [, queryOf] = WAYS[0] ?? ['', String];
    const hidden = await ask(of('org-a'), queryOf('b1'));
    upstream.script = (call) => (call.endpoint === 'workflows' ? script(call) : { status: 404 });
    const missing = await ask(of('org-a'), queryOf('a1'));
    const told = ({ errors }: typeof hidden) =>
      errors.map(({ message, extensions }) => ({ message, extensions: { ...extensions, requestId: null } }));
    expect(told(hidden)).toEqual(told(missing));
  });

  it('filter the list of workflows', async () => {
    expect(await listed(of('org-a'))).toEqual({ workflows: { nodes: [{ id: 'a1' }, { id: 'a2' }] } });
    expect(await listed(of('org-a', ['a2', 'b1']))).toEqual({ workflows: { nodes: [{ id: 'a2' }] } });
    expect(await listed(of('org-b'))).toEqual({ workflows: { nodes: [{ id: 'b1' }] } });
  });

  it('hide a run with steps of another organization, even if its workflow is in scope', async () => {
    upstream.script = (call) =>
      call.endpoint === 'steps' ? { json: [wireStep({ organization_id: 'org-b' })] } : script(call);
    const { data, errors } = await ask(of('org-a'), '{ run(workflowId: "a1", id: "r1") { outputs steps { id } } }');
    expect(data).toEqual({ run: null });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND']);
  });

  it.each<Transport>(['graphql-ws', 'graphql-sse'])('hide runs from subscriptions over %s', async (transport) => {
    const watch = `subscription { runUpdated(workflowId: "b1", id: "r1") { status } }`;
    const mine = await subscribe(transport, gateway.url, watch, { key: await ofClaims(of('org-b')) });
    expect(await mine.nextData()).toEqual({ runUpdated: { status: 'COMPLETED' } });
    const other = await subscribe(transport, gateway.url, watch, { key: await ofClaims(of('org-a')) });
    expect(await other.nextErrorCode()).toBe('NOT_FOUND');
    mine.leave();
    other.leave();
  });

  it('that are missing or malformed reject the token: without them it would see everything', async () => {
    const wrong: readonly Claims[] = [
      {},
      { org: 'org-a' },
      { org: '', 'https://example.com/workflows': [] },
      { org: ['org-a'], 'https://example.com/workflows': [] },
      { org: 'org-a', 'https://example.com/workflows': 'a1' },
      { org: 'org-a', 'https://example.com/workflows': [1] },
      { org: 'org-a', 'https://example.com/workflows': {} },
    ];
    for (const claims of wrong) {
      const { errors } = await ask(claims, '{ run(workflowId: "a1", id: "r1") { outputs } }');
      expect(errors).toMatchObject([
        {
          message: expect.stringMatching(/the token's claim "(org|https:.*)" must be/),
          extensions: { code: 'UNAUTHENTICATED' },
        },
      ]);
    }
    expect(upstream.calls).toEqual([]);
    // Names that every object has are claims like any other.
    for (const name of ['constructor', '__proto__', 'toString']) {
      await gateway.close();
      gateway = await start({ AUTH_WORKFLOWS_CLAIM: name });
      expect((await ask({}, '{ workflow(id: "a1") { name } }')).errors).toMatchObject([
        { extensions: { code: 'UNAUTHENTICATED' } },
      ]);
    }
  });

  it('let two tokens of the same scope share cached data, in whatever order they list it', async () => {
    const query = '{ run(workflowId: "a1", id: "r1") { steps { id } } }';
    await ask({ ...of('org-a', ['a1', 'a2']), sub: 'ada' }, query);
    const before = upstream.calls.length;
    expect((await ask({ ...of('org-a', ['a2', 'a1']), sub: 'bob' }, query)).errors).toEqual([]);
    expect(upstream.calls).toHaveLength(before);
    // Another scope: nothing is shared, even for the same run.
    expect((await ask({ ...of('org-a', ['a1']), sub: 'ada' }, query)).errors).toEqual([]);
    expect(upstream.calls).toHaveLength(before + 2);
  });

  it('are not read unless they are configured: then all tokens have the same scope', async () => {
    await gateway.close();
    gateway = await start({});
    const query = '{ run(workflowId: "b1", id: "r1") { outputs } }';
    expect((await ask(of('org-a', []), query)).data).toEqual({ run: { outputs: 'secret of b1' } });
    const before = upstream.calls.length;
    expect((await ask({ sub: 'bob' }, query)).data).toEqual({ run: { outputs: 'secret of b1' } });
    expect(upstream.calls).toHaveLength(before);
  });

  it('narrow by the one that is configured alone', async () => {
    const stepsOf = async (claims: Claims, id: string) =>
      (await ask(claims, `{ run(workflowId: "${id}", id: "r1") { steps { id } } }`)).errors.map(
        ({ extensions }) => extensions.code,
      );
    await gateway.close();
    gateway = await start({ AUTH_ORGANIZATION_CLAIM: 'org' });
    expect(await listed({ org: 'org-a' })).toEqual({ workflows: { nodes: [{ id: 'a1' }, { id: 'a2' }] } });
    expect(await stepsOf({ org: 'org-a' }, 'a1')).toEqual([]);
    expect(await stepsOf({ org: 'org-a' }, 'b1')).toEqual(['NOT_FOUND']);

    await gateway.close();
    gateway = await start({ AUTH_WORKFLOWS_CLAIM: 'ids' });
    const two = { ids: ['b1', 'nobodys'] };
    expect(await listed(two)).toEqual({ workflows: { nodes: [{ id: 'b1' }, { id: 'nobodys' }] } });
    expect(await stepsOf(two, 'b1')).toEqual([]);
    expect(await stepsOf(two, 'nobodys')).toEqual([]);
    expect(await stepsOf(two, 'a1')).toEqual(['NOT_FOUND']);
  });

  it('find a workflow that was created a second ago, and list the others once a minute', async () => {
    const queryOf = (id: string) => `{ run(workflowId: "${id}", id: "r1") { steps { id } } }`;
    await ask(of('org-a'), queryOf('a1'));
    await ask(of('org-a', ['a1', 'made']), queryOf('a1'));
    expect(upstream.count('workflows')).toBe(1);
    const made = [...WORKFLOWS, wireWorkflow('made', { organization_id: 'org-a' })];
    upstream.script = (call) => (call.endpoint === 'workflows' ? { json: made } : script(call));
    expect((await ask(of('org-a', ['a1', 'made']), queryOf('made'))).errors).toHaveLength(1);
    expect(upstream.count('workflows')).toBe(1);
    clock.advance(1000);
    expect((await ask(of('org-a', ['a1', 'made']), queryOf('made'))).errors).toEqual([]);
    expect(upstream.count('workflows')).toBe(2);
  });

  it('show what they did while the list of workflows fails', async () => {
    const queryOf = (id: string) => `{ run(workflowId: "a1", id: "${id}") { outputs } }`;
    await ask(of('org-a'), queryOf('r1'));
    clock.advance(60_000);
    upstream.script = (call) => (call.endpoint === 'workflows' ? { status: 500 } : script(call));
    const { data, errors } = await ask(of('org-a'), queryOf('r2'));
    expect({ data, errors }).toEqual({ data: { run: { outputs: 'secret of a1' } }, errors: [] });
    expect(upstream.count('workflows')).toBe(2);
    expect((await ask(of('org-b'), queryOf('r3'))).errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });

  it('show nothing while the list of workflows can not be read', async () => {
    upstream.script = (call) => (call.endpoint === 'workflows' ? { status: 400 } : script(call));
    const { data, errors } = await ask(of('org-a'), '{ run(workflowId: "a1", id: "r1") { outputs } }');
    expect(data).toEqual({ run: null });
    expect(errors).toHaveLength(1);
    expect(upstream.count('run')).toBe(0);
  });
});
