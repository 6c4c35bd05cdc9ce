import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  buildSchema,
  getNamedType,
  isObjectType,
  parse,
  validate,
  type ExecutionResult,
  type GraphQLField,
  type GraphQLObjectType,
} from 'graphql';
import { createContext } from '../../src/graphql/context.ts';
import { createExecutor } from '../../src/graphql/executor.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { createRunStarter } from '../../src/runs/run-starter.ts';
import { createLivePollers } from '../../src/runs/live/live-pollers.ts';
import { createRunHistory } from '../../src/runs/history/run-history.ts';
import { createRunStore } from '../../src/runs/run-store.ts';
import { createWorkflowStore } from '../../src/runs/workflow-store.ts';
import type { UpstreamApi } from '../../src/upstream/client.ts';
import { readRun, readRuns, readStartedRun, readSteps, readWorkflows } from '../../src/upstream/contract.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { createHoldingCache } from '../support/cache.ts';
import { createManualClock } from '../support/clock.ts';
import { viewerOf } from '../support/operations.ts';
import { wireWorkflow } from '../support/scripted-history.ts';
import { textOf, wireRun, wireStep } from '../support/wire.ts';

const failed = { status: 'failed', error: '{"message":"no","code":7}', outputs: null };

/** The upstream's answers without the way to them: executors are compared here, not connections. */
const upstream: UpstreamApi = {
  listSteps: ({ runId }) =>
    runId === 'missing'
      ? Promise.reject(new GatewayError('NOT_FOUND', 'there is none', { upstreamStatus: 404 }))
      : answer(
          readSteps(
            textOf([wireStep({ ...failed, id: 'a' }), wireStep({ id: 'b', start_time: '2025-03-13T02:41:18Z' })]),
          ),
        ),
  getRun: ({ runId }) => answer(runId === 'missing' ? null : readRun(textOf([wireRun(runId)]), runId)),
  listRuns: () => answer(readRuns(textOf([wireRun('r1'), wireRun('missing'), wireRun('r2')]))),
  listWorkflows: () => answer(readWorkflows(textOf([wireWorkflow('wf')]))),
  execute: () => Promise.resolve(readStartedRun(textOf({ run_id: 'r1', message: 'started' }))),
  close: () => undefined,
};
const answer = <T>(value: T) => Promise.resolve({ value, sizeBytes: 100 });

const schema = createSchema();

function createHarness() {
  const { now } = createManualClock();
  const durations = { liveTtlMs: 1000, staleIfErrorMs: 0, reauthIntervalMs: 60_000, settleMs: 30_000 };
  const cache = createHoldingCache({ maxBytes: 1_000_000, now, ...durations });
  const workflowStore = createWorkflowStore(upstream, cache, durations.liveTtlMs);
  const runStore = createRunStore({ upstream, cache, workflowStore, offersRecords: true, ...durations });
  const source = {
    runStore,
    workflowStore,
    runHistory: createRunHistory({ upstream, cache, runStore, ...durations }),
    livePollers: createLivePollers({
      runStore,
      workflowStore,
      cache,
      maxUpstreamCalls: 1000,
      maxSubscriptionsPerViewer: 1000,
      now,
      after: () => () => undefined,
      ...durations,
    }),
    runStarter: createRunStarter(upstream, cache),
    maxUpstreamCalls: 1000,
    now,
  };
  const executor = createExecutor(schema);
  const contextOf = (key: string | null) =>
    createContext(source, {
      viewer: key === null ? null : viewerOf(key),
      requestId: 'r',
      signal: () => new AbortController().signal,
      mayAct: true,
      takeEvents: null,
    });

  /** The same operation three times: interpreted, then compiled, then by the compiled function that is kept. */
  return async (text: string, variables: Record<string, unknown> = {}, key: string | null = 'key-1') => {
    const document = parse(text);
    const answers: Answered[] = [];
    for (let time = 0; time < 3; time += 1) {
      const context = contextOf(key);
      const result = await executor({ document, queryHash: text, operationName: null, variables, context });
      answers.push(readable(result));
    }
    return answers;
  };
}

interface Answered {
  readonly data: unknown;
  readonly errors: readonly string[];
}

/** As a client sees it, errors in a stable order: they come as they happen. */
const readable = ({ data, errors = [] }: ExecutionResult): Answered => ({
  data: JSON.parse(JSON.stringify(data ?? null)) as unknown,
  errors: errors.map((error) => JSON.stringify(error.toJSON())).sort(),
});

/**
 * Once an error has nulled what its neighbours stand in, theirs may be told or left out (specification, 6.4.4): so each
 * error that graphql-js tells must be told, and none where it tells none.
 */
async function expectSame(
  run: ReturnType<typeof createHarness>,
  ...operation: Parameters<typeof run>
): Promise<Answered> {
  const [interpreted, ...compiled] = await run(...operation);
  if (!interpreted) throw new Error('there is no answer to compare with');
  for (const { data, errors } of compiled) {
    expect(data).toEqual(interpreted.data);
    expect(errors).toEqual(expect.arrayContaining([...interpreted.errors]));
    expect(errors.length > 0).toBe(interpreted.errors.length > 0);
  }
  return interpreted;
}

const VARIABLES = {
  workflowId: 'wf',
  runId: 'r1',
  runIds: ['r1', 'missing'],
  nodeIds: ['model_1'],
  baseId: 'r1',
  headId: 'r2',
  inputs: { a: 1 },
};

describe('the executor', () => {
  it.each(readdirSync(new URL('../../examples', import.meta.url)))(
    'answers %s the same, compiled or not',
    async (file) => {
      const text = readFileSync(new URL(`../../examples/${file}`, import.meta.url), 'utf8');
      await expectSame(createHarness(), text, VARIABLES);
    },
  );

  it.each([
    ['aliases', '{ a: run(workflowId: "wf", id: "r1") { x: status y: status steps { i: id } } b: __typename }'],
    [
      'fragments',
      '{ run(workflowId: "wf", id: "r1") { ...A ...A } } fragment A on Run { id steps { ...B } } fragment B on Step { id ... on Step { nodeId } }',
    ],
    [
      'errors of fields',
      '{ run(workflowId: "wf", id: "r1") { steps { outputs(path: "a[") } slowestSteps(first: 0) { id } } }',
    ],
    [
      'errors of list items',
      '{ workflow(id: "wf") { runsById(ids: ["r1", "missing", ".."]) { id totalElapsedTime } } }',
    ],
    ['errors that null a parent', '{ workflow(id: "wf") { id runs(first: 0) { nodes { id } } } }'],
    [
      'introspection',
      '{ __schema { types { name fields { name args { name defaultValue } type { kind ofType { name } } } } } __type(name: "Run") { name } }',
    ],
    [
      'entities of a federated graph',
      `{ _entities(representations: [
          { __typename: "Run", workflowId: "wf", id: "r1" } { __typename: "Run", workflowId: "wf", id: "missing" }
          { __typename: "Nope" } { __typename: "Workflow", id: "wf" } { __typename: "Run", workflowId: "wf" } 7
          { __typename: "Step", workflowId: "wf", runId: "r1", id: "b" } { __typename: "Workflow", id: "missing" }
          { __typename: "Step", workflowId: "wf", runId: "r1", id: "zzz" }
        ]) {
          __typename ... on Run { status steps { id outputs(path: "a[") } } ... on Workflow { id name }
          ...S
        } _service { sdl } } fragment S on Step { id nodeId run: runId }`,
    ],
    [
      'JSON and times',
      '{ run(workflowId: "wf", id: "r1") { startedAt inputs outputs steps { inputs outputs metadata startTime } } }',
    ],
    [
      'mutations',
      'mutation { a: executeWorkflow(workflowId: "wf", inputs: { a: [1, { b: null }] }) { message run { id } } b: executeWorkflow(workflowId: "wf") { message } }',
    ],
  ])('answers %s the same, compiled or not', async (_, text) => {
    await expectSame(createHarness(), text);
  });

  it('answers the same without a key', async () => {
    const text = '{ run(workflowId: "wf", id: "r1") { status } workflows { totalCount } }';
    const { errors } = await expectSame(createHarness(), text, {}, null);
    expect(errors.join()).toContain('this needs a key');
  });

  it('answers entities that come as variables the same, compiled or not', async () => {
    const text = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
      ... on Run { status stepCounts { total } } ... on Step { durationMs }
    } }`;
    const representations = [
      { __typename: 'Step', workflowId: 'wf', runId: 'missing', id: 'a' },
      { __typename: 'Run', workflowId: 'wf', id: 'r1' },
      { __typename: 'Run', workflowId: 'wf', id: '..' },
    ];
    const run = createHarness();
    const { errors } = await expectSame(run, text, { representations });
    expect(errors).toHaveLength(2);
    await expectSame(run, text, { representations: [null] });
    await expectSame(run, text, {});
  });

  const conditional = `query ($yes: Boolean!, $no: Boolean!) { run(workflowId: "wf", id: "r1") {
    id @include(if: $yes) status @skip(if: $yes) isFinished @include(if: $no)
    ... @include(if: $no) { error } ...F @skip(if: $yes) ...F @include(if: $yes)
  } } fragment F on Run { stepCounts { total } timing @skip(if: $no) { busyMs } }`;
  it.each([
    { yes: true, no: false },
    { yes: false, no: true },
    { yes: true, no: true },
    { yes: false, no: false },
  ])('answers @skip and @include the same with %j, compiled or not', async (variables) => {
    await expectSame(createHarness(), conditional, variables);
  });

  it.each([
    ['of the wrong type', { id: 7 }],
    ['missing', {}],
    ['null', { id: null }],
    ['in a list', { id: 'r1', order: { field: 'NOPE' } }],
    ['good', { id: 'r1', order: { field: 'DURATION', direction: 'DESC' } }],
    ['good with the default', { id: 'r1', order: { field: 'DURATION' } }],
  ])('answers variables that are %s the same, compiled or not', async (_, variables) => {
    const text =
      'query ($id: ID!, $order: StepOrder) { run(workflowId: "wf", id: $id) { steps(orderBy: $order) { id } } }';
    await expectSame(createHarness(), text, variables);
  });

  it('answers generated operations the same, compiled or not', async () => {
    const contract = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
    const run = createHarness();
    await fc.assert(
      fc.asyncProperty(arbitrarySelection(contract.getQueryType()), async (selection) => {
        const text = `{ ${selection} }`;
        // The same field with other arguments twice does not merge: such an operation is no operation.
        fc.pre(validate(schema, parse(text)).length === 0);
        await expectSame(run, text);
      }),
      { numRuns: 150, seed: 4711 },
    );
  });

  it('compiles nested fragments in no time, or leaves them alone', async () => {
    const fragments = Array.from({ length: 60 }, (_, i) => `fragment F${i} on Run { ...F${i + 1} ...F${i + 1} id }`);
    const text = `{ run(workflowId: "wf", id: "r1") { ...F0 } } ${fragments.join(' ')} fragment F60 on Run { id }`;
    await expectSame(createHarness(), text);
  });
});

const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  workflow: ['(id: "wf")', '(id: "..")'],
  workflows: ['', '(first: 1)', '(first: 0)'],
  run: ['(id: "r1")', '(id: "missing")'],
  runsById: ['(ids: ["r1", "missing"])', '(ids: [])'],
  compareRuns: [
    '(workflowId: "wf", baseId: "r1", headId: "r2")',
    '(workflowId: "wf", baseId: "r1", headId: "missing")',
  ],
  runs: ['', '(first: 2)', '(after: "x")'],
  step: ['(id: "a")', '(id: "zzz")'],
  inputs: ['', '(path: "order")', '(path: "[")'],
  outputs: ['', '(path: "choices[0].message")'],
  steps: ['', '(filter: { failedOnly: true })', '(orderBy: { field: NODE_ID })'],
};

/** A selection of fields of a type, some levels deep, with arguments that work and some that don't. */
function arbitrarySelection(type: GraphQLObjectType | null | undefined, depth = 0): fc.Arbitrary<string> {
  const fields = Object.values(type?.getFields() ?? {}).filter(
    ({ type }) => depth < 4 || !isObjectType(getNamedType(type)),
  );
  if (fields.length === 0) return fc.constant('__typename');
  return fc
    .uniqueArray(fc.nat(fields.length - 1), { minLength: 1, maxLength: 4 })
    .chain((picked) =>
      fc.tuple(...picked.flatMap((index) => (fields[index] ? [arbitraryField(type, fields[index], depth)] : []))),
    )
    .map((texts) => texts.join(' '));
}

function arbitraryField(
  parent: GraphQLObjectType | null | undefined,
  field: GraphQLField<unknown, unknown>,
  depth: number,
): fc.Arbitrary<string> {
  const ofQuery = parent?.name === 'Query' && field.name === 'run';
  const choices = ofQuery
    ? ['(workflowId: "wf", id: "r1")', '(workflowId: "wf", id: "missing")']
    : (ARGUMENTS[field.name] ?? ['']);
  const type = getNamedType(field.type);
  const selection = isObjectType(type)
    ? arbitrarySelection(type, depth + 1).map((inner) => ` { ${inner} }`)
    : fc.constant('');
  return fc.tuple(fc.constantFrom(...choices), selection).map(([given, inner]) => `${field.name}${given}${inner}`);
}
