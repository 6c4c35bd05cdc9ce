import { afterAll, expect, it } from '@jest/globals';
import { type Page, untilTrue } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import { SampleGateway } from '../harness/sample.ts';
import { wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const RUN = '/workflows/support-triage/runs/run-4711';
const INPUTS = `query ($id: ID!) { run(workflowId: "support-triage", id: $id) { inputs } }`;

const gateway = await new SampleGateway().open();
afterAll(() => gateway.close());

describeInBrowser('a failed run', (open) => {
  const drawerOf = (page: Page) => page.getByRole('dialog', { name: 'Step' });

  it('leads from the list to the cause and a new start in four actions', async () => {
    const page = await open({ key: 'demo-key' });
    let actions = 0;
    const act = async (action: Promise<void>) => {
      actions += 1;
      await action;
    };

    // The list shows what failed, where and why.
    await page.goto(gateway.url);
    const failed = page.getByRole('list', { name: 'Latest runs', exact: true }).getByRole('listitem');
    const row = failed.filter({ hasText: 'run-4711' });
    await row.getByText('draft_reply').waitFor();
    await row.getByText(/^The model accepts 32768 tokens/).waitFor();
    await act(row.getByRole('link', { name: 'run-4711' }).click());
    const failure = page.getByRole('region', { name: 'Why the run failed' });
    await failure.getByRole('heading', { name: /^The model accepts 32768 tokens, but the messages/ }).waitFor();
    await failure.getByText('in 3 of the 9 runs before it').waitFor();
    await failure.getByText(/^since /).waitFor();

    // What changed since it last worked?
    await act(
      failure
        .getByRole('link', { name: /^Compare with/ })
        .first()
        .click(),
    );
    await page
      .getByRole('row', { name: /draft_reply/ })
      .getByText('Now fails')
      .waitFor();

    // The same inputs again, by keyboard.
    await act(page.getByRole('link', { name: 'Run again' }).click());
    await page.getByText('The inputs of run-4711').waitFor();
    await act(page.keyboard.press('Control+Enter'));
    await page.waitForURL(/\/workflows\/support-triage\/runs\/(?!run-4711)/);
    await page.getByText('Live', { exact: true }).waitFor();
    const started = decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1) ?? '');
    const inputsOf = async (id: string) =>
      (await gateway.query(INPUTS, { variables: { id }, key: 'demo-key' })).data as unknown;
    expect(await inputsOf(started)).toEqual(await inputsOf('run-4711'));
    expect(actions).toBeLessThanOrEqual(4);
  });

  it('is compared with the last success, down to the changed words of the prompt', async () => {
    const page = await open({ key: 'demo-key' });
    await page.goto(`${gateway.url}${RUN}?tab=compare`);
    const nodes = page.getByRole('region', { name: 'Node by node' });
    // The changed node is first and expanded.
    await nodes.getByRole('row').nth(1).getByText('Now fails').waitFor();
    const differences = nodes.getByRole('group', { name: 'Differences' });
    await differences.getByRole('insertion').filter({ hasText: 'Northwind Traders' }).waitFor();
    await differences.getByRole('deletion').filter({ hasText: 'ticket_id' }).waitFor();
    const base = page.getByLabel('Compare with');
    expect(await base.locator('option:checked').textContent()).toMatch(/^(Last success|Before the failures began) ·/);
    await base.selectOption({ value: 'run-4712' });
    await page.waitForURL(/tab=compare&with=run-4712/);
    // The first text that differs.
    await differences.getByRole('insertion').filter({ hasText: '"run_id": "run-4711"' }).waitFor();
    await nodes.getByRole('button', { name: 'Prompt' }).click();
    await page.waitForURL(/diff=prompt/);
    await nodes.getByRole('button', { name: 'intake' }).click();
    await page.waitForURL(/node=intake/);
    await nodes.getByRole('link', { name: 'Open the step' }).click();
    await drawerOf(page).getByRole('heading', { name: 'intake' }).waitFor();
  });

  it('looks the same from a copied link: zoom, step, side and path', async () => {
    const page = await open({ key: 'demo-key' });
    await page.goto(gateway.url + RUN);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.getByRole('link', { name: /^The model accepts/ }).click();
    await page.getByRole('button', { name: /^Inputs/ }).click();
    await page.getByLabel('JMESPath').fill('model');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.waitForURL(/path=model/);
    await page.waitForURL(/at=\d+/);
    const link = page.url();
    expect(link).not.toContain('demo-key');

    const colleague = await open({ key: 'demo-key' });
    await colleague.goto(link);
    await colleague.getByText('2×').waitFor();
    const scrolled = "document.querySelector('.timeline-scroll').scrollLeft";
    expect(await colleague.evaluate<number>(scrolled)).toBeGreaterThan(100);
    const drawer = drawerOf(colleague);
    await drawer.getByText('draft_reply').waitFor();
    expect(await drawer.getByRole('button', { name: /^Inputs/ }).getAttribute('aria-pressed')).toBe('true');
    expect(await drawer.getByLabel('JMESPath').inputValue()).toBe('model');
    await drawer.getByText('virtuoso-large', { exact: true }).waitFor();
    // A reader who follows a link keeps the focus and the top of the page.
    expect(await colleague.evaluate('[document.activeElement.tagName, window.scrollY]')).toEqual(['BODY', 0]);
  });

  it('shows the state of each node in a graph, which opens its steps', async () => {
    const page = await open({ key: 'demo-key' });
    await page.goto(`${gateway.url}${RUN}?tab=graph`);
    const graph = page.getByRole('region', { name: 'Graph of the run' });
    await graph.getByRole('link', { name: /^classify.*2×.*Completed/ }).waitFor();
    // A node that never ran has no step to open.
    await graph.getByText(/^send_reply/).waitFor();
    expect(await graph.getByRole('link', { name: /send_reply/ }).count()).toBe(0);
    await graph.getByRole('link', { name: /^draft_reply.*Failed/ }).click();
    await drawerOf(page).getByRole('heading', { name: 'draft_reply' }).waitFor();
    expect(await graph.getByRole('link', { name: /^draft_reply/ }).getAttribute('aria-current')).toBe('true');
    await page.keyboard.press('Escape');
    await drawerOf(page).waitFor({ state: 'detached' });

    await graph.getByRole('link', { name: /^intake/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate('document.activeElement.dataset.node')).toBe('route');
    // The graph is measured again after the drawer has closed.
    await graph.getByText('100%').waitFor();
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    await graph.getByText('156%').waitFor();
    await page.keyboard.press('0');
    await page.waitForURL(/scale=fit/);
    await page.keyboard.press('Enter');
    await drawerOf(page).getByRole('heading', { name: 'route' }).waitFor();
  });

  it('has a timeline with rows per node, filter, next failure and time of day', async () => {
    const page = await open({ key: 'demo-key' });
    // An unknown view in the URL shows the timeline too.
    await page.goto(`${gateway.url}${RUN}?tab=tracing`);
    await page.getByRole('listbox', { name: /^8 steps/ }).waitFor();
    expect(await page.getByRole('link', { name: 'Timeline', exact: true }).getAttribute('aria-current')).toBe('page');
    const names = () => page.locator('.row-name bdi').allTextContents();
    expect(await names()).toEqual([
      ...['intake', 'knowledge_search', 'classify', 'sentiment', 'route', 'draft_reply', 'page_on_call'],
    ]);
    await page.getByLabel('Time axis').selectOption('UTC');
    await page.locator('.timeline-axis').getByText('09:14:05').waitFor();
    await page.getByRole('button', { name: /Next failed step/ }).click();
    await drawerOf(page).getByText('Step 3 of 8').waitFor();
    // The focus stays on the button, so that one key opens the next failure.
    await page.keyboard.press('Enter');
    await drawerOf(page).getByText('Step 7 of 8').waitFor();

    await page.getByLabel('Filter by node').fill('REPLY');
    await page.getByText('1 of 8 steps').waitFor();
    expect(await names()).toEqual(['draft_reply']);
    await page.getByRole('button', { name: 'Packed' }).click();
    await page.locator('.row-name').waitFor({ state: 'detached' });
    expect(page.url()).toMatch(/clock=utc.*find=REPLY.*rows=packed/);
    await page.reload();
    await page.getByText('1 of 8 steps').waitFor();
    expect(await page.locator('.row-name').count()).toBe(0);
    await page.getByLabel('Filter by node').fill('nothing');
    await page.getByText('No steps of this node').waitFor();
  });

  it('opens a step in a drawer that takes the focus and returns it', async () => {
    const page = await open({ key: 'demo-key' });
    await page.goto(`${gateway.url}${RUN}?tab=payload`);
    const ofRun = page.locator('.run-payload');
    await ofRun.getByRole('tree').waitFor();
    await page.getByRole('link', { name: /^The model accepts/ }).focus();
    await page.keyboard.press('Enter');
    const drawer = drawerOf(page);
    await drawer.getByText('Step 7 of 8').waitFor();
    await untilTrue(page, `document.activeElement.closest('dialog') !== null`);
    await page.evaluate('window.scrollTo(0, document.body.scrollHeight)');
    const { y = -1, height = 0 } = (await drawer.boundingBox()) ?? {};
    expect(y >= 0 && y + height <= 900).toBe(true);
    await page.keyboard.press('ArrowRight');
    await drawer.getByRole('heading', { name: 'page_on_call' }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await drawer.getByRole('heading', { name: 'draft_reply' }).waitFor();

    // Arrow keys in a field move its text cursor. Each step has its own path and side.
    await drawer.getByRole('button', { name: /^Inputs/ }).click();
    await drawer.getByLabel('JMESPath').fill('model');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await page.waitForURL(/[?&]path=model/);
    expect(await ofRun.getByLabel('JMESPath').inputValue()).toBe('');
    await ofRun.getByRole('button', { name: 'Outputs' }).click();
    await page.waitForURL(/path=model.*runSide=outputs/);
    expect(await drawer.getByLabel('JMESPath').inputValue()).toBe('model');

    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await untilTrue(page, "document.activeElement.textContent.startsWith('The model accepts')");
    expect(page.url()).not.toContain('step=');
  });

  it('opens a step in a modal dialog on a small screen', async () => {
    const page = await open({ key: 'demo-key', width: 360, height: 740 });
    await page.goto(gateway.url + RUN);
    await page.getByRole('link', { name: /^The model accepts/ }).click();
    const sheet = page.getByRole('dialog', { name: 'Step' });
    await sheet.getByRole('heading', { name: 'draft_reply' }).waitFor();
    await untilTrue(page, `document.activeElement.closest('dialog') !== null`);
    for (let presses = 0; presses < 12; presses += 1) await page.keyboard.press('Tab');
    expect(await page.evaluate("document.activeElement.closest('main > * > *:not(dialog)')")).toBeNull();
    await sheet.getByRole('button', { name: 'Next step' }).click();
    await sheet.getByRole('heading', { name: 'page_on_call' }).waitFor();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    await untilTrue(page, `document.activeElement.closest('.run-failure') !== null`);
    // A click next to the sheet closes it.
    await page.getByRole('link', { name: /^The model accepts/ }).click();
    await sheet.waitFor();
    await page.mouse.click(180, 20);
    await sheet.waitFor({ state: 'detached' });
  });
});

let isOver = false;
const timeOf = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const UNDER_WAY = { status: 'running', end_time: null };
const itemOf = (item: number, from: number, to: number) =>
  wireStep({ id: `s${item}`, inputs: { item }, start_time: timeOf(from), end_time: timeOf(to) });

const fanOut = await startGateway({
  script: ({ endpoint }) => {
    if (endpoint === 'workflows') return { json: [wireWorkflow('wf')] };
    const end = isOver ? { status: 'failed', end_time: timeOf(4) } : UNDER_WAY;
    if (endpoint === 'run') return { json: [wireRun('fan-out', { start_time: timeOf(0), outputs: null, ...end })] };
    if (endpoint !== 'steps') return { status: 404, json: {} };
    const failed = { ...itemOf(1, 0, 2), status: 'failed', error: 'It broke' };
    return { json: [failed, { ...itemOf(2, 1, 3), ...(isOver ? {} : UNDER_WAY) }, itemOf(3, 2, 4)] };
  },
  env: { LIVE_TTL_MS: '50' },
});
afterAll(() => fanOut.close());

describeInBrowser('a run with a failed item of a fan-out', (open) => {
  it('shows its node as running until all items are finished, then as failed', async () => {
    const url = `${fanOut.url}/workflows/wf/runs/fan-out`;
    const [graphs, timelines] = await Promise.all([open({ key: 'key-1' }), open({ key: 'key-1' })]);
    await Promise.all([graphs.goto(`${url}?tab=graph`), timelines.goto(url)]);
    const node = graphs.getByRole('region', { name: 'Graph of the run' }).getByRole('link', { name: /^model_1.*3×/ });
    const areMarked = (mark: string) =>
      Promise.all([graphs, timelines].map((page) => page.getByText(mark, { exact: true }).waitFor()));

    await areMarked('Live');
    await node.getByText('Running').waitFor();
    await timelines.locator('.row-name .status-running').waitFor();
    isOver = true;
    await areMarked('Final');
    await node.getByText('Failed').waitFor();
    await timelines.locator('.row-name .status-failed').waitFor();
    await node.click();
    await graphs.getByRole('dialog', { name: 'Step' }).getByText('It broke').first().waitFor();
  });
});
