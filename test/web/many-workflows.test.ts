import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { follow, openPage, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { createScriptedWorkflows, type ScriptedWorkflows } from '../harness/scripted-workflows.ts';

/** More than lists over several workflows take. */
const IDS = Array.from({ length: 120 }, (_, index) => `wf-${index + 1}`);
const LAST = 'wf-120';

await describeInBrowser('the page of a key that sees more than a hundred workflows', (browser) => {
  let workflows: ScriptedWorkflows;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let isDown: boolean;

  beforeEach(async () => {
    workflows = createScriptedWorkflows(IDS);
    // A run is of one workflow.
    isDown = false;
    upstream = await startFaultyUpstream((call) => {
      if (call.runId === '' || call.workflowId === LAST) return workflows.script(call);
      return { status: isDown && call.workflowId === 'wf-1' ? 503 : 404, json: {} };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '50' });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  const row = (page: Page, id: string) => page.locator(`a[data-row][title="${id}"]`);

  it('is live for a workflow that is not among the first hundred', async () => {
    workflows.start(LAST, 'listed');
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(`${gateway.url}/?workflow=${LAST}`);
    await row(page, 'listed').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    workflows.start(LAST, 'told', { status: 'running' });
    await row(page, 'told').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('keeps its connection where the chosen workflow is among them', async () => {
    workflows.start('wf-1', 'of-another');
    workflows.start('wf-2', 'of-the-chosen');
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    let streams = 0;
    page.on('request', (request) => (streams += request.url().endsWith('/graphql/stream') ? 1 : 0));
    await page.goto(gateway.url);
    await page.getByText('Live', { exact: true }).waitFor();
    await row(page, 'of-another').waitFor();
    await follow(page, '/?workflow=wf-2');
    await row(page, 'of-another').waitFor({ state: 'detached' });
    await row(page, 'of-the-chosen').waitFor();
    await page.evaluate('fetch("/")');
    expect(streams).toBe(1);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('finds a run by its id in all of them, and the latest ones by a part of it', async () => {
    workflows.start(LAST, 'order-4711');
    workflows.start('wf-1', 'mail-of-anna');
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(gateway.url);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.keyboard.press('/');
    const search = page.getByRole('dialog', { name: 'Search' });
    await search.getByRole('combobox').fill('anna');
    await search.getByRole('option', { name: /mail-of-anna/ }).waitFor();
    await search.getByRole('combobox').fill('order-4711');
    await search.getByRole('option', { name: /order-4711/ }).waitFor();
    await search.getByRole('combobox').fill('order-4712');
    await search.getByText('Nothing found', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('asks all of them again where the same id is searched again', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(gateway.url);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.keyboard.press('/');
    const search = page.getByRole('dialog', { name: 'Search' });
    isDown = true;
    await search.getByRole('combobox').fill('order-4711');
    await search.getByText('Nothing found, but not everything could be searched: UPSTREAM_UNAVAILABLE').waitFor();
    isDown = false;
    await search.getByRole('combobox').fill('nothing');
    await search.getByText('Nothing found', { exact: true }).waitFor();
    await search.getByRole('combobox').fill('order-4711');
    await search.getByText('Searching…').waitFor();
    await search.getByText(/^Nothing found/).waitFor();
    expect(await search.getByRole('status').textContent()).toBe('Nothing found');
    expect(complaints).toEqual([]);
    await context.close();
  });
});
