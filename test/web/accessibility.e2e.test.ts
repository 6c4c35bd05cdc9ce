import { afterAll, expect, it } from '@jest/globals';
import { violationsOf } from '../peers/axe.ts';
import { follow, type Page, untilTrue } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { SAMPLE, startGateway } from '../harness/gateway.ts';

const WORKFLOW = '/workflows/support-triage';
const RUN = `${WORKFLOW}/runs/run-4711`;

const NARROW = 320;

const DAY_MS = 24 * 3_600_000;
/** The day of run-4712: two days before the sample was opened. */
const DAY = new Date(Date.now() - 2 * DAY_MS).toISOString().slice(0, 10);

/** Each view has a text that the previous view does not have. */
const VIEWS: readonly (readonly [name: string, path: string, text: string | RegExp])[] = [
  ['home', '/', 'Success rate'],
  ['a search without result', '/?q=nothing', 'No workflow is called'],
  ['a workflow', `${WORKFLOW}?run=new&from=run-4711`, 'The inputs of'],
  ['the trends of a node', `${WORKFLOW}?tab=trends&node=draft_reply`, /^since /],
  ['runs of an exact time', `${WORKFLOW}?start=${DAY}T00:00:00Z&end=${DAY}T23:59:59Z`, 'run-4712'],
  ['the statistics of a workflow', `${WORKFLOW}?tab=nodes`, /^Over the last \d/],
  ['a run', RUN, 'Copy summary'],
  ['the graph of a run', `${RUN}?tab=graph`, 'not run'],
  ['the steps of a run', `${RUN}?tab=steps`, 'Share of run'],
  ['the inputs of a run', `${RUN}?tab=payload`, 'ticket_id'],
  ['the cost', '/cost?since=30d', 'Of failed runs'],
  ['a comparison', `${RUN}?tab=compare`, /^Line \d/],
  ['a run that is not there', `${WORKFLOW}/runs/none`, 'Run not found'],
  ['an address that leads nowhere', '/workflows/a/b', 'Page not found'],
];

const gateway = await startGateway({ upstream: SAMPLE, isShowcase: true });
afterAll(() => gateway.close());

describeInBrowser('the run page is accessible', (open) => {
  // Twenty-one views, each five times: a busy machine may take a minute.
  it('fits every view on a small screen, without axe violations in either theme', async () => {
    const page = await open({ width: NARROW, mayComplain: true });
    const found: Record<string, string[]> = {};
    const check = async (name: string) => {
      found[name] = await violationsOf(page);
    };
    await page.goto(gateway.url);
    for (const [name, path, text] of VIEWS) {
      await page.setViewportSize({ width: NARROW, height: 640 });
      await follow(page, path);
      await page.getByText(text).first().waitFor();
      await page
        .locator('.spinning:not(.status-running), .status-failed ~ .why:empty')
        .first()
        .waitFor({ state: 'detached' });
      expect([name, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([name, NARROW]);
      await check(name);
    }
    await follow(page, '/');
    const overdue = page.getByRole('listitem').filter({ hasText: 'Overdue' });
    await overdue.getByRole('link', { name: /^[\da-f-]{36}$/ }).click();
    await page.getByText(/^Overdue: usually/).waitFor();
    await check('an overdue run');
    await follow(page, RUN);
    await page.getByRole('link', { name: /^The model accepts/ }).click();
    await page.getByText('Finish reason').waitFor();
    await page.getByText('Northwind Traders').waitFor();
    await check('a step as a conversation');
    await page.getByRole('button', { name: /^Inputs/ }).click();
    await page.getByRole('tree').waitFor();
    await check('a step');
    for (const [name, key, text] of [
      ['the search', '/', 'Quick answer'],
      ['the shortcuts', '?', 'Next and previous row'],
    ] as const) {
      await page.getByRole('heading', { name: 'run-4711' }).click();
      await page.keyboard.press(key);
      await page.getByRole('dialog').getByText(text).waitFor();
      await check(name);
      await closeDialog(page);
    }
    // A new page load, which has not loaded this part yet.
    await page.route('**/assets/comparison*', (route) => route.fulfill({ status: 404 }));
    await page.goto(gateway.url + RUN);
    await page.getByRole('link', { name: 'Compare with…' }).click();
    await page.getByRole('button', { name: 'Reload' }).waitFor();
    await check('a part that is gone');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Bearer key').fill('no-such-key');
    await page.keyboard.press('Enter');
    await page.getByText('The gateway rejected this key').waitFor();
    await check('the key');
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
    expect(Object.keys(found)).toHaveLength(VIEWS.length + 7);
  }, 180_000);

  it('keeps the chosen theme', async () => {
    const page = await open({ theme: 'light' });
    await page.goto(gateway.url);
    await page.getByRole('button', { name: /^Theme: as the system/ }).click();
    await page.getByRole('button', { name: /^Theme: light/ }).click();
    await page.getByRole('button', { name: /^Theme: dark/ }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: /^Theme: dark/ }).waitFor();
    expect(await page.evaluate('getComputedStyle(document.documentElement).colorScheme')).toBe('dark');
  });

  it('moves along, opens and zooms the steps of a timeline by keyboard', async () => {
    const page = await open();
    await page.goto(gateway.url + RUN);
    const timeline = page.getByRole('listbox', { name: /8 steps/ });
    await timeline.focus();
    const atCursor = () => timeline.getByRole('option').textContent();
    expect(await atCursor()).toMatch(/^intake, Completed, /);
    await page.keyboard.press('ArrowRight');
    expect(await atCursor()).toMatch(/^knowledge_search, /);
    await page.keyboard.press('ArrowDown');
    expect(await atCursor()).toMatch(/^classify, Failed, 1.70 s, execution 1 of 2, on the critical path$/);
    await page.keyboard.press('End');
    expect(await timeline.getByRole('option').getAttribute('aria-selected')).toBe('false');
    await page.locator('.bar-tooltip').getByText('page_on_call').waitFor();
    for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
    const drawer = page.getByRole('dialog', { name: 'Step' });
    await drawer.getByText('The answer is not valid JSON').waitFor();
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await untilTrue(page, "document.activeElement.getAttribute('role') === 'listbox'");
    await page.keyboard.press('+');
    await page.getByText('2×').waitFor();
    await page.keyboard.press('0');
    await page.getByText('1×').waitFor();
    expect(new URL(page.url()).search).toBe('');
  });

  it('tabs through a run in reading order, with a skip link', async () => {
    const page = await open();
    await page.goto(gateway.url + RUN);
    await page.getByText('Slowest steps').first().waitFor();
    const FOCUSED = `(({ ariaLabel, textContent }) => (ariaLabel ?? textContent).trim().replace(/ (?=in ).*/s, ''))(
      document.activeElement)`;
    const tab = async () => {
      await page.keyboard.press('Tab');
      return page.evaluate<string>(FOCUSED);
    };
    expect(await tab()).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    const order: string[] = [];
    while (order.at(-1) !== '8 steps') order.push(await tab());
    expect(order.slice(order.indexOf('Copy link'))).toEqual([
      ...['Copy link', 'Run again', expect.stringMatching(/^The model accepts/), 'draft_reply'],
      ...[expect.stringMatching(/^Compare with a run before the failures began, \d+ \w+$/)],
      ...['Compare with the last success', 'Copy summary', 'Whole error'],
      ...['Duration', 'Idle', 'Tokens', 'Cost', 'More'],
      ...['Timeline', 'Graph', 'Steps', 'Inputs and outputs', 'Compare with…'],
      ...['By node', 'Packed', 'Filter by node', expect.stringMatching(/^Next failed step/), 'Time axis'],
      ...['Zoom out', 'Zoom in', 'Show the whole run', '8 steps'],
    ]);
    expect(order).not.toContain('GraphQL');
  });

  it('opens a view at its top from a link below the fold', async () => {
    const page = await open({ width: NARROW, height: 400 });
    await page.goto(`${gateway.url}${RUN}?tab=compare`);
    await page.getByLabel('Compare with').waitFor();
    expect(await page.evaluate('window.scrollY')).toBe(0);
    const current = page.getByRole('navigation', { name: 'Views' }).locator('[aria-current=page]');
    const { x = -1, width = 0 } = (await current.boundingBox()) ?? {};
    expect(x >= 0 && x + width <= NARROW).toBe(true);
  });
});

/** A browser that is busy with axe may miss a key press. */
async function closeDialog(page: Page): Promise<void> {
  const dialog = page.locator('dialog:modal');
  for (let times = 0; times < 3 && (await dialog.count()) > 0; times += 1) {
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached', timeout: 5000 }).catch(() => undefined);
  }
  expect(await dialog.count()).toBe(0);
}
