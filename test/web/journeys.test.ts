import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { fillInputs, openPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startSampleGateway, type SampleGateway } from '../harness/sample-gateway.ts';

await describeInBrowser('the run page', (browser) => {
  let gateway: SampleGateway;

  beforeAll(async () => {
    gateway = await startSampleGateway();
  });
  afterAll(() => gateway.close());

  it('leads from the list to a failed step’s error in three clicks', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'demo-key' });
    await page.goto(gateway.url);
    await page.getByRole('article').getByRole('link', { name: 'Support triage' }).click();
    await page.getByRole('link', { name: 'run-4711' }).click();
    await page
      .getByRole('link', { name: /draft_reply The model/ })
      .first()
      .click();
    const step = page.getByRole('complementary', { name: 'Step' });
    await step.getByText(/^The model accepts 32768 tokens/).waitFor();
    await step.getByText('invalid_request_error · context_length_exceeded').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('follows a run that was started on it to its end, without a reload', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'demo-key' });
    await page.goto(`${gateway.url}/workflows/quick-answer`);
    await page.getByRole('button', { name: 'Run' }).click();
    await fillInputs(page, '{ "question": "What time is it?" }');
    let loads = 0;
    page.on('load', () => (loads += 1));
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(/\/workflows\/quick-answer\/runs\//);
    const header = page.getByRole('main').locator('header');
    gateway.advance(100);
    await header.getByText('Running', { exact: true }).waitFor();
    const timeline = page.getByRole('region', { name: 'Timeline' });
    await timeline.getByText('now', { exact: true }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    gateway.advance(60_000);
    await page.getByText('Final', { exact: true }).waitFor();
    await header.getByText(/^(Completed|Failed)$/).waitFor();
    expect(await timeline.getByText('now', { exact: true }).count()).toBe(0);
    expect(loads).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('says what is wrong with inputs before they are sent', async () => {
    const { page, context } = await openPage(browser(), { key: 'demo-key' });
    await page.goto(`${gateway.url}/workflows/quick-answer?run=new`);
    const inputs = page.getByRole('textbox', { name: /Inputs/ });
    await inputs.fill('{ "question": ');
    await page.getByText(/This is not JSON yet/).waitFor();
    expect(await page.getByRole('button', { name: 'Start' }).isDisabled()).toBe(true);
    await inputs.fill('[1]');
    await page.getByText('Inputs are a JSON object.').waitFor();
    await context.close();
  });

  it('shows a colleague who opens the link the same thing', async () => {
    const first = await openPage(browser(), { key: 'demo-key' });
    await first.page.goto(`${gateway.url}/workflows/support-triage/runs/run-4711`);
    await first.page.getByRole('button', { name: 'Zoom in' }).click();
    await first.page.getByRole('link', { name: /draft_reply The model/ }).click();
    await first.page.getByRole('button', { name: /^Inputs/ }).click();
    await first.page.getByLabel('JMESPath').fill('model');
    await first.page.getByRole('button', { name: 'Apply' }).click();
    await first.page
      .getByText('"virtuoso-large"')
      .or(first.page.getByText('virtuoso-large', { exact: true }))
      .waitFor();
    await first.page.waitForURL(/path=model/);
    await first.page.waitForURL(/at=\d+/);
    const link = first.page.url();
    expect(link).not.toContain('demo-key');

    const second = await openPage(browser(), { key: 'demo-key' });
    await second.page.goto(link);
    await second.page.getByText('2×').waitFor();
    const scrolled = "document.querySelector('.timeline-scroll').scrollLeft";
    expect(await second.page.evaluate<number>(scrolled)).toBeGreaterThan(100);
    await second.page.getByRole('complementary', { name: 'Step' }).getByText('draft_reply').waitFor();
    expect(await second.page.getByRole('button', { name: /^Inputs/ }).getAttribute('aria-pressed')).toBe('true');
    expect(await second.page.getByLabel('JMESPath').inputValue()).toBe('model');
    await second.page.getByText('virtuoso-large', { exact: true }).waitFor();
    await first.context.close();
    await second.context.close();
  });

  it('compares two runs node by node, at an address of its own', async () => {
    const { page, context } = await openPage(browser(), { key: 'demo-key' });
    await page.goto(`${gateway.url}/workflows/support-triage/runs/run-4712`);
    await page.getByRole('link', { name: 'Compare with…' }).click();
    await page.getByLabel('Compare with').selectOption({ value: 'run-4711' });
    const row = page.getByRole('row', { name: /draft_reply/ });
    await row.getByText('Fixed').waitFor();
    expect(page.url()).toMatch(/tab=compare&with=run-4711/);
    await page.reload();
    await row.getByText('Fixed').waitFor();
    await context.close();
  });

  it('compares a failed run with the last success before it, down to the words of the prompt that broke', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'demo-key' });
    await page.goto(`${gateway.url}/workflows/support-triage/runs/run-4711?tab=compare`);
    const nodes = page.getByRole('region', { name: 'Node by node' });
    // What changed stands first, and what broke is open.
    await nodes.getByRole('row').nth(1).getByText('Broke').waitFor();
    const differences = nodes.getByRole('group', { name: 'Differences' });
    await differences.getByRole('insertion').filter({ hasText: 'Northwind Traders' }).waitFor();
    await differences.getByRole('deletion').filter({ hasText: 'ticket_id' }).waitFor();
    expect(await page.getByLabel('Compare with').locator('option:checked').textContent()).toMatch(
      /^Last success before/,
    );
    await nodes.getByRole('button', { name: 'Inputs' }).click();
    await page.waitForURL(/diff=inputs/);
    await differences.getByRole('insertion').filter({ hasText: '"run_id": "run-4711"' }).waitFor();
    await nodes.getByRole('button', { name: 'intake' }).click();
    await page.waitForURL(/node=intake/);
    await nodes.getByRole('button', { name: 'Outputs' }).waitFor();
    await nodes.getByRole('link', { name: 'Open the step' }).click();
    await page.getByRole('complementary', { name: 'Step' }).getByRole('heading', { name: 'intake' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('filters and pages through the runs of a workflow', async () => {
    const { page, context } = await openPage(browser(), { key: 'demo-key' });
    await page.goto(`${gateway.url}/workflows/support-triage`);
    await page.getByRole('row', { name: /run-4712/ }).waitFor();
    await page.getByLabel('Failed').check();
    await page.getByRole('row', { name: /run-4712/ }).waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /run-4711/ }).waitFor();
    expect(page.url()).toMatch(/status=FAILED/);
    await page.getByRole('link', { name: 'Statistics by node' }).click();
    await page.getByRole('row', { name: /draft_reply/ }).waitFor();
    await context.close();
  });

  it('finds a workflow by a word of its description', async () => {
    const { page, context } = await openPage(browser(), { key: 'demo-key' });
    await page.goto(gateway.url);
    await page.getByRole('searchbox').fill('invoice');
    await page.getByRole('article').getByRole('link', { name: 'Support triage' }).waitFor({ state: 'detached' });
    await page.getByRole('article').getByRole('link', { name: 'Invoice extraction' }).waitFor();
    expect(page.url()).toMatch(/\?q=invoice/);
    await page.getByRole('searchbox').fill('nothing of that name');
    await page.getByText('No workflow is called').waitFor();
    await context.close();
  });
});
