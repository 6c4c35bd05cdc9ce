import { expect, it } from '@jest/globals';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { Fleet, recordOf } from '../harness/fleet.ts';
import { perTest } from '../harness/lasting.ts';

describeWithValkey(`two gateways${withoutValkey}`, () => {
  const fleet = perTest(new Fleet());

  it('share one upstream call, and make separate calls while Valkey is down', async () => {
    const [first, second] = await fleet.start(2, { REDIS_TIMEOUT_MS: '500' });
    const data = await first.data(recordOf('r1'));
    await fleet.storedForGood(1);
    expect(await second.data(recordOf('r1'))).toEqual(data);
    expect(fleet.upstream.count('run')).toBe(1);
    await fleet.valkey.kill();
    for (const gateway of [first, second]) await gateway.data(recordOf('r2'));
    expect(fleet.upstream.count('run')).toBe(3);
  });
});
