import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { getIntrospectionQuery, Kind, parse, print, visit } from 'graphql';
import { createManualClock } from '../harness/clock.ts';
import { startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { ofRun, ofWorkflow, repeat } from '../harness/operations.ts';
import { createScriptedHistory, wireWorkflow } from '../harness/scripted-history.ts';
import type { Wire } from '../harness/wire.ts';

type Variables = Readonly<Record<string, unknown>>;

const PAGE = `query ($first: Int, $after: String, $filter: RunFilter) {
  workflow(id: "wf") { runs(first: $first, after: $after, filter: $filter) { nodes { totalElapsedTime } } }
}`;
const BY_ID = 'query ($ids: [ID!]!) { workflow(id: "wf") { runsById(ids: $ids) { totalElapsedTime } } }';
const ENTITIES = `query ($of: [_Any!]!) {
  _entities(representations: $of) { ... on Run { totalElapsedTime } ... on Workflow { runs(first: 3) { nodes { totalElapsedTime } } } }
}`;
const runKey = { __typename: 'Run', workflowId: 'wf', id: 'r' };

/** By run number, for records of runs. */
const STATES: readonly Wire[] = [
  {},
  { status: 'running', end_time: null },
  { status: 'queued', start_time: null, end_time: null },
  { status: 'failed' },
];

describe('the cost of an operation', () => {
  const { script } = createScriptedHistory(230, [wireWorkflow('wf-1'), wireWorkflow('wf-2')]);
  const inState = (record: Wire) => ({
    ...record,
    ...STATES[Number(/\d+/.exec(String(record.id))?.[0]) % STATES.length],
  });
  const upstream = perBlock(() =>
    startFaultyUpstream(async (call) => {
      const reply = await script(call);
      return call.endpoint.startsWith('run') ? { json: (reply.json as Wire[]).map(inState) } : reply;
    }),
  );
  // With a manual clock no answer ages during its operation. With a TTL of 0 no answer is fresh for the next read.
  const { now } = createManualClock();
  const start = (limits: Readonly<Record<string, string>>) =>
    perBlock(() => startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '0', ...limits }, { now }));
  const many = '10000000';
  /** Gateways that refuse each operation of more than one call or object: the error contains the cost. */
  const calls = start({ MAX_OPERATION_COST: '1', MAX_OPERATION_OBJECTS: many });
  const objects = start({ MAX_OPERATION_COST: many, MAX_OPERATION_OBJECTS: '1' });
  const open = start({ MAX_OPERATION_COST: many, MAX_OPERATION_OBJECTS: many, MAX_UPSTREAM_CALLS: '100000' });

  /** A cost of at most 1 is not refused; it is returned as 1. */
  async function costIn(gateway: TestGateway, limit: string, query: string, variables: Variables): Promise<number> {
    const { errors } = await gateway.query(query, { variables });
    const refusal = errors.find(({ extensions }) => extensions.limit !== undefined);
    if (refusal) expect(refusal.extensions.limit).toBe(limit);
    return Number(refusal?.extensions.found ?? 1);
  }
  const callsOf = (query: string, variables: Variables = {}) => costIn(calls, 'cost', query, variables);
  const objectsOf = (query: string, variables: Variables = {}) => costIn(objects, 'objects', query, variables);

  it.each([
    // The record only; the record and the steps; also the graph.
    [ofRun('__typename status'), 1],
    [ofRun('status totalElapsedTime'), 2],
    [ofRun('progress { total }'), 3],
    ['{ fetch__Run(fetchId: "any") { totalElapsedTime } }', 2],
    [ofRun('steps { node { id } }'), 3],
    [ofRun('startedAt endedAt wallClockMs rawStatus errorInfo { code }'), 1],
    ['{ a: run(workflowId: "wf", id: "a") { status } b: run(workflowId: "wf", id: "b") { status } }', 2],
    ['{ compareRuns(workflowId: "wf", baseId: "a", headId: "b") { base { workflow { name } } } }', 5],
    // One window of records, then the steps of each run.
    [ofWorkflow('id'), 1],
    [ofWorkflow('runs(first: 100) { nodes { status } }'), 1],
    [ofWorkflow('runs(first: 100) { nodes { totalElapsedTime } }'), 101],
    [ofWorkflow('runs { edges { node { totalElapsedTime } } }'), 21],
    [ofWorkflow('name graph { entry } runs(first: 2) { nodes { criticalPath { durationMs } } }'), 4],
    ['{ workflows(first: 5) { nodes { name runs(first: 3) { nodes { firstFailedStep { id } } } } } }', 21],
    // 100 and 99 and 99 and 2.
    [ofWorkflow('statistics(last: 300) { runCount }'), 4],
    [ofWorkflow('statistics(last: 300) { nodes { nodeId } }'), 304],
    [ofWorkflow('statistics(last: 100, startedBefore: "2026-01-01T00:00:00Z") { runCount }'), 12],
    [ofWorkflow('failureGroups(last: 300) { count }'), 304],
    // The list of workflows, too.
    [ofWorkflow('changePoints { at }'), 52],
    [ofWorkflow('changeCoverage(last: 300) { runCount }'), 305],
    [ofWorkflow('failureGroups(last: 100, startedBefore: "2026-01-01T00:00:00Z") { count }'), 117],
    [ofWorkflow('trend { runCount }'), 3],
    [ofWorkflow('trend { usage { totalTokens estimatedCost { amount } byModel { model } } }'), 3],
    [ofWorkflow('trend(last: 100) { runCount } upstreamUrl'), 1],
    [ofRun('upstreamUrl'), 1],
    [ofWorkflow('runs(first: 10, filter: { error: "x" }) { nodes { status upstreamUrl } }'), 6],
    [ofWorkflow('trend(last: 300, buckets: 3) { nodes { nodeId } }'), 304],
    // 100 and five times 99 reach 500 records.
    [ofWorkflow('runs(first: 10, filter: { status: [FAILED] }) { nodes { status } }'), 6],
    [ofWorkflow('run(id: "a") { steps { id } }'), 2],
    [ofWorkflow('runsById(ids: ["a", "b", "c"]) { status }'), 3],
    // The field itself refuses a size out of range, before any call.
    [ofWorkflow('runs(first: 101) { nodes { totalElapsedTime } }'), 1],
    [ofWorkflow('statistics(last: 1001) { nodes { nodeId } }'), 1],
    ['mutation { executeWorkflow(workflowId: "wf") { run { steps { id } } } }', 3],
    // The list of workflows, a window of each, and the steps of each run on the page.
    ['{ recentRuns(first: 3) { nodes { status } } }', 101],
    ['{ recentRuns(first: 3, workflowIds: ["a", "b"]) { nodes { totalElapsedTime } } }', 6],
    ['{ recentRuns(first: 3, workflowIds: ["a", "b"], filter: {}) { nodes { status } } }', 13],
    [ofRun('lastSuccessBefore { steps { id } }'), 8],
    [ofRun('lastSuccessBeforeFailures { steps { id } }'), 109],
    // The list, a window of each, the steps of the failed runs, and of one earlier run of each or 20.
    ['{ failureGroups { isNew isResolved } }', 301],
    ['{ failureGroups(last: 300, workflowIds: ["a", "b"]) { workflow { name } runs { steps { id } } } }', 349],
    // A fragment counts at each spread.
    [
      `${ofWorkflow('...F a: runs(first: 1) { ...G }')} fragment F on Workflow { runs(first: 2) { ...G } }
       fragment G on RunConnection { nodes { ... on Run { totalElapsedTime } } }`,
      5,
    ],
  ])('in upstream calls: %s causes at most %i', async (query, cost) => {
    expect(await callsOf(query)).toBe(cost);
  });

  it.each<[string, Variables, number]>([
    [PAGE, { first: 100 }, 101],
    [PAGE, {}, 21],
    [PAGE, { first: 100, after: 'c' }, 102],
    [PAGE, { first: 10, filter: {} }, 16],
    [PAGE, { first: 10, filter: null, after: null }, 11],
    [PAGE.replace('$first: Int', '$first: Int = 7'), {}, 8],
    // A variable may be named like a property of all objects.
    [PAGE.replaceAll('$first', '$constructor').replace('Int,', 'Int = 100,'), {}, 101],
    [BY_ID, { ids: Array(100).fill('a') }, 200],
    [BY_ID, { ids: 'a' }, 2],
    // Counted as if the entity were also a workflow.
    [ENTITIES, { of: runKey }, 6],
    [
      ENTITIES,
      {
        of: [
          { __typename: 'Workflow', id: 'a' },
          { __typename: 'Workflow', id: 'b' },
        ],
      },
      8,
    ],
    [ENTITIES.replace('$of: [_Any!]!', '$of: _Any!').replace(': $of', ': [$of, $of]'), { of: runKey }, 12],
  ])('in upstream calls depends on variables: %s with %j causes %i', async (query, variables, cost) => {
    for (let time = 0; time < 2; time += 1) expect(await callsOf(query, variables)).toBe(cost);
  });

  it.each([
    // Eleven fields weigh as much as one more object.
    [ofWorkflow(repeat(11, (index) => `a${index}: id`)), 2],
    // The workflow, and five times a connection with a run.
    [ofWorkflow('runs(first: 5) { nodes { status } }'), 11],
    [ofRun('steps { id errorInfo { message } }'), 41],
    [ofWorkflow('statistics(last: 1000) { nodes { nodeId } }'), 12],
    [ofWorkflow('failureGroups(last: 1000) { runs(first: 3) { id } }'), 41],
    [ofWorkflow('changePoints(last: 1000) { run { id } }'), 21],
    [ofWorkflow('trend(buckets: 100) { runCount }'), 101],
    // The bucket, its usage, two costs and ten models, each with one.
    [ofWorkflow('trend(buckets: 2) { usage { estimatedCost { amount } byModel { estimatedCost { amount } } } }'), 47],
    ['{ recentRuns(first: 4) { nodes { id } unavailableWorkflows { id } } }', 12],
    [ofRun('failedSteps(first: 7) { id }'), 8],
    [ofRun('timeline { bars { lane } }'), 22],
    [ofRun('slowestSteps(first: 7) { id }'), 8],
    [ofRun('steps { conversation { messages { toolCalls { name } } } }'), 441],
    [ofWorkflow('runs(first: 50) { nodes { workflow { id } } }'), 151],
  ])('in objects: %s answers at most %i', async (query, cost) => {
    expect(await objectsOf(query)).toBe(cost);
  });

  const objectsIn = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) return 0;
    const inner = Object.values(value).reduce((sum: number, each) => sum + objectsIn(each), 0);
    return Array.isArray(value) ? inner : 1 + inner;
  };
  it.each([
    [getIntrospectionQuery(), {}],
    [
      'query ($name: String!) { __type(name: $name) { fields { name type { name ofType { name } } } } }',
      { name: 'Run' },
    ],
    ['query ($name: String!) { __type(name: $name) { fields { name } } }', { name: 'PageInfo' }],
    [
      '{ ...Q } fragment Q on Query { __schema { ...S } } fragment S on __Schema { types { ... on __Type { name } } }',
      {},
    ],
  ])('of introspection is the number of objects in its answer: %#', async (query, variables) => {
    const { data, errors } = await open.query(query, { variables });
    expect(errors).toEqual([]);
    // Without the root.
    const count = objectsIn(data) - 1;
    for (const maximum of [count, count - 1]) {
      const gateway = await startGateway({ UPSTREAM_URL: upstream.url, MAX_OPERATION_OBJECTS: String(maximum) });
      const answer = await gateway.query(query, { variables });
      expect(answer.errors.map(({ extensions }) => extensions.found)).toEqual(maximum === count ? [] : [count]);
      await gateway.close();
    }
  });

  it('of a run is one call if the upstream has no records', async () => {
    const environment = { UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps', MAX_OPERATION_COST: '1' };
    const gateway = await startGateway(environment);
    expect(await costIn(gateway, 'cost', BY_ID, { ids: ['a', 'b'] })).toBe(2);
    expect((await gateway.query(ofRun('status totalElapsedTime'))).errors).toEqual([]);
    await gateway.close();
  });

  const runIds = fc.constantFrom('r1', 'r2', 'r3');
  const runFields = fc
    .subarray(
      [
        'id status startedAt wallClockMs',
        'totalElapsedTime',
        'steps { id node { id } }',
        'progress { total }',
        'workflow { name }',
        'lastSuccessBefore { status }',
        'lastSuccessBeforeFailures { status }',
        'changedSteps { id }',
      ],
      { minLength: 1 },
    )
    .map((fields) => fields.join(' '));
  const size = fc.integer({ min: 1, max: 4 });
  const workflowField = fc.oneof(
    fc.constantFrom('id', 'name', 'graph { entry }'),
    fc.tuple(runIds, runFields).map(([id, fields]) => `run(id: "${id}") { ${fields} }`),
    fc
      .tuple(fc.array(runIds, { maxLength: 4 }), runFields)
      .map(([list, fields]) => `runsById(ids: ${JSON.stringify(list)}) { ${fields} }`),
    fc
      .tuple(size, fc.constantFrom('', ', filter: { status: [FAILED] }'), runFields)
      .map(
        ([first, filter, fields]) => `runs(first: ${first}${filter}) { nodes { ${fields} } pageInfo { endCursor } }`,
      ),
    // Large lists only of cheap fields, so that the test does not cause thousands of calls.
    fc.constantFrom(99, 100).map((first) => `runs(first: ${first}) { nodes { status } }`),
    fc.constantFrom(100, 101, 230, 250).map((last) => `statistics(last: ${last}) { runCount }`),
    fc.constantFrom(1, 5).map((last) => `statistics(last: ${last}) { nodes { nodeId } }`),
    fc.tuple(size, runFields).map(([last, fields]) => `failureGroups(last: ${last}) { runs { ${fields} } }`),
    fc
      .tuple(
        fc.constantFrom(2, 30, 101),
        fc.constantFrom('', ', startedAfter: "2026-01-01T03:40:00Z"', ', startedBefore: "2026-01-01T03:40:00Z"'),
      )
      .map(([last, window]) => `failureGroups(last: ${last}${window}) { isNew isResolved }`),
    fc
      .constantFrom(1, 101, 1000)
      .map((last) => `trend(last: ${last}, startedAfter: "2026-01-01T01:00:00Z") { runCount }`),
    size.map((last) => `statistics(last: ${last}, startedBefore: "2026-01-01T01:00:00Z") { runCount }`),
    size.map((last) => `trend(last: ${last}, buckets: 2) { nodes { nodeId } }`),
  );
  const workflowFields = fc
    .array(workflowField, { minLength: 1, maxLength: 3 })
    .map((fields) => fields.map((field, index) => `w${index}: ${field}`).join(' '));
  const rootField = fc.oneof(
    fc.tuple(runIds, runFields).map(([id, fields]) => `run(workflowId: "wf-1", id: "${id}") { ${fields} }`),
    fc
      .tuple(size, fc.constantFrom('', ', workflowIds: ["wf-2"]', ', filter: { status: [FAILED] }'), runFields)
      .map(([first, more, fields]) => `recentRuns(first: ${first}${more}) { nodes { ${fields} } }`),
    fc
      .tuple(
        fc.constantFrom(2, 30, 101),
        fc.constantFrom('', ', workflowIds: ["wf-2"]', ', workflowIds: ["wf-1", "wf-2"]'),
      )
      .map(
        ([last, more]) => `failureGroups(last: ${last}${more}) { isNew isResolved runs(first: 2) { steps { id } } }`,
      ),
    workflowFields.map((fields) => `workflow(id: "wf-1") { ${fields} }`),
    fc.tuple(size, workflowFields).map(([first, fields]) => `workflows(first: ${first}) { nodes { ${fields} } }`),
    fc
      .tuple(runIds, runIds, runFields)
      .map(
        ([a, b, fields]) => `compareRuns(workflowId: "wf-1", baseId: "${a}", headId: "${b}") { base { ${fields} } }`,
      ),
  );
  const operations = fc
    .array(rootField, { minLength: 1, maxLength: 3 })
    .map((fields) => `{ ${fields.map((field, index) => `f${index}: ${field}`).join(' ')} }`);

  it('is at least the number of calls that the operation causes with empty caches', async () => {
    let viewers = 0;
    await fc.assert(
      fc.asyncProperty(operations, async (query) => {
        const before = upstream.calls.length;
        // Nothing is cached for a new key.
        const { errors } = await open.query(query, { key: `key-${(viewers += 1)}` });
        expect(errors).toEqual([]);
        const caused = upstream.calls.length - before;
        expect({ query, caused: Math.min(caused, await callsOf(query)) }).toEqual({ query, caused });
      }),
      { numRuns: 40, seed: 41 },
    );
  });

  it('does not change when selections are wrapped in inline fragments', async () => {
    await fc.assert(
      fc.asyncProperty(operations, fc.infiniteStream(fc.boolean()), async (text, choices) => {
        const wrapped = visit(parse(text), {
          SelectionSet: {
            leave(set) {
              const [isWrapped = false] = choices.take(1);
              const fragment = { kind: Kind.INLINE_FRAGMENT, selectionSet: set } as const;
              return isWrapped ? { kind: Kind.SELECTION_SET, selections: [fragment] } : undefined;
            },
          },
        });
        expect(await callsOf(print(wrapped))).toBe(await callsOf(text));
        expect(await objectsOf(print(wrapped))).toBe(await objectsOf(text));
      }),
      { numRuns: 25, seed: 41 },
    );
  });
});
