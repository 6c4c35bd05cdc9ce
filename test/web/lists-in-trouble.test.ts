import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openPage, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { createScriptedWorkflows, type ScriptedWorkflows } from '../harness/scripted-workflows.ts';

/** More than an event tells when it is the first. */
const MANY = 30;

await describeInBrowser('a list of runs', (browser) => {
  let workflows: ScriptedWorkflows;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeEach(async () => {
    workflows = createScriptedWorkflows(['a', 'b']);
    upstream = await startFaultyUpstream(workflows.script);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '50' });
    for (const id of ['a', 'b']) workflows.start(id, `of-${id}`);
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  const row = (page: Page, id: string) => page.locator(`a[data-row][title="${id}"]`);

  /** As the browser tells it. */
  const show = (page: Page, hidden: boolean) =>
    page.evaluate(
      `Object.defineProperty(document, 'hidden', { value: ${String(hidden)}, configurable: true });
       document.dispatchEvent(new Event('visibilitychange'))`,
    );

  it.each(['/?status=RUNNING', '/workflows/a?status=RUNNING'])(
    'that nobody looked at for a while catches up when somebody does: %s',
    async (path) => {
      workflows.start('a', 'watched', { status: 'running' });
      const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
      await page.goto(gateway.url + path);
      await page.getByText('Live', { exact: true }).waitFor();
      await row(page, 'watched').waitFor();
      const closed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/graphql/stream'));
      await show(page, true);
      await closed;
      workflows.change('watched', { status: 'completed' });
      workflows.start('a', 'missed', { status: 'running' });
      for (let number = 1; number <= MANY; number += 1) workflows.start('a', `later-${number}`);
      await show(page, false);
      await row(page, 'missed').waitFor();
      await row(page, 'watched').waitFor({ state: 'detached' });
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  it('that is not live asks nothing while nobody looks, and at once when somebody does', async () => {
    const { page, context } = await openPage(browser(), { key: 'key-1' });
    await page.clock.install();
    await page.route('**/graphql/stream', (route) => route.fulfill({ status: 403 }));
    await page.goto(`${gateway.url}/?since=24h`);
    await page.getByText('Refreshed every 10 seconds').waitFor();
    await show(page, true);
    let questions = 0;
    page.on('request', () => (questions += 1));
    await page.clock.runFor(300_000);
    await page.evaluate('fetch("/")');
    expect(questions).toBe(1);
    const asked = page.waitForRequest((request) => (request.postData() ?? '').includes('RecentRuns'));
    await show(page, false);
    await asked;
    await context.close();
  });

  it('opened in an outage is there and live when it is over', async () => {
    upstream.script = () => ({ status: 503, json: {} });
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.clock.install();
    await page.goto(gateway.url);
    await page.getByText('The list of runs could not be loaded.').waitFor();
    upstream.script = workflows.script;
    // The page asks again by its own clock.
    while ((await page.getByText('Live', { exact: true }).count()) === 0) await page.clock.runFor(1000);
    workflows.start('b', 'after-it', { status: 'running' });
    await row(page, 'after-it').waitFor();
    await row(page, 'of-a').waitFor();
    await page.getByText('The list of runs could not be loaded.').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('of another workflow is no answer where the gateway gives none, and neither is a trend of another time', async () => {
    const { page, context } = await openPage(browser(), { key: 'key-1' });
    const fails = () => page.route('**/graphql', (route) => route.abort());
    await page.goto(`${gateway.url}/?workflow=a`);
    await row(page, 'of-a').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await fails();
    await page.getByLabel('Workflow', { exact: true }).selectOption('b');
    await page.getByText('The list of runs could not be loaded.').waitFor();
    expect(await row(page, 'of-a').count()).toBe(0);

    await page.unrouteAll();
    await page.goto(`${gateway.url}/workflows/a?tab=trends`);
    const trend = page.getByRole('group', { name: /^Runs over time/ });
    await trend.waitFor();
    await page.getByText('No failures in this time').waitFor();
    await fails();
    await page.getByRole('link', { name: '1 h', exact: true }).click();
    await page.getByText('The trend could not be loaded.').waitFor();
    await page.getByText('The failures could not be loaded.').waitFor();
    expect(await trend.count()).toBe(0);
    expect(await page.getByText('No failures in this time').count()).toBe(0);
    await context.close();
  });

  it('that the search can not read is no list in which nothing is found', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(gateway.url);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.keyboard.press('/');
    const search = page.getByRole('dialog', { name: 'Search' });
    const field = search.getByRole('combobox');
    await field.fill('run-1');
    await search.getByText('Nothing found').waitFor();
    upstream.script = (call) => (call.workflowId === 'a' ? { status: 503, json: {} } : workflows.script(call));
    await field.fill('run-2');
    await search.getByText('Nothing found, but not everything could be searched: UPSTREAM_UNAVAILABLE').waitFor();
    await page.route('**/graphql', (route) => route.abort());
    await field.fill('run-3');
    await search
      .getByText(/^Nothing found, but not everything could be searched: The gateway can't be reached/)
      .waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('of workflows follows its address: what was searched goes with it', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(gateway.url);
    const field = page.getByRole('searchbox');
    await field.pressSequentially('zzz');
    await page.getByText('No workflow is called “zzz”').waitFor();
    await page.getByRole('link', { name: 'Stepgate' }).click();
    await page.getByRole('article').first().waitFor();
    expect([await field.inputValue(), new URL(page.url()).search]).toEqual(['', '']);
    await page.goBack();
    await page.getByText('No workflow is called “zzz”').waitFor();
    expect(await field.inputValue()).toBe('zzz');
    expect(complaints).toEqual([]);
    await context.close();
  });
});
