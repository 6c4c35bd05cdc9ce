/** A narrowed scope looks up the organizations of workflows in the upstream's list. What a scope hides in each field: test/auth/scope.test.ts. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Identity } from 'stepgate';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream, type Reply, type Script } from '../harness/faulty-upstream.ts';
import { until } from '../harness/fleet.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const STALE_IF_ERROR_MS = 300_000;

describe('the list of workflows, for narrowed scopes', () => {
  let clock: ManualClock;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let identities: Map<string, Identity>;
  let list: () => Reply | Promise<Reply>;
  let ofSteps: readonly (string | null)[];
  let asked: number;

  const listOf = (...ids: readonly string[]): Reply => ({ json: ids.map((id) => wireWorkflow(id)) });
  const script: Script = ({ endpoint, runId }) => {
    if (endpoint === 'workflows') return list();
    if (endpoint === 'execute') return { json: { run_id: 'new' } };
    if (endpoint === 'runs') return { json: [wireRun('r1')] };
    if (endpoint === 'run') return { json: [wireRun(runId)] };
    return { json: ofSteps.map((organization_id, at) => wireStep({ id: `s${at}`, organization_id })) };
  };

  beforeEach(async () => {
    clock = createManualClock();
    identities = new Map();
    asked = 0;
    list = () => listOf('w');
    ofSteps = [null];
    upstream = await startFaultyUpstream(script);
    gateway = await startGateway(
      { UPSTREAM_URL: upstream.url, STALE_IF_ERROR_MS: `${STALE_IF_ERROR_MS}`, UPSTREAM_CONCURRENCY: '2' },
      { now: clock.now, after: clock.after, authenticate: (credential) => identities.get(credential) ?? null },
    );
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  function keyOf(
    organizationId: string | null,
    workflowIds: Identity['workflowIds'] = 'all',
    upstreamKey = 'service',
  ): string {
    const key = JSON.stringify([organizationId, workflowIds, upstreamKey]).replaceAll(/[^\w-]/g, '_');
    identities.set(key, { upstreamKey, workflowIds, ...(organizationId !== null && { organizationId }) });
    return key;
  }

  /** The record of a run that nobody has asked for: `shown`, or the code of the error. */
  async function ask(workflowId: string, key = keyOf('org-1')): Promise<unknown> {
    const { errors } = await gateway.query(
      `{ run(workflowId: "${workflowId}", id: "r${(asked += 1)}") { startedAt } }`,
      {
        key,
      },
    );
    return errors[0]?.extensions.code ?? 'shown';
  }
  const reads = () => upstream.count('workflows');

  it('is read again after a minute, and after a second for a workflow that it does not have', async () => {
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

  it('is read for each upstream key, and never with the rights of one key for another', async () => {
    expect(await ask('w', keyOf('org-1', 'all', 'key-1'))).toBe('shown');
    list = () => listOf();
    expect(await ask('w', keyOf('org-1', 'all', 'key-2'))).toBe('NOT_FOUND');
    expect(upstream.calls.filter(({ endpoint }) => endpoint === 'workflows').map(({ key }) => key)).toEqual([
      'key-1',
      'key-2',
    ]);
  });

  it('is shared by the viewers of a key, also where the client that asked first has left', async () => {
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

  it('does not wait behind the calls of the viewer who asks for it first', async () => {
    const release = Promise.withResolvers<undefined>();
    upstream.script = async (call) => {
      if (call.workflowId === 'slow') await release.promise;
      return script(call);
    };
    const busy = keyOf(null);
    const queued = async () => {
      const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
      return Number(/^stepgate_upstream_calls_queued (\d+)$/m.exec(metrics)?.[1]);
    };
    const slow = Array.from({ length: 6 }, () => ask('slow', busy));
    await until(async () => (await queued()) === 4);
    const others = [ask('w', keyOf('org-1')), ask('w', keyOf('org-1', ['w']))];
    await until(async () => (await queued()) === 5);
    release.resolve(undefined);
    expect(await Promise.all([...slow, ...others])).toEqual(new Array(8).fill('shown'));
    // Next to one of the others, since both slots become free.
    expect(upstream.calls.slice(2, 4).map(({ endpoint }) => endpoint)).toContain('workflows');
  });

  it('holds for what it has while it cannot be read again, as long as stale data is served', async () => {
    expect(await ask('w')).toBe('shown');
    list = () => ({ status: 500 });
    clock.advance(60_000);
    const before = reads();
    expect([await ask('w'), await ask('w', keyOf('org-2'))]).toEqual(['shown', 'NOT_FOUND']);
    // Once a second at most.
    expect(reads()).toBe(before + 1);
    clock.advance(1000);
    expect([await ask('w'), reads()]).toEqual(['shown', before + 2]);
    expect(await ask('unlisted')).toBe('UPSTREAM_UNAVAILABLE');
    clock.advance(STALE_IF_ERROR_MS);
    expect(await ask('w')).toBe('UPSTREAM_UNAVAILABLE');
  });

  it('is not waited for where the last attempt to read it has failed, however long the next one takes', async () => {
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

  it('is waited for by all where it is older than two minutes: a right may long be gone', async () => {
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
    ['UPSTREAM_CONTRACT_VIOLATION', { json: { detail: 'none' } }],
  ])('does not hold any more where it is refused, or is not a list: %s', async (code, reply) => {
    expect(await ask('w')).toBe('shown');
    list = () => reply;
    clock.advance(60_000);
    expect(await ask('w')).toBe(code);
  });

  it('is forgotten at once where the key is denied it', async () => {
    await ask('w');
    list = () => ({ status: 403 });
    clock.advance(30_000);
    expect([await ask('unlisted'), await ask('w')]).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  });

  it('is not read for an id that cannot be asked for', async () => {
    expect([await ask('..'), reads()]).toEqual(['BAD_USER_INPUT', 0]);
  });

  const IDS = ['w1', 'w2', 'unlisted'];
  const organizations = fc.constantFrom(null, 'org-a', 'org-b');
  const scopes = fc.record({
    organizationId: organizations,
    workflowIds: fc.oneof(fc.constant('all' as const), fc.subarray(IDS)),
  });

  it('lets a scope see what its organization and its workflows both allow: the rest is NOT_FOUND, without a call', async () => {
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
