import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream, type Script } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { createScriptedHistory, wireWorkflow } from '../harness/scripted-history.ts';
import { wireRun } from '../harness/wire.ts';

const { script } = createScriptedHistory(
  3,
  ['billing', 'triage'].map((id) => wireWorkflow(id)),
);
const failing =
  (isFailing: (call: Parameters<Script>[0]) => boolean): Script =>
  (call) =>
    isFailing(call) ? { status: 500 } : script(call);

await describeInBrowser('a page of which a part can not be had', (browser) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeEach(async () => {
    upstream = await startFaultyUpstream(script);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '50' });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  async function open(path: string) {
    const opened = await openPage(browser(), { key: 'key-1' });
    await opened.page.goto(gateway.url + path);
    return opened;
  }

  it('shows every workflow but the runs of the one whose history fails, says so, and gets them when asked', async () => {
    upstream.script = failing(({ endpoint, workflowId }) => endpoint === 'runs' && workflowId === 'billing');
    const { page, context, complaints } = await open('/');
    const cards = page.getByRole('article');
    const sick = cards.filter({ hasText: 'Workflow billing' });
    await sick.getByText('The runs could not be loaded.').waitFor();
    await sick.getByText(/UPSTREAM_UNAVAILABLE/).waitFor();
    const well = cards.filter({ hasText: 'Workflow triage' });
    expect(await well.getByRole('listitem').count()).toBe(3);
    expect(await page.getByRole('list', { name: 'Other runs' }).getByRole('listitem').count()).toBe(3);
    await page.getByText('Without the runs of Workflow billing').waitFor();
    expect(await page.getByRole('alert').count()).toBe(1);

    upstream.script = script;
    await sick.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('list', { name: 'Latest runs of Workflow billing, oldest first' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('keeps the error of a workflow while the runs of others change, and asks again by itself', async () => {
    const running = { status: 'running', end_time: null };
    let hasEnded = false;
    const moving: Script = (call) => {
      const isMoving = call.workflowId === 'triage' && (call.endpoint === 'run' || call.endpoint === 'runs');
      if (!isMoving) return script(call);
      return { json: [wireRun('moves', { start_time: '2026-01-02T00:00:00Z', ...(!hasEnded && running) })] };
    };
    const isSick: Parameters<typeof failing>[0] = ({ endpoint, workflowId }) =>
      endpoint === 'runs' && workflowId === 'billing';
    upstream.script = (call) => (isSick(call) ? { status: 500 } : moving(call));
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.clock.install();
    await page.goto(gateway.url);
    await page.getByText('Live', { exact: true }).waitFor();
    const sick = page.getByRole('article').filter({ hasText: 'Workflow billing' });
    await sick.getByText(/UPSTREAM_UNAVAILABLE/).waitFor();
    hasEnded = true;
    const well = page.getByRole('article').filter({ hasText: 'Workflow triage' });
    await well.getByText(/^Completed, .*: moves/).waitFor({ state: 'attached' });
    await sick.getByText(/UPSTREAM_UNAVAILABLE/).waitFor();

    upstream.script = moving;
    const runs = page.getByRole('list', { name: 'Latest runs of Workflow billing, oldest first' });
    while ((await runs.count()) === 0) await page.clock.runFor(1000);
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('does not say that no run succeeded where their list fails', async () => {
    upstream.script = failing(({ endpoint }) => endpoint === 'runs');
    const { page, context } = await open('/workflows/billing/runs/run-2?tab=compare');
    await page.getByText('The list of runs could not be loaded.').waitFor();
    expect(await page.getByText('No run before this one succeeded').count()).toBe(0);
    upstream.script = script;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByLabel('Compare with').getByText('Last success before').waitFor({ state: 'attached' });
    expect(await page.getByRole('alert').count()).toBe(0);
    await context.close();
  });

  it('shows what the record of a run tells while its steps fail, and the rest when asked', async () => {
    upstream.script = failing(({ endpoint }) => endpoint === 'steps');
    const { page, context, complaints } = await open('/workflows/billing/runs/run-1');
    await page.getByText('Not all of the run could be loaded.').waitFor();
    await page.getByText('Completed').first().waitFor();
    await page.getByText('2.50 s').first().waitFor();

    upstream.script = script;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('model_1').first().waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
