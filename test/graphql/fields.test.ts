import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  buildSchema,
  getNamedType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  parse,
  visit,
  type GraphQLField,
  type NameNode,
  type StringValueNode,
} from 'graphql';
import { createManualClock } from '../harness/clock.ts';
import { type Json, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { codesOf, ofRun, ofWorkflow, placesOf, TIMES } from '../harness/operations.ts';
import { wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';
import { createScriptedHistory } from '../harness/workflows.ts';

const CONTRACT = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
const schema = buildSchema(CONTRACT);
type Field = GraphQLField<unknown, unknown>;
type Data = Readonly<Record<string, unknown>>;
const ids = (...of: readonly string[]) => of.map((id) => ({ id }));

function fieldsOf(typeName: string): Field[] {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`expected ${typeName} to be a type with fields`);
  return Object.values(type.getFields());
}

/** The field with the scalar fields of its objects, for this number of levels. */
function select(field: Field, levels: number): string {
  const given = field.args
    .filter(isRequiredArgument)
    .map(({ name }) => `${name}: ${name === 'ids' ? '["run-1"]' : '"run-1"'}`);
  const args = given.length > 0 ? `(${given.join(', ')})` : '';
  const type = getNamedType(field.type);
  if (!isObjectType(type)) return `${field.name}${args}`;
  const inner = Object.values(type.getFields()).filter(({ type: of }) => levels > 1 || !isObjectType(getNamedType(of)));
  return `${field.name}${args} { __typename ${inner.map((each) => select(each, levels - 1)).join(' ')} }`;
}

/** By parent type: the operation that selects its fields, and its place in the data. */
const PARENTS: Readonly<Record<string, readonly [(fields: string) => string, (data: Json) => unknown]>> = {
  Run: [(fields) => ofRun(fields, 'run-1'), (data) => (data as Data).run],
  Step: [
    (fields) => ofRun(`steps { ${fields} }`, 'run-1'),
    (data) => (data as { run: { steps: readonly unknown[] } }).run.steps[0],
  ],
  Workflow: [ofWorkflow, (data) => (data as Data).workflow],
};

/** Selects only one field, as its data must not depend on another selected field. */
describe.each(Object.entries(PARENTS))('each field of a %s', (typeName, [queryOf, parentIn]) => {
  const gateway = perBlock(
    new TestGateway({
      script: createScriptedHistory(3, [wireWorkflow('wf')]).script,
      env: {
        MAX_OPERATION_OBJECTS: '1000000',
      },
      clock: createManualClock(),
    }),
  );
  let all: Data;
  let number = 0;

  /** With a new key each time, so that nothing is cached. */
  async function ask(selection: string): Promise<Data> {
    const { data, errors } = await gateway.query(queryOf(selection), { key: `key-${(number += 1)}` });
    expect(errors).toEqual([]);
    return parentIn(data) as Data;
  }

  beforeAll(async () => {
    const selections = fieldsOf(typeName).map((field) => select(field, 2));
    all = await ask(selections.join(' '));
  });

  it.each(fieldsOf(typeName).map((field) => [field.name, field] as const))(
    'has the same value with and without all other fields: %s',
    async (name, field) => {
      expect(all).toHaveProperty(name);
      for (let time = 0; time < 2; time += 1) expect((await ask(select(field, 2)))[name]).toEqual(all[name]);
    },
  );
});

describe('the values of fields', () => {
  const failed = { status: 'failed', error: '{"message":"no answer","code":7}', outputs: null };
  const usage = (tokens: number) => ({ model: 'm', usage: { prompt_tokens: tokens, completion_tokens: 1 } });
  /** Run "big" has two steps of two billion seconds and tokens each, "huge" one step of four billion. */
  const big = (id: string, count: number) =>
    wireStep({ id, elapsed_time: count, tokens: count === 4e9 ? count : 0, outputs: usage(count) });
  const between = (start: number, end: number) => ({
    start_time: `2025-03-13T02:41:${start}Z`,
    end_time: `2025-03-13T02:41:${end}Z`,
  });
  const STEPS: Readonly<Record<string, readonly unknown[]>> = {
    r1: [
      wireStep({ ...failed, id: 's1', start_time: '2025-03-13T02:41:15Z', end_time: '2025-03-13T02:41:25Z' }),
      wireStep({ id: 's2', start_time: '2025-03-13T02:41:28Z', end_time: '2025-03-13T02:41:30Z' }),
      wireStep({
        id: 's3',
        node_id: 'send',
        start_time: '2025-03-13T02:41:18Z',
        end_time: '2025-03-13T02:41:22Z',
        step_metadata: { branch: 'refund' },
      }),
    ],
    failing: ['a', 'b', 'c'].map((id, index) =>
      wireStep({ ...failed, id, node_id: id, end_time: `2025-03-13T02:41:2${index}Z`, error: `broke ${id}` }),
    ),
    r2: [wireStep({ id: 's1', node_id: 'gone' })],
    big: [big('s0', 2e9), big('s1', 2e9)],
    huge: [big('s0', 4e9)],
    // Executions of one node that overlap: only their inputs say which one repeats the failure.
    items: [
      wireStep({ ...failed, ...between(15, 17), id: 'one', inputs: { item: 1 } }),
      wireStep({ ...between(16, 30), id: 'two', inputs: { item: 2 } }),
      wireStep({ ...between(18, 20), id: 'one-again', inputs: { item: 1 } }),
    ],
  };
  const record = (runId: string) =>
    wireRun(runId, {
      ...(runId === 'r1' && { status: 'failed', error: failed.error }),
      ...(runId === 'r2' && { start_time: '2025-03-12T02:41:15Z' }),
    });

  const gateway = perBlock(
    new TestGateway({
      script: ({ endpoint, workflowId, runId }) => {
        const none = { status: 404, json: {} };
        if (endpoint === 'workflows') return { json: [wireWorkflow('wf'), wireWorkflow('other', { graph: null })] };
        if (endpoint === 'runs')
          return workflowId === 'wf' ? { json: ['r1', 'down', 'r2'].map(record) } : { status: 500 };
        if (runId === 'down' && endpoint === 'steps') return { status: 500 };
        const steps = STEPS[runId];
        return steps ? { json: endpoint === 'steps' ? steps : [record(runId)] } : none;
      },
      clock: createManualClock(),
    }),
  );

  /** The data of the root field and the errors by path, which must be the same each time. */
  async function ask(query: string): Promise<{ readonly data: unknown; readonly errors: readonly string[] }> {
    const outcomes: { readonly data: unknown; readonly errors: readonly string[] }[] = [];
    while (outcomes.length < TIMES.length) {
      const answer = await gateway.query(query);
      outcomes.push({ data: Object.values((answer.data ?? {}) as Data)[0] ?? null, errors: placesOf(answer) });
    }
    for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
    return outcomes[0] ?? { data: null, errors: [] };
  }
  const run = (fields: string, id = 'r1') => ask(ofRun(fields, id));
  const workflow = (fields: string) => ask(ofWorkflow(fields));

  it.each<[string, string, unknown]>([
    [
      'r1',
      'steps { id } none: steps(orderBy: null) { id }',
      { steps: ids('s1', 's3', 's2'), none: ids('s1', 's3', 's2') },
    ],
    ['r1', 'steps(orderBy: { field: START_TIME, direction: DESC }) { id }', { steps: ids('s2', 's3', 's1') }],
    ['r1', 'steps(filter: { failedOnly: true }) { id }', { steps: ids('s1') }],
    ['r1', 'step(id: "s2") { id } none: step(id: "x") { id }', { step: { id: 's2' }, none: null }],
    ['r1', 'failedSteps { id } firstFailedStep { id }', { failedSteps: ids('s1'), firstFailedStep: { id: 's1' } }],
    ['r1', 'failedSteps(latestAttemptOnly: true) { id }', { failedSteps: [] }],
    [
      'failing',
      'stepCounts { failed } failedSteps(first: 2) { id }',
      { stepCounts: { failed: 3 }, failedSteps: ids('a', 'b') },
    ],
    ['failing', 'failedSteps(first: null) { id }', { failedSteps: ids('a', 'b', 'c') }],
    ['r1', 'slowestSteps(first: 2) { id }', { slowestSteps: ids('s1', 's3') }],
    [
      'r1',
      'first: step(id: "s1") { previousAttempt { id } } retry: step(id: "s2") { previousAttempt { id } }',
      { first: { previousAttempt: null }, retry: { previousAttempt: { id: 's1' } } },
    ],
    [
      'big',
      'steps { attemptKind isLatest previousAttempt { id } }',
      {
        steps: [
          { attemptKind: 'FIRST', isLatest: false, previousAttempt: null },
          { attemptKind: 'ITERATION', isLatest: true, previousAttempt: null },
        ],
      },
    ],
    [
      'items',
      'steps { id previousAttempt { id } }',
      {
        steps: [
          { id: 'one', previousAttempt: null },
          { id: 'two', previousAttempt: null },
          { id: 'one-again', previousAttempt: { id: 'one' } },
        ],
      },
    ],
    [
      'r1',
      'step(id: "s3") { node { id } metadata }',
      { step: { node: { id: 'send' }, metadata: { branch: 'refund' } } },
    ],
    [
      'r2',
      'steps { nodeId node { id } errorInfo { code } }',
      { steps: [{ nodeId: 'gone', node: null, errorInfo: null }] },
    ],
    ['r1', 'status errorInfo { message code }', { status: 'FAILED', errorInfo: { message: 'no answer', code: '7' } }],
    ['r1', 'step(id: "s1") { errorInfo { message } }', { step: { errorInfo: { message: 'no answer' } } }],
    ['r2', 'errorInfo { message } estimatedCost { amount }', { errorInfo: null, estimatedCost: null }],
    ['r2', 'steps { estimatedCost { amount } }', { steps: [{ estimatedCost: null }] }],
    ['r1', 'workflow { id name }', { workflow: { id: 'wf', name: 'Workflow wf' } }],
    ['r1', 'lastSuccessBefore { id }', { lastSuccessBefore: { id: 'r2' } }],
    ['r2', 'lastSuccessBefore { id }', { lastSuccessBefore: null }],
    [
      'r1',
      'inputs outputs order: inputs(path: "order")',
      { inputs: { order: 7 }, outputs: 'Refund approved.', order: 7 },
    ],
  ])('are those of the run: %s { %s }', async (id, fields, data) => {
    expect(await run(fields, id)).toEqual({ data, errors: [] });
  });

  it('equal those of the workflow list for a workflow', async () => {
    const graph = 'graph { entry finish nodes { id type description } edges { from to } }';
    const fields = `name description status version isPublic organizationId createdAt updatedAt updatedBy ${graph}`;
    expect(await workflow(fields)).toEqual({
      data: {
        ...{ name: 'Workflow wf', description: 'Answers mail', status: 'active', version: '1.2', isPublic: false },
        ...{ organizationId: 'org-1', updatedBy: 'user-2' },
        graph: {
          ...{ entry: 'model_1', finish: 'send', edges: [{ from: 'model_1', to: 'send' }] },
          nodes: [
            { id: 'model_1', type: 'model', description: 'Writes' },
            { id: 'send', type: 'code', description: null },
          ],
        },
        ...{ createdAt: '2025-03-12T00:59:55.465508+00:00', updatedAt: '2025-03-13T00:59:55.465508+00:00' },
      },
      errors: [],
    });
    expect((await ask('{ workflow(id: "unlisted") { id name } }')).errors).toEqual(['workflow.name: NOT_FOUND']);
  });

  it('include runs, statistics and failures, each with its own error', async () => {
    expect(
      await workflow('run(id: "r2") { id } runsById(ids: ["r1", "gone", "r2", ".."]) { id totalElapsedTime }'),
    ).toEqual({
      data: {
        run: { id: 'r2' },
        runsById: [{ id: 'r1', totalElapsedTime: 6 }, null, { id: 'r2', totalElapsedTime: 2 }, null],
      },
      errors: ['workflow.runsById.1: NOT_FOUND', 'workflow.runsById.3: BAD_USER_INPUT'],
    });
    const window = 'last: 10, startedBefore: "2025-03-13T00:00:00Z"';
    expect(
      await workflow(
        `statistics(last: 10) { runCount failedCount } old: statistics(${window}) { runCount nodes { nodeId } }`,
      ),
    ).toEqual({
      data: { statistics: { runCount: 3, failedCount: 1 }, old: { runCount: 1, nodes: [{ nodeId: 'gone' }] } },
      errors: [],
    });
    expect((await workflow('statistics(last: 3) { runCount nodes { nodeId } }')).errors).toEqual([
      'workflow.statistics.nodes: UPSTREAM_UNAVAILABLE',
    ]);
    expect(await workflow('trend(last: 10, buckets: 2) { runCount }')).toEqual({
      data: { trend: [{ runCount: 1 }, { runCount: 2 }] },
      errors: [],
    });
    expect(await workflow('failureGroups(last: 10) { nodes { nodeId count runs(first: 1) { id } } }')).toEqual({
      data: { failureGroups: { nodes: [{ nodeId: null, count: 1, runs: ids('r1') }] } },
      errors: [],
    });
  });

  it('include fields of both runs; an error names the failed argument', async () => {
    const compare = (runs: string, fields: string) => ask(`{ compareRuns(workflowId: "wf", ${runs}) { ${fields} } }`);
    const fields = 'base { id } head { id progress { total } } elapsedTimeDelta tokenDelta';
    expect(await compare('baseId: "r1", headId: "r2"', fields)).toEqual({
      data: { base: { id: 'r1' }, head: { id: 'r2', progress: { total: 1 } }, elapsedTimeDelta: -4, tokenDelta: -150 },
      errors: [],
    });
    for (const [runs, name, code] of [
      ['baseId: "none", headId: "r1"', 'baseId', 'NOT_FOUND'],
      ['baseId: "r1", headId: "none"', 'headId', 'NOT_FOUND'],
      ['baseId: "r1", headId: ".."', 'headId', 'BAD_USER_INPUT'],
    ] as const) {
      const { errors } = await gateway.query(`{ compareRuns(workflowId: "wf", ${runs}) { tokenDelta } }`);
      expect([codesOf({ errors }), errors[0]?.message.split(/[: ]/)[0]]).toEqual([[code], name]);
    }
  });

  const TOKENS = 'counts { inputTokens totalTokens }';
  const isNull = { counts: { inputTokens: null, totalTokens: null } };
  it.each<[string, string, unknown, readonly string[]]>([
    [
      'big',
      `totalElapsedTime tokenUsage { ${TOKENS} counts { outputTokens } byModel { ${TOKENS} } } steps { elapsedTime }`,
      {
        totalElapsedTime: null,
        tokenUsage: { counts: { ...isNull.counts, outputTokens: 2 }, byModel: [isNull] },
        steps: [{ elapsedTime: 2e9 }, { elapsedTime: 2e9 }],
      },
      [
        'tokenUsage.byModel.0.counts.inputTokens',
        'tokenUsage.byModel.0.counts.totalTokens',
        'tokenUsage.counts.inputTokens',
        'tokenUsage.counts.totalTokens',
        'totalElapsedTime',
      ],
    ],
    [
      'huge',
      `steps { elapsedTime tokens tokenUsage { ${TOKENS} counts { outputTokens } } }`,
      { steps: [{ elapsedTime: null, tokens: null, tokenUsage: { counts: { ...isNull.counts, outputTokens: 1 } } }] },
      ['elapsedTime', 'tokenUsage.counts.inputTokens', 'tokenUsage.counts.totalTokens', 'tokens'].map(
        (name) => `steps.0.${name}`,
      ),
    ],
  ])('are null with errors outside Int: run %s', async (id, fields, data, places) => {
    const errors = places.map((place) => `run.${place}: NUMBER_OUT_OF_RANGE`);
    expect(await run(fields, id)).toEqual({ data, errors });
  });

  it('are null outside Int in a comparison, except differences that fit', async () => {
    const compare = (base: string, head: string) =>
      ask(`{ compareRuns(workflowId: "wf", baseId: "${base}", headId: "${head}") { elapsedTimeDelta tokenDelta } }`);
    expect(await compare('r2', 'big')).toEqual({
      data: { elapsedTimeDelta: null, tokenDelta: null },
      errors: ['compareRuns.elapsedTimeDelta: NUMBER_OUT_OF_RANGE', 'compareRuns.tokenDelta: NUMBER_OUT_OF_RANGE'],
    });
    expect(await compare('big', 'huge')).toEqual({ data: { elapsedTimeDelta: 0, tokenDelta: -2 }, errors: [] });
  });
});

interface Description {
  /** Names of the type, the field and the argument, with points between. */
  readonly name: string;
  /** Description, or empty. */
  readonly text: string;
}

function descriptionsIn(contract: string): readonly Description[] {
  const descriptions: Description[] = [];
  const path: string[] = [];
  const add = {
    enter({ name, description }: { readonly name?: NameNode; readonly description?: StringValueNode }) {
      path.push(name?.value ?? '');
      descriptions.push({ name: path.join('.'), text: description?.value ?? '' });
    },
    leave: () => void path.pop(),
  };
  const kinds = ['ObjectType', 'InputObjectType', 'EnumType', 'ScalarType', 'Field', 'InputValue', 'EnumValue'];
  visit(parse(contract), Object.fromEntries(kinds.map((kind) => [`${kind}Definition`, add])));
  return descriptions;
}

const DESCRIPTIONS = descriptionsIn(CONTRACT);

describe('the schema', () => {
  it('describes every type, field, argument and value', () => {
    // Arguments of directives are read by tools, not by people.
    const undescribed = DESCRIPTIONS.filter(({ name, text }) => text === '' && !name.startsWith('.'));
    expect(undescribed).toEqual([]);
  });

  it('describes them in at most 200 characters, without environment variables', () => {
    const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
    const variables = [...page.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name = '']) => name);
    expect(variables).toContain('TOKEN_PRICES');
    const namesVariable = new RegExp(String.raw`\b(${variables.join('|')})\b`);
    const wrong = DESCRIPTIONS.filter(
      ({ text }) => text.replaceAll('\n', ' ').length > 200 || namesVariable.test(text),
    );
    expect(wrong).toEqual([]);
  });

  it('has only nullable root fields in queries and mutations', () => {
    const roots = [...fieldsOf('Query'), ...fieldsOf('Mutation')];
    expect(roots.filter(({ type }) => isNonNullType(type)).map(({ name }) => name)).toEqual([]);
  });
});
