import { afterEach, expect, it } from '@jest/globals';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateways, until } from '../harness/fleet.ts';
import { createScriptedHistory, wireWorkflow } from '../harness/scripted-history.ts';
import { startValkey } from '../harness/valkey.ts';

const ENDPOINTS = 'steps,run,runs,workflows';
const PAGE = `query ($after: String) {
  workflow(id: "wf") { runs(first: 100, after: $after) { nodes { id } pageInfo { endCursor } } }
}`;
const FIGURES = '{ workflow(id: "wf") { statistics(last: 200) { runCount } } }';

interface Page {
  readonly workflow: { readonly runs: { readonly pageInfo: { readonly endCursor: string } } };
}

describeWithValkey(`the history of a workflow in a fleet${withoutValkey}`, () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const part of opened.splice(0).reverse()) await part.close();
  });

  it('A history is read again if its windows contradict each other, including shared windows', async () => {
    const valkey = await startValkey();
    const history = createScriptedHistory(300, [wireWorkflow('wf')]);
    const upstream = await startFaultyUpstream(history.script);
    opened.push(valkey, upstream);
    const environment = { UPSTREAM_URL: upstream.url, REDIS_URL: valkey.url, LIVE_TTL_MS: '3600000' };
    const gateways = await startGateways(2, { ...environment, UPSTREAM_ENDPOINTS: ENDPOINTS });
    opened.push(...gateways);
    const [one, other] = gateways;
    const first = (await one?.query(PAGE))?.data as unknown as Page;
    await until(async () => (await valkey.client.keys('stepgate:answer:*')).length > 0);
    await valkey.client.flushall();
    // The second window is from now in both tiers. The first window will be from later.
    await other?.query(PAGE, { variables: { after: first.workflow.runs.pageInfo.endCursor } });
    await until(async () => (await valkey.client.keys('stepgate:answer:*')).length > 0);
    history.start('run-301');
    const before = upstream.count('runs');
    const answer = await other?.query(FIGURES);
    expect([answer?.data, answer?.errors]).toEqual([{ workflow: { statistics: { runCount: 200 } } }, []]);
    expect(upstream.count('runs') - before).toBeLessThanOrEqual(4);
  });
});
