import { expect, it } from '@jest/globals';
import { createRandom } from '../../src/sample/random.ts';
import { proveUnderFaults } from '../support/fleet/random-faults.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';

describeWithValkey(`a fleet under random faults${withoutValkey}`, () => {
  it('A fleet under random faults answers with true states that are not too old, and sends the end to every subscriber', async () => {
    const report = await proveUnderFaults({
      durationMs: 4000,
      periods: 1,
      runs: 4,
      subscribersPerRun: 6,
      queriers: 4,
      faultEveryMs: 600,
      slackMs: 1500,
      redisTimeoutMs: 200,
      random: createRandom(1, 'faults').next,
    });
    expect(report.failures).toEqual([]);
    expect(report.answers).toBeGreaterThan(50);
  });
});
