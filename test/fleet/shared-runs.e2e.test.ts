/** Runs that change, and an upstream that hangs, while gateways share answers. */
import { expect, it } from '@jest/globals';
import { describeWithValkey, withoutValkey } from '../harness/describe-with-valkey.ts';
import { Fleet } from '../harness/fleet.ts';
import { perTest } from '../harness/lasting.ts';
import { until } from '../harness/until.ts';
import { wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';
import { createScriptedHistory } from '../harness/workflows.ts';

const RUNNING = { status: 'running', end_time: null };
const STEPS = 'steps { id } freshness { isFinal }';
const RUN = `{ run(workflowId: "wf", id: "r1") { ${STEPS} } }`;
const LISTED = `{ workflow(id: "wf") { runs(first: 1) { nodes { ${STEPS} } } } }`;
const PAGE = `query ($after: String) {
  workflow(id: "wf") { runs(first: 100, after: $after) { nodes { id } pageInfo { endCursor } } }
}`;
const FIGURES = '{ workflow(id: "wf") { statistics(last: 200) { runCount } } }';
const STATE = '{ run(workflowId: "wf", id: "r1") { status stepCounts { total } freshness { isStale } } }';

describeWithValkey(`the runs of a fleet${withoutValkey}`, () => {
  const fleet = perTest(new Fleet());
  /** Finished long ago: without the record the run would count as over. */
  const stepsOf = (count: number) => Array.from({ length: count }, (_, index) => wireStep({ id: `s${index}` }));
  const isStored = async () => (await fleet.names('answer')).length > 0;
  const withSteps = (count: number, isFinal: boolean) => ({
    steps: Array.from({ length: count }, (_, index) => ({ id: `s${index}` })),
    freshness: { isFinal },
  });

  it("don't include a pausing run as final", async () => {
    let steps = 1;
    fleet.upstream.script = async ({ endpoint, runId }) => {
      if (endpoint === 'steps') return { json: stepsOf(steps) };
      await until(async () => steps > 1 || (await isStored()));
      return { json: [wireRun(runId, RUNNING)] };
    };
    // The steps must stay in Valkey long enough to be seen.
    const [one, other] = await fleet.start(2, { LIVE_TTL_MS: '1000', UPSTREAM_ENDPOINTS: 'steps,run' });
    expect((await one.query(RUN)).data).toEqual({ run: withSteps(1, false) });
    steps = 2;
    const now = JSON.stringify({ run: withSteps(2, false) });
    await until(async () => JSON.stringify((await other.query(RUN)).data) === now);
  });

  it('are read again if a list says a final one runs', async () => {
    let steps = 1;
    fleet.upstream.script = ({ endpoint }) => ({
      json: endpoint === 'runs' ? [wireRun('r1', RUNNING)] : stepsOf(steps),
    });
    const [one, other] = await fleet.start(2, { LIVE_TTL_MS: '100', UPSTREAM_ENDPOINTS: 'steps,runs' });
    expect((await one.query(RUN)).data).toEqual({ run: withSteps(1, true) });
    await until(isStored);
    expect((await other.query(RUN)).data).toEqual({ run: withSteps(1, true) });
    expect(fleet.upstream.count('steps')).toBe(1);
    steps = 2;
    const now = JSON.stringify({ workflow: { runs: { nodes: [withSteps(2, false)] } } });
    for (const gateway of [one, other])
      await until(async () => JSON.stringify((await gateway.query(LISTED)).data) === now);
  });

  it('are read again if the windows of a history contradict each other', async () => {
    const history = createScriptedHistory(300, [wireWorkflow('wf')]);
    fleet.upstream.script = history.script;
    const environment = { LIVE_TTL_MS: '3600000', UPSTREAM_ENDPOINTS: 'steps,run,runs,workflows' };
    const [one, other] = await fleet.start(2, environment);
    const first = (await one.query(PAGE)).data as { workflow: { runs: { pageInfo: { endCursor: string } } } };
    await until(isStored);
    await fleet.valkey.client.flushall();
    // The second window is from now in both tiers. The first window will be from later.
    await other.query(PAGE, { variables: { after: first.workflow.runs.pageInfo.endCursor } });
    await until(isStored);
    history.start('run-301');
    const before = fleet.upstream.count('runs');
    const { data, errors } = await other.query(FIGURES);
    expect([data, errors]).toEqual([{ workflow: { statistics: { runCount: 200 } } }, []]);
    expect(fleet.upstream.count('runs') - before).toBeLessThanOrEqual(4);
  });

  it('are stale for readers of all gateways while the upstream hangs', async () => {
    fleet.upstream.script = ({ endpoint, runId }) => ({
      json: [endpoint === 'run' ? wireRun(runId, RUNNING) : wireStep(RUNNING)],
    });
    // The timeout is longer than the test.
    const gateways = await fleet.start(3, { UPSTREAM_TIMEOUT_MS: '600000', LIVE_TTL_MS: '60000' });
    const allAnswer = async (isStale: boolean) => {
      for (const { data } of await Promise.all(gateways.map((gateway) => gateway.query(STATE))))
        expect(data).toEqual({ run: { status: 'RUNNING', stepCounts: { total: 1 }, freshness: { isStale } } });
    };
    await allAnswer(false);
    fleet.upstream.script = () => ({ status: 500 });
    await fleet.skip(60_000);
    await allAnswer(true);
    fleet.upstream.script = ({ cut }) => cut.then(() => ({}));
    for (let round = 0; round < 3; round += 1) {
      await fleet.skip(60_000);
      await allAnswer(true);
    }
  });
});
