import { describe, expect, it } from '@jest/globals';
import { parse, subscribe, type ExecutionResult } from 'graphql';
import { createContext, type Context, type ContextSource } from '../../src/graphql/context.ts';
import { run as ofRuns } from '../../src/graphql/resolvers/run.ts';
import { step as ofStep } from '../../src/graphql/resolvers/step.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import type { Payload, PayloadText } from '../../src/domain/types.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { at, ran, runOf } from '../support/facts.ts';
import { createContexts, createQuery, errorsOf } from '../support/query-harness.ts';

const NO_PRICES = { input: null, cachedInput: null, cacheWrites: null, output: null, reasoning: null };

const schema = createSchema();
const query = createQuery(schema);

/** The value of the one field at the root as it is sent, with the errors by their places. */
async function ask(text: string) {
  const result = await query(text);
  const [data = null] = Object.values(result.data ?? {});
  return { data: JSON.parse(JSON.stringify(data)) as unknown, errors: errorsOf(result) };
}
const ofRun = (id: string, fields: string) => ask(`{ run(workflowId: "wf", id: "${id}") { ${fields} } }`);
const ofWorkflow = (fields: string) => ask(`{ workflow(id: "wf") { ${fields} } }`);

/** The value without any error. */
const all = (data: unknown) => ({ data, errors: [] });
const ids = (...of: readonly string[]) => of.map((id) => ({ id }));

describe('the steps of a run', () => {
  it('stand in the order that is asked for, upwards if nothing is said', async () => {
    const by = (order: string) => `steps(orderBy: { field: START_TIME ${order} }) { id }`;
    const fields = `steps { id } none: steps(orderBy: null) { id } up: ${by('')} down: ${by('direction: DESC')}`;
    const inOrder = ids('s1', 's3', 's2');
    expect(await ofRun('r1', fields)).toEqual(
      all({ steps: inOrder, none: inOrder, up: inOrder, down: ids('s2', 's1', 's3') }),
    );
  });

  it('are found by a filter and by their id', async () => {
    const fields = `failed: steps(filter: { failedOnly: true }) { id } step(id: "s2") { id } none: step(id: "x") { id }`;
    expect(await ofRun('r1', fields)).toEqual(all({ failed: ids('s1'), step: { id: 's2' }, none: null }));
  });

  it('that failed are all of them, the latest attempts, or the first of these', async () => {
    const fields = 'failedSteps { id } latest: failedSteps(latestAttemptOnly: true) { id } firstFailedStep { id }';
    expect(
      await ofRun('r1', `${fields} none: failedSteps(first: null) { id } one: failedSteps(first: 1) { id }`),
    ).toEqual(
      all({ failedSteps: ids('s1'), latest: [], firstFailedStep: { id: 's1' }, none: ids('s1'), one: ids('s1') }),
    );
    expect(await ofRun('r2', fields)).toEqual(all({ failedSteps: [], latest: [], firstFailedStep: null }));
    expect((await ofRun('r1', 'failedSteps(first: 0) { id }')).errors).toEqual(['run.failedSteps: BAD_USER_INPUT']);
  });

  it('that are slowest are as many as are asked for', async () => {
    expect(await ofRun('r1', 'slowestSteps(first: 1) { id } two: slowestSteps(first: 2) { id }')).toEqual(
      all({ slowestSteps: ids('s1'), two: ids('s1', 's3') }),
    );
    expect((await ofRun('r1', 'slowestSteps(first: 101) { id }')).errors).toEqual(['run.slowestSteps: BAD_USER_INPUT']);
  });

  it('are objects of the answer, which may have so many', async () => {
    const text = '{ run(workflowId: "wf", id: "r1") { id steps { id } } }';
    const result = await createQuery(schema, { maxObjects: 2 })(text);
    expect(result.data).toEqual({ run: { id: 'r1', steps: null } });
    expect(errorsOf(result)).toEqual(['run.steps: ANSWER_TOO_LARGE']);
  });

  it('are all of them to whoever has no event before', async () => {
    expect(await ofRun('r1', 'changedSteps { id }')).toEqual(all({ changedSteps: ids('s1', 's3', 's2') }));
  });

  it('have the nodes of the graph that they executed', async () => {
    expect(await ofRun('r1', 'steps { node { id } }')).toEqual(
      all({ steps: [{ node: { id: 'model_1' } }, { node: { id: 'send' } }, { node: { id: 'model_1' } }] }),
    );
    expect(await ofRun('r2', 'steps { nodeId node { id } }')).toMatchObject(
      all({ steps: [{ nodeId: 'gone', node: null }, {}] }),
    );
  });
});

describe('a run', () => {
  it('has its workflow, and its error taken apart', async () => {
    expect(await ofRun('r1', 'workflow { id name } errorInfo { message code }')).toEqual(
      all({ workflow: { id: 'wf', name: 'Workflow wf' }, errorInfo: { message: 'no answer', code: '7' } }),
    );
    expect(await ofRun('r2', 'errorInfo { message } steps { errorInfo { message } }')).toEqual(
      all({ errorInfo: null, steps: [{ errorInfo: null }, { errorInfo: null }] }),
    );
    expect(await ofRun('r1', 'step(id: "s1") { errorInfo { message code } }')).toEqual(
      all({ step: { errorInfo: { message: 'no', code: '7' } } }),
    );
  });

  it('has a cost where there are prices', async () => {
    const fields = 'estimatedCost { amount stepsPriced } step(id: "s2") { estimatedCost { amount } }';
    expect(await ofRun('r1', fields)).toEqual(all({ estimatedCost: null, step: { estimatedCost: null } }));
    const prices = new Map([
      ['virtuoso-large', { prices: { ...NO_PRICES, input: 1e-3, output: 1e-2 }, longInput: [] }],
    ]);
    const { data } = await createQuery(schema, { prices })(`{ run(workflowId: "wf", id: "r1") { ${fields} } }`);
    expect(data).toEqual({
      run: { estimatedCost: { amount: 0.42, stepsPriced: 1 }, step: { estimatedCost: { amount: 0.42 } } },
    });
  });

  it('names the count that can not be told', async () => {
    const { errors } = await query(`{
      run(workflowId: "wf", id: "r2") { totalElapsedTime }
      compareRuns(workflowId: "wf", baseId: "r1", headId: "r2") { elapsedTimeDelta }
    }`);
    expect(errors?.map(({ message, path }) => message.startsWith(`${String(path?.at(-1))}: `))).toEqual([true, true]);
  });
});

describe('a payload', () => {
  it('is answered whole, or what a path finds in it', async () => {
    const fields = 'inputs outputs order: inputs(path: "order") text: outputs(path: "length(@)")';
    expect(await ofRun('r1', fields)).toEqual(
      all({ inputs: { order: 7 }, outputs: 'Refund approved.', order: 7, text: 16 }),
    );
    const ofSteps =
      'steps { inputs(path: "model") outputs(path: "usage.total_tokens") metadata inputsSizeBytes outputsSizeBytes }';
    expect(await ofRun('r2', ofSteps)).toMatchObject({
      data: {
        steps: [
          { inputs: 'virtuoso-large', outputs: 150, metadata: null, inputsSizeBytes: 100, outputsSizeBytes: 240 },
          { inputs: null, outputs: 150, metadata: null, inputsSizeBytes: 19, outputsSizeBytes: 240 },
        ],
      },
      errors: ['run.steps.1.inputs: UPSTREAM_CONTRACT_VIOLATION'],
    });
  });
});

describe('a step', () => {
  it('has its metadata and its conversation', async () => {
    const fields =
      'step(id: "s2") { conversation { messages { content } } } other: step(id: "s3") { metadata conversation { model } }';
    expect(await ofRun('r1', fields)).toEqual(
      all({
        step: { conversation: { messages: [{ content: 'Refund?' }, { content: 'Refund approved.' }] } },
        other: { metadata: { branch: 'refund' }, conversation: { model: 'virtuoso-large' } },
      }),
    );
  });

  it('has no node where its workflow has no graph, or is not listed', async () => {
    for (const workflowId of ['other', 'unlisted']) {
      expect(await ask(`{ run(workflowId: "${workflowId}", id: "r3") { steps { node { id } } } }`)).toEqual(
        all({ steps: [{ node: null }] }),
      );
    }
  });
});

describe('a long payload', () => {
  type Resolve = (parent: unknown, args: object, context: Context) => unknown;
  const read = (entry: object, parent: unknown) => {
    const held: number[] = [];
    const hold = (bytes: number) => {
      held.push(bytes);
      throw new GatewayError('RATE_LIMITED', 'too much is held');
    };
    const source = { now: () => 0, maxUpstreamCalls: 1, maxObjects: 1, prices: null } as unknown as ContextSource;
    const signal = () => new AbortController().signal;
    const context = createContext(source, { viewer: null, authError: null, requestId: 'r', signal, hold });
    expect(() => (entry as { readonly resolve: Resolve }).resolve(parent, {}, context)).toThrow('too much is held');
    return held;
  };
  const notRead = () => {
    throw new Error('expected that it is not read');
  };
  const text: PayloadText = {
    ...{ bytes: Buffer.alloc(0), sizeBytes: 2 ** 21, isPlain: false, problem: null, cost: 1 },
    ...{ read: notRead, written: notRead },
  };
  const payload: Payload = { inputs: text, outputs: text, metadata: text, heldBytes: 0 };

  it('of a step is not read where its client can not hold it', () => {
    for (const name of ['inputs', 'outputs', 'metadata'] as const) {
      expect(read(ofStep[name], { payload })).toEqual([2 ** 21]);
    }
    expect(read(ofStep.conversation, { payload })).toEqual([2 ** 22]);
  });

  it('of a run is not read where its client can not hold it', () => {
    for (const name of ['inputs', 'outputs'] as const) expect(read(ofRuns[name], { payload })).toEqual([2 ** 21]);
  });
});

describe('steps that can not be read', () => {
  it('stand behind the others, each with its own error, unless some are asked for', () => {
    const { steps } = runOf([ran('a', 0, 1)]);
    const { resolve } = ofRuns.steps as unknown as { readonly resolve: (run: unknown, args: object) => unknown };
    const one = { steps, unreadableSteps: ['steps[1].id: expected a text'] };
    const error = expect.objectContaining({ code: 'UPSTREAM_CONTRACT_VIOLATION', message: one.unreadableSteps[0] });
    expect(resolve(one, {})).toEqual([...steps, error]);
    expect(resolve(one, { filter: { failedOnly: false } })).toEqual(steps);
  });
});

describe('the success before a run', () => {
  it('is the latest that started before it, or none', async () => {
    expect(await ofRun('r1', 'lastSuccessBefore { id totalElapsedTime }')).toMatchObject({
      data: { lastSuccessBefore: { id: 'r2' } },
    });
    expect(await ofRun('r2', 'lastSuccessBefore { id }')).toEqual(all({ lastSuccessBefore: null }));
    expect(await ofRun('waiting', 'lastSuccessBefore { id }')).toMatchObject(all({ lastSuccessBefore: null }));
  });

  it('is never the run itself, whose record may name an earlier start than its steps', async () => {
    type Resolve = (run: unknown, args: object, context: unknown, info: unknown) => Promise<unknown>;
    const { resolve } = ofRuns.lastSuccessBefore as unknown as { readonly resolve: Resolve };
    const run = { workflowId: 'wf', id: 'r1', startedAt: at(1) };
    const found = (...ids: readonly string[]) => {
      const entries = ids.map((id) => ({ record: { id } }));
      const history = { page: () => Promise.resolve({ entries }) };
      const runs = () => ({ load: ({ runId }: { readonly runId: string }) => Promise.resolve(runId) });
      return resolve(run, {}, { history, runs, requirement: () => 'RECORD' }, {});
    };
    expect([await found('r1', 'r0'), await found('r0'), await found('r1')]).toEqual(['r0', 'r0', null]);
  });
});

describe('a comparison', () => {
  it('is of two runs, of which anything can be read', async () => {
    const fields =
      'base { id progress { total } } head { id progress { total } } elapsedTimeDelta tokenDelta nodes { nodeId }';
    const runs = 'workflowId: "wf", baseId: "r1", headId: "long"';
    const { data, errors } = await ask(`{ compareRuns(${runs}) { ${fields} } }`);
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      base: { id: 'r1', progress: { total: 2 } },
      head: { id: 'long', progress: { total: expect.any(Number) } },
      elapsedTimeDelta: 34,
      tokenDelta: 2838,
    });
  });

  it.each([
    ['baseId: "none", headId: "r1"', 'NOT_FOUND', /^baseId: /],
    ['baseId: "r1", headId: "none"', 'NOT_FOUND', /^headId: /],
    ['baseId: "r1", headId: ".."', 'BAD_USER_INPUT', /^headId: expected /],
  ])('by %s says which of them is wrong', async (ids, code, message) => {
    const { errors = [] } = await query(`{ compareRuns(workflowId: "wf", ${ids}) { tokenDelta } }`);
    expect(errors.map(({ originalError }) => originalError)).toMatchObject([
      { code, message: expect.stringMatching(message) },
    ]);
  });

  it('has no difference in seconds where an Int can not hold it', async () => {
    const { data, errors } = await ask(
      '{ compareRuns(workflowId: "wf", baseId: "r1", headId: "r2") { elapsedTimeDelta tokenDelta base { id } } }',
    );
    expect(data).toEqual({ elapsedTimeDelta: null, tokenDelta: null, base: { id: 'r1' } });
    expect(errors).toEqual([
      'compareRuns.elapsedTimeDelta: NUMBER_OUT_OF_RANGE',
      'compareRuns.tokenDelta: NUMBER_OUT_OF_RANGE',
    ]);
  });
});

describe('a workflow', () => {
  it('has what the list of workflows tells of it', async () => {
    const names = 'name description status version isPublic organizationId createdAt updatedAt graph { nodes { id } }';
    expect(await ofWorkflow(names)).toEqual(
      all({
        name: 'Workflow wf',
        description: 'Answers mail',
        status: 'active',
        version: '1.2',
        isPublic: false,
        organizationId: 'org-1',
        createdAt: '2025-03-12T00:59:55.465508+00:00',
        updatedAt: '2025-03-13T00:59:55.465508+00:00',
        graph: { nodes: ids('model_1', 'send') },
      }),
    );
  });

  it('has the runs that are named, each with its own error', async () => {
    const { data, errors } = await ofWorkflow('run(id: "r2") { id } runsById(ids: ["r1", "down", "r2", ".."]) { id }');
    expect(data).toEqual({ run: { id: 'r2' }, runsById: [{ id: 'r1' }, null, { id: 'r2' }, null] });
    expect(errors).toEqual(['workflow.runsById.1: UPSTREAM_TIMEOUT', 'workflow.runsById.3: BAD_USER_INPUT']);
  });

  it('has pages of runs, each behind a cursor', async () => {
    const page = (after: string) =>
      ofWorkflow(
        `runs(first: 2${after}) { nodes { id } edges { cursor node { id } } pageInfo { hasPreviousPage endCursor } }`,
      );
    const first = (await page('')).data as { readonly runs: { readonly pageInfo: { readonly endCursor: string } } };
    expect(first).toMatchObject({
      runs: {
        nodes: ids('r1', 'missing'),
        edges: [{ node: { id: 'r1' } }, { node: { id: 'missing' } }],
        pageInfo: { hasPreviousPage: false },
      },
    });
    expect((await page(`, after: "${first.runs.pageInfo.endCursor}"`)).data).toMatchObject({
      runs: { nodes: ids('r2', 'broken'), pageInfo: { hasPreviousPage: true } },
    });
    expect((await page(', after: null')).data).toEqual(first);
    expect((await page(', filter: { status: [FAILED] }')).data).toMatchObject({ runs: { nodes: ids('r1', 'broken') } });
  });

  it('has figures of its latest runs, or of those in a window', async () => {
    const fields = 'runCount failedCount';
    const before = 'last: 10, startedBefore: "2025-03-13T00:00:00Z"';
    expect(
      await ofWorkflow(`statistics(last: 10) { ${fields} } old: statistics(${before}) { ${fields} nodes { nodeId } }`),
    ).toEqual(
      all({
        statistics: { runCount: 4, failedCount: 2 },
        old: { runCount: 1, failedCount: 0, nodes: [{ nodeId: 'gone' }, { nodeId: 'model_1' }] },
      }),
    );
    expect((await ofWorkflow('statistics(last: 4) { nodes { nodeId } }')).errors).toEqual([
      'workflow.statistics.nodes: UPSTREAM_TIMEOUT',
    ]);
    expect((await ofWorkflow('statistics(last: 0) { runCount }')).errors).toEqual([
      'workflow.statistics: BAD_USER_INPUT',
    ]);
  });

  it('has a trend of so many buckets, from a beginning if one is given', async () => {
    expect(await ofWorkflow('trend(last: 10, buckets: 2) { runCount }')).toEqual(
      all({ trend: [{ runCount: 1 }, { runCount: 3 }] }),
    );
    const window = 'startedAfter: "2025-03-11T00:00:00Z", startedBefore: "2025-03-14T00:00:00Z"';
    const { data } = await ofWorkflow(`trend(last: 10, buckets: 3, ${window}) { startedAt runCount nodes { nodeId } }`);
    expect(data).toMatchObject({
      trend: [
        { startedAt: '2025-03-11T00:00:00.000000Z', runCount: 0, nodes: [] },
        { startedAt: '2025-03-12T00:00:00.000000Z', runCount: 1, nodes: [{ nodeId: 'gone' }, { nodeId: 'model_1' }] },
        { startedAt: '2025-03-13T00:00:00.000000Z', runCount: 3 },
      ],
    });
    expect((await ofWorkflow('trend(buckets: 101) { runCount }')).errors).toEqual(['workflow.trend: BAD_USER_INPUT']);
  });

  it('has groups of failures, beside an error for each run whose steps can not be had', async () => {
    const { data, errors } = await ofWorkflow('failureGroups(last: 10) { nodeId count runs(first: 1) { id } }');
    expect(data).toEqual({ failureGroups: [{ nodeId: null, count: 1, runs: ids('r1') }, null] });
    expect(errors).toEqual(['workflow.failureGroups.1: UPSTREAM_TIMEOUT']);
    expect((await ofWorkflow('failureGroups { runs(first: 0) { id } }')).errors).toContain(
      'workflow.failureGroups.0.runs: BAD_USER_INPUT',
    );
  });
});

describe('a list over workflows', () => {
  it('has pages of workflows', async () => {
    const page = (args: string) =>
      ask(`{ workflows(${args}) { nodes { id } edges { node { id } cursor } totalCount pageInfo { endCursor } } }`);
    const { data } = await page('first: 1');
    const { endCursor } = (data as { readonly pageInfo: { readonly endCursor: string } }).pageInfo;
    expect(data).toEqual({
      nodes: ids('wf'),
      edges: [{ node: { id: 'wf' }, cursor: endCursor }],
      totalCount: 2,
      pageInfo: { endCursor },
    });
    expect((await page(`after: "${endCursor}"`)).data).toMatchObject({ nodes: ids('other') });
    expect((await page('search: "OTHER"')).data).toMatchObject({ nodes: ids('other'), totalCount: 1 });
    expect((await page('first: 0')).errors).toEqual(['workflows: BAD_USER_INPUT']);
  });

  it('has the recent runs of all of them, or of those that are named', async () => {
    const page = (args: string) =>
      ask(
        `{ recentRuns(${args}) { nodes { id } edges { cursor node { id } } pageInfo { hasPreviousPage endCursor } unavailableWorkflows { id } } }`,
      );
    const { data, errors } = await page('first: 2');
    const { endCursor } = (data as { readonly pageInfo: { readonly endCursor: string } }).pageInfo;
    expect(errors).toEqual(['recentRuns: UPSTREAM_TIMEOUT']);
    expect(data).toMatchObject({
      nodes: ids('r1', 'missing'),
      edges: [{ node: { id: 'r1' } }, { node: { id: 'missing' }, cursor: endCursor }],
      pageInfo: { hasPreviousPage: false },
      unavailableWorkflows: ids('other'),
    });
    const named = 'workflowIds: ["wf", "wf"]';
    expect(await page(`${named}, after: "${endCursor}"`)).toMatchObject(
      all({ nodes: ids('r2', 'broken'), pageInfo: { hasPreviousPage: true }, unavailableWorkflows: [] }),
    );
    expect(await page(`${named}, after: null, filter: { status: [FAILED] }`)).toMatchObject(
      all({ nodes: ids('r1', 'broken'), pageInfo: { hasPreviousPage: false } }),
    );
    expect((await page('first: 101')).errors).toEqual(['recentRuns: BAD_USER_INPUT']);
  });
});

describe('a run that was started', () => {
  it('is answered with what the upstream said', async () => {
    expect(
      await ask('mutation { executeWorkflow(workflowId: "wf") { run { id status stepCounts { total } } message } }'),
    ).toEqual(all({ run: { id: 'r1', status: 'FAILED', stepCounts: { total: 3 } }, message: 'started' }));
  });

  it('is none where its inputs or its key can not be', async () => {
    for (const argument of ['inputs: [1]', 'idempotencyKey: ""']) {
      const { data, errors } = await ask(`mutation { executeWorkflow(workflowId: "wf", ${argument}) { message } }`);
      expect({ data, errors }).toEqual({ data: null, errors: ['executeWorkflow: BAD_USER_INPUT'] });
    }
  });
});

describe('a subscription', () => {
  /** Its first event; its errors where it does not begin. */
  async function first(text: string) {
    const contextValue = createContexts(schema)('key-1');
    const events = await subscribe({ schema, document: parse(`subscription { ${text} }`), contextValue });
    if (!(Symbol.asyncIterator in events)) return { data: null, errors: errorsOf(events) };
    const { value } = (await events.next()) as { readonly value: ExecutionResult };
    await events.return(undefined);
    return {
      data: value.data,
      errors: errorsOf({ errors: [...(value.errors ?? []), ...contextValue.reported.all()] }),
    };
  }

  it('to a run begins with its present state and all of its steps', async () => {
    const run = 'runUpdated(workflowId: "wf", id: "r1") { id status changedSteps { id } progress { total } }';
    expect(await first(run)).toEqual(
      all({ runUpdated: { id: 'r1', status: 'FAILED', changedSteps: ids('s1', 's3', 's2'), progress: { total: 2 } } }),
    );
  });

  it('to runs begins with those of the workflows that are named, or of all; it names what it has to do without', async () => {
    const runs = ids('r1', 'missing', 'r2', 'broken');
    for (const [args, missed] of [
      ['(workflowIds: ["wf"])', []],
      ['', ['runsUpdated: UPSTREAM_TIMEOUT']],
    ] as const) {
      const { data, errors } = await first(`runsUpdated${args} { id }`);
      expect(new Set(data?.runsUpdated as typeof runs)).toEqual(new Set(runs));
      expect(errors).toEqual(missed);
    }
  });
});
