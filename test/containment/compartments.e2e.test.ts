import { describe, expect, it } from '@jest/globals';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { healthy } from '../harness/upstream.ts';

describe('a workflow whose upstream calls fail', () => {
  const gateway = perTest(
    new TestGateway({
      script: (call) => (call.workflowId === 'sick' ? { status: 500 } : healthy(call)),
      env: { UPSTREAM_ENDPOINTS: 'steps' },
    }),
  );
  const { upstream } = gateway;

  let runs = 0;
  /** Each question is about another run. */
  const ask = async (workflowId: string) => {
    runs += 1;
    const { errors } = await gateway.query(`{ run(workflowId: "${workflowId}", id: "${runs}") { totalElapsedTime } }`);
    return errors[0]?.extensions.code ?? 'answered';
  };
  const several = (workflowId: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => ask(workflowId)));

  it("affects no other workflow, and eventually isn't called anymore", async () => {
    for (let round = 0; round < 10; round += 1) {
      const [sick, fine] = await Promise.all([several('sick', 8), several('fine', 2)]);
      expect({ round, fine }).toEqual({ round, fine: ['answered', 'answered'] });
      expect(new Set(sick)).toEqual(new Set(['UPSTREAM_UNAVAILABLE']));
    }
    // One trial call may be due.
    const calls = upstream.calls.length;
    expect(await ask('sick')).toBe('UPSTREAM_UNAVAILABLE');
    expect(upstream.calls.length - calls).toBeLessThanOrEqual(1);
    expect(calls).toBeLessThan(10 * 10);
  });
});
