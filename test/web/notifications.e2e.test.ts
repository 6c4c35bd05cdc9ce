/** Notifications of the browser: off at first, and only while the page is in the background. */
import { afterAll, expect, it } from '@jest/globals';
import { type Page, setHidden, untilTrue } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import { createScriptedWorkflows } from '../harness/workflows.ts';

const workflows = createScriptedWorkflows(['a', 'b']);
const gateway = await startGateway({ script: workflows.script, env: { LIVE_TTL_MS: '50' } });
afterAll(() => gateway.close());

/** Failures of the last 24 hours are listed. */
const fail = (workflowId: string, runId: string, error: string) => {
  workflows.start(workflowId, runId, { start_time: new Date().toISOString(), status: 'failed', error });
};

/** The page asks for changes at this interval while it is hidden. */
const ASK_HIDDEN_EVERY_MS = 30_000;

/** Headless Chromium shows no notifications: this records the requests for the permission, and the notifications. */
async function record(page: Page): Promise<string[]> {
  const noted: string[] = [];
  await page.exposeFunction('noted', (text: string) => noted.push(text));
  await page.addInitScript(`window.Notification = class {
    static permission = localStorage.getItem('permission') ?? 'default';
    static requestPermission() {
      window.noted('permission');
      localStorage.setItem('permission', (this.permission = 'granted'));
      return Promise.resolve('granted');
    }
    constructor(title, options) {
      window.noted(title + ' / ' + options.body);
    }
  }`);
  return noted;
}

describeInBrowser('notifications', (open) => {
  const switchOf = (page: Page) => page.getByRole('switch', { name: /^Notify me when/ });
  const isOn = (page: Page) => untilTrue(page, `document.querySelector('[role=switch]').ariaChecked === 'true'`);
  const failures = (page: Page) => page.getByRole('list', { name: 'Failures', exact: true });

  /** Hides the page until it has asked for changes, and shows it again. */
  async function hide(page: Page, operationName: string): Promise<void> {
    await setHidden(page, true);
    const answered = page.waitForResponse(
      (response) => response.request().postData()?.includes(operationName) === true,
    );
    await page.clock.runFor(ASK_HIDDEN_EVERY_MS);
    await (await answered).finished();
    // React and Apollo Client show the answer after timers of their own.
    await page.clock.runFor(1000);
  }

  it('announce a new failure once, unless the page is visible, reloaded or muted', async () => {
    fail('a', 'old', 'It was broken before');
    const page = await open({ key: 'key-1' });
    const noted = await record(page);
    await page.clock.install();
    await page.goto(gateway.url);
    await failures(page).getByText('It was broken before').waitFor();
    expect(await switchOf(page).getAttribute('aria-checked')).toBe('false');
    await setHidden(page, true);
    fail('a', 'unseen', 'Nobody hears of this');
    await page.clock.runFor(2 * ASK_HIDDEN_EVERY_MS);
    await setHidden(page, false);
    await failures(page).getByText('Nobody hears of this').waitFor();
    expect(noted).toEqual([]);

    await switchOf(page).focus();
    await page.keyboard.press('Space');
    await isOn(page);
    fail('b', 'seen', 'It broke in the foreground');
    await failures(page).getByText('It broke in the foreground').waitFor();
    fail('b', 'broken', 'It broke in the background');
    await hide(page, '"Failures"');
    expect(noted).toEqual(['permission', 'New failure in Workflow b / It broke in the background']);

    await page.reload();
    await isOn(page);
    await failures(page).getByText('It broke in the background').waitFor();
    fail('b', 'again', 'It broke in the background');
    await hide(page, '"Failures"');
    expect(noted).toHaveLength(2);
    await setHidden(page, false);
    await switchOf(page).click();
    await untilTrue(page, `document.querySelector('[role=switch]').ariaChecked === 'false'`);
    await page.reload();
    expect(await switchOf(page).getAttribute('aria-checked')).toBe('false');
  });

  it('announce the end of the open run', async () => {
    workflows.start('a', 'watched', { start_time: new Date().toISOString(), status: 'running' });
    const page = await open({ key: 'key-1' });
    const noted = await record(page);
    await page.clock.install();
    await page.goto(`${gateway.url}/workflows/a/runs/watched`);
    await page.getByText('Live', { exact: true }).waitFor();
    await switchOf(page).click();
    await isOn(page);
    await setHidden(page, true);
    workflows.change('watched', { status: 'completed' });
    await hide(page, 'RunStatus');
    expect(noted).toEqual(['permission', 'Completed: watched / Workflow a']);
    await page.reload();
    await page.getByText('Final', { exact: true }).waitFor();
    await setHidden(page, true);
    await page.clock.runFor(ASK_HIDDEN_EVERY_MS);
    expect(noted).toHaveLength(2);
  });
});
