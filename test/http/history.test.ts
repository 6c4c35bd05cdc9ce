import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { createScriptedHistory, wireWorkflow } from '../harness/scripted-history.ts';

interface Page {
  readonly workflow: {
    readonly runs: {
      readonly nodes: readonly { readonly id: string }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    };
  };
}

const PAGE = `query Page($first: Int, $after: String, $filter: RunFilter) {
  workflow(id: "wf") { runs(first: $first, after: $after, filter: $filter) { nodes { id } pageInfo { hasNextPage endCursor } } }
}`;

describe('the history of a workflow', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let clock: ManualClock;

  beforeEach(async () => {
    clock = createManualClock();
    upstream = await startFaultyUpstream();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url }, { now: clock.now });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  async function page(variables: Record<string, unknown>) {
    const { data, errors } = await gateway.query(PAGE, { variables });
    expect(errors).toEqual([]);
    return (data as unknown as Page).workflow.runs;
  }

  it('shows every run that existed at the start exactly once, while new ones start between the pages', async () => {
    const history = createScriptedHistory(230);
    upstream.script = history.script;
    const atTheStart = [...history.runIds];
    const startedMeanwhile = [3, 1, 2, 1];
    const seen: string[] = [];
    let after: string | null = null;
    for (;;) {
      const { nodes, pageInfo } = await page({ first: 50, after });
      seen.push(...nodes.map(({ id }) => id));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
      for (let count = startedMeanwhile.shift() ?? 0; count > 0; count -= 1)
        history.start(`new-${history.runIds.length}`);
      clock.advance(5000);
    }
    expect(seen).toEqual(atTheStart);
  });

  describe('for a cursor whose run has moved far, or was never there', () => {
    /** The page behind the newest run, or behind the cursor, with the calls that it takes. */
    async function pageBehind(after: string | null) {
      const before = upstream.count('runs');
      const { nodes, pageInfo } = await page({ first: 1, after });
      return { ids: nodes.map(({ id }) => id), ...pageInfo, calls: upstream.count('runs') - before };
    }

    it.each([
      [600, 1],
      [2500, 3],
    ])('goes on behind it, by a few calls a page, after %i runs have started', async (started, pages) => {
      const history = createScriptedHistory(100);
      upstream.script = history.script;
      let { endCursor, ids } = await pageBehind(null);
      for (let count = 0; count < started; count += 1) history.start(`new-${count}`);
      clock.advance(5000);
      const found: string[][] = [];
      for (let count = 0; count < pages; count += 1) {
        const behind = await pageBehind(endCursor);
        expect(behind.calls).toBeLessThanOrEqual(12);
        expect(behind.hasNextPage).toBe(true);
        ({ endCursor, ids } = behind);
        found.push(ids);
      }
      expect(found.flat()).toEqual(['run-99']);
    });

    it('goes on with older runs where all but the oldest were deleted', async () => {
      const history = createScriptedHistory(3000);
      upstream.script = history.script;
      const { nodes, pageInfo } = await page({ first: 100, after: null });
      expect(nodes).toHaveLength(100);
      const { pageInfo: deep } = await page({ first: 100, after: pageInfo.endCursor });
      history.runIds.splice(0, 2980);
      clock.advance(5000);
      expect(await pageBehind(deep.endCursor)).toMatchObject({ ids: ['run-20'], calls: 3 });
    });

    it('takes a few calls for one that no list gave', async () => {
      upstream.script = createScriptedHistory(100).script;
      const forged = Buffer.from(JSON.stringify(['run', 'x', 1_000_000, null])).toString('base64url');
      expect(await pageBehind(forged)).toMatchObject({ ids: ['run-100'], calls: 3 });
    });

    describe.each([
      ['each page with the newest runs', () => '0'],
      ['nothing but the newest runs', (offset: string) => (offset === '0' ? offset : '1000')],
    ])('where an upstream answers %s', (_, offsetOf) => {
      beforeEach(() => {
        const history = createScriptedHistory(200);
        upstream.script = (call) => {
          const { searchParams } = call.url;
          searchParams.set('offset', offsetOf(searchParams.get('offset') ?? '0'));
          return history.script(call);
        };
      });

      it('reports figures that can not be had', async () => {
        const { errors } = await gateway.query('{ workflow(id: "wf") { statistics(last: 200) { runCount } } }');
        expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_CONTRACT_VIOLATION' } }]);
        expect(upstream.count('runs')).toBeLessThanOrEqual(13);
      });

      it.each([
        ['all runs', null],
        ['some of the runs', { status: ['COMPLETED'] }],
        ['none of the runs', { status: ['FAILED'] }],
      ])('leads a client that pages through %s to an error', async (_runs, filter) => {
        let after: string | null = null;
        for (let pages = 0; ; pages += 1) {
          expect(pages).toBeLessThan(7);
          const { data, errors }: Awaited<ReturnType<TestGateway['query']>> = await gateway.query(PAGE, {
            variables: { first: 30, after, filter },
          });
          if (errors.length > 0) {
            expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_CONTRACT_VIOLATION' } }]);
            break;
          }
          after = (data as unknown as Page).workflow.runs.pageInfo.endCursor;
        }
      });
    });
  });

  it('leaves out records without an id, many in a row too, and loses and repeats no other while new runs start', async () => {
    const history = createScriptedHistory(260);
    const isUnreadable = (id: string) => /^run-(?:\d*[37]|1[2-9]\d)$/.test(id);
    upstream.script = async (call) => {
      const reply = await history.script(call);
      if (call.endpoint !== 'runs') return reply;
      const records = reply.json as readonly { readonly id: string }[];
      return { json: records.map((record) => (isUnreadable(record.id) ? { ...record, id: null } : record)) };
    };
    const atTheStart = history.runIds.filter((id) => !isUnreadable(id));
    const startedMeanwhile = [3, 1, 2, 1, 5, 1];
    const seen: string[] = [];
    let after: string | null = null;
    for (;;) {
      const { nodes, pageInfo } = await page({ first: 20, after });
      seen.push(...nodes.map(({ id }) => id));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
      for (let count = startedMeanwhile.shift() ?? 0; count > 0; count -= 1)
        history.start(`new-${history.runIds.length}`);
      clock.advance(5000);
    }
    expect(seen).toEqual(atTheStart);
  });

  it('fetches no page that nobody asked for to tell whether there is a next one', async () => {
    upstream.script = createScriptedHistory(25).script;
    expect((await page({ first: 10 })).pageInfo.hasNextPage).toBe(true);
    expect(upstream.count('runs')).toBe(1);
    expect((await page({ first: 25 })).pageInfo.hasNextPage).toBe(false);
    expect(upstream.count('runs')).toBe(2);
  });

  it('goes on behind the start of a run that was taken out of the history', async () => {
    const history = createScriptedHistory(30);
    upstream.script = history.script;
    const first = await page({ first: 10 });
    // The last of the page and two above it are gone: everything below has moved up.
    history.runIds.splice(7, 3);
    clock.advance(5000);
    const second = await page({ first: 10, after: first.pageInfo.endCursor });
    expect(second.nodes.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, index) => `run-${20 - index}`));
  });

  it('filters by status and by start, and says where to go on', async () => {
    upstream.script = createScriptedHistory(30).script;
    const between = { startedAfter: '2026-01-01T00:10:00Z', startedBefore: '2026-01-01T00:13:00Z' };
    expect(await page({ first: 10, filter: between })).toMatchObject({
      nodes: [{ id: 'run-13' }, { id: 'run-12' }, { id: 'run-11' }],
      pageInfo: { hasNextPage: false },
    });
    expect((await page({ filter: { status: ['FAILED'] } })).nodes).toEqual([]);
    expect((await page({ first: 2, filter: { status: ['FAILED', 'COMPLETED'] } })).nodes).toEqual([
      { id: 'run-30' },
      { id: 'run-29' },
    ]);
  });

  it('costs 1 + 5 + 50 calls over five workflows cold, and no call for the steps of finished runs warm', async () => {
    const workflows = [1, 2, 3, 4, 5].map((number) => wireWorkflow(`wf-${number}`));
    upstream.script = createScriptedHistory(10, workflows).script;
    const document = `{ workflows { nodes { name runs(first: 10) { nodes { status failedSteps { nodeId error } totalElapsedTime } } } } }`;
    const cold = await gateway.query(document);
    expect(cold.errors).toEqual([]);
    const counts = () => [
      upstream.count('workflows'),
      upstream.count('runs'),
      upstream.count('steps'),
      upstream.calls.length,
    ];
    expect(counts()).toEqual([1, 5, 50, 56]);
    clock.advance(60_000);
    const warm = await gateway.query(document);
    expect(warm.data).toEqual(cold.data);
    expect(counts()).toEqual([2, 10, 50, 62]);
  });

  it('asks for the list of workflows once, however many aliases and fields need it', async () => {
    upstream.script = createScriptedHistory(1, [wireWorkflow('wf'), wireWorkflow('other')]).script;
    const { data, errors } = await gateway.query(`{
      a: workflows(search: "OTHER") { totalCount nodes { id } }
      b: workflows(first: 1) { nodes { name } pageInfo { hasNextPage } }
      c: workflow(id: "wf") { name description graph { entry } run(id: "run-1") { steps { node { type } } progress { total } } }
    }`);
    expect(errors).toEqual([]);
    expect(data).toEqual({
      a: { totalCount: 1, nodes: [{ id: 'other' }] },
      b: { nodes: [{ name: 'Workflow wf' }], pageInfo: { hasNextPage: true } },
      c: {
        name: 'Workflow wf',
        description: 'Answers mail',
        graph: { entry: 'model_1' },
        run: { steps: [{ node: { type: 'model' } }], progress: { total: 1 } },
      },
    });
    expect(upstream.count('workflows')).toBeLessThanOrEqual(1);
  });

  it('answers what the budget allows, and UPSTREAM_BUDGET_EXCEEDED on the rest', async () => {
    upstream.script = createScriptedHistory(
      100,
      [1, 2, 3, 4, 5].map((number) => wireWorkflow(`wf-${number}`)),
    ).script;
    const { data, errors } = await gateway.query(
      `{ workflows { nodes { runs(first: 100) { nodes { totalElapsedTime } } } } }`,
    );
    expect(upstream.calls).toHaveLength(200);
    const { workflows } = data as unknown as {
      workflows: { nodes: { runs: { nodes: { totalElapsedTime: number | null }[] } }[] };
    };
    const runs = workflows.nodes.flatMap(({ runs }) => runs.nodes);
    expect(runs).toHaveLength(500);
    const told = Map.groupBy(runs, (run) => run.totalElapsedTime);
    expect([told.get(2)?.length, told.get(null)?.length]).toEqual([194, 306]);
    expect(errors).toHaveLength(306);
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['UPSTREAM_BUDGET_EXCEEDED']));
  });

  it('keeps what the record tells of a run whose steps fail, and all of its neighbours', async () => {
    const history = createScriptedHistory(3);
    upstream.script = (call) =>
      call.endpoint === 'steps' && call.runId === 'run-2' ? { status: 404 } : history.script(call);
    const { data, errors } = await gateway.query(
      `{ workflow(id: "wf") { runs { edges { node { status totalElapsedTime } } } } }`,
    );
    const runs = [2, null, 2].map((totalElapsedTime) => ({ node: { status: 'COMPLETED', totalElapsedTime } }));
    expect(data).toEqual({ workflow: { runs: { edges: runs } } });
    expect(errors).toMatchObject([
      { path: ['workflow', 'runs', 'edges', 1, 'node', 'totalElapsedTime'], extensions: { code: 'NOT_FOUND' } },
    ]);
  });

  it('tells statistics of the last runs by one call a hundred, and by node only when asked', async () => {
    upstream.script = createScriptedHistory(130).script;
    const counts = await gateway.query(
      `{ workflow(id: "wf") { statistics(last: 120) { runCount finishedCount completedCount failedCount successRate wallClockMs { p50 p95 max } } } }`,
    );
    expect(counts.data).toEqual({
      workflow: {
        statistics: {
          runCount: 120,
          finishedCount: 120,
          completedCount: 120,
          failedCount: 0,
          successRate: 1,
          wallClockMs: { p50: 2500, p95: 2500, max: 2500 },
        },
      },
    });
    expect(upstream.calls).toHaveLength(2);
    const nodes = await gateway.query(
      `{ workflow(id: "wf") { statistics(last: 4) { nodes { nodeId executionCount failureCount retryCount durationMs { p50 } totalTokens } } } }`,
    );
    expect(nodes.data).toEqual({
      workflow: {
        statistics: {
          nodes: [
            {
              nodeId: 'model_1',
              executionCount: 4,
              failureCount: 0,
              retryCount: 0,
              durationMs: { p50: 2237.692 },
              totalTokens: 600,
            },
          ],
        },
      },
    });
    expect(upstream.count('steps')).toBe(4);
  });

  it('refuses sizes and cursors that it can not have given', async () => {
    const { errors } = await gateway.query(`{
      a: workflow(id: "wf") { runs(first: 0) { nodes { id } } }
      b: workflow(id: "wf") { runs(first: 101) { nodes { id } } }
      c: workflow(id: "wf") { runs(after: "hello") { nodes { id } } }
      d: workflow(id: "wf") { statistics(last: 0) { runCount } }
      e: workflow(id: "wf") { runs(after: "WyJ3b3JrZmxvdyIsIngiXQ") { nodes { id } } }
    }`);
    expect(errors.map(({ message }) => message).sort()).toEqual([
      'after: expected a cursor that this list gave, got another text',
      'after: expected a cursor that this list gave, got another text',
      'first: expected 1 to 100, got 0',
      'first: expected 1 to 100, got 101',
      'last: expected 1 to 1000, got 0',
    ]);
    expect(upstream.calls).toEqual([]);
  });

  it('never shows where a workflow file is kept', async () => {
    upstream.script = createScriptedHistory(0, [wireWorkflow('wf')]).script;
    const { data } = await gateway.query(`{ workflows { nodes {
      id name description status version isPublic organizationId createdAt updatedAt
      graph { entry finish nodes { id type description } edges { from to } }
    } } }`);
    expect(data).toEqual({
      workflows: {
        nodes: [
          {
            id: 'wf',
            name: 'Workflow wf',
            description: 'Answers mail',
            status: 'active',
            version: '1.2',
            isPublic: false,
            organizationId: 'org-1',
            createdAt: '2025-03-12T00:59:55.465508+00:00',
            updatedAt: '2025-03-13T00:59:55.465508+00:00',
            graph: {
              entry: 'model_1',
              finish: 'send',
              nodes: [
                { id: 'model_1', type: 'model', description: 'Writes' },
                { id: 'send', type: 'code', description: null },
              ],
              edges: [{ from: 'model_1', to: 'send' }],
            },
          },
        ],
      },
    });
    expect(JSON.stringify(data)).not.toContain('secret');
  });

  it.each([
    ['missing', null],
    ['empty', {}],
    [
      'cyclic',
      {
        nodes: { model_1: {}, b: {} },
        edges: [
          ['model_1', 'b'],
          ['b', 'model_1'],
        ],
      },
    ],
    ['of unknown nodes', { nodes: { a: null }, edges: [['x', 'y'], ['y', 'z'], 7, ['a']], entry_point: 'nowhere' }, 0],
  ])('answers a run of a workflow whose graph is %s', async (_, graph, durationMs = 2237.692) => {
    upstream.script = createScriptedHistory(1, [wireWorkflow('wf', { graph })]).script;
    const { data, errors } = await gateway.query(`{ run(workflowId: "wf", id: "run-1") {
      criticalPath { durationMs steps { nodeId } } progress { finished total } steps { node { id } }
      workflow { graph { nodes { id } edges { from } } }
    } }`);
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      run: { criticalPath: { durationMs }, progress: { finished: 1, total: 1 } },
    });
  });

  it('tells a run without the graph where the list of workflows can not be had', async () => {
    const history = createScriptedHistory(1);
    upstream.script = (call) => (call.endpoint === 'workflows' ? { status: 500 } : history.script(call));
    const { data, errors } = await gateway.query(
      `{ run(workflowId: "wf", id: "run-1") { criticalPath { isInferred } progress { isTotalKnown } } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({ run: { criticalPath: { isInferred: true }, progress: { isTotalKnown: false } } });
  });

  it('answers UPSTREAM_ENDPOINT_DISABLED on exactly the fields that need a call that is switched off', async () => {
    await gateway.close();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps' }, { now: clock.now });
    const { data, errors } = await gateway.query(`{
      workflow(id: "wf") {
        id name graph { entry }
        run(id: "r1") { status criticalPath { isInferred } progress { isTotalKnown } steps { nodeId node { id } } }
      }
      runs: workflow(id: "wf") { runs { nodes { id } } }
      statistics: workflow(id: "wf") { statistics { runCount } }
    }`);
    expect(data).toEqual({
      workflow: {
        id: 'wf',
        name: null,
        graph: null,
        run: {
          status: 'COMPLETED',
          criticalPath: { isInferred: true },
          progress: { isTotalKnown: false },
          steps: [{ nodeId: 'model_1', node: null }],
        },
      },
      runs: { runs: null },
      statistics: { statistics: null },
    });
    expect(errors.map(({ path, extensions }) => [path?.join('.'), extensions.code]).sort()).toEqual(
      ['runs.runs', 'statistics.statistics', 'workflow.graph', 'workflow.name', 'workflow.run.steps.0.node'].map(
        (path) => [path, 'UPSTREAM_ENDPOINT_DISABLED'],
      ),
    );
    const refused = await gateway.query(`mutation { executeWorkflow(workflowId: "wf") { message } }`);
    expect(refused.errors.map(({ extensions }) => extensions.code)).toEqual(['UPSTREAM_ENDPOINT_DISABLED']);
    expect(upstream.calls.map(({ endpoint }) => endpoint)).toEqual(['steps']);
  });
});
