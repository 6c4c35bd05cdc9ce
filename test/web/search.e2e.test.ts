/** The search dialog. */
import { afterAll, expect, it } from '@jest/globals';
import type { Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import { createScriptedWorkflows } from '../harness/workflows.ts';

const workflows = createScriptedWorkflows(['team/flow', 'wf']);
const gateway = await startGateway({ script: workflows.script, env: { LIVE_TTL_MS: '50' } });
afterAll(() => gateway.close());

describeInBrowser('the search', (open) => {
  const dialogOf = (page: Page) => page.getByRole('dialog', { name: 'Search' });
  async function openSearch(options: Parameters<typeof open>[0] = { key: 'key-1' }): Promise<Page> {
    const page = await open(options);
    await page.goto(gateway.url);
    await page.getByRole('article').nth(1).waitFor();
    await page.keyboard.press('/');
    return page;
  }

  it('leads from the number of an order to its run without the mouse', async () => {
    workflows.start('wf', 'shop-1', { status: 'completed', inputs: { order: { number: 'A-48193' } } });
    for (let number = 0; number < 8; number += 1)
      workflows.start('team/flow', `flow-${number}`, { status: 'completed' });
    const page = await openSearch({ key: 'key-2', width: 390, height: 844 });
    await page.keyboard.type('48193', { delay: 10 });
    const options = dialogOf(page).getByRole('option');
    await dialogOf(page).getByText('9 runs searched: ids, inputs and errors.').waitFor();
    expect(await options.allTextContents()).toEqual([
      expect.stringMatching(
        /^shop-1Completed · Workflow wf · \d+ days ago, \d+ \w+, \d\d:\d\d · found in inputs\.order\.number$/,
      ),
    ]);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${gateway.url}/workflows/wf/runs/shop-1`);
  });

  it('continues in the list of runs if the dialog is too small', async () => {
    const page = await openSearch({ key: 'key-2' });
    await dialogOf(page).getByRole('combobox').fill('flow-');
    await dialogOf(page).getByRole('option', { name: 'More runs with “flow-”' }).click();
    await page.waitForURL(`${gateway.url}/?search=flow-`);
    const runs = page.getByRole('list', { name: 'Latest runs' }).locator('a[data-row]');
    await page.getByText('9 runs searched: ids, inputs and errors.').waitFor();
    // The runs before are shown until the found ones arrive.
    await runs.nth(8).waitFor({ state: 'detached' });
    expect(await runs.count()).toBe(8);
    await page.getByRole('searchbox', { name: 'Search runs' }).fill('shop');
    await runs.and(page.getByTitle('shop-1')).waitFor();
    expect(await runs.count()).toBe(1);
    await page.goBack();
    await runs.and(page.getByTitle('flow-7')).waitFor();
  });

  it('accepts Enter after an Enter that came too early', async () => {
    const page = await openSearch({ key: 'key-2' });
    const answering = Promise.withResolvers<null>();
    await dialogOf(page).getByRole('option').first().waitFor();
    await page.route('**/graphql', async (route) => {
      await answering.promise;
      await route.continue();
    });
    await page.keyboard.type('flow-1');
    await dialogOf(page).getByRole('option').first().waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    answering.resolve(null);
    await dialogOf(page)
      .getByRole('option', { name: /^flow-1/ })
      .first()
      .waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/runs\/flow-1$/);
  });

  it('keeps letters typed before its code has loaded', async () => {
    const page = await open({ key: 'key-1' });
    const loading = Promise.withResolvers<null>();
    await page.route(/assets\/palette[\w-]*\.js/, async (route) => {
      await loading.promise;
      await route.continue();
    });
    await page.goto(gateway.url);
    await page.getByRole('article').nth(1).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('jk/');
    loading.resolve(null);
    const field = dialogOf(page).getByRole('combobox');
    await field.waitFor();
    await page.keyboard.type('run');
    expect(await field.inputValue()).toBe('jk/run');
  });

  it('keeps letters typed fast on a slow machine', async () => {
    const page = await openSearch();
    const field = dialogOf(page).getByRole('combobox');
    await field.waitFor();
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: 20 });
    const text = 'thequickbrownfoxjumpsoverthelazydog';
    await Promise.all(Array.from(text, (letter) => page.keyboard.press(letter)));
    await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    expect(await field.inputValue()).toBe(text);
  });

  it('finds a workflow with a slash in its name', async () => {
    const page = await openSearch();
    await dialogOf(page).getByRole('combobox').fill('team/flow');
    await dialogOf(page)
      .getByRole('option', { name: /Workflow team\/flow/ })
      .waitFor();
    await dialogOf(page).getByRole('option', { name: 'flow Run of team' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${gateway.url}/workflows/team%2Fflow`);
  });

  it('stays open if a selection ends outside, and closes on a click there', async () => {
    const page = await openSearch();
    const field = dialogOf(page).getByRole('combobox');
    await field.fill('order');
    const box = (await field.boundingBox()) ?? { x: NaN, y: NaN };
    await page.mouse.move(box.x + 60, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(5, box.y + 10);
    await page.mouse.up();
    expect(await page.evaluate('getSelection().toString()')).toBe('order');
    expect(await dialogOf(page).count()).toBe(1);
    await page.mouse.click(5, box.y + 10);
    await dialogOf(page).waitFor({ state: 'detached' });
  });
});
