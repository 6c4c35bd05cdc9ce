import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';

const RUN = '/workflows/support-triage/runs/run-4711';

/** Of each status: how much its bars stand out from what is behind them, as the browser computes the colours. */
const CONTRASTS = `(() => {
  const channels = (text) => (text.match(/[\\d.]+/g) ?? []).slice(0, 3).map((part) => Number(part) / 255);
  const linear = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (text) => {
    const [red, green, blue] = channels(text).map(linear);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (lighter + 0.05) / (darker + 0.05);
  };
  const ground = getComputedStyle(document.querySelector('.timeline')).backgroundColor;
  const svg = document.querySelector('.timeline-lanes svg');
  return ['completed', 'failed', 'running', 'cancelled', 'pending', 'skipped', 'unknown'].map((status) => {
    const group = document.createElementNS('http://www.w3.org/2000/svg', 'g');
    group.setAttribute('class', 'status-' + status);
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('class', 'bars');
    svg.append(group);
    group.append(path);
    const { fill, stroke } = getComputedStyle(path);
    group.remove();
    // Bars that are only an outline are seen by it.
    return [status, Math.max(contrast(fill, ground), stroke === 'none' ? 0 : contrast(stroke, ground))];
  });
})()`;

await describeInBrowser('the timeline of a run', (browser) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  const names = (page: Page) => page.locator('.row-name bdi').allTextContents();

  it('is what an address shows that names no view that there is', async () => {
    const { page, context, complaints } = await openPage(browser());
    await page.goto(`${gateway.url}${RUN}?tab=tracing`);
    await page.getByRole('listbox', { name: /^8 steps/ }).waitFor();
    expect(await page.getByRole('link', { name: 'Timeline', exact: true }).getAttribute('aria-current')).toBe('page');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('has a row for each node, finds nodes and failures, and tells the time of day, at an address of its own', async () => {
    const { page, context, complaints } = await openPage(browser());
    await page.goto(gateway.url + RUN);
    await page.getByRole('listbox', { name: /^8 steps/ }).waitFor();
    expect(await names(page)).toEqual([
      ...['intake', 'knowledge_search', 'classify', 'sentiment', 'route', 'draft_reply', 'page_on_call'],
    ]);
    await page.getByLabel('Time axis').selectOption('UTC');
    await page.locator('.timeline-axis').getByText('09:14:05').waitFor();

    await page.getByRole('button', { name: /Next failure/ }).click();
    const drawer = page.getByRole('complementary', { name: 'Step' });
    await drawer.getByText('Step 3 of 8').waitFor();
    // The focus stays, so that the next one is one key away.
    await page.keyboard.press('Enter');
    await drawer.getByText('Step 7 of 8').waitFor();

    await page.getByLabel('Filter by node').fill('REPLY');
    await page.getByText('1 of 8 steps').waitFor();
    expect(await names(page)).toEqual(['draft_reply']);
    await page.getByRole('button', { name: 'Packed' }).click();
    await page.locator('.row-name').waitFor({ state: 'detached' });
    const link = page.url();
    expect(link).toMatch(/clock=utc.*find=REPLY.*rows=packed/);

    await page.goto('about:blank');
    await page.goto(link);
    await page.getByText('1 of 8 steps').waitFor();
    expect(await page.locator('.row-name').count()).toBe(0);
    await page.getByLabel('Filter by node').fill('nothing');
    await page.getByText('No step of such a node').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it.each(['light', 'dark'] as const)('has bars that stand out from their ground, %s', async (theme) => {
    const { page, context } = await openPage(browser(), { theme });
    await page.goto(gateway.url + RUN);
    await page.getByRole('listbox', { name: /^8 steps/ }).waitFor();
    const contrasts = await page.evaluate<readonly (readonly [string, number])[]>(CONTRASTS);
    expect(contrasts).toHaveLength(7);
    expect(contrasts.filter(([, contrast]) => !(contrast >= 3))).toEqual([]);
    await context.close();
  });

  it('shows what a bar is without being cut off, by pointer and by keyboard', async () => {
    // So low that the last row is at the bottom of the screen.
    const { page, context } = await openPage(browser(), { width: 1280, height: 640 });
    await page.goto(gateway.url + RUN);
    const timeline = page.getByRole('listbox', { name: /^8 steps/ });
    await timeline.waitFor();
    const lanes = page.locator('.timeline-lanes');
    const box = async () => (await lanes.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const tooltip = page.locator('.bar-tooltip');
    const isWhole = async () => {
      const { x, y, width, height } = (await tooltip.boundingBox()) ?? { x: -1, y: -1, width: 0, height: 0 };
      return x >= 0 && y >= 0 && x + width <= 1280 && y + height <= 640;
    };
    await page.mouse.wheel(0, 10_000);
    const { x, y, width, height } = await box();
    await page.mouse.move(x + width - 20, y + height - 54);
    await tooltip.getByText('draft_reply').waitFor();
    expect(await isWhole()).toBe(true);
    expect(await page.evaluate("document.querySelector('.bar-tooltip').parentElement.tagName")).toBe('BODY');

    await page.mouse.move(2, 2);
    await tooltip.waitFor({ state: 'detached' });
    await timeline.focus();
    await page.keyboard.press('End');
    await tooltip.getByText('page_on_call').waitFor();
    expect(await isWhole()).toBe(true);
    await context.close();
  });
});
