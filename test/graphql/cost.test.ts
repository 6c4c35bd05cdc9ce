import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { getIntrospectionQuery, parse, validate } from 'graphql';
import { passedLimit } from '../../src/graphql/operations/limits.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { createCostOf, createPreparedCost } from '../support/cost.ts';

const schema = createSchema();
const withRecords = createCostOf(schema, true);
const withoutRecords = createCostOf(schema, false);

function costOf(text: string, variables: Record<string, unknown> = {}, offersRecords = true): number {
  expect(validate(schema, parse(text))).toEqual([]);
  return (offersRecords ? withRecords : withoutRecords)(text, variables).calls;
}

const objectsOf = (text: string, variables: Record<string, unknown> = {}): number =>
  withRecords(text, variables).objects;

const ofWorkflow = (fields: string) => `{ workflow(id: "wf") { ${fields} } }`;
const ofRun = (fields: string) => `{ run(workflowId: "wf", id: "r") { ${fields} } }`;
const PAGE = `query ($first: Int, $after: String, $filter: RunFilter) {
  workflow(id: "wf") { runs(first: $first, after: $after, filter: $filter) { nodes { totalElapsedTime } } }
}`;
const entities = (onWorkflow: string) => `query ($of: [_Any!]!) {
  _entities(representations: $of) { ... on Run { totalElapsedTime } ... on Workflow { ${onWorkflow} } }
}`;
const ENTITIES = entities('id');
const BY_ID = 'query ($ids: [ID!]!) { workflow(id: "wf") { runsById(ids: $ids) { totalElapsedTime } } }';

const EXAMPLES = readdirSync('examples').filter((file) => file.endsWith('.graphql'));

describe('the cost of an operation, in upstream calls', () => {
  it.each([
    // Nothing is asked for.
    ['{ __typename workflow(id: "wf") { id } }', 0],
    // The record alone; the record and the steps; the graph too.
    ['{ run(workflowId: "wf", id: "r") { __typename status } }', 1],
    ['{ run(workflowId: "wf", id: "r") { status totalElapsedTime } }', 2],
    ['{ run(workflowId: "wf", id: "r") { progress { total } } }', 3],
    ['{ run(workflowId: "wf", id: "r") { steps { node { id } } } }', 3],
    ['{ workflows(first: 1) { totalCount } }', 1],
    ['{ a: run(workflowId: "wf", id: "a") { status } b: run(workflowId: "wf", id: "b") { status } }', 2],
    // Two runs with their steps; that one of them is read again costs nothing, the name of its workflow the list.
    ['{ compareRuns(workflowId: "wf", baseId: "a", headId: "b") { elapsedTimeDelta } }', 4],
    ['{ compareRuns(workflowId: "wf", baseId: "a", headId: "b") { base { workflow { name } } } }', 5],
    // The steps of a record that lacks one of them are left to MAX_UPSTREAM_CALLS.
    [ofRun('startedAt endedAt wallClockMs'), 1],
    [ofWorkflow('runs(first: 100) { nodes { startedAt endedAt wallClockMs } }'), 1],
    // One window; the runs' records are in it, their steps are not.
    [ofWorkflow('runs(first: 100) { nodes { status } }'), 1],
    [ofWorkflow('runs(first: 100) { nodes { totalElapsedTime } }'), 101],
    [ofWorkflow('runs { edges { node { totalElapsedTime } } }'), 21],
    // The list is read once, whatever is read of it.
    [ofWorkflow('name graph { entry } runs(first: 2) { nodes { criticalPath { durationMs } } }'), 4],
    ['{ workflows { nodes { id name } } }', 1],
    // The list, and for each of five workflows a window and three runs' steps.
    ['{ workflows(first: 5) { nodes { name runs(first: 3) { nodes { firstFailedStep { id } } } } } }', 21],
    // 100 and 99 and 99 and 2.
    [ofWorkflow('statistics(last: 300) { runCount }'), 4],
    [ofWorkflow('statistics { runCount wallClockMs { p50 } }'), 1],
    [ofWorkflow('statistics(last: 1000) { runCount }'), 11],
    [ofWorkflow('statistics(last: 300) { nodes { nodeId } }'), 304],
    // Up to 1000 that started later are read, too.
    [ofWorkflow('statistics(last: 100, startedBefore: "2026-01-01T00:00:00Z") { runCount }'), 12],
    [ofWorkflow('failureGroups(last: 1000, startedBefore: "2026-01-01T00:00:00Z") { count }'), 1021],
    [ofWorkflow('trend(last: 1001, startedBefore: "2026-01-01T00:00:00Z") { runCount }'), 0],
    // 100 and five times 99 are the first that are 500.
    [ofWorkflow('runs(first: 10, filter: { status: [FAILED] }) { nodes { status } }'), 6],
    [ofWorkflow('run(id: "a") { status }'), 1],
    [ofWorkflow('run(id: "a") { steps { id } }'), 2],
    [ofWorkflow('runsById(ids: ["a", "b", "c"]) { status }'), 3],
    [ofWorkflow('runsById(ids: "a") { steps { id } }'), 2],
    // Out of range: refused before any call.
    [ofWorkflow('runs(first: 101) { nodes { totalElapsedTime } }'), 1],
    [ofWorkflow('statistics(last: 0) { nodes { nodeId } }'), 0],
    [ofWorkflow('statistics(last: 1001) { nodes { nodeId } }'), 0],
    // The least that may be asked for.
    [ofWorkflow('runs(first: 1) { nodes { totalElapsedTime } }'), 2],
    [ofWorkflow('statistics(last: 1) { nodes { nodeId } }'), 2],
    ['mutation { executeWorkflow(workflowId: "wf") { message } }', 1],
    ['mutation { executeWorkflow(workflowId: "wf") { run { steps { id } } } }', 3],
    ['subscription { runUpdated(workflowId: "wf", id: "r") { progress { total } } }', 3],
    // The list of workflows, a window of each, and the steps of each run of the page.
    ['{ recentRuns(first: 3) { nodes { status } } }', 101],
    ['{ recentRuns(first: 3, workflowIds: ["a", "b"]) { nodes { totalElapsedTime } } }', 6],
    ['{ recentRuns(first: 3, workflowIds: ["a", "b"], filter: {}) { nodes { status } } }', 13],
    ['{ recentRuns(first: 3, filter: {}) { nodes { status } } }', 101],
    ['{ recentRuns(first: 3, workflowIds: null) { nodes { status } } }', 101],
    ['{ recentRuns(first: 100, after: "c", workflowIds: "a") { edges { node { status } } } }', 3],
    [
      '{ recentRuns(first: 1, workflowIds: ["a", "b"]) { unavailableWorkflows { runs { pageInfo { endCursor } } } } }',
      103,
    ],
    // The same for the newest runs of each.
    ['subscription { runsUpdated { status } }', 101],
    ['subscription { runsUpdated(workflowIds: ["a", "b"]) { totalElapsedTime } }', 43],
    // The steps of as many runs as may have failed.
    [ofWorkflow('failureGroups(last: 300) { count }'), 304],
    [ofWorkflow('failureGroups(last: 20) { runs(first: 2) { totalElapsedTime } }'), 21],
    [ofWorkflow('trend { runCount }'), 3],
    [ofWorkflow('trend(last: 300, buckets: 3) { nodes { nodeId } }'), 304],
    // The run, six windows for each hundred of five hundred, and the run that is found.
    ['{ run(workflowId: "wf", id: "r") { lastSuccessBefore { status } } }', 7],
    ['{ run(workflowId: "wf", id: "r") { lastSuccessBefore { steps { id } } } }', 8],
    ['{ run(workflowId: "wf", id: "r") { rawStatus errorInfo { code } } }', 1],
    ['{ run(workflowId: "wf", id: "r") { changedSteps { id } } }', 2],
  ])('%s costs %i', (text, cost) => {
    expect(costOf(text)).toBe(cost);
  });

  it.each([
    [PAGE, { first: 100 }, 101],
    [PAGE, {}, 21],
    [PAGE, { first: 100, after: 'c' }, 102],
    [PAGE, { first: 10, after: 'c' }, 11],
    [PAGE, { first: 10, filter: {} }, 16],
    [PAGE, { first: 10, filter: null, after: null }, 11],
    [PAGE.replace('$first: Int', '$first: Int = 7'), {}, 8],
    [PAGE.replace('$first: Int', '$first: Int = 7'), { first: 100 }, 101],
    [BY_ID, { ids: Array(100).fill('a') }, 200],
    // As if it were as long as it may be.
    [BY_ID, { ids: Array(101).fill('a') }, 200],
    [BY_ID, { ids: 'a' }, 2],
    [ENTITIES, { of: [] }, 0],
    [ENTITIES, { of: { __typename: 'Run', workflowId: 'wf', id: 'r' } }, 2],
    // A workflow, a run with its steps, a step of a run; and the name of each that is a workflow: one list.
    [entities('name'), { of: [{ __typename: 'Workflow' }, { __typename: 'Run' }, { __typename: 'Step' }] }, 5],
    // As if each of them were a workflow.
    [
      entities('runs(first: 3) { nodes { totalElapsedTime } }'),
      { of: [{ __typename: 'Workflow' }, { __typename: 'Workflow' }] },
      8,
    ],
    // What is read of a run counts for it, and what is read of a step does not.
    [
      ENTITIES.replace(
        '... on Run { totalElapsedTime }',
        '... on Run { status } ... on Step { tokenUsage { totalTokens } }',
      ),
      { of: { __typename: 'Run' } },
      1,
    ],
    [
      `${ENTITIES.replace('... on Run { totalElapsedTime }', '...F')} fragment F on _Entity { ... on Run { totalElapsedTime } }`,
      { of: { __typename: 'Run' } },
      2,
    ],
    [ENTITIES, { of: Array(1001).fill({ __typename: 'Run' }) }, 0],
    // Refused when they are coerced, before anything is executed.
    [BY_ID, {}, 0],
    [BY_ID, { ids: null }, 0],
    [PAGE, { first: 'many' }, 1],
    [PAGE, { first: '5' }, 1],
    [PAGE, { first: -5 }, 1],
    [PAGE, { first: 1e9 }, 1],
    [PAGE.replace('$first: Int', '$first: Int = 7'), { first: null }, 1],
    // A variable inside of a literal counts like any other.
    [
      'query ($a: _Any!, $id: ID!) { _entities(representations: [$a, { __typename: "Run", workflowId: "wf", id: $id }]) { ... on Run { totalElapsedTime } } }',
      { a: { __typename: 'Run', workflowId: 'wf', id: 'r' }, id: 's' },
      4,
    ],
    // A variable may be named as what every object has.
    [PAGE.replaceAll('$first', '$constructor').replace('Int,', 'Int = 100,'), {}, 101],
    [PAGE, JSON.parse('{ "__proto__": { "first": 100 } }') as Record<string, unknown>, 21],
  ])('%s of %j costs %i', (text, variables, cost) => {
    expect(costOf(text, variables)).toBe(cost);
  });

  it('is worked out for each request whose variables it depends on, and else once', () => {
    const prepare = createPreparedCost(schema, true);
    const ofPage = prepare(PAGE);
    expect([{ first: 1 }, { first: 100 }, {}].map((variables) => ofPage(variables).calls)).toEqual([2, 101, 21]);
    for (const [given, variables] of [
      ['[$of]', [{ of: { __typename: 'Run' } }, { of: { __typename: 'Workflow' } }]],
      ['{ __typename: $name, workflowId: "wf", id: "r" }', [{ name: 'Run' }, { name: 'Workflow' }]],
    ] as const) {
      const ofEntities = prepare(`query ($of: _Any!, $name: String) {
        _entities(representations: ${given}) { ... on Run { totalElapsedTime } }
      }`);
      expect(variables.map((each) => ofEntities(each).calls)).toEqual([2, 0]);
    }
    for (const fields of [
      'run(id: $id) { status }',
      'runs(first: 3) { nodes { id } }',
      'runsById(ids: ["a"]) { id }',
    ]) {
      const ofAnyId = prepare(`query ($id: ID!) ${ofWorkflow(fields)}`);
      expect(ofAnyId({ id: 'a' })).toBe(ofAnyId({ id: 'b' }));
    }
  });

  it('counts one call for a run where the upstream offers no records', () => {
    expect(costOf('{ run(workflowId: "wf", id: "r") { status totalElapsedTime } }', {}, false)).toBe(1);
    expect(costOf(BY_ID, { ids: ['a', 'b'] }, false)).toBe(2);
    expect(costOf('{ compareRuns(workflowId: "wf", baseId: "a", headId: "b") { elapsedTimeDelta } }', {}, false)).toBe(
      2,
    );
  });

  it('counts fragments wherever they are spread, in no time', () => {
    expect(
      costOf(`${ofWorkflow('...F a: runs(first: 1) { ...G }')} fragment F on Workflow { runs(first: 2) { ...G } }
      fragment G on RunConnection { nodes { ... on Run { totalElapsedTime } } }`),
    ).toBe(5);
    const nested = Array.from({ length: 40 }, (_, at) => `fragment F${at} on Workflow { ...F${at + 1} ...F${at + 1} }`);
    const last = 'fragment F40 on Workflow { runs(first: $first) { nodes { steps { id } } } }';
    const text = `query ($first: Int!) { workflow(id: "wf") { ...F0 } } ${nested.join(' ')} ${last}`;
    expect(costOf(text, { first: 1 })).toBe(2 * 2 ** 40);
  });

  it.each(EXAMPLES)('of %s is far from the default limit', (file) => {
    const variables = { runIds: Array(20).fill('a') };
    expect(costOf(readFileSync(`examples/${file}`, 'utf8'), variables)).toBeLessThanOrEqual(200);
  });

  it('passes what Sandbox asks to know the schema', () => {
    const text = getIntrospectionQuery({
      descriptions: true,
      inputValueDeprecation: true,
      specifiedByUrl: true,
      schemaDescription: true,
      directiveIsRepeatable: true,
    });
    expect(costOf(text)).toBe(0);
    expect(passedLimit(parse(text))).toBeNull();
  });
});

describe('the cost of an operation, in objects', () => {
  it.each([
    ['{ __typename }', 0],
    ['{ workflow(id: "wf") { id } }', 1],
    // Eleven fields weigh one more.
    [`{ workflow(id: "wf") { ${Array.from({ length: 11 }, (_, at) => `a${at}: id`).join(' ')} } }`, 2],
    // The workflow, and five times a connection with a run.
    [ofWorkflow('runs(first: 5) { nodes { status } }'), 11],
    [ofWorkflow('runsById(ids: ["a", "b"]) { status }'), 3],
    ['{ run(workflowId: "wf", id: "r") { steps { id errorInfo { message } } } }', 41],
    [ofWorkflow('statistics(last: 1000) { nodes { nodeId } }'), 12],
    [ofWorkflow('failureGroups(last: 1000) { runs(first: 3) { id } }'), 41],
    [ofWorkflow('trend(buckets: 4) { runCount }'), 5],
    [ofWorkflow('trend(buckets: 100) { runCount }'), 101],
    [ofWorkflow('trend(buckets: 101) { runCount }'), 1],
    ['{ recentRuns(first: 4) { nodes { id } unavailableWorkflows { id } } }', 12],
    ['{ recentRuns(first: 4) { edges { node { id } } } }', 12],
    // Few of the steps fail, and few nodes are repeated.
    [ofRun('failedSteps { id }'), 4],
    [ofRun('failedSteps(first: null) { id }'), 4],
    [ofRun('failedSteps(first: 7) { id }'), 8],
    [ofRun('repeatedNodes { nodeId }'), 4],
    // The run, its timeline, and a bar for each step.
    [ofRun('timeline { bars { lane } }'), 22],
    // Of each step a conversation of ten messages, most of which call no tool.
    [ofRun('steps { conversation { messages { toolCalls { name } } } }'), 441],
    [ofRun('slowestSteps(first: 7) { id }'), 8],
    ['subscription { runsUpdated(workflowIds: ["a", "b"]) { id } }', 40],
  ])('%s is at most %i', (text, objects) => {
    expect(objectsOf(text)).toBe(objects);
  });

  it('multiplies along the selection', () => {
    const nested = (levels: number): string =>
      levels === 0 ? 'id' : `runs(first: 50) { nodes { workflow { ${nested(levels - 1)} } } }`;
    expect(objectsOf(ofWorkflow(nested(1)))).toBe(1 + 50 * 3);
    expect(objectsOf(ofWorkflow(nested(4)))).toBeGreaterThan(50 ** 4);
  });

  it.each(EXAMPLES)('of %s is far from the default limit', (file) => {
    const variables = { runIds: Array(20).fill('a') };
    expect(objectsOf(readFileSync(`examples/${file}`, 'utf8'), variables)).toBeLessThanOrEqual(5000);
  });
});
