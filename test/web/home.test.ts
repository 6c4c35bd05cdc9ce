import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startSampleGateway, type SampleGateway } from '../harness/sample-gateway.ts';

await describeInBrowser('the home page', (browser) => {
  let gateway: SampleGateway;

  beforeAll(async () => {
    gateway = await startSampleGateway();
  });
  afterAll(() => gateway.close());

  it('shows what is happening: failures first, with what failed and why, and how each workflow fares', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'demo-key' });
    await page.goto(gateway.url);
    const failed = page
      .getByRole('list', { name: 'Failed runs' })
      .getByRole('listitem')
      .filter({ hasText: 'run-4711' });
    await failed.getByText('draft_reply').waitFor();
    await failed.getByText(/^The model accepts 32768 tokens/).waitFor();
    await page.getByRole('list', { name: 'Other runs' }).waitFor();
    const order = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.run-list')].map((list) => list.getAttribute('aria-label'))`,
    );
    expect(order).toEqual(['Failed runs', 'Other runs']);
    const card = page.getByRole('article').filter({ hasText: 'Support triage' });
    expect(await card.getByRole('listitem').count()).toBeGreaterThan(10);
    await card.getByText('Success rate').waitFor();
    await card.getByText('Median').waitFor();
    await failed.getByRole('link', { name: 'run-4711' }).click();
    await page.getByText('A step failed').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('shows runs that start, and how they end, without a reload', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'demo-key' });
    let loads = 0;
    page.on('load', () => (loads += 1));
    await page.goto(gateway.url);
    await page.getByText('Live', { exact: true }).waitFor();
    const { data } = await gateway.query(
      'mutation { executeWorkflow(workflowId: "quick-answer", inputs: { question: "Now?" }) { run { id } } }',
      { key: 'demo-key' },
    );
    const id = /"id":"([^"]+)"/.exec(JSON.stringify(data))?.[1] ?? '';
    const row = page.getByRole('listitem').filter({ has: page.locator(`a[data-row][title="${id}"]`) });
    gateway.advance(100);
    await row.getByText('Running', { exact: true }).waitFor();
    gateway.advance(60_000);
    await row.getByText(/^(Completed|Failed)$/).waitFor();
    const card = page.getByRole('article').filter({ hasText: 'Quick answer' });
    await card.getByText(id).waitFor({ state: 'attached' });
    expect(loads).toBe(1);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('lists what its address says: by status, workflow and time', async () => {
    const { page, context } = await openPage(browser(), { key: 'demo-key' });
    await page.goto(gateway.url);
    const runs = page.getByRole('region', { name: 'Runs' });
    await runs.getByRole('link', { name: 'run-4711' }).waitFor();
    await page.getByLabel('Workflow', { exact: true }).selectOption('Support triage');
    await page.getByLabel('Completed').check();
    await runs.getByRole('link', { name: 'run-4711' }).waitFor({ state: 'detached' });
    await runs.getByRole('link', { name: 'run-4712' }).waitFor();
    await page.getByRole('link', { name: '7 d', exact: true }).click();
    expect(new URL(page.url()).search).toBe('?workflow=support-triage&status=COMPLETED&since=7d');
    await page.getByRole('link', { name: 'Exact' }).click();
    const type = async (label: string, text: string) => {
      await page.getByLabel(label, { exact: true }).fill(text);
      await page.keyboard.press('Enter');
    };
    /** As the field has it, in the browser's time zone. */
    const local = (time: string) =>
      page.evaluate<string>(
        `(at => new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16))(new Date('${time}'))`,
      );
    await type('From', await local('2026-11-18T00:00Z'));
    await runs.getByRole('link', { name: 'run-4712' }).waitFor();
    const to = await local('2026-11-18T09:20Z');
    await type('To', to);
    await runs.getByRole('link', { name: 'run-4712' }).waitFor({ state: 'detached' });
    await page.getByLabel('Completed').uncheck();
    await runs.getByRole('link', { name: 'run-4711' }).waitFor();
    await page.reload();
    await runs.getByRole('link', { name: 'run-4711' }).waitFor();
    expect(await page.getByLabel('To', { exact: true }).inputValue()).toBe(to);
    await type('From', await local('2026-11-18T09:18Z'));
    await page.getByText('No run fits these filters').waitFor();
    await page.getByRole('link', { name: 'Clear filters' }).click();
    await runs.getByRole('link', { name: 'run-4712' }).waitFor();
    await context.close();
  });

  it('takes an exact time by keyboard, and tells the address of whole moments alone', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'demo-key', timeZone: 'Europe/Berlin' });
    await page.goto(`${gateway.url}/?start=2025-03-04T09:00:00.000Z`);
    const from = page.getByLabel('From');
    const search = () => decodeURIComponent(new URL(page.url()).search);
    await from.focus();
    await page.keyboard.press('Backspace');
    await page.keyboard.type('1118');
    expect(search()).toBe('?start=2025-03-04T09:00:00.000Z');
    await page.keyboard.type('2026');
    expect([await from.inputValue(), search()]).toEqual(['2026-11-18T10:00', '?start=2025-03-04T09:00:00.000Z']);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('start') === '2026-11-18T09:00:00.000Z');
    // Half of a moment is dropped.
    await from.focus();
    await page.keyboard.press('Backspace');
    expect(await from.inputValue()).toBe('');
    await from.blur();
    expect([await from.inputValue(), search()]).toEqual(['2026-11-18T10:00', '?start=2026-11-18T09:00:00.000Z']);
    // None is none, and the fields stay for another one.
    await from.fill('');
    await from.blur();
    await page.waitForURL((url) => url.search === '');
    await page.getByLabel('To', { exact: true }).fill('2026-11-18T10:20');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('end') === '2026-11-18T09:20:00.000Z');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('goes by keyboard: rows, search, pasted links, help', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'demo-key' });
    await page.goto(gateway.url);
    await page.getByRole('region', { name: 'Runs' }).getByRole('link', { name: 'run-4711' }).waitFor();
    const focused = () => page.evaluate<string>('document.activeElement.getAttribute("href") ?? ""');
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
    // The focus is back where it was.
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
    await page.getByRole('row', { name: /run-4712/ }).waitFor();
    await find('Control+k', 'run-1042', /^run-1042/);
    await page.waitForURL(`${gateway.url}/workflows/research-agent/runs/run-1042`);
    await find('/', `${gateway.url}/workflows/support-triage/runs/run-4711?tab=steps`, /^run-4711/);
    await page.waitForURL(`${gateway.url}/workflows/support-triage/runs/run-4711?tab=steps`);
    await page.getByRole('table', { name: 'Steps' }).waitFor();
    await page.keyboard.press('j');
    expect(await page.evaluate('document.activeElement.innerText')).toBe('intake');

    // What is typed is text.
    await page.goto(gateway.url);
    await page.getByRole('searchbox').fill('j/?k');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.keyboard.press('Control+k');
    await search.waitFor();
    await page.keyboard.press('Escape');
    await search.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  });
});
