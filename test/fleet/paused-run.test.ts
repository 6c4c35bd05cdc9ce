import { afterEach, expect, it } from '@jest/globals';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateways, until } from '../harness/fleet.ts';
import { startValkey } from '../harness/valkey.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const QUERY = '{ run(workflowId: "wf", id: "r1") { steps { id } freshness { isFinal } } }';
const LISTED = '{ workflow(id: "wf") { runs(first: 1) { nodes { steps { id } freshness { isFinal } } } } }';

describeWithValkey(`a run that pauses${withoutValkey}`, () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const part of opened.splice(0).reverse()) await part.close();
  });

  it('A run that pauses is not shared as final if its steps came before its record', async () => {
    const valkey = await startValkey();
    let steps = 1;
    const upstream = await startFaultyUpstream(async ({ endpoint, runId }) => {
      // Finished long ago: without the record the run would count as over.
      if (endpoint === 'steps')
        return { json: Array.from({ length: steps }, (_, index) => wireStep({ id: `s${index}` })) };
      if (endpoint !== 'run') return { status: 404 };
      await until(async () => (await valkey.client.keys('stepgate:answer:*')).length > 0 || steps > 1);
      return { json: [wireRun(runId, { status: 'running', end_time: null })] };
    });
    opened.push(valkey, upstream);
    // The steps must stay in Valkey long enough to be seen.
    const environment = { UPSTREAM_URL: upstream.url, REDIS_URL: valkey.url, LIVE_TTL_MS: '1000' };
    const gateways = await startGateways(2, { ...environment, UPSTREAM_ENDPOINTS: 'steps,run' });
    opened.push(...gateways);
    const [one, another] = gateways;
    expect((await one?.query(QUERY))?.data).toEqual({ run: { steps: [{ id: 's0' }], freshness: { isFinal: false } } });
    steps = 2;
    const now = { run: { steps: [{ id: 's0' }, { id: 's1' }], freshness: { isFinal: false } } };
    await until(async () => JSON.stringify((await another?.query(QUERY))?.data) === JSON.stringify(now));
    expect((await another?.query(QUERY))?.data).toEqual(now);
  });

  it('A run is read again if a list says that it is running, although its steps were shared as final', async () => {
    const valkey = await startValkey();
    let steps = 1;
    const upstream = await startFaultyUpstream(({ endpoint }) => {
      if (endpoint === 'runs') return { json: [wireRun('r1', { status: 'running', end_time: null })] };
      return { json: Array.from({ length: steps }, (_, index) => wireStep({ id: `s${index}` })) };
    });
    opened.push(valkey, upstream);
    const environment = { UPSTREAM_URL: upstream.url, REDIS_URL: valkey.url, LIVE_TTL_MS: '100' };
    const gateways = await startGateways(2, { ...environment, UPSTREAM_ENDPOINTS: 'steps,runs' });
    opened.push(...gateways);
    const [one, another] = gateways;
    // Finished long ago: without a record the run counts as over.
    const over = { run: { steps: [{ id: 's0' }], freshness: { isFinal: true } } };
    expect((await one?.query(QUERY))?.data).toEqual(over);
    await until(async () => (await valkey.client.keys('stepgate:answer:*')).length > 0);
    expect((await another?.query(QUERY))?.data).toEqual(over);
    expect(upstream.count('steps')).toBe(1);
    steps = 2;
    const nodes = [{ steps: [{ id: 's0' }, { id: 's1' }], freshness: { isFinal: false } }];
    for (const gateway of gateways) {
      const listed = async () => JSON.stringify((await gateway.query(LISTED)).data);
      await until(async () => (await listed()) === JSON.stringify({ workflow: { runs: { nodes } } }));
    }
  });
});
