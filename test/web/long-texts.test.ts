import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep, type Wire } from '../harness/wire.ts';

const FRAMES = Array.from(
  { length: 60 },
  (_, index) => `  File "/srv/flows/loader_${index}.py", line ${index}, in load_${index}`,
);
const TRACEBACK = ['Traceback (most recent call last):', ...FRAMES, 'ValueError: no rows in the sheet'].join('\n');

const LONG_NAME = 'a'.repeat(300);
const RTL_NAME = 'שלב_ראשון_של_התהליך';

/** The newer run fails, the older one does not: they are also compared. */
const stepsOf = (runId: string): Wire[] => [
  wireStep({ id: 'rtl', node_id: RTL_NAME, inputs: { order: 7 }, outputs: { ok: true } }),
  wireStep({
    id: 'long',
    node_id: LONG_NAME,
    inputs: { order: 7 },
    outputs: null,
    ...(runId === 'bad' && { status: 'failed', error: TRACEBACK }),
  }),
  wireStep({ id: 'silent', node_id: 'silent', inputs: { order: 7 }, outputs: null, status: 'failed', error: '' }),
];

await describeInBrowser('names and errors of any length', (browser) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    const record = (id: string): Wire =>
      wireRun(id, { status: 'failed', error: 'It broke. '.repeat(200), all_outputs: null });
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (endpoint === 'steps') return { json: stepsOf(runId) };
      if (endpoint === 'run') return { json: [record(runId)] };
      if (endpoint === 'runs') return { json: [record('bad'), record('good')] };
      return { status: 404, json: {} };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('fit 320 px in every view, with the full text at hand', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1', width: 320, height: 700 });
    const sticking: string[] = [];
    const views = ['', '?rows=packed', '?tab=steps', '?tab=payload', '?tab=compare&with=good', '?step=long'];
    for (const view of views) {
      await page.goto(`${gateway.url}/workflows/wf/runs/bad${view}`);
      await page.getByText('ValueError: no rows in the sheet').first().waitFor();
      await page.locator('.spinning').first().waitFor({ state: 'detached' });
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      if (width > 320) sticking.push(`${view}: ${width} px`);
    }
    expect(sticking).toEqual([]);
    const sheet = page.getByRole('dialog', { name: 'Step' });
    expect(await sheet.getByRole('heading').textContent()).toBe(LONG_NAME);
    expect(
      await page.evaluate(
        "(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)(document.querySelector('dialog'))",
      ),
    ).toBe(true);
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    // Cut, with the whole on hover; what is written from right to left keeps to itself.
    const name = `document.querySelector('.row-names .given-name[title="${LONG_NAME}"] bdi')`;
    expect(await page.evaluate(`${name}.scrollWidth > ${name}.clientWidth`)).toBe(true);
    expect(await page.locator('.row-names bdi', { hasText: RTL_NAME }).count()).toBe(1);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('show a traceback from its end, folded, line by line', async () => {
    const { page, context } = await openPage(browser(), { key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf/runs/bad`);
    await page.getByRole('link', { name: /ValueError: no rows in the sheet/ }).click();
    const drawer = page.getByRole('complementary', { name: 'Step' });
    const error = drawer.getByLabel('Error', { exact: true });
    expect(await error.textContent()).toMatch(/load_59\nValueError: no rows in the sheet$/);
    expect(await error.textContent()).not.toContain('load_1\n');
    const style = "getComputedStyle(document.querySelector('.step-error pre'))";
    expect(await page.evaluate(`${style}.fontFamily`)).toContain('monospace');
    expect(await page.evaluate(`${style}.whiteSpace`)).toBe('pre-wrap');
    await drawer.getByRole('button', { name: 'Show all 62 lines' }).click();
    expect(await error.textContent()).toBe(TRACEBACK);
    // A long name leaves the message its room.
    const message = await page.locator('.failed-steps .message').first().boundingBox();
    expect(message?.width).toBeGreaterThan(200);
    // It answered nothing: what it was given is shown.
    expect(await drawer.getByRole('button', { name: /^Inputs/ }).getAttribute('aria-pressed')).toBe('true');
    await drawer.getByRole('button', { name: /^Outputs/ }).click();
    await drawer.getByText('No outputs').waitFor();
    await page.keyboard.press('ArrowRight');
    await drawer.getByText('No error message').waitFor();
    await context.close();
  });
});
