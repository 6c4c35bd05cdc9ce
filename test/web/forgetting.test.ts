import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { follow, openPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startLiveRun } from '../harness/live-run.ts';
import { startSampleGateway, type SampleGateway } from '../harness/sample-gateway.ts';

const RUN = '/workflows/support-triage/runs/run-4711';
/** Of the page. */
const FORGET_EVERY_MS = 600_000;

await describeInBrowser('a page that is open for long', (browser) => {
  let gateway: SampleGateway;

  beforeAll(async () => {
    gateway = await startSampleGateway();
  });
  afterAll(() => gateway.close());

  it('keeps what it shows, and nothing else', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'demo-key' });
    await page.clock.install();
    await page.goto(gateway.url + RUN);
    await page.getByText('A step failed').waitFor();
    await follow(page, '/');
    const row = page.getByRole('list', { name: 'Failed runs' }).getByRole('listitem').filter({ hasText: 'run-4711' });
    await row.getByText(/^The model accepts 32768 tokens/).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    let questions = 0;
    page.on('request', () => (questions += 1));
    await page.clock.runFor(FORGET_EVERY_MS);
    await row.getByText(/^The model accepts 32768 tokens/).waitFor();
    await page.evaluate('fetch("/")');
    expect(questions).toBe(1);

    await follow(page, '/no-such-page');
    await page.getByText('There is no page at this address').waitFor();
    await page.clock.runFor(FORGET_EVERY_MS);
    await page.route('**/graphql', (route) => route.abort());
    await follow(page, RUN);
    await page.getByText('The run could not be loaded.').waitFor();
    expect(await page.getByText('A step failed').count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('keeps no run whose changes it was told of', async () => {
    const live = await startLiveRun({ LIVE_TTL_MS: '50' });
    const { page, context } = await openPage(browser(), { key: 'key-1' });
    await page.clock.install();
    await page.goto(`${live.gateway.url}/workflows/wf/runs/r1`);
    await page.getByText('Live', { exact: true }).waitFor();
    await live.feeds(1);
    live.steps = 2;
    await live.poll();
    await page.getByRole('listbox', { name: /^2 steps/ }).waitFor();
    await follow(page, '/no-such-page');
    await page.getByText('There is no page at this address').waitFor();
    await page.clock.runFor(FORGET_EVERY_MS);
    await page.route('**/graphql', (route) => route.abort());
    await follow(page, '/workflows/wf/runs/r1');
    await page.getByText('The run could not be loaded.').waitFor();
    expect(await page.getByRole('listbox').count()).toBe(0);
    await context.close();
    await live.close();
  });
});
