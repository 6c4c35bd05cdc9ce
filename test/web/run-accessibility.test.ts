import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { violationsOf } from '../support/axe.ts';
import { openPage, type Page } from '../support/browser.ts';
import { describeInBrowser } from '../support/describe-in-browser.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const RUN = '/workflows/support-triage/runs/run-4711';

const open = async (page: Page, url: string, text: string | RegExp) => {
  await page.goto(url);
  await page.getByText(text).first().waitFor();
};

await describeInBrowser('conversations and differences, for everybody', (browser) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it.each([
    [360, 'light'],
    [360, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)('have no violation that axe knows of: %d px, %s', async (width, theme) => {
    const { page, context, complaints } = await openPage(browser(), { theme, width, height: 800 });
    await open(page, gateway.url + RUN, 'Slowest steps');
    const found = { step: [''], comparison: [''] };
    await page.getByRole('link', { name: /draft_reply The model/ }).click();
    await page.getByText('Finish reason').waitFor();
    await page.getByText('Northwind Traders').waitFor();
    found.step = await violationsOf(page, theme);
    await open(page, `${gateway.url}${RUN}?tab=compare`, /^Line \d/);
    found.comparison = await violationsOf(page, theme);
    expect(found).toEqual({ step: [], comparison: [] });
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('and the run around them are gone through by keyboard in the order in which they are read', async () => {
    const { page, context } = await openPage(browser());
    await open(page, gateway.url + RUN, 'Slowest steps');
    await page.getByRole('button', { name: 'Copy link' }).focus();
    const order: string[] = [];
    const focused =
      "(({ ariaLabel, textContent }) => (ariaLabel ?? textContent).trim().replace(/ (?=in ).*/s, ''))(document.activeElement)";
    for (let presses = 0; presses < 18; presses += 1) {
      await page.keyboard.press('Tab');
      order.push(await page.evaluate<string>(focused));
    }
    const wanted = [
      ...[
        'Run again',
        /^draft_reply/,
        'How often, and since when?',
        'Timeline',
        'Graph',
        'Steps',
        'Inputs and outputs',
        'Compare with…',
      ],
      ...['By node', 'Packed', 'Filter by node', /^Next failure/, 'Time axis', 'Zoom out', 'Zoom in'],
      ...['Show the whole run', '8 steps', /^draft_reply/],
    ];
    expect(order).toEqual(wanted.map((name) => (typeof name === 'string' ? name : expect.stringMatching(name))));
    await context.close();
  });
});
