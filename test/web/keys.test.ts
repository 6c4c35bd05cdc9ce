import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import { startSampleGateway, type SampleGateway } from '../harness/sample-gateway.ts';

await describeInBrowser('the key of the run page', (browser) => {
  let gateway: SampleGateway;
  const RUN = '/workflows/support-triage/runs/run-4711';

  beforeAll(async () => {
    gateway = await startSampleGateway();
  });
  afterAll(() => gateway.close());

  it('is asked for where there is none, and then the link that was opened shows', async () => {
    const { page, context } = await openPage(browser());
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    await page.goto(gateway.url + RUN);
    await page.getByLabel('Bearer key').fill('demo-key');
    await page.keyboard.press('Enter');
    await page.getByText('A step failed').waitFor();
    expect(page.url()).toBe(gateway.url + RUN);
    expect(urls.length).toBeGreaterThan(3);
    expect(urls.filter((url) => url.includes('demo-key'))).toEqual([]);
    expect(JSON.stringify((await context.storageState()).origins)).not.toContain('demo-key');
    await page.reload();
    await page.getByText('A step failed').waitFor();
    await context.close();
  });

  it('is asked for in a field that has the focus and that password managers know, and is kept in the tab alone', async () => {
    const { page, context } = await openPage(browser());
    await page.goto(gateway.url + RUN);
    const field = page.getByLabel('Bearer key');
    await field.waitFor();
    expect(await page.title()).toBe('Sign in – Stepgate');
    expect(await page.evaluate('document.activeElement.id')).toBe(await field.getAttribute('id'));
    expect(await field.getAttribute('autocomplete')).toBe('current-password');
    await page.keyboard.type('demo-key');
    await page.keyboard.press('Enter');
    await page.getByText('A step failed').waitFor();
    const other = await context.newPage();
    await other.goto(gateway.url + RUN);
    await other.getByLabel('Bearer key').waitFor();
    await context.close();
  });

  it('is remembered on the device where its user says so, until signing out of one tab ends it in all', async () => {
    const { page, context } = await openPage(browser());
    await page.goto(gateway.url + RUN);
    await page.getByLabel('Remember on this device').check();
    await page.getByLabel('Bearer key').fill('demo-key');
    await page.keyboard.press('Enter');
    await page.getByText('A step failed').waitFor();
    const other = await context.newPage();
    await other.goto(gateway.url + RUN);
    await other.getByText('A step failed').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await other.getByLabel('Bearer key').waitFor();
    expect(JSON.stringify((await context.storageState()).origins)).not.toContain('demo-key');
    await context.close();
  });

  it('of one tab alone leaves the one that is remembered for the others', async () => {
    const { page, context } = await openPage(browser());
    const other = await context.newPage();
    for (const tab of [page, other]) await tab.goto(gateway.url + RUN);
    await page.getByLabel('Remember on this device').check();
    await page.getByLabel('Bearer key').fill('demo-key');
    await page.keyboard.press('Enter');
    await page.getByText('A step failed').waitFor();
    await other.getByLabel('Bearer key').fill('other-key');
    await other.keyboard.press('Enter');
    await other.getByText('There is no such run, or not for this key.').waitFor();
    const third = await context.newPage();
    await third.goto(gateway.url + RUN);
    await third.getByText('A step failed').waitFor();
    expect(await page.getByText('A step failed').count()).toBe(1);
    await context.close();
  });

  it('that is refused is asked for again, with a word about it', async () => {
    const { page, context } = await openPage(browser(), { key: 'no-such-key' });
    await page.goto(gateway.url + RUN);
    await page.getByRole('alert').getByText('The gateway refused this key').waitFor();
    await page.getByLabel('Bearer key').fill('two words');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('A key is one word').waitFor();
    await page.getByLabel('Bearer key').fill('demo-key');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('A step failed').waitFor();
    await context.close();
  });

  it('decides what is seen: another organization’s shows none of the first one’s', async () => {
    const { page, context } = await openPage(browser(), { key: 'other-key' });
    await page.goto(gateway.url);
    await page.getByRole('article').getByRole('link', { name: 'Contract review' }).waitFor();
    expect(await page.getByText('Support triage').count()).toBe(0);
    await page.goto(gateway.url + RUN);
    await page.getByText('There is no such run, or not for this key.').waitFor();
    await context.close();
  });

  it('can be changed, and nothing of the first one’s is left', async () => {
    const { page, context } = await openPage(browser());
    await page.goto(gateway.url);
    await page.getByLabel('Bearer key').fill('demo-key');
    await page.keyboard.press('Enter');
    await page.getByRole('article').getByRole('link', { name: 'Support triage' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Bearer key').fill('other-key');
    await page.keyboard.press('Enter');
    await page.getByRole('article').getByRole('link', { name: 'Contract review' }).waitFor();
    expect(await page.getByText('Support triage').count()).toBe(0);
    await context.close();
  });

  it('is kept by the page alone in a browser that stores nothing', async () => {
    const { page, context, complaints } = await openPage(browser());
    await page.addInitScript(`for (const name of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(window, name, { get() { throw new DOMException('Access is denied', 'SecurityError'); } });
    }`);
    await page.goto(gateway.url + RUN);
    await page.getByLabel('Bearer key').fill('demo-key');
    await page.keyboard.press('Enter');
    await page.getByText('A step failed').waitFor();
    await page.getByRole('button', { name: /^Theme: as the system/ }).click();
    await page.getByRole('button', { name: /^Theme: light/ }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Bearer key').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('is signed out of by the search, too, which is closed then', async () => {
    const { page, context, complaints } = await openPage(browser());
    await page.goto(gateway.url + RUN);
    await page.getByLabel('Bearer key').fill('demo-key');
    await page.keyboard.press('Enter');
    await page.getByText('A step failed').waitFor();
    await page.keyboard.press('/');
    await page.getByRole('dialog').getByRole('combobox').fill('sign out');
    await page.getByRole('option', { name: 'Sign out' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByLabel('Bearer key').fill('demo-key');
    await page.keyboard.press('Enter');
    await page.getByText('A step failed').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('is filled in over the embedded upstream alone', async () => {
    const sample = await startGateway();
    const { page, context } = await openPage(browser());
    await page.goto(sample.url);
    await page.getByRole('article').getByRole('link', { name: 'Support triage' }).waitFor();
    await sample.close();
    await context.close();
    expect(await (await fetch(gateway.url)).text()).not.toContain('sample-key');
  });
});
