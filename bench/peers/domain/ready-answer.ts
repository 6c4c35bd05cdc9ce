/** The answer to the workloads' query about one run, as the servers of ready bytes send it. */
import { createFetchRun } from './upstream.ts';

export async function readyAnswer(upstreamUrl: string, argv: readonly string[]): Promise<Buffer> {
  const [authorization = '', workflowId = '', runId = ''] = argv;
  const { run } = await createFetchRun(upstreamUrl)(authorization, workflowId, runId);
  const answer = {
    data: {
      run: {
        status: run.status,
        totalElapsedTime: run.totalElapsedTime,
        failedSteps: run.failedSteps.map(({ id, nodeId, error }) => ({ id, nodeId, error })),
        steps: run.steps.map(({ id, nodeId, status, startTime, endTime, elapsedTime }) => ({
          id,
          nodeId,
          status,
          startTime,
          endTime,
          elapsedTime,
        })),
      },
    },
  };
  return Buffer.from(JSON.stringify(answer));
}
