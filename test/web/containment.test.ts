import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';

const RUN = '/workflows/support-triage/runs/run-4711';

await describeInBrowser('the run page across a deploy', (browser) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  /** The gateway was restarted with another build: the files that were not loaded yet have other names there. */
  async function openBeforeDeploy() {
    const opened = await openPage(browser());
    const { page } = opened;
    await page.goto(gateway.url + RUN);
    await page.getByText('A step failed').waitFor();
    await page.route(/\/assets\/.*\.(js|css)$/, (route) => route.fulfill({ status: 404, json: {} }));
    return opened;
  }

  it('keeps what it shows, offers a reload, and is at the same place after it', async () => {
    const { page, context } = await openBeforeDeploy();
    for (const [view, what] of [
      ['Inputs and outputs', 'the inputs and outputs'],
      ['Compare with…', 'the comparison'],
    ] as const) {
      await page.getByRole('link', { name: view }).click();
      await page.getByRole('heading', { name: `Could not load ${what}` }).waitFor();
      await page.getByText('A step failed').waitFor();
    }
    await page.getByRole('link', { name: 'Timeline' }).click();
    await page.getByRole('listbox', { name: /8 steps/ }).waitFor();
    await page.getByRole('link', { name: /draft_reply The model/ }).click();
    await page.getByRole('heading', { name: 'Could not load the step' }).waitFor();
    const { search } = new URL(page.url());
    await page.unroute(/\/assets\//);
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByRole('complementary', { name: 'Step' }).waitFor();
    expect(new URL(page.url()).search).toBe(search);
    await context.close();
  });

  it('says that the gateway is away where a reload would lose the page', async () => {
    const { page, context } = await openBeforeDeploy();
    await page.getByRole('link', { name: 'Compare with…' }).click();
    await page.route(`${gateway.url}/**`, (route) => route.abort());
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByText('The gateway can’t be reached just now.').waitFor();
    await page.getByText('A step failed').waitFor();
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByLabel('Compare with').waitFor();
    await context.close();
  });

  it('shows a mistake of its own where it happened, and the rest', async () => {
    const { page, context } = await openPage(browser());
    // A list that is no list: what the page is not made for.
    await page.route('**/graphql', async (route) => {
      const answer = await route.fetch();
      const text = await answer.text();
      await route.fulfill({ response: answer, body: text.replace(/"gaps":\[[^\]]*\]/, '"gaps":7') });
    });
    await page.goto(gateway.url + RUN);
    await page.getByRole('heading', { name: 'Something went wrong in the timeline' }).waitFor();
    await page.getByText('A step failed').waitFor();
    await page.unrouteAll();
    await page.getByRole('link', { name: 'Steps', exact: true }).click();
    await page.getByRole('table', { name: 'Steps' }).waitFor();
    await context.close();
  });
});
