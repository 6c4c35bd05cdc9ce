import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const DOCUMENT = `query Failed($first: Int) {
  run(workflowId: "wf", id: "r1") { stepCounts { failed } failedSteps(latestAttemptOnly: true, first: $first) { id } }
}`;

describe('the failed steps of a run', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    const steps = ['a', 'b', 'c'].map((id, index) =>
      wireStep({ id, node_id: id, status: 'failed', end_time: `2025-03-13T02:41:2${index}Z`, error: `broke ${id}` }),
    );
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (endpoint === 'steps') return { json: steps };
      return endpoint === 'run' ? { json: [wireRun(runId, { status: 'failed' })] } : { status: 404 };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each([
    [2, ['a', 'b']],
    [100, ['a', 'b', 'c']],
    [null, ['a', 'b', 'c']],
  ])('are at most as many as are asked for, each time: %j', async (first, ids) => {
    for (let time = 1; time <= 3; time += 1) {
      const { data, errors } = await gateway.query(DOCUMENT, { variables: { first } });
      expect(errors).toEqual([]);
      expect(data).toEqual({ run: { stepCounts: { failed: 3 }, failedSteps: ids.map((id) => ({ id })) } });
    }
  });

  it.each([0, 101, -1])('refuse a number out of range: %d', async (first) => {
    const { data, errors } = await gateway.query(DOCUMENT, { variables: { first } });
    expect(data).toEqual({ run: { stepCounts: { failed: 3 }, failedSteps: null } });
    expect(errors.map(({ extensions: { code }, message }) => [code, message])).toEqual([
      ['BAD_USER_INPUT', `first: expected 1 to 100, got ${first}`],
    ]);
  });
});
