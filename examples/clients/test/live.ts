/** A run that changes while a client follows it. */
import assert from 'node:assert/strict';
import { LiveRun } from '../../../test/harness/live-run.ts';

const FIELDS = 'id workflowId status stepCounts { total }';

export const LIVE_RUN = `
  subscription LiveRun($workflowId: ID!, $id: ID!) {
    runUpdated(workflowId: $workflowId, id: $id) { run { ${FIELDS} } }
  }
`;

export const RUN = `query Run($workflowId: ID!, $id: ID!) { run(workflowId: $workflowId, id: $id) { ${FIELDS} } }`;

export const RUN_KEY = { workflowId: 'wf', id: 'r1' };
export const LIVE_KEY = 'key-1';

export interface Sink {
  next(data: unknown): void;
  error(error: unknown): void;
  complete(): void;
}

/** Follows a run from its first state to its end. The subscription must complete there. */
export async function followRun(
  watch: (url: string, sink: Sink) => unknown,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const run = await new LiveRun({ env: environment }).open();
  const seen: string[] = [];
  let wake: () => void = () => undefined;
  const say = (what: string): void => {
    seen.push(what);
    wake();
  };
  const until = async (count: number): Promise<void> => {
    while (seen.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  watch(`${run.gateway.url}/graphql`, {
    next(data) {
      const { run } = (data as { runUpdated: { run: { status: string; stepCounts: { total: number } } } }).runUpdated;
      say(`${run.status} ${run.stepCounts.total}`);
    },
    error: (error) => say(`failed: ${String(error)}`),
    complete: () => say('end'),
  });
  try {
    await until(1);
    await run.feeds(1);
    run.steps = 2;
    await run.poll(1);
    await until(2);
    run.steps = 3;
    run.status = 'completed';
    await run.poll(0);
    await until(4);
    assert.deepEqual(seen, ['RUNNING 1', 'RUNNING 2', 'COMPLETED 3', 'end']);
  } finally {
    await run.close();
  }
}

/** The final state of the run, which a cache must have without another request. */
export const FINAL = { status: 'COMPLETED', stepCounts: { total: 3 } };
