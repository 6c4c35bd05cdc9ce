import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage } from '../harness/browser.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const UNDER_WAY = { status: 'running', end_time: null, outputs: null };

/** The right edges of the bars that run, and the line of now. */
const EDGES_OF_BARS = `() => {
  const path = document.querySelector('.status-running .bars').getAttribute('d');
  return [...path.matchAll(/M([-\\d.]+) [-\\d.]+h([\\d.]+)/g)].map(([, x, width]) => Number(x) + Number(width));
}`;
const EDGES = `[(${EDGES_OF_BARS})(), Number(document.querySelector('line.now').getAttribute('x1'))]`;

await describeInBrowser('the bars of steps that run', (browser) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let clock: ManualClock;
  let answer = '';

  beforeAll(async () => {
    clock = createManualClock();
    const startMs = clock.now();
    const at = (ms: number): string => new Date(startMs + ms).toISOString();
    const steps = [
      wireStep({ id: 's1', node_id: 'by_its_start', ...UNDER_WAY, start_time: at(-100_000), elapsed_time: 0 }),
      wireStep({ id: 's2', node_id: 'by_elapsed_time', ...UNDER_WAY, start_time: at(-90_000), elapsed_time: 5 }),
      wireStep({ id: 's3', node_id: 'by_a_clock_ahead', start_time: at(100_000), end_time: at(110_000) }),
    ];
    const left = wireStep({ ...UNDER_WAY, start_time: at(-90_000), elapsed_time: 5 });
    const ofGraph = () => [
      wireStep({ id: 's5', ...UNDER_WAY, start_time: at(-100_000), elapsed_time: 0 }),
      wireStep({ id: 's6', node_id: 'send', ...UNDER_WAY, start_time: at(-90_000), outputs: answer }),
    ];
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (endpoint === 'workflows') return { json: [wireWorkflow('wf')] };
      if (endpoint === 'steps' && runId === 'graph') return { json: ofGraph() };
      if (endpoint === 'steps') return { json: runId === 'over' ? [steps[0], left] : steps };
      if (runId === 'over') return { json: [wireRun(runId, { start_time: at(-110_000), end_time: at(-10_000) })] };
      if (endpoint === 'run') return { json: [wireRun(runId, { ...UNDER_WAY, start_time: at(-110_000) })] };
      return { status: 404, json: {} };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url }, { now: clock.now, after: clock.after });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('end at now: with an elapsed time, too, and where another step starts later than now', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf/runs/r1?fold=off`);
    await page.getByRole('listbox', { name: /^3 steps/ }).waitFor();
    const [edges, now] = await page.evaluate<readonly [readonly number[], number]>(EDGES);
    const width = (await page.locator('.timeline-lanes').boundingBox())?.width ?? 0;
    expect(edges).toHaveLength(2);
    for (const edge of edges) expect(Math.abs(edge - now)).toBeLessThanOrEqual(2);
    // The middle is a hundred seconds before the end of what starts later.
    expect(now).toBeLessThan(0.6 * width);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('end with the run that has left them running', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf/runs/over?fold=off`);
    await page.getByRole('listbox', { name: /^2 steps/ }).waitFor();
    const edges = await page.evaluate<readonly number[]>(`(${EDGES_OF_BARS})()`);
    const width = (await page.locator('.timeline-lanes').boundingBox())?.width ?? 0;
    expect(edges).toHaveLength(2);
    for (const edge of edges) expect(Math.abs(edge - width)).toBeLessThanOrEqual(2);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('are as long in the graph as in the table, whenever something of the run is told', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf/runs/graph?tab=graph`);
    const node = page.getByRole('region', { name: 'Graph of the run' }).getByRole('link', { name: /^model_1/ });
    await node.getByText('1 min 40 s').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await clock.timers(2);
    for (const took of ['1 min 50 s', '2 min 00 s']) {
      answer += 'More of it.';
      clock.advance(10_000);
      await node.getByText(took).waitFor();
    }
    expect(complaints).toEqual([]);
    await context.close();
  });
});
