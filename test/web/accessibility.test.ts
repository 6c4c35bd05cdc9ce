import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { violationsAtBothWidths } from '../support/axe.ts';
import { openPage, untilTrue } from '../support/browser.ts';
import { describeInBrowser } from '../support/describe-in-browser.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const RUN = '/workflows/support-triage/runs/run-4711';

/** Each with a text that shows when it is there. */
const PAGES: readonly (readonly [name: string, path: string, text: string])[] = [
  ['what is happening', '/', 'Success rate'],
  ['a search without result', '/?q=nothing', 'No workflow is called'],
  ['a workflow', '/workflows/support-triage?run=new&from=run-4711', 'The inputs of'],
  [
    'runs of an exact time',
    '/workflows/support-triage?start=2026-11-18T00:00:00Z&end=2026-11-19T00:00:00Z',
    'run-4711',
  ],
  ['the trends of a node', '/workflows/support-triage?tab=trends&node=draft_reply', 'First seen'],
  ['the statistics of a workflow', '/workflows/support-triage?tab=nodes', 'knowledge_search'],
  ['a run', RUN, 'A step failed'],
  ['the graph of a run', `${RUN}?tab=graph`, 'not run'],
  ['the steps of a run', `${RUN}?tab=steps`, 'Share of run'],
  ['the inputs of a run', `${RUN}?tab=payload`, 'ticket_id'],
  ['a comparison', `${RUN}?tab=compare&with=run-4712`, 'Broke'],
  ['a run that is not there', '/workflows/support-triage/runs/none', 'There is no such run'],
  ['an address that leads nowhere', '/workflows/a/b', 'There is no page at this address'],
];

await describeInBrowser('the run page, for everybody', (browser) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it.each(['light', 'dark'] as const)('has no violation that axe knows of, %s', async (theme) => {
    const { page, context, complaints } = await openPage(browser(), { theme });
    const found: Record<string, string[]> = {};
    for (const [name, path, text] of PAGES) {
      await page.goto(gateway.url + path);
      await page.getByText(text).first().waitFor();
      found[name] = await violationsAtBothWidths(page, theme);
    }
    await page.goto(gateway.url + RUN);
    await page.getByRole('link', { name: /draft_reply The model/ }).click();
    await page.getByRole('button', { name: /^Inputs/ }).click();
    await page.getByRole('tree').waitFor();
    found['a step'] = await violationsAtBothWidths(page, theme);
    for (const [name, key, text] of [
      ['the search', '/', 'Quick answer'],
      ['the shortcuts', '?', 'Next and previous row'],
    ] as const) {
      await page.getByRole('heading', { name: 'run-4711' }).click();
      await page.keyboard.press(key);
      await page.getByRole('dialog').getByText(text).waitFor();
      found[name] = await violationsAtBothWidths(page, theme);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.route('**/assets/comparison*', (route) => route.fulfill({ status: 404 }));
    await page.goto(gateway.url + RUN);
    await page.getByRole('link', { name: 'Compare with…' }).click();
    await page.getByRole('button', { name: 'Reload' }).waitFor();
    found['a part that is gone'] = await violationsAtBothWidths(page, theme);
    complaints.splice(0);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Bearer key').fill('no-such-key');
    await page.keyboard.press('Enter');
    await page.getByText('The gateway refused this key').waitFor();
    found['the key'] = await violationsAtBothWidths(page, theme);
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
    expect(Object.keys(found)).toHaveLength(PAGES.length + 5);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('fits a small screen: nothing sticks out sideways', async () => {
    const { page, context } = await openPage(browser(), { width: 320, height: 640 });
    const sticking: string[] = [];
    for (const [name, path, text] of PAGES) {
      await page.goto(gateway.url + path);
      await page.getByText(text).first().waitFor();
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      if (width > 320) sticking.push(`${name}: ${width} px`);
    }
    expect(sticking).toEqual([]);
    await context.close();
  });

  it('leads through the timeline by keyboard: along the steps, into one, closer, and back out', async () => {
    const { page, context } = await openPage(browser());
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
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Step' }).getByText('The answer is not valid JSON').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('complementary', { name: 'Step' }).waitFor({ state: 'detached' });
    await untilTrue(page, "document.activeElement.getAttribute('role') === 'listbox'");
    await page.keyboard.press('+');
    await page.getByText('2×').waitFor();
    await page.keyboard.press('0');
    await page.getByText('1×').waitFor();
    expect(new URL(page.url()).search).toBe('');
    await context.close();
  });

  it('is gone through from its top by Tab, with a way past the masthead', async () => {
    const { page, context } = await openPage(browser());
    await page.goto(gateway.url);
    await page.getByText('Success rate').first().waitFor();
    const focused = () =>
      page.evaluate<string>('document.activeElement.closest("label")?.innerText ?? document.activeElement.innerText');
    const seen: string[] = [];
    for (let at = 0; at < 6; at += 1) {
      await page.keyboard.press('Tab');
      seen.push(await focused());
    }
    expect(seen.map((text) => text.split('\n')[0])).toEqual([
      'Skip to the content',
      'Stepgate',
      expect.stringMatching(/^Search/),
      'GraphQL',
      expect.stringMatching(/Sign out/),
      '',
    ]);
    await page.reload();
    await page.getByText('Success rate').first().waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Failed');
    await context.close();
  });

  it('keeps the chosen theme', async () => {
    const { page, context } = await openPage(browser(), { theme: 'light' });
    await page.goto(gateway.url);
    await page.getByRole('button', { name: /^Theme: as the system/ }).click();
    await page.getByRole('button', { name: /^Theme: light/ }).click();
    await page.getByRole('button', { name: /^Theme: dark/ }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: /^Theme: dark/ }).waitFor();
    expect(await page.evaluate('getComputedStyle(document.documentElement).colorScheme')).toBe('dark');
    await context.close();
  });
});
