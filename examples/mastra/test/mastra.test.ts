/** Real Mastra workflows, with their storage in a file, behind the gateway. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openStream } from '../../../test/harness/live-client.ts';
import { startShop, type Shop } from '../gateway.ts';

let folder: string;
let shop: Shop;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mastra-'));
  shop = await startShop({
    file: join(folder, 'runs.db'),
    settings: { port: 0, logLevel: 'silent', liveTtlMs: 0 },
  });
});
afterEach(async () => {
  await shop.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly data: Readonly<Record<string, unknown>>;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: { readonly code: string; readonly fields?: unknown };
  }[];
}

async function ask(query: string, variables: object = {}, key = 'shop-key'): Promise<Answer> {
  const answer = await fetch(`${shop.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables }),
  });
  return (await answer.json()) as Answer;
}

interface Step {
  readonly nodeId: string;
  readonly status: string;
  readonly itemKey: string | null;
  readonly attemptKind: string;
  readonly durationMs: number | null;
  readonly waitingMs: number;
  readonly waitingSince: string | null;
  readonly error: string | null;
  readonly errorInfo: { readonly message: string; readonly type: string | null } | null;
  readonly outputs: unknown;
  readonly metadata: unknown;
}
interface Run {
  readonly status: string;
  readonly isFinished: boolean;
  readonly inputs: unknown;
  readonly outputs: unknown;
  readonly errorInfo: { readonly message: string } | null;
  readonly steps: readonly Step[];
  readonly failedSteps: readonly { readonly nodeId: string; readonly itemKey: string | null }[];
  readonly timing: { readonly waitingMs: number; readonly busyMs: number; readonly wallClockMs: number };
  readonly progress: object;
  readonly criticalPath: { readonly isInferred: boolean; readonly steps: readonly { readonly nodeId: string }[] };
}

const RUN = `query Run($id: ID!) { run(workflowId: "refund", id: $id) {
  status isFinished inputs outputs errorInfo { message }
  steps {
    nodeId status itemKey attemptKind durationMs waitingMs waitingSince error errorInfo { message type } outputs metadata
  }
  failedSteps(latestAttemptOnly: true) { nodeId itemKey }
  timing { waitingMs busyMs wallClockMs }
  progress { finished total isTotalKnown }
  criticalPath { isInferred steps { nodeId } }
} }`;
const readRun = async (id: string): Promise<Run> => {
  const { data, errors } = await ask(RUN, { id });
  assert.equal(errors, undefined);
  return data.run as Run;
};

async function start(...items: readonly string[]): Promise<string> {
  const { data, errors } = await ask(
    'mutation Start($inputs: JSON!) { executeWorkflow(workflowId: "refund", inputs: $inputs) { run { id } } }',
    { inputs: { id: 7, items } },
  );
  assert.equal(errors, undefined);
  return (data.executeWorkflow as { readonly run: { readonly id: string } }).run.id;
}

/** A run that waits for approval. */
async function startWaiting(...items: readonly string[]): Promise<string> {
  const id = await start(...items);
  const workflow = shop.mastra.getWorkflow('refund');
  while ((await workflow.getWorkflowRunById(id))?.status !== 'suspended') await new Promise(setImmediate);
  return id;
}

async function answer(id: string, isApproved: boolean): Promise<void> {
  const run = await shop.mastra.getWorkflow('refund').createRun({ runId: id });
  await run.resume({ step: 'approve', resumeData: { isApproved } });
}

const RESUME = `mutation Resume($run: ID!, $step: ID!, $answer: JSON) {
  resumeStep(workflowId: "refund", runId: $run, stepId: $step, answer: $answer) { run { id } }
}`;
const resume = (run: string, answer: unknown, step = `${run}:approve`) => ask(RESUME, { run, step, answer });

const CANCEL = `mutation Cancel($id: ID!) { cancelRun(workflowId: "refund", id: $id) {
  run { status isFinished availableActions steps { nodeId status itemKey waitingSince availableActions } }
} }`;

const codesOf = ({ errors }: Answer) => errors?.map(({ extensions }) => extensions.code);

const named = ({ nodeId, status, itemKey }: Step) =>
  [nodeId, itemKey, status].filter((part) => part !== null).join(' ');

describe('a Mastra workflow', () => {
  it('A step that waits for a person waits in its run, with its question and since when', async () => {
    const run = await readRun(await startWaiting('cup'));
    assert.deepEqual([run.status, run.isFinished, run.inputs], ['WAITING', false, { id: 7, items: ['cup'] }]);
    assert.deepEqual(run.steps.map(named), ['find-order COMPLETED', 'approve WAITING']);
    const approve = run.steps.at(-1);
    assert.deepEqual(approve?.metadata, { question: 'Refund order 7?' });
    assert.match(approve?.waitingSince ?? '', /^2\d{3}-/);
    assert.deepEqual(run.progress, { finished: 1, total: 4, isTotalKnown: true });
  });

  it('A run that was approved completes with its list, and the wait counts as no work', async () => {
    const id = await startWaiting('cup', 'plate');
    // Until the wait is longer than the work can be.
    const before = await readRun(id);
    while ((await readRun(id)).timing.waitingMs < before.timing.busyMs + 500) await new Promise(setImmediate);
    await answer(id, true);
    const run = await readRun(id);
    assert.deepEqual([run.status, run.outputs], ['COMPLETED', ['paid cup', 'paid plate']]);
    assert.deepEqual(
      run.steps.map(named),
      ['find-order', 'approve', 'pay', 'notify.mail'].map((node) => `${node} COMPLETED`),
    );
    const approve = run.steps[1];
    assert.ok(run.timing.waitingMs >= 500 && approve && approve.waitingMs >= 500);
    assert.ok((approve.durationMs ?? Infinity) < approve.waitingMs);
    assert.ok(run.timing.busyMs + run.timing.waitingMs <= run.timing.wallClockMs);
    assert.equal(run.criticalPath.isInferred, false);
  });

  it('A run that was refused fails with the error of its step', async () => {
    const id = await startWaiting('cup');
    await answer(id, false);
    const run = await readRun(id);
    assert.deepEqual([run.status, run.errorInfo?.message], ['FAILED', 'Refund rejected']);
    assert.deepEqual(run.failedSteps, [{ nodeId: 'approve', itemKey: null }]);
  });

  it('Items of a list that fail and succeed side by side are steps of their own', async () => {
    const id = await startWaiting('cup', 'broken', 'plate');
    await answer(id, true);
    const run = await readRun(id);
    assert.equal(run.status, 'FAILED');
    const items = run.steps.filter(({ nodeId }) => nodeId === 'pay');
    assert.deepEqual(items.map(named).sort(), ['pay 0 COMPLETED', 'pay 1 FAILED', 'pay 2 COMPLETED']);
    assert.deepEqual(run.failedSteps, [{ nodeId: 'pay', itemKey: '1' }]);
    assert.equal(items.find(({ itemKey }) => itemKey === '1')?.errorInfo?.message, 'Card service unavailable');
    assert.ok(items.every(({ attemptKind }) => attemptKind !== 'RETRY'));
  });

  it('Lists, the graph, statistics and groups of failures answer as over the sample', async () => {
    const ids: string[] = [];
    for (const items of [['cup'], ['broken'], ['plate']]) {
      const id = await startWaiting(...items);
      ids.unshift(id);
      await answer(id, true);
    }
    const { data, errors } = await ask(`{ workflow(id: "refund") {
      description graph { nodes { id type description } edges { from to } entry finish }
      runs(first: 2) { nodes { id status } pageInfo { endCursor } }
      failed: runs(filter: { status: [FAILED] }) { nodes { id } }
      statistics { completedCount failedCount nodes { nodeId executionCount failureCount } }
      failureGroups { nodes { nodeId message count } }
    } }`);
    assert.equal(errors, undefined);
    const [third, second, first] = ids;
    const { runs, failed, graph, statistics, failureGroups, description } = data.workflow as Record<string, unknown> & {
      readonly runs: { readonly nodes: unknown; readonly pageInfo: { readonly endCursor: string } };
    };
    assert.equal(description, 'Pays an order back.');
    assert.deepEqual(graph, {
      nodes: [
        { id: 'find-order', type: 'step', description: 'Reads the order.' },
        { id: 'approve', type: 'step', description: 'Asks a person.' },
        { id: 'pay', type: 'foreach', description: 'Pays one item back.' },
        { id: 'notify.mail', type: 'step', description: 'Sends a mail to the customer.' },
      ],
      edges: [
        { from: 'find-order', to: 'approve' },
        { from: 'approve', to: 'pay' },
        { from: 'pay', to: 'notify.mail' },
      ],
      entry: 'find-order',
      finish: 'notify.mail',
    });
    assert.deepEqual(runs.nodes, [
      { id: third, status: 'COMPLETED' },
      { id: second, status: 'FAILED' },
    ]);
    assert.deepEqual(failed, { nodes: [{ id: second }] });
    assert.deepEqual(statistics, {
      completedCount: 2,
      failedCount: 1,
      nodes: [
        ['approve', 3, 0],
        ['find-order', 3, 0],
        ['notify.mail', 2, 0],
        ['pay', 3, 1],
      ].map(([nodeId, executionCount, failureCount]) => ({ nodeId, executionCount, failureCount })),
    });
    assert.deepEqual(failureGroups, { nodes: [{ nodeId: 'pay', message: 'Card service unavailable', count: 1 }] });
    const rest = await ask(
      'query Rest($after: String) { workflow(id: "refund") { runs(first: 2, after: $after) { nodes { id } } } }',
      { after: runs.pageInfo.endCursor },
    );
    assert.deepEqual(rest.data.workflow, { runs: { nodes: [{ id: first }] } });
  });

  it('tells what a waiting step asks for', async () => {
    const { data } = await ask(
      `query Wait($id: ID!) { run(workflowId: "refund", id: $id) {
        availableActions steps { nodeId availableActions waitingFor { message data answerSchema } }
      } }`,
      { id: await startWaiting('cup') },
    );
    assert.deepEqual(data.run, {
      availableActions: ['CANCEL'],
      steps: [
        { nodeId: 'find-order', availableActions: [], waitingFor: null },
        {
          nodeId: 'approve',
          availableActions: ['RESUME'],
          waitingFor: {
            message: null,
            data: { question: 'Refund order 7?' },
            answerSchema: {
              $schema: 'http://json-schema.org/draft-07/schema#',
              type: 'object',
              properties: { isApproved: { type: 'boolean' } },
              required: ['isApproved'],
              additionalProperties: false,
            },
          },
        },
      ],
    });
  });

  it('goes on with an answer, as a subscriber sees', async () => {
    const id = await startWaiting('cup');
    const query = `subscription Watch($id: ID!) { runUpdated(workflowId: "refund", id: $id) { run {
      status outputs steps { nodeId status }
    } } }`;
    const stream = await openStream(shop.url, { query, variables: { id } }, 'shop-key');
    const nextRun = async () => {
      const data = (await stream.nextData()) as unknown as { readonly runUpdated: { readonly run: Run } };
      return data.runUpdated.run;
    };
    assert.equal((await nextRun()).status, 'WAITING');
    assert.deepEqual(await resume(id, { isApproved: true }), { data: { resumeStep: { run: { id } } } });
    let run = await nextRun();
    while (run.status !== 'COMPLETED') run = await nextRun();
    assert.deepEqual(run.outputs, ['paid cup']);
    stream.cut();
  });

  it('names the field of an answer that does not fit, and still waits', async () => {
    const id = await startWaiting('cup');
    const { errors } = await resume(id, { isApproved: 'yes' });
    assert.deepEqual(
      errors?.map(({ extensions: { code, fields } }) => ({ code, fields })),
      [
        {
          code: 'BAD_USER_INPUT',
          fields: [{ path: 'isApproved', message: 'Invalid input: expected boolean, received string' }],
        },
      ],
    );
    assert.equal((await readRun(id)).status, 'WAITING');
  });

  it('refuses an answer to a step that does not wait or does not exist', async () => {
    const id = await startWaiting('cup');
    const answer = { isApproved: true };
    assert.deepEqual(codesOf(await resume(id, answer, `${id}:find-order`)), ['CONFLICT']);
    assert.deepEqual(codesOf(await resume(id, answer, `${id}:nothing`)), ['NOT_FOUND']);
    assert.deepEqual(codesOf(await resume('nothing', answer)), ['NOT_FOUND']);
  });

  it('takes only one of two answers at once', async () => {
    const id = await startWaiting('cup');
    const answers = await Promise.all([resume(id, { isApproved: true }), resume(id, { isApproved: false })]);
    assert.deepEqual(
      answers.flatMap((answered) => codesOf(answered) ?? []),
      ['CONFLICT'],
    );
  });

  it('cancels a waiting run once, and its step no longer waits', async () => {
    const id = await startWaiting('cup');
    const { data, errors } = await ask(CANCEL, { id });
    assert.equal(errors, undefined);
    const step = { itemKey: null, waitingSince: null, availableActions: [] };
    assert.deepEqual(data.cancelRun, {
      run: {
        status: 'CANCELLED',
        isFinished: true,
        availableActions: [],
        steps: [
          { ...step, nodeId: 'find-order', status: 'COMPLETED' },
          { ...step, nodeId: 'approve', status: 'CANCELLED' },
        ],
      },
    });
    assert.deepEqual(codesOf(await ask(CANCEL, { id })), ['CONFLICT']);
    assert.deepEqual(codesOf(await ask(CANCEL, { id: 'nothing' })), ['NOT_FOUND']);
    assert.deepEqual(codesOf(await resume(id, { isApproved: true })), ['CONFLICT']);
  });

  it('Another key, workflow or run is refused', async () => {
    const codes = async (asked: Promise<Answer>) => codesOf(await asked);
    assert.deepEqual(await codes(ask('{ workflows { nodes { id } } }', {}, 'other-key')), ['UNAUTHENTICATED']);
    assert.deepEqual(await codes(ask(RUN, { id: 'nothing' })), ['NOT_FOUND']);
    assert.deepEqual(await codes(ask('{ run(workflowId: "mails", id: "1") { status } }')), ['NOT_FOUND']);
  });
});
