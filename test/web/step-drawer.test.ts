import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage, untilTrue, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';

const RUN = '/workflows/support-triage/runs/run-4711';

await describeInBrowser('a step beside its run', (browser) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  const focusIsIn = (page: Page, selector: string) =>
    untilTrue(page, `document.activeElement.closest(${JSON.stringify(selector)}) !== null`);

  it('stays in sight, takes the focus, leads to its neighbours, and gives the focus back', async () => {
    const { page, context, complaints } = await openPage(browser());
    await page.goto(gateway.url + RUN);
    const link = page.getByRole('link', { name: /draft_reply The model/ });
    await link.focus();
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('complementary', { name: 'Step' });
    await drawer.getByText('Step 7 of 8').waitFor();
    await focusIsIn(page, 'aside');
    await page.evaluate('window.scrollTo(0, document.body.scrollHeight)');
    const box = (await drawer.boundingBox()) ?? { y: -1, height: 0 };
    expect(box.y >= 0 && box.y + box.height <= 900).toBe(true);

    await page.keyboard.press('ArrowRight');
    await drawer.getByText('Step 8 of 8').waitFor();
    await drawer.getByRole('heading', { name: 'page_on_call' }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await drawer.getByRole('heading', { name: 'draft_reply' }).waitFor();
    // In a field the arrows move in its text.
    await drawer.getByRole('button', { name: /^Inputs/ }).click();
    await drawer.getByLabel('JMESPath').press('ArrowLeft');
    await drawer.getByText('Step 7 of 8').waitFor();

    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await untilTrue(page, "document.activeElement.textContent.includes('draft_reply')");
    expect(new URL(page.url()).search).toBe('');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('has a path and a side of its own', async () => {
    const { page, context, complaints } = await openPage(browser());
    await page.goto(`${gateway.url}${RUN}?tab=payload`);
    const run = page.locator('.run-payload');
    await run.getByRole('tree').waitFor();
    await page.getByRole('link', { name: /draft_reply The model/ }).click();
    const drawer = page.getByRole('complementary', { name: 'Step' });
    await drawer.getByRole('button', { name: /^Inputs/ }).click();
    await drawer.getByLabel('JMESPath').fill('model');
    await page.keyboard.press('Enter');
    await page.waitForURL(/[?&]path=model/);
    expect(await run.getByLabel('JMESPath').inputValue()).toBe('');
    await run.getByRole('button', { name: 'Outputs' }).click();
    await run
      .getByText(/^No outputs$/)
      .or(run.getByRole('tree'))
      .waitFor();
    expect(await drawer.getByLabel('JMESPath').inputValue()).toBe('model');
    expect(new URL(page.url()).search).toMatch(/path=model.*runSide=outputs/);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('does not take the focus from a reader who came by a link', async () => {
    const { page, context } = await openPage(browser());
    await page.goto(gateway.url + RUN);
    await page.getByRole('link', { name: /draft_reply The model/ }).click();
    await page.waitForURL(/step=/);
    await page.reload();
    await page.getByText('Step 7 of 8').waitFor();
    expect(await page.evaluate('document.activeElement.tagName')).toBe('BODY');
    expect(await page.evaluate('window.scrollY')).toBe(0);
    await context.close();
  });

  it('lies over the run on a small screen, with the rest out of reach', async () => {
    const { page, context, complaints } = await openPage(browser(), { width: 360, height: 740 });
    await page.goto(gateway.url + RUN);
    await page.getByRole('link', { name: /draft_reply The model/ }).click();
    const sheet = page.getByRole('dialog', { name: 'Step' });
    await sheet.getByRole('heading', { name: 'draft_reply' }).waitFor();
    await focusIsIn(page, 'dialog');
    for (let presses = 0; presses < 12; presses += 1) await page.keyboard.press('Tab');
    expect(await page.evaluate("document.activeElement.closest('main > * > *:not(dialog)')")).toBeNull();
    await sheet.getByRole('button', { name: 'Next step' }).click();
    await sheet.getByRole('heading', { name: 'page_on_call' }).waitFor();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    await focusIsIn(page, '.failed-steps');
    // What is beside the sheet closes it.
    await page.getByRole('link', { name: /draft_reply The model/ }).click();
    await sheet.waitFor();
    await page.mouse.click(180, 20);
    await sheet.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  });
});
