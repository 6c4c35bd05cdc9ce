import { beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { createScriptedWorkflows, type ScriptedWorkflows } from '../harness/workflows.ts';

const WORKFLOWS = ['wf-1', 'wf-2', 'wf-3', 'wf-4', 'wf-5'];
const PAGE = `query Page($first: Int, $after: String, $filter: RunFilter, $ids: [ID!]) {
  recentRuns(first: $first, after: $after, filter: $filter, workflowIds: $ids) {
    nodes { id workflowId startedAt } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    unavailableWorkflows { id name }
  }
}`;

interface Page {
  readonly nodes: readonly { readonly id: string; readonly workflowId: string; readonly startedAt: string | null }[];
  readonly edges: readonly { readonly cursor: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly startCursor: string; readonly endCursor: string | null };
  readonly unavailableWorkflows: readonly { readonly id: string }[];
}

describe('the recent runs of several workflows', () => {
  let clock: ManualClock;
  let workflows: ScriptedWorkflows;
  beforeEach(() => {
    clock = createManualClock();
    workflows = createScriptedWorkflows(WORKFLOWS);
  });
  const gateway = perTest(new TestGateway(() => ({ script: workflows.script, clock: { now: clock.now } })));
  const { upstream } = gateway;

  async function ask(variables: Record<string, unknown> = {}) {
    const answer = await gateway.query(PAGE, { variables });
    return { errors: answer.errors, page: (answer.data as unknown as { recentRuns: Page | null } | null)?.recentRuns };
  }

  async function page(variables: Record<string, unknown> = {}): Promise<Page> {
    const { errors, page: found } = await ask(variables);
    expect(errors).toEqual([]);
    if (!found) throw new Error('expected a page');
    return found;
  }

  it('are searched less deeply in many workflows, within the call budget', async () => {
    const DEPTH = 205;
    const names = Array.from({ length: 40 }, (_, index) => `wf-${index}`);
    const many = createScriptedWorkflows(names);
    upstream.script = many.script;
    for (let index = 0; index < DEPTH; index += 1) {
      for (const name of names) {
        const isFailed = name === 'wf-7' && index === 0;
        many.start(name, `${name}-${index}`, { status: isFailed ? 'failed' : 'completed' });
      }
    }
    const filter = { status: ['FAILED'] };
    const first = await page({ first: 5, filter });
    expect(first.nodes).toEqual([]);
    expect(upstream.count('runs')).toBe(80);
    const second = await page({ first: 5, filter, after: first.pageInfo.endCursor });
    expect(second.nodes.map(({ id }) => id)).toEqual(['wf-7-0']);
  });

  it('are newest first, pending before all, one call per workflow page', async () => {
    for (const [index, id] of ['a', 'b', 'c', 'd', 'e', 'f'].entries()) workflows.start(WORKFLOWS[index % 3] ?? '', id);
    workflows.start('wf-4', 'waiting', { start_time: null, status: 'pending' });
    const found = await page({ first: 4 });
    expect(found.nodes.map(({ id, workflowId }) => `${workflowId} ${id}`)).toEqual([
      'wf-4 waiting',
      'wf-3 f',
      'wf-2 e',
      'wf-1 d',
    ]);
    expect(found).toMatchObject({ pageInfo: { hasNextPage: true, hasPreviousPage: false }, unavailableWorkflows: [] });
    expect([
      upstream.count('runs'),
      upstream.count('workflows'),
      upstream.count('run'),
      upstream.count('steps'),
    ]).toEqual([5, 1, 0, 0]);
    const rest = await page({ first: 4, after: found.pageInfo.endCursor });
    expect(rest.nodes.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
    expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    // The list of workflows is still cached.
    expect([upstream.count('runs'), upstream.count('workflows')]).toEqual([10, 1]);
  });

  it('make no call for the workflow list with a given workflow id', async () => {
    for (let count = 0; count < 12; count += 1) workflows.start(WORKFLOWS[count % 2] ?? '', `r${count}`);
    const { errors } = await gateway.query(
      '{ recentRuns(first: 5, workflowIds: ["wf-1", "wf-2", "wf-1"]) { nodes { stepCounts { total } } } }',
    );
    expect(errors).toEqual([]);
    expect([upstream.count('runs'), upstream.count('steps'), upstream.count('workflows')]).toEqual([2, 5, 0]);
  });

  it('continue after any cursor, without repeats while new ones start', async () => {
    // Twelve seeds: pages of many sizes, ties, pending runs that start later, in five workflows.
    for (let seed = 1; seed <= 12; seed += 1) {
      let state = seed;
      const draw = (count: number): number => {
        state = (state * 48_271) % 2_147_483_647;
        return state % count;
      };
      workflows.clear();
      clock.advance(5000);
      let number = 0;
      const start = () => {
        number += 1;
        const isWaiting = draw(12) === 0;
        workflows.start(WORKFLOWS[draw(5)] ?? '', `run-${number}`, {
          ...(draw(3) === 0 && { tie: true }),
          ...(isWaiting && { start_time: null, status: 'pending' }),
        });
      };
      for (let count = 0; count < 60; count += 1) start();
      const atTheStart = workflows.ids();
      const seen: string[] = [];
      let after: string | null = null;
      for (let pages = 0; pages < 100; pages += 1) {
        const first = 1 + draw(20);
        const found: Page = await page({ first, after });
        seen.push(...found.nodes.map(({ id }) => id));
        expect(found.nodes.length).toBeLessThanOrEqual(first);
        if (!found.pageInfo.hasNextPage) break;
        // Agents pay for each character.
        expect(found.pageInfo.endCursor?.length).toBeLessThanOrEqual(20 + 32 * WORKFLOWS.length);
        const isByEdge = draw(2) === 0;
        after = (isByEdge ? found.edges.at(-1)?.cursor : null) ?? found.pageInfo.endCursor;
        for (let count = draw(4); count > 0; count -= 1) start();
        if (draw(2) === 0) workflows.startWaiting();
        clock.advance(5000);
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(atTheStart.filter((id) => !seen.includes(id))).toEqual([]);
    }
  }, 60_000);

  it('include no run of a late workflow newer than the earlier page', async () => {
    for (const id of ['old', 'tie', 'new']) {
      for (const [index, name] of ['wf-2', 'wf-1', 'wf-3'].entries()) {
        workflows.start(name, `${name} ${id}`, { tie: index > 0 });
      }
    }
    workflows.start('wf-2', 'newest');
    const first = await page({ first: 3, ids: ['wf-2'] });
    expect(first.nodes.map(({ id }) => id)).toEqual(['newest', 'wf-2 new', 'wf-2 tie']);
    const rest = await page({ ids: ['wf-1', 'wf-2', 'wf-3', 'wf-2'], after: first.pageInfo.endCursor });
    expect(rest.nodes.map(({ id }) => id)).toEqual(['wf-3 tie', 'wf-1 old', 'wf-2 old', 'wf-3 old']);
  });

  it('are read for the first workflows by id if calls run out', async () => {
    await gateway.restart({ env: { MAX_UPSTREAM_CALLS: '1' } });
    for (const name of ['wf-2', 'wf-1']) workflows.start(name, `run of ${name}`);
    const { errors } = await gateway.query(
      '{ recentRuns(workflowIds: ["wf-2", "wf-1"]) { nodes { id } unavailableWorkflows { id } } }',
    );
    expect(errors.map(({ extensions: { code, workflowId } }) => [code, workflowId])).toEqual([
      ['UPSTREAM_BUDGET_EXCEEDED', 'wf-2'],
    ]);
  });

  it('are filtered like the runs of one workflow, with a cursor', async () => {
    for (let count = 1; count <= 30; count += 1) {
      workflows.start(WORKFLOWS[count % 5] ?? '', `r${count}`, count % 10 === 0 ? { status: 'failed' } : {});
    }
    const failed = await page({ filter: { status: ['FAILED'] } });
    expect(failed.nodes.map(({ id }) => id)).toEqual(['r30', 'r20', 'r10']);
    expect(failed.pageInfo.hasNextPage).toBe(false);
    const middle = failed.nodes[1]?.startedAt;
    expect(
      (await page({ filter: { startedAfter: middle, status: ['COMPLETED'] }, first: 2 })).nodes.map(({ id }) => id),
    ).toEqual(['r29', 'r28']);
    expect((await page({ filter: { startedBefore: middle }, first: 1 })).nodes.map(({ id }) => id)).toEqual(['r19']);
  });

  it('include none older than the unread part of a filtered history', async () => {
    // The failed run of wf-1 is behind more runs than one page reads. The one of wf-2 is older.
    workflows.start('wf-2', 'old', { status: 'failed' });
    workflows.start('wf-1', 'deep', { status: 'failed' });
    for (let count = 0; count < 700; count += 1) workflows.start('wf-1', `r${count}`);
    const seen: string[][] = [];
    let after: string | null = null;
    for (let pages = 0; pages < 5; pages += 1) {
      const found: Page = await page({ filter: { status: ['FAILED'] }, after });
      seen.push(found.nodes.map(({ id }) => id));
      if (!found.pageInfo.hasNextPage) break;
      after = found.pageInfo.endCursor;
    }
    expect(seen).toEqual([[], ['deep', 'old']]);
  });

  it('exclude a workflow whose history fails, and name it each time', async () => {
    for (let count = 0; count < 10; count += 1) workflows.start(WORKFLOWS[count % 5] ?? '', `r${count}`);
    upstream.script = (call) =>
      call.endpoint === 'runs' && ['wf-4', 'wf-2'].includes(call.workflowId)
        ? { status: call.workflowId === 'wf-2' ? 403 : 500 }
        : workflows.script(call);
    // The first time, from the cached document, and compiled.
    for (let time = 0; time < 4; time += 1) {
      const { page: found, errors } = await ask({ first: 3 });
      expect(found?.nodes.map(({ id }) => id)).toEqual(['r9', 'r7', 'r5']);
      expect(found?.unavailableWorkflows).toEqual([
        { id: 'wf-2', name: 'Workflow wf-2' },
        { id: 'wf-4', name: 'Workflow wf-4' },
      ]);
      expect(errors.map(({ path, extensions: { code, workflowId } }) => [path, code, workflowId])).toEqual([
        [['recentRuns'], 'FORBIDDEN', 'wf-2'],
        [['recentRuns'], 'UPSTREAM_UNAVAILABLE', 'wf-4'],
      ]);
    }
    upstream.script = workflows.script;
    clock.advance(60_000);
    expect((await page({ first: 3 })).nodes.map(({ id }) => id)).toEqual(['r9', 'r8', 'r7']);
  });

  it('are empty without workflows, and an invalid id is unavailable', async () => {
    expect((await page({ ids: [] })).nodes).toEqual([]);
    const { errors, page: found } = await ask({ ids: ['..'] });
    expect(found?.unavailableWorkflows).toEqual([{ id: '..', name: null }]);
    expect(errors.map(({ path, extensions: { code } }) => `${path?.join('.') ?? ''}: ${code}`).sort()).toEqual([
      'recentRuns.unavailableWorkflows.0.name: NOT_FOUND',
      'recentRuns: BAD_USER_INPUT',
    ]);
  });
});
