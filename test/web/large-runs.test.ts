import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage, untilTrue, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep, type Wire } from '../harness/wire.ts';

const STEPS = 1000;
const START_MS = Date.parse('2026-11-20T10:00:00Z');
const at = (ms: number): string => new Date(START_MS + ms).toISOString();

/** Ten at a time, a second each, and an hour's pause in the middle. */
const manySteps: Wire[] = Array.from({ length: STEPS }, (_, index) => {
  const offset = Math.floor(index / 10) * 1000 + (index >= STEPS / 2 ? 3_600_000 : 0);
  return wireStep({
    id: `step-${index}`,
    // The node that fails runs only once: a later execution would make good for it.
    node_id: index === 777 ? 'fragile' : `node_${index % 40}`,
    status: index === 777 ? 'failed' : 'completed',
    error: index === 777 ? 'It broke' : null,
    start_time: at(offset),
    end_time: at(offset + 900),
    elapsed_time: 0,
  });
});

/** Some five megabytes of JSON. */
const LARGE = {
  rows: Array.from({ length: 50_000 }, (_, index) => ({ index, text: `row ${index} `.repeat(8) })),
  last: 'the end',
};

/** Those that their column has no room for. */
const CUT_FIGURES = `[...document.querySelectorAll('.steps-table .number')]
  .filter((cell) => cell.scrollWidth > cell.clientWidth)
  .map((cell) => cell.textContent)`;

await describeInBrowser('the run page of a large run', (browser) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      const isLarge = runId === 'large-outputs';
      if (endpoint === 'steps') return { json: isLarge ? [wireStep({ outputs: LARGE })] : manySteps };
      if (endpoint === 'run')
        return { json: [wireRun(runId, { start_time: at(0), end_time: at(3_700_000), all_outputs: null })] };
      return { status: 404, json: {} };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const elements = (page: Page) => page.evaluate<number>("document.querySelectorAll('main *').length");

  it('draws a thousand steps with few elements, at any zoom, and folds the long pause', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf/runs/many`);
    await page.getByRole('listbox', { name: /1000 steps/ }).waitFor();
    await page.getByText(/^idle 1 h/).waitFor();
    expect(await elements(page)).toBeLessThan(900);
    for (const zoom of ['2×', '4×', '8×', '16×', '32×']) {
      await page.getByRole('button', { name: 'Zoom in' }).click();
      await page.getByText(zoom, { exact: true }).waitFor();
      expect(await elements(page)).toBeLessThan(900);
    }
    await page.getByLabel('Fold idle time').uncheck();
    await page.getByText(/^idle/).waitFor({ state: 'detached' });
    // The map leads to the other end of the run, and below its first lanes.
    const map = (await page.locator('.minimap').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.click(map.x + map.width - 4, map.y + map.height - 4);
    const placed =
      "(({ scrollLeft, scrollTop }) => scrollLeft > 30_000 && scrollTop > 0)(document.querySelector('.timeline-scroll'))";
    await untilTrue(page, placed);
    expect(await elements(page)).toBeLessThan(900);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('leads to the one step that failed among a thousand', async () => {
    const { page, context } = await openPage(browser(), { key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf/runs/many`);
    await page.getByRole('link', { name: /It broke/ }).click();
    await page.getByRole('complementary', { name: 'Step' }).getByText('It broke').waitFor();
    await page.getByRole('listbox').focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('listbox').getByRole('option').textContent()).toMatch(/^node_18, Completed/);
    await page.getByRole('link', { name: 'Steps', exact: true }).click();
    await page.getByRole('table', { name: 'Steps' }).waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(80);
    await page.evaluate("document.querySelector('.steps-scroll').scrollTop = 1e9");
    await page.getByRole('cell', { name: '1 h 02 min', exact: true }).first().waitFor();
    expect(await page.evaluate(CUT_FIGURES)).toEqual([]);
    await context.close();
  });

  it('opens five megabytes of outputs without making more than what is seen of them', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf/runs/large-outputs?step=step-1&side=outputs`);
    await page.getByRole('button', { name: /^Load \d\.\d MB/ }).click();
    const tree = page.getByRole('tree');
    await tree.getByText('the end').waitFor();
    await tree.getByText('[50000]').click();
    await tree.getByText('40000 … 49999').click();
    await tree.getByText('40000 … 40099').waitFor();
    expect(await tree.getByRole('treeitem').count()).toBeLessThan(120);
    await page.getByLabel('JMESPath').fill('rows[49999].index');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('49999', { exact: true }).waitFor();
    await page.getByLabel('JMESPath').fill('rows[');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText(/BAD_USER_INPUT/).waitFor();
    const download = page.waitForEvent('download');
    await page.getByLabel('JMESPath').fill('last');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('the end', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Download' }).click();
    expect((await download).suggestedFilename()).toBe('large-outputs-step-1-outputs.json');
    expect(complaints).toEqual([]);
    await context.close();
  });
});
