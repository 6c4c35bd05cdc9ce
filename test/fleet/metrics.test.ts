import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateways } from '../harness/fleet.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { rowsOf, scrape, wordsIn } from '../support/observed.ts';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { startValkey, type TestValkey } from '../harness/valkey.ts';

describeWithValkey(`the metrics of a fleet${withoutValkey}`, () => {
  let valkey: TestValkey;
  let upstream: FaultyUpstream;
  const gateways: TestGateway[] = [];

  beforeEach(async () => {
    valkey = await startValkey();
    upstream = await startFaultyUpstream();
  });
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
    await upstream.close();
    await valkey.close();
  });

  it('are those that the docs list, with the same labels; a gateway alone has none of them', async () => {
    gateways.push(...(await startGateways(1, { UPSTREAM_URL: upstream.url, REDIS_URL: valkey.url })));
    gateways.push(await startGateway({ UPSTREAM_URL: upstream.url }));
    const [ofFleet, alone] = await Promise.all(
      gateways.map(async (gateway) => {
        await gateway.query('{ run(workflowId: "wf", id: "r1") { status } }');
        return scrape(gateway.url);
      }),
    );
    const names = ofFleet?.names.filter((name) => !alone?.names.includes(name)) ?? [];
    const rows = rowsOf('Metrics of a fleet');
    expect(names.sort()).toEqual(rows.flatMap(([listed]) => wordsIn(listed)).sort());
    for (const [listed, labels] of rows) {
      const [name = ''] = wordsIn(listed);
      const sample = ofFleet?.samples.find((each) => [name, `${name}_sum`].includes(each.name));
      expect({ name, labels: Object.keys(sample?.labels ?? {}) }).toEqual({ name, labels: wordsIn(labels) });
    }
  });
});
