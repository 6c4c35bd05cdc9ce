import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openPage, type Page } from '../support/browser.ts';
import { describeInBrowser } from '../support/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../support/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { createScriptedWorkflows, type ScriptedWorkflows } from '../support/scripted-workflows.ts';

/** More than an event tells when it is the first. */
const MANY = 30;

await describeInBrowser('a list of runs', (browser) => {
  let workflows: ScriptedWorkflows;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeEach(async () => {
    workflows = createScriptedWorkflows(['a', 'b']);
    upstream = await startFaultyUpstream(workflows.script);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '50', BREAKER_RESET_MS: '100' });
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
});
