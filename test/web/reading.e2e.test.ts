/** The page keeps the reader's place, focus and typed text, and its content while a run is in progress. */
import { afterAll, expect, it } from '@jest/globals';
import { follow, type Locator, operationOf, type Page, untilTrue } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import type { Script } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';
import { createScriptedWorkflows } from '../harness/workflows.ts';

const start_time = new Date(Date.now() - 60_000).toISOString();
const UNDER_WAY = { status: 'running', start_time, end_time: null, elapsed_time: 0 };

/** The outputs of the running step. */
let outputs: unknown = { first: 1 };
const LARGE = 'x'.repeat(1_500_000);

const workflows = createScriptedWorkflows(['wf', 'other']);
for (let number = 1; number <= 60; number += 1) workflows.start('wf', `run-${number}`);
const execution = { asked: Promise.withResolvers<null>(), answer: Promise.withResolvers<null>() };

const script: Script = async (call) => {
  const { endpoint, runId } = call;
  if (endpoint === 'execute') {
    execution.asked.resolve(null);
    await execution.answer.promise;
    return { json: { message: 'started', run_id: 'run-1' } };
  }
  if (endpoint === 'run' && runId === 'live') return { json: [wireRun('live', { ...UNDER_WAY, outputs: null })] };
  if (endpoint === 'run' && runId.startsWith('large')) return { json: [wireRun(runId, { inputs: { text: LARGE } })] };
  if (endpoint === 'run' && runId === 'nested') {
    const list = Array.from({ length: 300 }, (_, index) => ({ text: index === 150 ? 'Needle in row 150' : 'hay' }));
    return { json: [wireRun(runId, { inputs: { needles: true, deep: { list } } })] };
  }
  if (endpoint === 'steps' && runId === 'live') {
    const before = wireStep({ id: 's1', node_id: 'first', start_time, end_time: start_time });
    return { json: [before, wireStep({ id: 's2', node_id: 'second', ...UNDER_WAY, outputs })] };
  }
  if (endpoint === 'steps') return { json: [wireStep({ step_metadata: { queue: 'night' } })] };
  return workflows.script(call);
};

const gateway = await startGateway({ script, env: { LIVE_TTL_MS: '50' } });
afterAll(() => gateway.close());

const runPath = (id: string) => `${gateway.url}/workflows/wf/runs/${id}`;
/** Distance from the top of the window, in pixels. */
const placeOf = async (row: Locator): Promise<number> => (await row.boundingBox())?.y ?? NaN;
const scrolled = (page: Page) => page.evaluate<number>('window.scrollY');

describeInBrowser('a reader of the page', (open) => {
  it('sees each match of a search in a payload opened and marked', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${runPath('nested')}?tab=payload`);
    const rows = page.locator('.json-row');
    await rows.filter({ hasText: 'list' }).first().waitFor();
    expect(await page.getByText('Needle in row 150').count()).toBe(0);
    await page.getByRole('searchbox', { name: 'Search keys and values' }).fill('needle');
    await page.getByText('1 of 2', { exact: true }).waitFor();
    await page.locator('.json-row.is-found').filter({ hasText: 'needles' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('2 of 2', { exact: true }).waitFor();
    await page.locator('.json-row.is-found').filter({ hasText: 'Needle in row 150' }).waitFor();
    await page.getByRole('searchbox', { name: 'Search keys and values' }).fill('nowhere');
    await page.getByText('none', { exact: true }).waitFor();
  });

  it('starts at the top of the next page, and returns to the previous position', async () => {
    const page = await open({ key: 'key-1', height: 300 });
    await page.goto(gateway.url);
    const row = page.locator('a[data-row][title="run-40"]');
    await row.scrollIntoViewIfNeeded();
    expect(await scrolled(page)).toBeGreaterThan(500);
    const before = await placeOf(row);
    await row.click();
    await page.getByRole('heading', { name: 'run-40' }).waitFor();
    expect(await scrolled(page)).toBe(0);
    // Another view of the same page does not scroll. The page stays higher than the window while the view loads.
    await page.evaluate(`document.body.style.minHeight = '2000px'; scrollTo(0, 80)`);
    await page.getByRole('link', { name: 'Steps', exact: true }).dispatchEvent('click');
    await page.getByRole('table', { name: 'Steps' }).waitFor();
    expect(await scrolled(page)).toBe(80);
    await page.evaluate(`document.body.style.minHeight = ''`);
    await page.goBack();
    await page.goBack();
    await row.waitFor();
    await untilTrue(page, 'window.scrollY > 500');
    // The failures above it load again, and are higher or lower while they do.
    await untilTrue(
      page,
      `Math.abs(document.querySelector('a[data-row][title="run-40"]').getBoundingClientRect().y - ${before}) < 50`,
    );
  });

  it('sends one request per search, and loses no letter to a late URL', async () => {
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    await page.goto(gateway.url);
    const field = page.getByRole('searchbox', { name: 'Search workflows' });
    await page.getByRole('article').nth(1).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => {
      if (operationOf(request) === 'Workflows') asked.push(request.postData() ?? '');
    });
    await page.clock.pauseAt(new Date(Date.now() + 5000));
    await field.pressSequentially('other');
    await page.clock.runFor(300);
    await page.waitForURL(/q=other$/);
    await page.getByRole('article').nth(1).waitFor({ state: 'detached' });
    await field.pressSequentially(' workflow');
    expect(asked).toHaveLength(1);
    await page.clock.runFor(300);
    await page.clock.resume();
    await page.getByText('No workflow is called “other workflow”').waitFor();
    expect(await field.inputValue()).toBe('other workflow');
    expect(asked).toHaveLength(2);
    // A new URL replaces the typed value.
    await page.getByRole('link', { name: 'Stepgate' }).click();
    await untilTrue(page, `document.querySelector('[aria-label="Search workflows"]').value === ''`);
  });

  it('keeps the focus on "Apply"', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${runPath('run-1')}?tab=payload`);
    await page.getByLabel('JMESPath').fill('order');
    const apply = page.getByRole('button', { name: 'Apply' });
    await apply.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/runPath=order/);
    await page.locator('.json-text').waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Apply');
  });

  it('stays on a page opened while a run was starting', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf?run=new`);
    await untilTrue(page, `document.querySelector('.run-form textarea')?.value.includes('order')`);
    await page.getByRole('button', { name: 'Start' }).click();
    await execution.asked.promise;
    await page.getByRole('link', { name: 'Stepgate' }).click();
    await page.getByRole('heading', { name: 'Failures', level: 1 }).waitFor();
    const answered = page.waitForResponse((response) => operationOf(response.request()) === 'ExecuteWorkflow');
    execution.answer.resolve(null);
    await (await answered).finished();
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    expect(new URL(page.url()).pathname).toBe('/');
  });

  it('sees new keys of growing outputs, and keeps the panel when they shrink', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${runPath('live')}?step=s2&side=outputs`);
    const tree = page.getByRole('tree');
    await tree.getByText('first:').waitFor();
    outputs = { first: 1, second: { inner: 'x' }, third: { deep: [1, 2] } };
    await tree.getByText('third:').waitFor();
    await tree.getByText('third:').click();
    await tree.getByText('deep:').waitFor();
    // Expanded nodes stay expanded.
    outputs = { zeroth: 0, third: { deep: [1, 2] } };
    await tree.getByText('zeroth:').waitFor();
    await tree.getByText('deep:').waitFor();
    expect(await tree.getByText('second:').count()).toBe(0);
    outputs = { fourth: 4 };
    await tree.getByText('fourth:').waitFor();
    expect(await tree.getByRole('treeitem').count()).toBe(1);
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.getByText('fourth:').click();
    await page.keyboard.press('ArrowDown');
  });

  it('sees the metadata tab only for steps with metadata', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${runPath('run-1')}?step=step-1`);
    await page.getByRole('button', { name: 'Metadata' }).click();
    await page.getByRole('tree').getByText('queue:').waitFor();
    await page.goto(`${runPath('live')}?step=s1`);
    await page.getByRole('button', { name: /^Outputs/ }).waitFor();
    expect(await page.getByRole('button', { name: 'Metadata' }).count()).toBe(0);
  });

  it('finds zoom and scroll position of a live run in the URL', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(runPath('live'));
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.waitForURL(/zoom=2/);
    await page.evaluate("document.querySelector('.timeline-scroll').scrollLeft = 300");
    const before = new URL(page.url()).searchParams.get('at');
    await page.waitForURL((url) => url.searchParams.get('at') !== before);
  });

  it('zooms by trackpad, and hears position and count of the selected step', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(runPath('live'));
    const timeline = page.getByRole('listbox', { name: /^2 steps/ });
    await timeline.hover();
    await page.evaluate(`new Promise((done) => {
      let left = 40;
      const send = () => {
        document.querySelector('.timeline-scroll').dispatchEvent(
          new WheelEvent('wheel', { deltaY: -4, ctrlKey: true, bubbles: true, cancelable: true }));
        left -= 1;
        if (left > 0) setTimeout(send, 8); else done();
      };
      send();
    })`);
    expect(Number(new URL(page.url()).searchParams.get('zoom'))).toBeLessThanOrEqual(8);
    await page.waitForURL(/zoom=[248]/);
    await timeline.focus();
    await page.keyboard.press('ArrowRight');
    const option = timeline.getByRole('option');
    expect([await option.getAttribute('aria-posinset'), await option.getAttribute('aria-setsize')]).toEqual(['2', '2']);
  });

  it('gets the large payload of each run, even if it was open before', async () => {
    const page = await open({ key: 'key-1' });
    const load = page.getByRole('button', { name: 'Load more than 1.0 MB' });
    await page.goto(`${runPath('large-too')}?tab=payload`);
    await load.waitFor();
    await follow(page, '/workflows/wf/runs/large?tab=payload');
    await page.getByRole('heading', { name: 'large', exact: true }).waitFor();
    await load.click();
    await page.getByRole('tree').getByText('text:').waitFor();
    await follow(page, '/workflows/wf/runs/large-too?tab=payload');
    await page.getByRole('heading', { name: 'large-too' }).waitFor();
    await load.waitFor();
  });

  it('keeps typed text, focus and the open step when the window is resized', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${runPath('run-1')}?step=step-1&side=inputs`);
    const drawer = page.getByRole('dialog', { name: 'Step' });
    const path = drawer.getByLabel('JMESPath');
    await path.pressSequentially('input_data');
    for (const [width, modal] of [
      [1100, 1],
      [1300, 0],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await untilTrue(page, `document.querySelectorAll('dialog:modal').length === ${modal}`);
      expect(await path.inputValue()).toBe('input_data');
      expect(await page.evaluate('document.activeElement.value')).toBe('input_data');
    }
  });

  it.each([1300, 1100])('closes the step by Esc except in a field: %i px', async (width) => {
    const page = await open({ key: 'key-1', width });
    await page.goto(`${runPath('live')}?step=s2&side=inputs`);
    const drawer = page.getByRole('dialog', { name: 'Step' });
    const fields = [drawer.getByLabel('JMESPath')];
    if (width > 1200) fields.push(page.getByRole('searchbox', { name: 'Filter by node' }));
    for (const field of fields) {
      await field.fill('model');
      await field.press('Escape');
      expect(page.url()).toMatch(/step=s2/);
      expect(await drawer.count()).toBe(1);
    }
    await drawer.getByRole('button', { name: 'Copy', exact: true }).press('Escape');
    await drawer.waitFor({ state: 'detached' });
    expect(page.url()).not.toMatch(/step=/);
  });

  it('gets a new live connection after one without a response', async () => {
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    let streams = 0;
    await page.route('**/graphql/stream', (route) => {
      streams += 1;
      return streams === 1 ? undefined : route.continue();
    });
    await page.goto(runPath('live'));
    await page.getByText('Connecting…').waitFor();
    await page.clock.runFor(31_000);
    await page.clock.runFor(1000);
    await page.getByText('Live', { exact: true }).waitFor();
    expect(streams).toBe(2);
  });
});
