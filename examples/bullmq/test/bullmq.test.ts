/** The example of BullMQ: real jobs on Valkey behind the schema. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Json } from '../../../test/harness/gateway.ts';
import { openStream } from '../../../test/harness/live-client.ts';
import { until } from '../../../test/harness/until.ts';
import { Valkey, VALKEY } from '../../../test/harness/valkey.ts';
import { startShop, type RunningShop, type Work } from '../gateway.ts';

interface Answer {
  readonly data: Readonly<Record<string, Json>> | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

interface Step {
  readonly nodeId: string;
  readonly attempt: number;
}
interface Run {
  readonly status: string;
  readonly steps: readonly Step[];
  readonly failedSteps: readonly { readonly nodeId: string }[];
  readonly criticalPath: { readonly durationMs: unknown };
}

// In CI a missing Valkey is a failure.
const skip = VALKEY === null && process.env.CI === undefined ? 'There is no valkey-server on this machine.' : false;

describe('BullMQ flows', { skip }, () => {
  let valkey: Valkey;
  let gateway: RunningShop | undefined;
  beforeEach(async () => {
    valkey = await new Valkey().open();
  });
  afterEach(async () => {
    await gateway?.close();
    await valkey.close();
  });

  async function start(work: Work): Promise<void> {
    gateway = await startShop({
      url: valkey.url,
      work,
      settings: { port: 0, logLevel: 'silent', liveTtlMs: 50 },
    });
  }

  async function ask(query: string, variables: object = {}, key = 'shop-key'): Promise<Answer> {
    const answer = await fetch(`${gateway?.url ?? ''}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query, variables }),
    });
    return (await answer.json()) as Answer;
  }

  const REFUND = 'mutation { executeWorkflow(workflowId: "refund", inputs: { order: 7 }) { run { id } } }';
  async function startRun(): Promise<string> {
    const { data } = await ask(REFUND);
    return (data as { readonly executeWorkflow: { readonly run: { readonly id: string } } }).executeWorkflow.run.id;
  }

  const RUN = `query Run($id: ID!) {
    run(workflowId: "refund", id: $id) {
      status isFinished inputs outputs progress { total }
      failedSteps { nodeId error }
      steps { nodeId status rawStatus attempt attemptCount error outputs }
      criticalPath { durationMs }
    }
  }`;
  const STATUS = 'query Status($id: ID!) { run(workflowId: "refund", id: $id) { isFinished } }';
  const finished = (id: string) =>
    until(async () => ((await ask(STATUS, { id })).data?.run as { readonly isFinished: boolean }).isFinished);

  it('Flows are runs, with their jobs and attempts as steps', async () => {
    await start({
      'find-order': ({ data }) => Promise.resolve(data),
      pay: ({ attemptsMade }) =>
        attemptsMade === 0 ? Promise.reject(new Error('Card service unavailable')) : Promise.resolve('paid'),
      refund: async (job) => Object.values<Json>(await job.getChildrenValues()).sort(),
    });
    const id = await startRun();
    await finished(id);
    const step = {
      status: 'COMPLETED',
      rawStatus: 'completed',
      attempt: 1,
      attemptCount: 1,
      error: null,
      outputs: null,
    };
    const pay = { ...step, nodeId: 'pay', attemptCount: 2 };
    const error = 'Error: Card service unavailable';
    const { data, errors } = await ask(RUN, { id });
    assert.equal(errors, undefined);
    const { steps, criticalPath, ...run } = data?.run as unknown as Run;
    assert.deepEqual(run, {
      status: 'COMPLETED',
      isFinished: true,
      inputs: { order: 7 },
      outputs: [null, 'paid'],
      progress: { total: 4 },
      failedSteps: [{ nodeId: 'pay', error }],
    });
    assert.equal(typeof criticalPath.durationMs, 'number');
    const byNode = (one: Step, other: Step) => one.nodeId.localeCompare(other.nodeId) || one.attempt - other.attempt;
    assert.deepEqual(steps.toSorted(byNode), [
      { ...step, nodeId: 'find-order', outputs: { order: 7 } },
      { ...step, nodeId: 'notify' },
      { ...pay, status: 'FAILED', rawStatus: 'failed', error },
      { ...pay, attempt: 2, outputs: 'paid' },
      { ...step, nodeId: 'refund', outputs: [null, 'paid'] },
    ]);
    const lists = await ask(`{ workflow(id: "refund") {
      description graph { nodes { id } } statistics { completedCount } runs { nodes { id status } }
    } }`);
    assert.deepEqual(lists.data?.workflow, {
      description: 'Pays an order back.',
      graph: { nodes: ['refund', 'pay', 'find-order', 'notify'].map((node) => ({ id: node })) },
      statistics: { completedCount: 1 },
      runs: { nodes: [{ id, status: 'COMPLETED' }] },
    });
  });

  it('A flow fails with its job', async () => {
    await start({ notify: () => Promise.reject(new Error('Mailbox full')) });
    const id = await startRun();
    await finished(id);
    const { status, failedSteps } = (await ask(RUN, { id })).data?.run as unknown as Run;
    assert.equal(status, 'FAILED');
    assert.deepEqual(
      failedSteps.find(({ nodeId }) => nodeId === 'notify'),
      { nodeId: 'notify', error: 'Mailbox full' },
    );
  });

  it('A flow is watched while it runs', async () => {
    const paid = Promise.withResolvers<string>();
    await start({ pay: () => paid.promise });
    const id = await startRun();
    const query = `subscription Watch($id: ID!) { runUpdated(workflowId: "refund", id: $id) { run {
      status steps { nodeId status }
    } } }`;
    const stream = await openStream(gateway?.url ?? '', { query, variables: { id } }, 'shop-key');
    let data = await stream.nextData();
    while (!JSON.stringify(data).includes('"pay","status":"RUNNING"')) data = await stream.nextData();
    assert.match(JSON.stringify(data), /^\{"runUpdated":\{"run":\{"status":"RUNNING"/);
    paid.resolve('paid');
    while (!JSON.stringify(data).startsWith('{"runUpdated":{"run":{"status":"COMPLETED"'))
      data = await stream.nextData();
    let frame = await stream.next();
    while (frame.type === 'next') frame = await stream.next();
    assert.deepEqual(frame, { type: 'complete' });
    stream.cut();
  });

  it('A flow that waits is cancelled; one with an active job is not', async () => {
    const found = Promise.withResolvers<string>();
    await start({ 'find-order': () => found.promise });
    const cancel = async (id: string) => {
      const query = 'mutation ($id: ID!) { cancelRun(workflowId: "refund", id: $id) { run { id } } }';
      const { data, errors } = await ask(query, { id });
      return errors?.[0]?.extensions.code ?? data?.cancelRun;
    };
    const stepsOf = async (id: string) =>
      (
        (await ask('query ($id: ID!) { run(workflowId: "refund", id: $id) { steps { nodeId status } } }', { id })).data
          ?.run as unknown as Run | null
      )?.steps;
    try {
      const [first, second] = [await startRun(), await startRun()];
      const notified = { nodeId: 'notify', status: 'COMPLETED' };
      await until(async () => JSON.stringify(await stepsOf(second)).includes(JSON.stringify(notified)));
      assert.equal(await cancel(first), 'CONFLICT');
      assert.deepEqual(await cancel(second), { run: { id: second } });
      assert.equal(await stepsOf(second), undefined);
      found.resolve('order');
      await finished(first);
      assert.equal(await cancel(first), 'CONFLICT');
      assert.equal(await cancel(second), 'NOT_FOUND');
    } finally {
      // A worker waits for its jobs before it closes.
      found.resolve('order');
    }
  });

  it('A flow needs a key of the shop, and must exist', async () => {
    await start({});
    const code = async (answer: Promise<Answer>) => (await answer).errors?.map(({ extensions }) => extensions.code);
    assert.deepEqual(await code(ask('{ workflows { nodes { id } } }', {}, 'other-key')), ['UNAUTHENTICATED']);
    assert.deepEqual(await code(ask(STATUS, { id: 'nothing' })), ['NOT_FOUND']);
    assert.deepEqual(await code(ask('{ run(workflowId: "mails", id: "1") { status } }')), ['NOT_FOUND']);
  });
});
