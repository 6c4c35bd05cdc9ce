/** CACHE_MAX_BYTES is what the cache holds: runs stay cached until their bytes add up to it. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

/** A twentieth of the default. */
const CACHE_MAX_BYTES = Math.floor(268_435_456 / 20);
const RUNS = 250;
const RUN_BYTES = 40_000;

const QUERY = `query Run($id: ID!) {
  run(workflowId: "wf", id: $id) {
    id status totalElapsedTime
    failedSteps { id nodeId error }
    steps { id nodeId status startTime endTime elapsedTime }
  }
}`;

/** A finished run of 40 KB and 20 steps. */
const stepsOf = (runId: string) => {
  const steps = (text: string) =>
    Array.from({ length: 20 }, (_, index) =>
      wireStep({ id: `${runId}-${index}`, node_id: `node_${index}`, outputs: { text }, inputs: {} }),
    );
  const frame = JSON.stringify(steps('')).length;
  return steps('x'.repeat((RUN_BYTES - frame) / 20));
};

describe('the cache', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeEach(async () => {
    upstream = await startFaultyUpstream(({ endpoint, runId }) =>
      endpoint === 'steps' ? { json: stepsOf(runId) } : { json: [wireRun(runId)] },
    );
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, CACHE_MAX_BYTES: String(CACHE_MAX_BYTES) });
  });

  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  async function askForAll(): Promise<void> {
    for (let run = 0; run < RUNS; run += 1) {
      const { errors } = await gateway.query(QUERY, { variables: { id: `run-${run}` } });
      expect(errors).toEqual([]);
    }
  }

  it('keeps finished runs whose answers fill three quarters of CACHE_MAX_BYTES, and their whole answers', async () => {
    await askForAll();
    const calls = upstream.calls.length;
    // The second pass caches whole answers next to the runs; the third one is answered by these.
    await askForAll();
    await askForAll();
    expect(upstream.calls.length).toBe(calls);
    expect(gateway.cachedBytes()).toBeLessThanOrEqual(CACHE_MAX_BYTES);
  }, 30_000);
});
