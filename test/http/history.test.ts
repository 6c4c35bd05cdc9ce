import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createManualClock } from '../harness/clock.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { type Wire, wireStep, wireWorkflow } from '../harness/wire.ts';
import { createScriptedHistory } from '../harness/workflows.ts';

type Variables = Readonly<Record<string, unknown>>;
type FromArbitrary<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never;

interface Page {
  readonly nodes: readonly { readonly id: string }[];
  readonly runsExamined: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

interface Answer {
  readonly workflow: { readonly runs: Page };
}

const PAGE = `query Page($workflowId: ID! = "wf", $first: Int, $after: String, $filter: RunFilter) {
  workflow(id: $workflowId) { runs(first: $first, after: $after, filter: $filter) { nodes { id } runsExamined pageInfo { hasNextPage endCursor } } }
}`;
const LIVE_TTL_MS = 1000;

describe('the history of a workflow', () => {
  const clock = createManualClock();

  const gateway = perTest(new TestGateway({ env: { LIVE_TTL_MS: String(LIVE_TTL_MS) }, clock: { now: clock.now } }));
  const { upstream } = gateway;

  const serve = (...history: Parameters<typeof createScriptedHistory>) => {
    const served = createScriptedHistory(...history);
    upstream.script = served.script;
    return served;
  };

  async function page(variables: Variables = {}): Promise<Page> {
    const { data, errors } = await gateway.query(PAGE, { variables });
    expect(errors).toEqual([]);
    return (data as unknown as Answer).workflow.runs;
  }
  const idsOf = ({ nodes }: Page) => nodes.map(({ id }) => id);
  /** Ids from one run down to another. */
  const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => `run-${from - index}`);

  /** Reads all pages, and checks the number of calls of each. */
  async function readAll(variables: Variables, betweenPages: () => void = () => undefined): Promise<string[]> {
    let seen: string[] = [];
    let after: string | null = null;
    for (;;) {
      const before = upstream.count('runs');
      const { data, errors }: Awaited<ReturnType<TestGateway['query']>> = await gateway.query(PAGE, {
        variables: { ...variables, after },
      });
      expect(upstream.count('runs') - before).toBeLessThanOrEqual(8);
      if (errors.length > 0) {
        // The history has moved too far.
        expect(errors[0]?.message).toContain('Start again');
        [seen, after] = [[], null];
        continue;
      }
      const found = (data as unknown as Answer).workflow.runs;
      seen.push(...idsOf(found));
      if (!found.pageInfo.hasNextPage) return seen;
      after = found.pageInfo.endCursor;
      betweenPages();
    }
  }

  describe('a history that changes while it is read', () => {
    const move = fc.record({
      started: fc.oneof(fc.nat(3), fc.nat(3), fc.nat(150)),
      deleted: fc.oneof(fc.constant(0), fc.nat(120)),
      place: fc.nat(),
      passedMs: fc.constantFrom(0, 1, LIVE_TTL_MS),
    });
    it('repeats and skips no run, within 8 calls', async () => {
      let histories = 0;
      const [count, perInstant] = [fc.nat(200), fc.constantFrom(1, 1, 3, 120)];
      const moving = fc.record({ count, perInstant, moves: fc.array(move, { maxLength: 15 }), first: fc.nat(80) });
      const readsAllOnce = async ({ count, perInstant, moves, first }: FromArbitrary<typeof moving>) => {
        histories += 1;
        const history = createScriptedHistory(count, [], perInstant);
        const throughout = new Set(history.runIds);
        const next = moves.values();
        let started = 0;
        // Changes happen between any two windows, so cached windows have any age.
        upstream.script = (call) => {
          const { value: now = { started: 0, deleted: 0, place: 0, passedMs: 0 } } = next.next();
          for (let left = now.started; left > 0; left -= 1) history.start(`new-${(started += 1)}`);
          // If the run of the cursor is deleted, its start time decides, so no two may be equal.
          const deleted = perInstant === 1 ? now.deleted : 0;
          const gone = history.runIds.splice(now.place % (history.runIds.length + 1), deleted);
          for (const id of gone) throughout.delete(id);
          clock.advance(now.passedMs);
          return history.script(call);
        };
        for (let pass = 1; pass <= 2; pass += 1) {
          const seen = await readAll({ workflowId: `wf-${histories}`, first: first + 20 });
          expect(new Set(seen).size).toBe(seen.length);
          expect([...throughout].filter((id) => !seen.includes(id))).toEqual([]);
        }
      };
      await fc.assert(fc.asyncProperty(moving, readsAllOnce), { numRuns: 15 });
    });

    it('excludes records without id, losing or repeating no other run', async () => {
      const history = createScriptedHistory(260);
      const isUnreadable = (id: string) => /^run-(?:\d*[37]|1[2-9]\d)$/.test(id);
      upstream.script = async (call) => {
        const reply = await history.script(call);
        if (call.endpoint !== 'runs') return reply;
        return {
          json: (reply.json as Wire[]).map((each) => (isUnreadable(String(each.id)) ? { ...each, id: null } : each)),
        };
      };
      const atTheStart = history.runIds.filter((id) => !isUnreadable(id));
      const startedMeanwhile = [3, 1, 2, 1, 5, 1];
      const seen = await readAll({ first: 20 }, () => {
        for (let left = startedMeanwhile.shift() ?? 0; left > 0; left -= 1)
          history.start(`new-${history.runIds.length}`);
        clock.advance(5000);
      });
      expect(seen).toEqual(atTheStart);
      expect((await gateway.query('{ workflow(id: "wf") { statistics(last: 3) { runCount } } }')).data).toEqual({
        workflow: { statistics: { runCount: 3 } },
      });
    });

    it('continues after a deleted run that had not started', async () => {
      const history = createScriptedHistory(3);
      const pending = ['queued-2', 'run-3', 'queued-1', 'run-2', 'run-1'];
      let listed = pending;
      upstream.script = async (call) => {
        const records = (await history.script({ ...call, url: new URL('http://x/') })).json as Wire[];
        const recordOf = (id: string) =>
          records.find((each) => each.id === id) ?? { id, status: 'pending', start_time: null };
        const offset = Number(call.url.searchParams.get('offset'));
        return { json: listed.map(recordOf).slice(offset, offset + Number(call.url.searchParams.get('limit'))) };
      };
      const behind = async (first: number) => {
        listed = pending;
        clock.advance(LIVE_TTL_MS);
        const { pageInfo } = await page({ first });
        listed = ['run-4', ...pending.filter((id) => !id.startsWith('queued'))];
        history.start('run-4');
        clock.advance(LIVE_TTL_MS);
        return idsOf(await page({ first: 9, after: pageInfo.endCursor }));
      };
      expect(await behind(1)).toEqual(['run-3', 'run-2', 'run-1']);
      expect(await behind(3)).toEqual(['run-2', 'run-1']);
    });
  });

  describe('a cursor whose run is far away or does not exist', () => {
    /** The page behind the cursor, or the first page, and the number of calls that it takes. */
    async function pageBehind(after: string | null) {
      const before = upstream.count('runs');
      const { nodes, pageInfo } = await page({ first: 1, after });
      return { ids: nodes.map(({ id }) => id), ...pageInfo, calls: upstream.count('runs') - before };
    }

    it('is found after hundreds of new runs, or asks to restart', async () => {
      const history = serve(100);
      const { endCursor } = await pageBehind(null);
      let started = 0;
      const start = (count: number) => {
        for (let left = count; left > 0; left -= 1) history.start(`new-${(started += 1)}`);
      };
      start(290);
      expect(await pageBehind(endCursor)).toMatchObject({ ids: ['run-99'], calls: 4 });
      start(120);
      const before = upstream.count('runs');
      const { errors } = await gateway.query(PAGE, { variables: { first: 1, after: endCursor } });
      expect(errors).toMatchObject([
        { message: expect.stringContaining('Start again'), extensions: { code: 'UPSTREAM_CONTRACT_VIOLATION' } },
      ]);
      expect(upstream.count('runs') - before).toBeLessThanOrEqual(4);
    });

    it('takes 3 calls if forged', async () => {
      serve(100);
      const forged = Buffer.from(JSON.stringify(['run', 'x', 1_000_000, null])).toString('base64url');
      expect(await pageBehind(forged)).toMatchObject({ ids: ['run-100'], calls: 3 });
    });

    describe.each([
      ['each page with the newest runs', () => '0'],
      ['nothing but the newest runs', (offset: string) => (offset === '0' ? offset : '1000')],
    ])('an upstream that returns %s', (_, offsetOf) => {
      beforeEach(() => {
        const history = createScriptedHistory(200);
        upstream.script = (call) => {
          const { searchParams } = call.url;
          searchParams.set('offset', offsetOf(searchParams.get('offset') ?? '0'));
          return history.script(call);
        };
      });

      it('fails statistics with an error about the ignored offset', async () => {
        const { errors } = await gateway.query('{ workflow(id: "wf") { statistics(last: 200) { runCount } } }');
        expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_CONTRACT_VIOLATION' } }]);
        expect(upstream.count('runs')).toBeLessThanOrEqual(13);
      });

      it.each([
        ['all runs', null],
        ['some of the runs', { status: ['COMPLETED'] }],
        ['none of the runs', { status: ['FAILED'] }],
      ])('is reported while paging through %s', async (_runs, filter) => {
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
          after = (data as unknown as Answer).workflow.runs.pageInfo.endCursor;
        }
      });
    });
  });

  it('takes one call per 100 runs, and none for loaded records', async () => {
    serve(150);
    const calls = async (variables: Variables) => {
      const before = upstream.calls.length;
      const found = await page(variables);
      return [found.nodes.length, found.pageInfo.hasNextPage, upstream.calls.length - before];
    };
    expect(await calls({ first: 10 })).toEqual([10, true, 1]);
    expect(await calls({ first: 100 })).toEqual([100, true, 1]);
    expect(await calls({ first: 100 })).toEqual([100, true, 0]);
    clock.advance(LIVE_TTL_MS);
    expect(await calls({ first: 100 })).toEqual([100, true, 1]);
    await gateway.query('{ run(workflowId: "wf", id: "run-150") { status } }');
    expect(upstream.count('run')).toBe(0);
    serve(25);
    expect(await calls({ workflowId: 'other', first: 25 })).toEqual([25, false, 1]);
    serve(0);
    expect(await calls({ workflowId: 'new', first: 25 })).toEqual([0, false, 1]);
  });

  describe('filters', () => {
    it('return the matching runs, and a cursor for the rest', async () => {
      const history = createScriptedHistory(300);
      upstream.script = async (call) => {
        const reply = await history.script(call);
        if (call.endpoint !== 'runs') return reply;
        return {
          json: (reply.json as Wire[]).map((each) => ({
            ...each,
            ...(String(each.id).endsWith('00') && { status: 'failed' }),
            ...(each.id === 'run-299' && { status: 'pending', start_time: null, end_time: null }),
          })),
        };
      };
      const failed = { status: ['FAILED'] };
      const first = await page({ first: 1, filter: failed });
      expect([idsOf(first), first.pageInfo.hasNextPage]).toEqual([['run-300'], true]);
      const rest = await page({ first: 9, filter: failed, after: first.pageInfo.endCursor });
      expect([idsOf(rest), rest.pageInfo.hasNextPage]).toEqual([['run-200', 'run-100'], false]);
      expect(idsOf(await page({ first: 2, filter: { status: ['FAILED', 'COMPLETED'] } }))).toEqual([
        'run-300',
        'run-298',
      ]);
      // A run that has not started is neither before nor after a time.
      const after = '2026-01-01T04:56:00Z';
      expect(idsOf(await page({ filter: { startedAfter: after } }))).toEqual(['run-300', 'run-298', 'run-297']);
      expect(idsOf(await page({ first: 2, filter: { startedBefore: after } }))).toEqual(['run-296', 'run-295']);
    });

    it('match errors ignoring case, without extra calls', async () => {
      const history = createScriptedHistory(90);
      const errors: Readonly<Record<string, unknown>> = {
        'run-90': 'HTTP 500: Bad Gateway',
        'run-80': { message: 'bad GATEWAY', code: 7 },
        'run-70': 'a bad gate way',
        'run-60': '{"message":"BAD GATEWAY"}',
        'run-50': 'bad gateway',
        'run-40': '{}',
        'run-30': '[]',
      };
      upstream.script = async (call) => {
        const reply = await history.script(call);
        if (call.endpoint !== 'runs') return reply;
        const fail = (each: Wire) => ({
          ...each,
          ...(String(each.id) in errors && { error: errors[String(each.id)] }),
        });
        return { json: (reply.json as Wire[]).map(fail) };
      };
      const filter = { error: 'Bad Gateway' };
      const first = await page({ first: 2, filter });
      expect(idsOf(first)).toEqual(['run-90', 'run-80']);
      for (let number = 91; number <= 95; number += 1) history.start(`run-${number}`);
      clock.advance(LIVE_TTL_MS);
      const before = upstream.count('runs');
      const rest = await page({ first: 5, filter, after: first.pageInfo.endCursor });
      expect([idsOf(rest), rest.pageInfo.hasNextPage]).toEqual([['run-60', 'run-50'], false]);
      expect(upstream.count('runs') - before).toBe(1);
      expect(idsOf(await page({ first: 5, filter: { error: 'GATEWAY', status: ['FAILED'] } }))).toEqual([]);
      // The strings for "no error" are not an error.
      for (const none of ['{', '['])
        expect(idsOf(await page({ filter: { error: none } }))).toEqual(none === '{' ? ['run-80', 'run-60'] : []);
      expect(idsOf(await page({ first: 1, filter: { error: null } }))).toEqual(['run-95']);
      expect(upstream.calls.filter(({ endpoint }) => endpoint !== 'runs')).toEqual([]);
    });

    it('match listed fields without extra upstream calls', async () => {
      const history = createScriptedHistory(90, [wireWorkflow('wf')]);
      const records: Readonly<Record<string, Wire>> = {
        'run-80': { inputs: { order: 10042, items: [{ name: 'Größe "M"' }], isUrgent: true } },
        'run-70': { error: '{"message":"no \\u00e4nswer"}', status: 'failed' },
        'run-60': { status: 'failed' },
        'run-50': { status: 'failed' },
      };
      const step = { id: 's', node_id: 'enrich', status: 'failed', error: 'no sku_v1' };
      upstream.script = async (call) => {
        if (call.endpoint === 'steps' && call.runId in records) return { json: [wireStep(step)] };
        const reply = await history.script(call);
        if (call.endpoint !== 'runs' && call.endpoint !== 'run') return reply;
        const fill = (each: Wire) => ({ ...each, ...(records[call.runId] ?? records[String(each.id)]) });
        return { json: (reply.json as Wire[]).map(fill) };
      };
      await gateway.query('{ run(workflowId: "wf", id: "run-60") { failedSteps { id } } }');
      const before = upstream.count('steps') + upstream.count('run');
      const all = `query All($filter: RunFilter) {
        recentRuns(workflowIds: ["wf"], first: 5, filter: $filter) { edges { node { id } matchedIn } runsExamined }
      }`;
      const found: Readonly<Record<string, readonly [matchedIn: string, ...ids: readonly string[]]>> = {
        'RUN-9': ['id', 'run-90', 'run-9'],
        ' 10042 ': ['inputs.order', 'run-80'],
        'größe "m"': ['inputs.items[0].name', 'run-80'],
        'No Änswer': ['error', 'run-70'],
        // The steps of the other failed run are not cached.
        sku_v1: ['steps.error', 'run-60'],
        enrich: ['steps.nodeId', 'run-60'],
        // Names of members, booleans, and strings of runs without the word.
        order: ['nothing'],
        true: ['nothing'],
      };
      for (const [search, [matchedIn, ...ids]] of Object.entries(found)) {
        const filter = { search };
        const { nodes, runsExamined } = await page({ first: 5, filter });
        expect([search, nodes.map(({ id }) => id), runsExamined]).toEqual([search, ids, 90]);
        expect((await gateway.query(all, { variables: { filter } })).data).toEqual({
          recentRuns: { edges: ids.map((id) => ({ node: { id }, matchedIn })), runsExamined: 90 },
        });
      }
      expect((await page({ first: 1, filter: { search: 'run-' } })).runsExamined).toBe(1);
      expect((await page({ first: 3 })).runsExamined).toBe(3);
      expect(upstream.count('steps') + upstream.count('run')).toBe(before);
    });

    it('read a history to the bound, at most 500 runs deep', async () => {
      serve(1000);
      const startedAfter = '2026-01-01T16:38:00Z';
      const late = await page({ first: 10, filter: { startedAfter } });
      expect([idsOf(late), late.pageInfo.hasNextPage, upstream.count('runs')]).toEqual([down(1000, 999), false, 1]);
      const none = await page({ first: 1, filter: { status: ['FAILED'] } });
      expect([idsOf(none), none.pageInfo.hasNextPage]).toEqual([[], true]);
      // The first hundred runs are still cached.
      expect(upstream.count('runs')).toBe(6);
      expect(idsOf(await page({ first: 1, after: none.pageInfo.endCursor }))).toEqual(['run-405']);
    });
  });

  it('takes 56 calls cold, and none for finished runs warm', async () => {
    const workflows = [1, 2, 3, 4, 5].map((number) => wireWorkflow(`wf-${number}`));
    serve(10, workflows);
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

  it('loads the workflow list once for all aliases and fields', async () => {
    serve(1, [wireWorkflow('wf'), wireWorkflow('other')]);
    const run = 'run(id: "run-1") { steps { node { type } } progress { total } }';
    const { data, errors } = await gateway.query(`{
      a: workflows(search: "OTHER") { nodes { id } } b: workflows(first: 1) { totalCount }
      c: workflow(id: "wf") { name graph { entry } ${run} }
    }`);
    expect(errors).toEqual([]);
    expect(data).toMatchObject({ a: { nodes: [{ id: 'other' }] }, b: { totalCount: 2 }, c: { name: 'Workflow wf' } });
    expect(upstream.count('workflows')).toBe(1);
  });

  it.each([
    ['missing', null],
    ['empty', {}],
    ['cyclic', { nodes: { model_1: {}, b: {} }, edges: ['model_1 b'.split(' '), 'b model_1'.split(' ')] }],
    ['of unknown nodes', { nodes: { a: null }, edges: [['x', 'y'], ['y', 'z'], 7, ['a']], entry_point: 'nowhere' }, 0],
  ])('includes a run whose graph is %s', async (_, graph, durationMs = 2237.692) => {
    serve(1, [wireWorkflow('wf', { graph })]);
    const { data, errors } = await gateway.query(`{ run(workflowId: "wf", id: "run-1") {
      criticalPath { durationMs steps { nodeId } } progress { finished total } steps { node { id } }
      workflow { graph { nodes { id } edges { from } } }
    } }`);
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      run: { criticalPath: { durationMs }, progress: { finished: 1, total: 1 } },
    });
  });

  it("includes a run without its graph if workflows can't be listed", async () => {
    const history = createScriptedHistory(1);
    upstream.script = (call) => (call.endpoint === 'workflows' ? { status: 500 } : history.script(call));
    const { data, errors } = await gateway.query(
      `{ run(workflowId: "wf", id: "run-1") { criticalPath { isInferred } progress { isTotalKnown } } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({ run: { criticalPath: { isInferred: true }, progress: { isTotalKnown: false } } });
  });

  it('reports UPSTREAM_ENDPOINT_DISABLED only on fields that need the call', async () => {
    await gateway.restart({ env: { UPSTREAM_ENDPOINTS: 'steps', LIVE_TTL_MS: '' } });
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
