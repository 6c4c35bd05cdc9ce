import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream, type Script } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { createScriptedWorkflows, type ScriptedWorkflows } from '../harness/scripted-workflows.ts';
import { wireStep } from '../harness/wire.ts';

const TRACEBACK = 'Traceback (most recent call last):\n  File "a.py", line 1, in run\nValueError: no host at all';
const MORE_NODES = ['send_2', 'send_3', 'send_4'];

await describeInBrowser('the runs of a workflow', (browser) => {
  let workflows: ScriptedWorkflows;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    workflows = createScriptedWorkflows(['wf', 'other']);
    const script: Script = (call) => {
      if (call.endpoint !== 'steps' || !call.runId.startsWith('bad')) return workflows.script(call);
      const error = call.runId === 'bad-python' ? TRACEBACK : `no host for ${call.runId}`;
      const failed = (node_id: string) => wireStep({ id: node_id, node_id, status: 'failed', error });
      return { json: ['send', ...(call.runId === 'bad-often' ? MORE_NODES : [])].map(failed) };
    };
    upstream = await startFaultyUpstream(script);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '50' });
    for (let number = 1; number <= 30; number += 1) workflows.start('wf', `run-${number}`);
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('show by themselves what starts and what changes, as far as the filters of the address let it', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    const row = (id: string) => page.getByRole('row', { name: new RegExp(`\\b${id}\\b`) });
    await page.goto(`${gateway.url}/workflows/wf`);
    await page.getByText('Live', { exact: true }).waitFor();
    workflows.start('wf', 'fresh', { status: 'running' });
    await row('fresh').getByText('Running').waitFor();
    workflows.change('fresh', { status: 'completed' });
    await row('fresh').getByText('Completed').waitFor();

    await page.getByLabel('Failed').check();
    await page.getByText('No run fits these filters').waitFor();
    expect(page.url()).toMatch(/status=FAILED/);
    workflows.start('wf', 'good');
    workflows.start('other', 'bad-elsewhere', { status: 'failed', error: 'elsewhere' });
    workflows.start('wf', 'bad-1', { status: 'failed', error: 'Node "send" failed' });
    await row('bad-1').getByText('no host for bad-1').waitFor();
    await row('bad-1').getByText('send', { exact: true }).waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    expect(page.url()).toMatch(/status=FAILED/);

    // The figures above the list follow it.
    await page.getByRole('main').getByText('Failed').locator('..').getByText('1', { exact: true }).first().waitFor();
    await page.getByLabel('Failed').uncheck();
    await page.getByRole('link', { name: 'Older runs' }).click();
    await row('run-1').waitFor();
    workflows.start('wf', 'newest');
    workflows.change('run-2', { status: 'failed' });
    expect(await row('newest').count()).toBe(0);
    await page.getByRole('link', { name: 'Newest runs' }).click();
    await row('newest').waitFor();

    const script = upstream.script;
    upstream.script = () => ({ status: 503, json: {} });
    await page.getByText(/^Stale since/).waitFor();
    await row('newest').waitFor();
    upstream.script = script;
    await page.getByText(/^Stale since/).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('that failed show what failed first, and whether more did; the other failures are not loaded', async () => {
    workflows.start('wf', 'bad-often', { status: 'failed' });
    workflows.start('wf', 'bad-once', { status: 'failed' });
    workflows.start('wf', 'bad-python', { status: 'failed' });
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    const answers: Promise<string>[] = [];
    page.on('response', (response) => {
      if (response.url() === `${gateway.url}/graphql`) answers.push(response.text());
    });
    const row = (id: string) => page.getByRole('listitem').filter({ has: page.locator(`a[data-row][title="${id}"]`) });
    await page.goto(gateway.url);
    await row('bad-often').getByText('no host for bad-often').waitFor();
    await row('bad-often').getByText('send', { exact: true }).waitFor();
    await row('bad-often').getByText('and more').waitFor();
    await row('bad-once').getByText('no host for bad-once').waitFor();
    await row('bad-python').getByText('ValueError: no host at all').waitFor();
    expect(await row('bad-once').getByText('and more').count()).toBe(0);

    await page.getByRole('article').getByRole('link', { name: 'Workflow wf' }).click();
    await page
      .getByRole('row', { name: /bad-often/ })
      .getByText('no host for bad-often')
      .waitFor();
    const loaded = (await Promise.all(answers)).join();
    expect(loaded).toContain('"send_2"');
    for (const node of MORE_NODES.slice(1)) expect(loaded).not.toContain(`"${node}"`);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('of another year say which', async () => {
    const { page, context } = await openPage(browser(), { key: 'key-1', timeZone: 'UTC' });
    const started = page.getByRole('row', { name: /\bother-run\b/ }).locator('.started');
    workflows.start('other', 'other-run', { start_time: '2026-05-04T03:02:01Z' });
    for (const [now, text] of [
      ['2026-11-26T00:00:00Z', /^4 May, 03:02:01/],
      ['2027-01-01T00:00:00Z', /^4 May 2026, 03:02:01/],
    ] as const) {
      await page.clock.setFixedTime(now);
      await page.goto(`${gateway.url}/workflows/other`);
      await started.getByText(text).waitFor();
    }
    await context.close();
  });
});
