/** The limit: node:http that answers the same ready bytes to every request, without looking at it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFetchRun } from './domain/upstream.ts';
import { announce, HOST, upstreamUrl } from './settings.ts';

/** The answer to the workloads' query about this one run. */
const [authorization = '', workflowId = '', runId = ''] = process.argv.slice(2);
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
const bytes = Buffer.from(JSON.stringify(answer));
const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length };

const server = createServer((_request, response) => {
  response.writeHead(200, headers);
  response.end(bytes);
});
server.listen(0, HOST, () => {
  announce((server.address() as AddressInfo).port);
});
