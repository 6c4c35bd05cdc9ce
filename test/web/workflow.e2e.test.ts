import { afterAll, beforeEach, expect, it } from '@jest/globals';
import type { Route } from '../peers/playwright.ts';
import { follow, isLive, operationOf, type Page, untilTrue } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import type { Script } from '../harness/upstream.ts';
import { wireStep } from '../harness/wire.ts';
import { createScriptedWorkflows } from '../harness/workflows.ts';

const rowOf = (page: Page, id: string) =>
  page.getByRole('listitem').filter({ has: page.locator(`a[data-row][title="${id}"]`) });

const workflows = createScriptedWorkflows(['wf', 'other', 'trends', 'many']);
const LONG = `a${'ש'.repeat(150)}${'very-long-'.repeat(15)}`;
const TRACEBACK = 'Traceback (most recent call last):\n  File "a.py", line 1, in run\nValueError: no host at all';

const script: Script = (call) => {
  const { endpoint, runId } = call;
  if (endpoint !== 'steps') return workflows.script(call);
  const failed = (node_id: string, error: string) =>
    wireStep({ id: `${runId}-${node_id}`, node_id, status: 'failed', error });
  const first = wireStep({ id: `${runId}-first` });
  // The failures of trends differ only in a number.
  if (runId.startsWith('slow'))
    return { json: [first, failed('send', `no answer from ${runId.length}000 hosts ${LONG}`)] };
  if (!runId.startsWith('bad')) return { json: [first, wireStep({ id: `${runId}-send`, node_id: 'send' })] };
  const nodes = runId === 'bad-often' ? ['send', 'send_2', 'send_3'] : ['send'];
  return { json: nodes.map((node) => failed(node, runId === 'bad-python' ? TRACEBACK : `no host for ${runId}`)) };
};

const gateway = await startGateway({ script, env: { LIVE_TTL_MS: '50' } });
afterAll(() => gateway.close());
// One run a minute, from 00:01.
for (const id of ['old', 'slow', 'good', 'slow2', `slow34-${LONG}`, 'good2']) {
  workflows.start('trends', id, id.startsWith('slow') ? { status: 'failed', error: LONG } : {});
}
workflows.start('many', 'bad-of-many', { status: 'failed' });
for (let count = 0; count < 120; count += 1) workflows.start('many', `fine${count}`);
for (let number = 1; number <= 30; number += 1) workflows.start('wf', `run-${number}`);

describeInBrowser('the page of a workflow', (open) => {
  it('shows new and changed runs that match its filters and page', async () => {
    const page = await open({ key: 'key-1' });
    const row = (id: string) => rowOf(page, id);
    await page.goto(`${gateway.url}/workflows/wf`);
    await isLive(page);
    workflows.start('wf', 'fresh', { status: 'running' });
    await row('fresh').getByText('Running').waitFor();
    workflows.change('fresh', { status: 'completed' });
    await row('fresh').getByText('Completed').waitFor();

    await page.getByText('Any status').click();
    await page.getByLabel('Failed').check();
    await page.getByText('No run matches these filters').waitFor();
    workflows.start('wf', 'well');
    workflows.start('other', 'bad-elsewhere', { status: 'failed', error: 'elsewhere' });
    workflows.start('wf', 'bad-1', { status: 'failed', error: 'Node "send" failed' });
    await row('bad-1').getByText('no host for bad-1').waitFor();
    await row('bad-1').getByText('send', { exact: true }).waitFor();
    expect(await page.locator('a[data-row]').count()).toBe(1);
    expect(page.url()).toMatch(/status=FAILED/);
    // The statistics above the list are also updated.
    await page.getByRole('main').getByText('Failed').locator('..').getByText('1', { exact: true }).first().waitFor();

    await page.getByLabel('Failed').uncheck();
    await page.getByRole('link', { name: 'Older runs' }).click();
    await row('run-1').waitFor();
    await page.getByRole('link', { name: 'Newer runs' }).click();
    await row('well').waitFor();
    await page.goBack();
    await row('run-1').waitFor();
    workflows.start('wf', 'newest');
    await page.getByRole('link', { name: 'Newest runs' }).click();
    await row('newest').waitFor();
    await row('run-1').waitFor({ state: 'detached' });
  });

  it('shows the first failure of each run, and whether there are more', async () => {
    for (const id of ['bad-often', 'bad-once', 'bad-python']) workflows.start('wf', id, { status: 'failed' });
    const page = await open({ key: 'key-1' });
    await page.goto(`${gateway.url}/?workflow=wf`);
    const row = (id: string) => rowOf(page, id);
    await row('bad-often').getByText('no host for bad-often').waitFor();
    await row('bad-often').getByText('and more').waitFor();
    await row('bad-once').getByText('no host for bad-once').waitFor();
    await row('bad-python').getByText('ValueError: no host at all').waitFor();
    expect(await row('bad-once').getByText('and more').count()).toBe(0);
  });

  it('shows trends as a chart and a table, whose buckets link to runs', async () => {
    const page = await open({ key: 'key-1' });
    await page.clock.setFixedTime(new Date('2026-01-01T00:10:00Z'));
    await page.goto(`${gateway.url}/workflows/trends`);
    // A node of the graph links to the trend of the node.
    const graph = page.getByRole('region', { name: 'Graph' });
    await graph.getByRole('link', { name: /^send/ }).click();
    await page.waitForURL(/tab=trends&node=send/);
    await page.getByRole('group', { name: /^Executions over time/ }).waitFor();
    await page.goto(`${gateway.url}/workflows/trends?tab=trends`);
    const parts = page.getByRole('group', { name: /^Runs over time/ }).getByRole('link');
    await parts.first().waitFor();
    expect(await parts.count()).toBe(24);
    await page.getByText('Show as a table').click();
    expect(await page.getByRole('region', { name: 'Values of the trend' }).getByRole('row').count()).toBe(25);

    // Ten minutes are half of a bucket, so all six runs are in the last bucket.
    await page.getByRole('link', { name: '24 h' }).click();
    const last = page.getByRole('link', { name: /: 6 runs, 3 failed, median 2.50 s, p95 2.50 s$/ });
    await last.waitFor();
    await page.reload();
    await last.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await rowOf(page, 'good2').waitFor();
    expect(await page.locator('a[data-row]').count()).toBe(6);
  });

  it('groups equal failures with count, first and last time and links, on 320 px', async () => {
    const page = await open({ key: 'key-1', width: 320, height: 700 });
    await page.clock.setFixedTime(new Date('2026-01-01T00:10:00Z'));
    await page.goto(`${gateway.url}/workflows/trends?tab=trends`);
    const group = page.getByRole('listitem').filter({ hasText: 'no answer from' }).first();
    await group.getByText('3×').waitFor();
    await group.getByText('8 minutes ago').first().waitFor();
    await group.getByText('5 minutes ago').first().waitFor();
    await group.getByText(/^no answer from \d+ hosts/).waitFor();
    await group.getByRole('button', { name: /^Details of no answer/ }).click();
    expect(await group.getByRole('link', { name: /^slow/ }).count()).toBe(3);
    const WIDTH = 'document.documentElement.scrollWidth';
    expect(await page.evaluate<number>(WIDTH)).toBe(320);

    await group.getByRole('link', { name: 'send' }).click();
    await page.waitForURL(/node=send/);
    await page
      .getByRole('link', { name: /: 1 execution, 1 failed/ })
      .nth(2)
      .waitFor();
    await page.getByRole('combobox', { name: 'Of' }).selectOption('model_1');
    await page.getByText('No failures in this time').waitFor();
    expect(await page.evaluate<number>(WIDTH)).toBe(320);
  });

  it('says that nothing failed only if all runs were examined', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(gateway.url);
    const ofTime = (time: string) => follow(page, `/workflows/many?tab=trends${time}`);
    await ofTime('');
    await page.getByText('No failures of the latest 100 runs in this time').waitFor();
    await ofTime('&start=2026-01-01T01:00:00Z&end=2026-01-01T02:00:00Z');
    await page.getByText('No failures in this time').waitFor();
    await ofTime('&start=2026-01-01T00:00:00Z&end=2026-01-01T00:10:00Z');
    await page.getByRole('link', { name: 'bad-of-many' }).waitFor();
  });
});

const INPUTS_OF_OLD = { ticket: 'T-1', tags: ['a', 'b'] };
const started = createScriptedWorkflows(['wf']);
started.start('wf', 'old', { inputs: INPUTS_OF_OLD });
started.start('wf', 'texts', { inputs: 'no object' });
started.start('wf', 'large', { inputs: { text: 'x'.repeat(1_100_000) } });
let sent: string[] = [];
const starting = await startGateway({
  script: (call) => {
    if (call.endpoint !== 'execute') return started.script(call);
    sent.push(call.body);
    const runId = `started-${started.ids().length}`;
    started.start('wf', runId, { inputs: JSON.parse(call.body) as unknown });
    return { json: { message: 'started', run_id: runId } };
  },
  env: { LIVE_TTL_MS: '50' },
});
afterAll(() => starting.close());

describeInBrowser('the form that starts a run', (open) => {
  let page: Page;

  beforeEach(async () => {
    sent = [];
    page = await open({ key: 'key-1' });
  });

  const inputs = () => page.getByRole('textbox', { name: /Inputs/ });
  const startButton = () => page.getByRole('button', { name: 'Start' });
  const openForm = (query: string) => page.goto(`${starting.url}/workflows/wf?run=new${query}`);
  const isStarted = () => page.waitForURL(/\/runs\/started-\d+$/);

  it('begins with the inputs of the linked run, and starts one on Ctrl+Enter', async () => {
    await openForm('&from=old');
    await page.getByText('The inputs of old').waitFor();
    expect(JSON.parse(await inputs().inputValue())).toEqual(INPUTS_OF_OLD);
    await page.keyboard.press('Control+Enter');
    await page.keyboard.press('Control+Enter');
    await isStarted();
    expect(sent.map((body) => JSON.parse(body) as unknown)).toEqual([INPUTS_OF_OLD]);
    await openForm('');
    await page.getByText('The inputs of the latest run').waitFor();
    await openForm('&from=gone');
    await page.getByText(/The inputs of gone could not be loaded\. NOT_FOUND/).waitFor();
    await inputs().fill('{ "ticket": "T-2" }');
    await startButton().click();
    await isStarted();
    expect(sent[1]).toBe('{"ticket":"T-2"}');
  });

  it('retries the same run after a lost response, and starts another after a response', async () => {
    await openForm('&from=old');
    const contentType = 'application/graphql-response+json';
    const refusal = { message: 'Too many', extensions: { code: 'RATE_LIMITED', retryable: true } };
    const answers: ((route: Route) => Promise<void>)[] = [
      async (route) => {
        await route.fetch();
        await route.abort();
      },
      (route) => route.fulfill({ status: 429, contentType, body: JSON.stringify({ errors: [refusal] }) }),
    ];
    await page.route('**/graphql', async (route) => {
      const answer = (route.request().postData() ?? '').includes('executeWorkflow') ? answers.shift() : undefined;
      return answer ? answer(route) : route.fallback();
    });
    await startButton().click();
    await page.getByText(/can.t be reached.*It may have started anyway/).waitFor();
    // A temporary refusal says nothing about the first attempt.
    await startButton().click();
    await page.getByText('RATE_LIMITED: Too many').waitFor();
    await startButton().click();
    await isStarted();
    expect(sent).toHaveLength(1);
    await openForm('&from=old');
    await startButton().click();
    await isStarted();
    expect(sent).toHaveLength(2);
  });

  it('keeps the typed inputs while the rest of the page reloads', async () => {
    await page.route('**/graphql', (route) =>
      operationOf(route.request()) === 'Workflow' ? route.abort() : route.fallback(),
    );
    await openForm('&from=old');
    await page.getByText('The workflow could not be loaded.').waitFor();
    await untilTrue(page, `document.querySelector('.run-form textarea').value.includes('T-1')`);
    await inputs().fill('{ "ticket": "T-3" }');
    const failed = page.waitForEvent('requestfailed');
    await page.getByRole('button', { name: 'Try again' }).click();
    await failed;
    await page.unrouteAll({ behavior: 'wait' });
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Success rate').waitFor();
    await page.getByText('by user-2').waitFor();
    expect(await inputs().inputValue()).toBe('{ "ticket": "T-3" }');
  });

  it('shows what is wrong with inputs that cannot be sent', async () => {
    await openForm('&from=large');
    await page.getByText(/These inputs are too large: 1,100,011 bytes/).waitFor();
    expect(await startButton().isDisabled()).toBe(true);
    await openForm('&from=texts');
    await page.getByText('Inputs are a JSON object.').waitFor();
    for (const [text, problem] of [
      ['{ "ticket": ', /This is not JSON yet/],
      ['{ "ticket": 12345678901234567890 }', /A number would be lost or rounded: put 12345678901234567890 in quotes/],
    ] as const) {
      await inputs().fill(text);
      await page.getByText(problem).waitFor();
      expect(await startButton().isDisabled()).toBe(true);
    }
    await inputs().fill('{}');
    expect(await startButton().isEnabled()).toBe(true);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await inputs().waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent.trim()')).toBe('Run');
    expect(new URL(page.url()).search).toBe('');
  });
});
