import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { recentRunsPage, runPage, workflowPage } from '../../src/graphql/lists/connections.ts';
import {
  readRecentCursor,
  readRunCursor,
  readWorkflowCursor,
  recentCursor,
  runCursor,
  workflowCursor,
} from '../../src/graphql/lists/cursors.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { runRecord, workflowRecord } from '../support/facts.ts';

const id = fc.string({ unit: 'grapheme' });
const micros = fc.option(fc.maxSafeInteger());
const offset = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const position = fc.record({ runId: fc.option(id), offset, startMicros: micros });
const recentPosition = fc.record({
  last: fc.option(fc.record({ workflowId: id, startMicros: micros })),
  positions: fc
    .uniqueArray(fc.tuple(id, position), { maxLength: 100, selector: ([of]) => of })
    .map((all) => new Map(all)),
});

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const NOT_ITS_OWN = expect.objectContaining({
  code: 'BAD_USER_INPUT',
  message: 'after: expected a cursor that this list gave, got another text',
});

describe('a cursor', () => {
  it('is a text for a URL, and leads back to its place', () => {
    fc.assert(
      fc.property(id, position, recentPosition, (workflowId, place, recent) => {
        const [ofWorkflow, ofRun, ofRecent] = [workflowCursor(workflowId), runCursor(place), recentCursor(recent)];
        for (const cursor of [ofWorkflow, ofRun, ofRecent]) expect(cursor).toMatch(/^[\w-]+$/);
        expect(readWorkflowCursor(ofWorkflow)).toBe(workflowId);
        expect(readRunCursor(ofRun)).toEqual(place);
        expect(readRecentCursor(ofRecent)).toEqual(recent);
      }),
    );
  });

  const OWN = {
    workflow: ['workflow', 'wf'],
    run: ['run', 'r1', 0, null],
    recent: ['recent', ['wf', 1], [['wf', 'r1', 0, 1]]],
  };
  it.each([
    ['workflows', readWorkflowCursor, OWN.workflow, [['workflow', 7], ['workflow']]],
    [
      'runs',
      readRunCursor,
      OWN.run,
      [
        ['run', 'r1', -1, 0],
        ['run', 'r1', 0.5, 0],
        ['run', 7, 0, 0],
        ['run', 'r1', 0, '0'],
      ],
    ],
    [
      'recent runs',
      readRecentCursor,
      OWN.recent,
      [
        ['recent', 'r1', []],
        ['recent', null, [['wf', 'r1', -1, 1]]],
        ['recent', null, Array(101).fill(['wf', 'r1', 0, 1])],
      ],
    ],
  ] as const)('of another list, or of none, is refused in a list of %s', (_, read, own, wrong) => {
    expect(() => read(encode(own))).not.toThrow();
    const others = Object.values(OWN).filter((other) => other !== own);
    for (const cursor of [...[...others, ...wrong, null].map(encode), '', '?']) {
      expect(() => read(cursor)).toThrow(NOT_ITS_OWN);
    }
  });
});

describe('a long cursor', () => {
  it('is read where it may be of the gateway’s making, and not even parsed where it can not be', () => {
    const id = 'é'.repeat(256);
    const run = { runId: id, offset: 0, startMicros: 0 };
    expect(readRunCursor(runCursor(run))).toEqual(run);
    const positions = new Map(Array.from({ length: 100 }, (_, at) => [`${at}${id}`.slice(0, 256), run]));
    const recent = { last: { workflowId: id, startMicros: 0 }, positions };
    expect(readRecentCursor(recentCursor(recent))).toEqual(recent);
    const [longest = '', longer = ''] = [6129, 6130].map((length) => workflowCursor('x'.repeat(length)));
    expect([longest.length, readWorkflowCursor(longest).length]).toEqual([8192, 6129]);
    expect(() => readWorkflowCursor(longer)).toThrow(NOT_ITS_OWN);
    const parse = jest.spyOn(JSON, 'parse');
    const endless = Buffer.from(JSON.stringify(Array.from({ length: 200_000 }, () => ({})))).toString('base64url');
    for (const read of [readRunCursor, readRecentCursor, readWorkflowCursor]) {
      expect(() => read(endless)).toThrow(NOT_ITS_OWN);
    }
    const readings = parse.mock.calls.length;
    parse.mockRestore();
    expect(readings).toBe(0);
  });
});

describe('a page of workflows', () => {
  const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 12 });
  const all = ids.map((unique) =>
    unique.map((workflowId) => workflowRecord({ id: workflowId, name: null, description: null })),
  );

  it('leads on to the next by its end, so that each workflow is on one page, in the order of the list', () => {
    fc.assert(
      fc.property(all, fc.integer({ min: 1, max: 5 }), (workflows, first) => {
        const seen: string[] = [];
        let after: string | null = null;
        for (let hasNextPage = true; hasNextPage;) {
          const { nodes, pageInfo, totalCount } = workflowPage(workflows, { first, after, search: null });
          expect(totalCount).toBe(workflows.length);
          expect(pageInfo.hasPreviousPage).toBe(seen.length > 0);
          const cursors = nodes.map((node) => workflowCursor(node.id));
          expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([cursors[0] ?? null, cursors.at(-1) ?? null]);
          seen.push(...nodes.map((node) => node.id));
          hasNextPage = pageInfo.hasNextPage;
          expect(hasNextPage).toBe(seen.length < workflows.length);
          if (hasNextPage) expect(nodes).toHaveLength(first);
          after = pageInfo.endCursor;
        }
        expect(seen).toEqual(workflows.map((workflow) => workflow.id));
      }),
    );
  });

  it('refuses an empty cursor', () => {
    expect(() => workflowPage([], { first: 1, after: '', search: null })).toThrow(NOT_ITS_OWN);
  });

  it('is the first one behind a workflow that is gone', () => {
    const workflows = [workflowRecord({ id: 'a' }), workflowRecord({ id: 'b' })];
    const page = workflowPage(workflows, { first: 1, after: workflowCursor('gone'), search: null });
    expect(page).toMatchObject({ nodes: [{ id: 'a' }], pageInfo: { hasPreviousPage: false, hasNextPage: true } });
  });

  it('finds a text in the id, the name and the description, in upper or lower case', () => {
    const workflows = [
      workflowRecord({ id: 'Order-1', name: null, description: null }),
      workflowRecord({ id: 'b', name: 'Reorder', description: null }),
      workflowRecord({ id: 'c', name: null, description: 'by ORDER of' }),
      workflowRecord({ id: 'd', name: 'other', description: 'one' }),
    ];
    const found = (search: string | null) => workflowPage(workflows, { first: 10, after: null, search });
    expect(found('oRdEr').nodes.map((node) => node.id)).toEqual(['Order-1', 'b', 'c']);
    expect(found('oRdEr').totalCount).toBe(3);
    for (const none of [null, '']) expect(found(none).totalCount).toBe(4);
  });

  it('reads what is looked for once, however many workflows there are', () => {
    const search = 'É'.repeat(1000);
    const toLowerCase = jest.spyOn(String.prototype, 'toLowerCase');
    workflowPage(
      [1, 2, 3].map((id) => workflowRecord({ id: `wf-${id}` })),
      { first: 1, after: null, search },
    );
    const readings = toLowerCase.mock.contexts.filter((text) => String(text) === search).length;
    toLowerCase.mockRestore();
    expect(readings).toBe(1);
  });
});

const ranAt = (runId: string, startMicros: number | null) => ({ runId, offset: 0, startMicros });

describe('a page of runs', () => {
  it('has a cursor for each run, and leads on from the last place that was looked at', () => {
    const [one, two, end] = [ranAt('r2', 2), ranAt('r1', 1), ranAt('r0', 0)];
    const entries = [one, two].map((place) => ({ record: runRecord({ id: place.runId }), position: place }));
    const runs = [one, two].map((place) => ({ workflowId: 'wf', runId: place.runId, cursor: runCursor(place) }));
    const cursors = { startCursor: runCursor(one), endCursor: runCursor(end) };
    const page = { entries, hasNextPage: true, end };
    expect(runPage('wf', page, true)).toEqual({
      runs,
      pageInfo: { ...cursors, hasNextPage: true, hasPreviousPage: false },
    });
    expect(runPage('wf', page, false).pageInfo.hasPreviousPage).toBe(true);
  });

  it('may be empty', () => {
    expect(runPage('wf', { entries: [], hasNextPage: false, end: null }, true)).toEqual({
      runs: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });
});

describe('a page of the runs of several workflows', () => {
  it('has a cursor for each run: a place in each workflow up to that run', () => {
    const [b2, a1, b1] = [ranAt('b2', 3), ranAt('a1', 2), ranAt('b1', 1)];
    const entry = (workflowId: string, place: typeof b2) => ({
      workflowId,
      startMicros: place.startMicros,
      position: place,
    });
    const start = { last: null, positions: new Map([['c', ranAt('c9', 9)]]) };
    const end = { last: { workflowId: 'b', startMicros: 1 }, positions: new Map([['b', b1]]) };
    const page = recentRunsPage(
      {
        entries: [entry('b', b2), entry('a', a1), entry('b', b1)],
        hasNextPage: true,
        start,
        end,
        unavailable: [{ workflowId: 'x', error: new GatewayError('NOT_FOUND', 'there is none') }],
      },
      false,
    );
    const runs = [
      ['b', 'b2'],
      ['a', 'a1'],
      ['b', 'b1'],
    ].map(([workflowId, runId]) => ({ workflowId, runId }));
    expect(page.runs).toEqual(runs);
    const places = page.edges().map(({ cursor, ...run }) => {
      const { last, positions } = readRecentCursor(cursor);
      return { run, last, runIds: Object.fromEntries([...positions].map(([of, { runId }]) => [of, runId])) };
    });
    expect(places).toEqual([
      { run: runs[0], last: { workflowId: 'b', startMicros: 3 }, runIds: { c: 'c9', b: 'b2' } },
      { run: runs[1], last: { workflowId: 'a', startMicros: 2 }, runIds: { c: 'c9', b: 'b2', a: 'a1' } },
      { run: runs[2], last: { workflowId: 'b', startMicros: 1 }, runIds: { c: 'c9', b: 'b1', a: 'a1' } },
    ]);
    expect(page.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: true,
      startCursor: page.edges()[0]?.cursor,
      endCursor: recentCursor(end),
    });
    expect(page.unavailableWorkflows).toEqual([{ id: 'x' }]);
  });

  it('has no cursors where no workflow has a place', () => {
    const nowhere = { last: null, positions: new Map() };
    const page = recentRunsPage(
      { entries: [], hasNextPage: false, start: nowhere, end: nowhere, unavailable: [] },
      true,
    );
    expect(page.edges()).toEqual([]);
    expect(page.pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null });
  });
});
