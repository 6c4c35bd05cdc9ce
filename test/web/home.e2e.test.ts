import { afterAll, expect, it } from '@jest/globals';
import { follow, isLive, operationOf, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import { SampleGateway } from '../harness/sample.ts';
import { createScriptedWorkflows } from '../harness/workflows.ts';

const rowOf = (page: Page, id: string) => page.locator(`.run-list [data-row][title="${id}"]`);

const gateway = await new SampleGateway().open();
afterAll(() => gateway.close());

describeInBrowser('the home page', (open) => {
  it('shows failures, the metrics of each workflow, and runs as they start and end', async () => {
    const page = await open({ key: 'demo-key' });
    let loads = 0;
    page.on('load', () => (loads += 1));
    await page.goto(gateway.url);
    await isLive(page);
    await page.getByRole('list', { name: 'Latest runs', exact: true }).waitFor();
    await page.getByText(/^Of \d+ runs in the last 24 hours/).waitFor();
    const card = page.getByRole('article').filter({ hasText: 'Support triage' });
    expect(await card.getByRole('listitem').count()).toBeGreaterThan(10);
    await card.getByText('Success rate').waitFor();
    await card.getByText('Median').waitFor();

    const { data } = await gateway.query(
      'mutation { executeWorkflow(workflowId: "quick-answer", inputs: { question: "Now?" }) { run { id } } }',
      { key: 'demo-key' },
    );
    const id = /"id":"([^"]+)"/.exec(JSON.stringify(data))?.[1] ?? '';
    const row = page.locator('.run-list li').filter({ hasText: id });
    gateway.advance(100);
    await row.getByText('Running', { exact: true }).waitFor();
    gateway.advance(60_000);
    await row.getByText(/^(Completed|Failed)$/).waitFor();
    const itsCard = page.getByRole('article').filter({ hasText: 'Quick answer' });
    await itsCard.getByText(id).waitFor({ state: 'attached' });
    expect(loads).toBe(1);
  });

  it('filters runs by workflow, status and local time, and keeps filters in its URL', async () => {
    const { data } = await gateway.query('{ run(workflowId: "support-triage", id: "run-4711") { startedAt } }', {
      key: 'demo-key',
    });
    const day = /\d{4}-\d\d-\d\d/.exec(JSON.stringify(data))?.[0] ?? '';
    const page = await open({ key: 'demo-key', timeZone: 'Asia/Tokyo' });
    await page.goto(gateway.url);
    await rowOf(page, 'run-4711').waitFor();
    await page.getByLabel('Workflow', { exact: true }).selectOption('Support triage');
    await page.locator('.status-filter summary').click();
    await page.getByLabel('Completed').check();
    await rowOf(page, 'run-4711').waitFor({ state: 'detached' });
    await rowOf(page, 'run-4712').waitFor();
    await page.getByRole('link', { name: '7 d', exact: true }).click();
    expect(new URL(page.url()).search).toBe('?workflow=support-triage&status=COMPLETED&since=7d');
    await page.getByRole('link', { name: 'Custom' }).click();
    const to = page.getByLabel('To', { exact: true });
    // Tokyo is nine hours ahead all year.
    await page.getByLabel('From', { exact: true }).fill(`${day}T18:00`);
    // An incomplete time is not in the URL.
    expect(page.url()).not.toContain(`${day}T09`);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('start') === `${day}T09:00:00.000Z`);
    await rowOf(page, 'run-4712').waitFor();
    await to.fill(`${day}T18:20`);
    await page.keyboard.press('Enter');
    await rowOf(page, 'run-4712').waitFor({ state: 'detached' });
    await page.locator('.status-filter summary').click();
    await page.getByLabel('Completed').uncheck();
    await rowOf(page, 'run-4711').waitFor();
    await page.reload();
    await rowOf(page, 'run-4711').waitFor();
    expect(await to.inputValue()).toBe(`${day}T18:20`);
    await page.locator('.status-filter summary').click();
    await page.getByLabel('Running').check();
    await page.getByText('No run matches these filters').waitFor();
    await page.getByRole('link', { name: 'Clear filters' }).click();
    await rowOf(page, 'run-4712').waitFor();
    // Each filter is a step of the browser's history.
    await page.goBack();
    await page.getByText('No run matches these filters').waitFor();
    await page.goBack();
    await rowOf(page, 'run-4711').waitFor();
    expect(await page.getByLabel('Running').isChecked()).toBe(false);
  });

  it('keeps the height of failed rows while their errors load', async () => {
    const errors = Promise.withResolvers<null>();
    const page = await open({ key: 'demo-key', width: 1000 });
    await page.route('**/graphql', async (route) => {
      if (operationOf(route.request()) === 'FailedRuns') await errors.promise;
      await route.continue();
    });
    await page.goto(gateway.url);
    const row = page.locator('.run-list li').filter({ has: page.locator('[data-row][title=run-4711]') });
    await row.waitFor();
    const height = async () => (await row.boundingBox())?.height;
    const before = await height();
    errors.resolve(null);
    await row.getByText('draft_reply').waitFor();
    expect(await height()).toBe(before);
  });

  it('finds workflows by name and description, with the search in its URL', async () => {
    const page = await open({ key: 'demo-key' });
    await page.goto(gateway.url);
    const field = page.getByRole('searchbox', { name: 'Search workflows' });
    const card = (name: string) => page.getByRole('article').getByRole('link', { name });
    await card('Support triage').waitFor();
    await field.fill('invoice');
    await card('Support triage').waitFor({ state: 'detached' });
    await card('Invoice extraction').waitFor();
    // In a field, a shortcut key is text.
    await field.pressSequentially('j/?k');
    await page.getByText('No workflow is called “invoicej/?k”').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.getByRole('link', { name: 'Stepgate' }).click();
    await card('Support triage').waitFor();
    expect([await field.inputValue(), new URL(page.url()).search]).toEqual(['', '']);
    await page.goBack();
    await page.getByText('No workflow is called “invoicej/?k”').waitFor();
    expect(await field.inputValue()).toBe('invoicej/?k');
  });

  it('offers rows, search, pasted links and help by keyboard', async () => {
    const page = await open({ key: 'demo-key' });
    await page.goto(gateway.url);
    await rowOf(page, 'run-4711').waitFor();
    await isLive(page);
    // A run that another test has started may have failed.
    await page.locator('.failure-list > li, .no-failures').first().waitFor();
    await page.getByRole('article').filter({ hasText: 'Support triage' }).getByText('Median').waitFor();
    // Not its link: the newest run of a failure may also be the first of the latest runs.
    const focused = () =>
      page.evaluate<number>('[...document.querySelectorAll("main [data-row]")].indexOf(document.activeElement)');
    await page.keyboard.press('j');
    const first = await focused();
    await page.keyboard.press('j');
    expect(await focused()).not.toBe(first);
    await page.keyboard.press('k');
    expect(await focused()).toBe(first);
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await help.getByText('Next and previous row').waitFor();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });
    expect(await focused()).toBe(first);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/runs\//);

    const search = page.getByRole('dialog', { name: 'Search' });
    const find = async (keys: string, text: string, option: RegExp) => {
      await page.keyboard.press(keys);
      await search.getByRole('combobox').fill(text);
      await search.getByRole('option', { name: option }).first().waitFor();
      await page.keyboard.press('Enter');
      await search.waitFor({ state: 'detached' });
    };
    await find('/', 'triage', /^Support triage/);
    await page.waitForURL(`${gateway.url}/workflows/support-triage`);
    await rowOf(page, 'run-4712').waitFor();
    await find('Control+k', 'run-1042', /^run-1042/);
    await page.waitForURL(`${gateway.url}/workflows/research-agent/runs/run-1042`);
    const link = `${gateway.url}/workflows/support-triage/runs/run-4711?tab=steps`;
    await find('/', link, /^run-4711/);
    await page.waitForURL(link);
    await page.getByRole('table', { name: 'Steps' }).waitFor();
    // The focus has left the link that is gone.
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    await page
      .getByRole('status')
      .getByText(/^Failed · Support triage · .*run-4711 – Stepgate$/)
      .waitFor();
    await page.keyboard.press('j');
    expect(await page.evaluate('document.activeElement.innerText')).toMatch(/^The model accepts/);
    await page.keyboard.press('j');
    expect(await page.evaluate('document.activeElement.innerText')).toBe('intake');
    // On the timeline the same keys go from step to step.
    await page.getByRole('link', { name: 'Timeline', exact: true }).click();
    const timeline = page.getByRole('listbox', { name: /8 steps/ });
    await timeline.waitFor();
    await page.locator('.run-failure [data-row]').last().focus();
    await page.keyboard.press('j');
    const intake = timeline.getByRole('option', { name: /^intake/ });
    await intake.waitFor();
    await page.keyboard.press('j');
    await intake.waitFor({ state: 'detached' });
    await page.keyboard.press('k');
    await intake.waitFor();
  });
});

/** The last workflows are beyond the limit of lists over several workflows. */
const workflows = createScriptedWorkflows(Array.from({ length: 120 }, (_, index) => `wf-${index + 1}`));
const LAST = 'wf-120';
let isDown = false;
const large = await startGateway({
  script: (call) => {
    // A run belongs to one workflow: runs that are loaded by id belong to the last one.
    if (call.runId === '' || call.workflowId === LAST) return workflows.script(call);
    return { status: isDown && call.workflowId === 'wf-1' ? 503 : 404, json: {} };
  },
  env: { LIVE_TTL_MS: '1000' },
});
afterAll(() => large.close());
for (const id of ['wf-1', 'wf-2', LAST]) workflows.start(id, `order-of-${id}`);

describeInBrowser('the home page of a key with more than a hundred workflows', (open) => {
  it('updates live for a workflow beyond the limit, over the same connection for another', async () => {
    const page = await open({ key: 'key-1' });
    let streams = 0;
    page.on('request', (request) => (streams += request.url().endsWith('/graphql/stream') ? 1 : 0));
    await page.goto(large.url);
    await isLive(page);
    await rowOf(page, 'order-of-wf-1').waitFor();
    await follow(page, '/?workflow=wf-2');
    await rowOf(page, 'order-of-wf-1').waitFor({ state: 'detached' });
    await rowOf(page, 'order-of-wf-2').waitFor();
    await page.evaluate('fetch("/")');
    expect(streams).toBe(1);
    await follow(page, `/?workflow=${LAST}`);
    await rowOf(page, `order-of-${LAST}`).waitFor();
    await isLive(page);
    workflows.start(LAST, 'live', { status: 'running' });
    await rowOf(page, 'live').waitFor();
  });

  it('finds runs by id in all workflows, and reports an incomplete search', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(large.url);
    await isLive(page);
    await page.keyboard.press('/');
    const search = page.getByRole('dialog', { name: 'Search' });
    const field = search.getByRole('combobox');
    await field.fill('of-wf');
    await search.getByRole('option', { name: /order-of-wf-1/ }).waitFor();
    await field.fill(`order-of-${LAST}`);
    await search.getByRole('option', { name: /order-of-wf-120/ }).waitFor();
    const NOTHING = /^Nothing found\. \d+ runs searched: ids, inputs and errors\.$/;
    isDown = true;
    await field.fill('order-4712');
    await search.getByText('Nothing found, but not everything could be searched: UPSTREAM_UNAVAILABLE').waitFor();
    isDown = false;
    await field.fill('nothing');
    await search.getByText(NOTHING).waitFor();
    // A repeated search for the same id starts again.
    await field.fill('order-4712');
    await search.getByText('Searching…').waitFor();
    await search.getByText(NOTHING).waitFor();
    await page.route('**/graphql', (route) => route.abort());
    await field.fill('order-4713');
    await search
      .getByText(/^Nothing found, but not everything could be searched: The gateway can't be reached/)
      .waitFor();
  });
});
