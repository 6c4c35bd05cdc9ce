/** Starts of runs with idempotency keys, over an upstream that numbers the runs. */
import { expect } from '@jest/globals';
import { healthy, ScriptedUpstream, type Reply, type Script } from './upstream.ts';
import type { GraphqlAnswer, TestGateway } from './gateway.ts';

export const EXECUTE = `mutation Execute($workflowId: ID! = "wf", $inputs: JSON, $idempotencyKey: String) {
  executeWorkflow(workflowId: $workflowId, inputs: $inputs, idempotencyKey: $idempotencyKey) { message run { id } }
}`;

export const TEN_MINUTES_MS = 600_000;

export interface StartVariables {
  readonly idempotencyKey?: string | null;
  readonly workflowId?: string;
  readonly inputs?: unknown;
  /** The bearer key. */
  readonly key?: string;
}

export const execute = (gateway: TestGateway, { key = 'key-1', ...variables }: StartVariables = {}) =>
  gateway.query(EXECUTE, { key, variables: { inputs: { subject: 'secret' }, idempotencyKey: 'a', ...variables } });

/** This number of starts in one operation, each with its own idempotency key. */
export function executeMany(gateway: TestGateway, count: number, prefix: string, key = 'key-1') {
  const fields = Array.from(
    { length: count },
    (_, index) => `a${index}: executeWorkflow(workflowId: "wf", idempotencyKey: "${prefix} ${index}") { message }`,
  );
  return gateway.query(`mutation { ${fields.join(' ')} }`, { key });
}

/** The id of the started run. Fails for any other answer. */
export function runIn({ data, errors }: Pick<GraphqlAnswer, 'data' | 'errors'>): string {
  expect(errors).toEqual([]);
  const { executeWorkflow } = data as { executeWorkflow: { message: string; run: { id: string } } };
  expect(executeWorkflow.message).toBe(`started ${executeWorkflow.run.id}`);
  return executeWorkflow.run.id;
}

/** Answers the first start with run-1, the second with run-2, and so on. */
export class StartingUpstream extends ScriptedUpstream {
  override open(): Promise<this> {
    return super.open(this.numbered);
  }

  readonly numbered: Script = (call) => {
    if (call.endpoint !== 'execute') return healthy(call);
    const id = `run-${this.calls.filter(({ endpoint }) => endpoint === 'execute').indexOf(call) + 1}`;
    return { json: { run_id: id, message: `started ${id}` } };
  };

  /** Answers starts with this reply from now on. */
  reply(reply: Reply): void {
    this.script = (call) => (call.endpoint === 'execute' ? reply : this.numbered(call));
  }

  /** Starts wait until the returned function is called. */
  hold(reply?: Reply): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.script = async (call) => {
      if (call.endpoint === 'execute') await promise;
      return call.endpoint === 'execute' && reply ? reply : this.numbered(call);
    };
    return () => {
      resolve(undefined);
    };
  }

  starts(): number {
    return this.count('execute');
  }
}
