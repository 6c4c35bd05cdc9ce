import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Kind, parse, print, visit } from 'graphql';
import { createSchema } from '../../src/graphql/schema.ts';
import { createCostOf } from '../support/cost.ts';
import { createManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { createScriptedHistory, wireWorkflow } from '../harness/scripted-history.ts';
import type { Wire } from '../harness/wire.ts';

/** As their records say; the numbers of runs decide which. */
const STATES: readonly Wire[] = [
  {},
  { status: 'running', end_time: null },
  { status: 'queued', start_time: null, end_time: null },
];

/** How many runs each workflow has. */
const HISTORY = 230;

const ids = fc.constantFrom('r1', 'r2', 'r3');
const runFields = fc
  .subarray(
    [
      'id',
      'status',
      'startedAt endedAt wallClockMs',
      'totalElapsedTime',
      'steps { id node { id } }',
      'progress { total }',
      'workflow { name }',
      'freshness { isFinal }',
      'lastSuccessBefore { status }',
      'changedSteps { id }',
    ],
    { minLength: 1 },
  )
  .map((fields) => fields.join(' '));
const size = fc.integer({ min: 1, max: 4 });
const workflowField = fc.oneof(
  fc.constantFrom('id', 'name', 'graph { entry }'),
  fc.tuple(ids, runFields).map(([id, fields]) => `run(id: "${id}") { ${fields} }`),
  fc
    .tuple(fc.array(ids, { maxLength: 4 }), runFields)
    .map(([list, fields]) => `runsById(ids: ${JSON.stringify(list)}) { ${fields} }`),
  fc
    .tuple(size, fc.constantFrom('', ', filter: { status: [FAILED] }'), runFields, fc.boolean())
    .map(
      ([first, filter, fields, byEdge]) =>
        `runs(first: ${first}${filter}) { ${byEdge ? `edges { node { ${fields} } }` : `nodes { ${fields} }`} pageInfo { endCursor } }`,
    ),
  // Large ones of what costs little, so that a run of this test does not cause thousands of calls.
  fc.constantFrom(99, 100).map((first) => `runs(first: ${first}) { nodes { status } }`),
  fc.constantFrom(100, 101, 200, 230, 250).map((last) => `statistics(last: ${last}) { runCount }`),
  fc.constantFrom(1, 5).map((last) => `statistics(last: ${last}) { nodes { nodeId } }`),
  fc.tuple(size, runFields).map(([last, fields]) => `failureGroups(last: ${last}) { runs { ${fields} } }`),
  fc.constantFrom(1, 101).map((last) => `trend(last: ${last}) { runCount }`),
  fc
    .constantFrom(1, 101, 1000)
    .map((last) => `trend(last: ${last}, startedAfter: "2026-01-01T01:00:00Z") { runCount }`),
  size.map((last) => `statistics(last: ${last}, startedBefore: "2026-01-01T01:00:00Z") { runCount }`),
  size.map((last) => `trend(last: ${last}, buckets: 2) { nodes { nodeId } }`),
);
const workflowFields = fc
  .array(workflowField, { minLength: 1, maxLength: 3 })
  .map((fields) => fields.map((field, at) => `w${at}: ${field}`).join(' '));
const rootField = fc.oneof(
  fc.tuple(ids, runFields).map(([id, fields]) => `run(workflowId: "wf-1", id: "${id}") { ${fields} }`),
  fc
    .tuple(size, fc.constantFrom('', ', workflowIds: ["wf-2"]', ', filter: { status: [FAILED] }'), runFields)
    .map(([first, more, fields]) => `recentRuns(first: ${first}${more}) { nodes { ${fields} } }`),
  workflowFields.map((fields) => `workflow(id: "wf-1") { ${fields} }`),
  fc.tuple(size, workflowFields).map(([first, fields]) => `workflows(first: ${first}) { nodes { ${fields} } }`),
  fc
    .tuple(ids, ids, runFields)
    .map(
      ([base, head, fields]) =>
        `compareRuns(workflowId: "wf-1", baseId: "${base}", headId: "${head}") { base { ${fields} } }`,
    ),
);
const operations = fc
  .array(rootField, { minLength: 1, maxLength: 3 })
  .map((fields) => `{ ${fields.map((field, at) => `f${at}: ${field}`).join(' ')} }`);

describe('the cost of any operation', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  const costOf = createCostOf(createSchema(), true);

  beforeAll(async () => {
    const { script } = createScriptedHistory(HISTORY, [wireWorkflow('wf-1'), wireWorkflow('wf-2')]);
    const inState = (record: Wire) => ({ ...record, ...STATES[Number(/\d+/.exec(String(record.id))?.[0]) % 3] });
    upstream = await startFaultyUpstream(async (call) => {
      const reply = await script(call);
      return call.endpoint.startsWith('run') ? { json: (reply.json as Wire[]).map(inState) } : reply;
    });
    // By a clock that stands, so that no answer ages while its operation is under way.
    gateway = await startGateway(
      {
        UPSTREAM_URL: upstream.url,
        MAX_UPSTREAM_CALLS: '100000',
        MAX_OPERATION_COST: '100000',
        MAX_OPERATION_OBJECTS: '1000000',
        // No answer stays fresh: whatever an operation reads twice is fetched twice.
        LIVE_TTL_MS: '0',
      },
      { now: createManualClock().now },
    );
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('is the same however its selections are wrapped in inline fragments', () => {
    fc.assert(
      fc.property(operations, fc.infiniteStream(fc.boolean()), (text, choices) => {
        const wrapped = visit(parse(text), {
          SelectionSet: {
            leave(set) {
              const [isWrapped = false] = choices.take(1);
              const fragment = { kind: Kind.INLINE_FRAGMENT, selectionSet: set } as const;
              return isWrapped ? { kind: Kind.SELECTION_SET, selections: [fragment] } : undefined;
            },
          },
        });
        expect(costOf(print(wrapped))).toEqual(costOf(text));
      }),
    );
  });

  it('is at least the calls that it causes while nothing is cached', async () => {
    let viewers = 0;
    await fc.assert(
      fc.asyncProperty(operations, async (text) => {
        const before = upstream.calls.length;
        viewers += 1;
        // Of a key that nothing is cached for.
        const { errors } = await gateway.query(text, { key: `key-${viewers}` });
        expect(errors).toEqual([]);
        const calls = upstream.calls.length - before;
        expect({ text, calls: Math.min(calls, costOf(text).calls) }).toEqual({
          text,
          calls,
        });
      }),
      { numRuns: 40, seed: 41 },
    );
  }, 60_000);
});
