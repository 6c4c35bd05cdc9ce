import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { fillInputs, openPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startSampleGateway, type SampleGateway } from '../harness/sample-gateway.ts';

await describeInBrowser('the graph', (browser) => {
  let gateway: SampleGateway;

  beforeAll(async () => {
    gateway = await startSampleGateway();
  });
  afterAll(() => gateway.close());

  it('of a run has the states of its nodes; a node opens its step, by mouse and by keyboard', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'demo-key' });
    await page.goto(`${gateway.url}/workflows/support-triage/runs/run-4711`);
    await page.getByRole('link', { name: 'Graph', exact: true }).click();
    const graph = page.getByRole('region', { name: 'Graph of the run' });
    await graph.getByRole('link', { name: /^classify.*2×.*Completed/ }).waitFor();
    // It never ran, so there is no step to open.
    await graph.getByText(/^send_reply/).waitFor();
    expect(await graph.getByRole('link', { name: /send_reply/ }).count()).toBe(0);
    await graph.getByRole('link', { name: /^draft_reply.*Failed/ }).click();
    await page
      .getByText(/^The model accepts 32768 tokens/)
      .last()
      .waitFor();
    await page.waitForURL(/step=/);
    expect(await graph.getByRole('link', { name: /^draft_reply/ }).getAttribute('aria-current')).toBe('true');

    await page.goto(`${gateway.url}/workflows/support-triage/runs/run-4711?tab=graph`);
    await graph.getByRole('link', { name: /^intake/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate('document.activeElement.dataset.node')).toBe('route');
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    await graph.getByText('156 %').waitFor();
    await page.keyboard.press('0');
    await page.waitForURL(/scale=fit/);
    expect(await page.evaluate('document.querySelector(".graph-scroll").scrollHeight')).toBeLessThan(460);
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Step' }).getByText('route').first().waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('of a run moves while the run does; that of a workflow leads to how a node fares', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'demo-key' });
    await page.goto(`${gateway.url}/workflows/quick-answer?run=new`);
    await fillInputs(page, '{ "question": "What time is it?", "simulate": "success" }');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(/\/workflows\/quick-answer\/runs\//);
    gateway.advance(100);
    await page.getByRole('link', { name: 'Graph', exact: true }).click();
    const graph = page.getByRole('region', { name: 'Graph of the run' });
    await graph
      .getByRole('link', { name: /Running/ })
      .first()
      .waitFor();
    gateway.advance(60_000);
    await page.getByText('Final', { exact: true }).waitFor();
    expect(await graph.getByRole('link', { name: /Running/ }).count()).toBe(0);
    expect(await graph.getByRole('link', { name: /Completed/ }).count()).toBeGreaterThan(0);

    await page.goto(`${gateway.url}/workflows/support-triage`);
    await page
      .getByRole('region', { name: 'Graph' })
      .getByRole('link', { name: /^draft_reply/ })
      .click();
    await page.waitForURL(/tab=trends&node=draft_reply/);
    await page.getByRole('group', { name: /^Executions over time/ }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});
