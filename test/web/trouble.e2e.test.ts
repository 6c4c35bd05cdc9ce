import { afterAll, beforeEach, expect, it } from '@jest/globals';
import {
  advanceUntil,
  closesStream,
  countRequests,
  isFinal,
  isLive,
  operationOf,
  type Page,
  setHidden,
} from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { SAMPLE, startGateway, TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import type { Call, Script } from '../harness/upstream.ts';
import { type Wire, wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';
import { createScriptedWorkflows, type ScriptedWorkflows } from '../harness/workflows.ts';

const down: Script = () => ({ status: 503, json: {} });

const failing =
  (isFailing: (call: Call) => boolean, script: Script): Script =>
  (call) =>
    isFailing(call) ? { status: 503, json: {} } : script(call);

/** The page cannot receive events. */
const withoutEvents = (page: Page) => page.route('**/graphql/stream', (route) => route.fulfill({ status: 403 }));
const withoutAnswers = (page: Page) => page.route('**/graphql', (route) => route.abort());

describeInBrowser('the page of a run in an outage', (open) => {
  /** Poll interval of data that no event has. */
  const ASK_EVERY_MS = 2000;
  /** Longer than the longest pause before a reconnect. */
  const LONG_MS = 60_000;

  const recordsOf = ({ endpoint }: Call, fields: Wire = {}) => {
    if (endpoint === 'steps') return { json: [wireStep(fields)] };
    if (endpoint === 'workflows') return { json: [wireWorkflow('wf')] };
    return endpoint === 'run' ? { json: [wireRun('r1', fields)] } : { status: 404, json: {} };
  };
  const underWay: Script = (call) => {
    const start_time = new Date(Date.now() - 60_000).toISOString();
    return recordsOf(call, { status: 'running', start_time, end_time: null, elapsed_time: 0, outputs: null });
  };
  const over: Script = (call) => recordsOf(call);
  const gateway = perTest(new TestGateway({ script: underWay, env: { LIVE_TTL_MS: '50' } }));
  const urlOfRun = () => `${gateway.url}/workflows/wf/runs/r1`;

  const isAsking = (page: Page) => page.getByText('Refreshed every 2 seconds');

  it('reconnects after a restart of the gateway, even if the upstream returns later', async () => {
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    await page.goto(urlOfRun());
    await isLive(page);
    const { port } = new URL(gateway.url);
    await gateway.stop();
    await page.getByText(/the gateway can’t be reached; this page keeps trying/).waitFor();
    gateway.upstream.script = down;
    await gateway.restart({ env: { PORT: port } });
    await advanceUntil(page, isAsking(page));
    gateway.upstream.script = underWay;
    await advanceUntil(page, page.getByText('Live', { exact: true }));
    expect(await page.getByText(/can’t be reached/).count()).toBe(0);
    // Navigation closes the connection of the old page.
    const closed = closesStream(page);
    await page.getByRole('link', { name: 'Stepgate' }).click();
    await closed;
  });

  /** Opens the run and counts its connections. `closed` resolves when the page closes a connection. */
  async function watch() {
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    const streams: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/graphql/stream')) streams.push(request.url());
    });
    await page.goto(urlOfRun());
    await isLive(page);
    const closed = closesStream(page);
    return { page, streams, closed };
  }

  it('disconnects a hidden tab, with its state in the title, until it is shown', async () => {
    const { page, streams, closed } = await watch();
    await setHidden(page, true);
    await closed;
    await page.clock.runFor(LONG_MS);
    gateway.upstream.script = over;
    while (!(await page.title()).startsWith('Completed · Workflow wf · r1')) await page.clock.runFor(1000);
    expect(await page.evaluate('document.querySelector("link[rel=icon]").href')).toMatch(/icon-completed/);
    expect(streams).toHaveLength(1);
    await setHidden(page, false);
    await isFinal(page);
    expect(streams).toHaveLength(2);
  });

  it('keeps the content of a hidden tab when nothing is left to load', async () => {
    await gateway.restart({ env: { STALE_IF_ERROR_MS: '0' } });
    const { page, closed } = await watch();
    await setHidden(page, true);
    await closed;
    gateway.upstream.script = down;
    let answer = '';
    while (!answer.includes('"run":null')) {
      const asked = page.waitForResponse((response) => operationOf(response.request()) === 'RunStatus');
      await page.clock.runFor(30_000);
      answer = await (await asked).text();
    }
    await page.getByText('model_1').first().waitFor();
    expect(await page.title()).toBe('Running · Workflow wf · r1 – Stepgate');
    gateway.upstream.script = over;
    await setHidden(page, false);
    await isFinal(page);
  });

  /** Lets the page send one more query, which gets no answer. */
  async function failOnce(page: Page): Promise<void> {
    const failed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/graphql'));
    await page.clock.runFor(ASK_EVERY_MS);
    await failed;
  }

  it('keeps an open step, and reloads it', async () => {
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    await page.goto(`${urlOfRun()}?step=step-1`);
    const step = page.getByRole('dialog', { name: 'Step' });
    await step.getByText('Running').waitFor();
    await withoutAnswers(page);
    await failOnce(page);
    await failOnce(page);
    await step.getByText('Running').waitFor();
    await page.unrouteAll({ behavior: 'wait' });
    gateway.upstream.script = (call) => (call.endpoint === 'steps' ? over(call) : underWay(call));
    await page.clock.runFor(ASK_EVERY_MS);
    await step.getByText('Completed').waitFor();
  });

  it('polls every two seconds without an event stream until the run ends', async () => {
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    await withoutEvents(page);
    await page.goto(urlOfRun());
    await isAsking(page).waitFor();
    await withoutAnswers(page);
    await failOnce(page);
    await page.getByText('The gateway can’t be reached; this page keeps trying.').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await isAsking(page).waitFor();
    await page.unroute('**/graphql');
    gateway.upstream.script = over;
    await page.clock.runFor(ASK_EVERY_MS);
    await isFinal(page);
    const questions = countRequests(page);
    await page.clock.runFor(10 * ASK_EVERY_MS);
    expect(await questions()).toBe(0);
  });

  it('reports a run that failed to load or loaded partially, with a button', async () => {
    gateway.upstream.script = down;
    const page = await open({ key: 'key-1' });
    await page.goto(urlOfRun());
    await page.getByText('The run could not be loaded.').waitFor();
    await page.getByText('The workflow API isn’t answering.').waitFor();
    gateway.upstream.script = failing(({ endpoint }) => endpoint === 'steps', over);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Not all of the run could be loaded.').waitFor();
    await page.getByText('Completed').first().waitFor();
    await page.getByText('2.24 s').first().waitFor();
    gateway.upstream.script = over;
    // Otherwise the next poll may load it before the click, and the button is gone.
    const release = gateway.upstream.holdCalls(({ endpoint }) => endpoint === 'steps');
    await page.getByRole('button', { name: 'Try again' }).dispatchEvent('click');
    release();
    await page.getByText('model_1').first().waitFor();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });
});

describeInBrowser('lists of runs in an outage', (open) => {
  let workflows: ScriptedWorkflows;
  const script: Script = (call) => {
    if (call.endpoint !== 'steps' || !call.runId.startsWith('bad')) return workflows.script(call);
    return { json: [wireStep({ id: `${call.runId}-step`, status: 'failed', error: `no host for ${call.runId}` })] };
  };
  beforeEach(() => {
    workflows = createScriptedWorkflows(['a', 'b']);
    for (const id of ['a', 'b']) workflows.start(id, `of-${id}`);
  });
  const gateway = perTest(new TestGateway({ script, env: { LIVE_TTL_MS: '50' } }));

  const row = (page: Page, id: string) => page.locator(`a[data-row][title="${id}"]`);
  const historyOf =
    (id: string) =>
    ({ endpoint, workflowId }: Call) =>
      endpoint === 'runs' && workflowId === id;

  it('catch up when a hidden tab is shown again', async () => {
    workflows.start('a', 'watched', { status: 'running' });
    const page = await open({ key: 'key-1' });
    await page.goto(`${gateway.url}/?status=RUNNING`);
    await isLive(page);
    await row(page, 'watched').waitFor();
    const closed = closesStream(page);
    await setHidden(page, true);
    await closed;
    workflows.change('watched', { status: 'completed' });
    workflows.start('a', 'missed', { status: 'running' });
    // More runs than the first event has.
    for (let number = 1; number <= 30; number += 1) workflows.start('a', `later-${number}`);
    await setHidden(page, false);
    await row(page, 'missed').waitFor();
    await row(page, 'watched').waitFor({ state: 'detached' });
  });

  it('report that they failed to load, and are live after the outage', async () => {
    gateway.upstream.script = down;
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    await page.goto(gateway.url);
    const problem = page.getByText('The list of runs could not be loaded.');
    await problem.waitFor();
    gateway.upstream.script = script;
    await advanceUntil(page, page.getByText('Live', { exact: true }));
    workflows.start('b', 'after-it', { status: 'running' });
    await row(page, 'after-it').waitFor();
    await row(page, 'of-a').waitFor();
    await problem.waitFor({ state: 'detached' });
  });

  it('never say that no run failed if the key sees no workflows', async () => {
    gateway.upstream.script = (call) => (call.endpoint === 'workflows' ? { json: [] } : { status: 404, json: {} });
    const page = await open({ key: 'key-1' });
    await page.goto(gateway.url);
    await page.getByText('No failures to show: this key sees no workflows.').waitFor();
    expect(await page.getByText('No run failed').count()).toBe(0);
  });

  it('never show another workflow or time while a response is missing', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${gateway.url}/?workflow=a`);
    await row(page, 'of-a').waitFor();
    await isLive(page);
    await withoutAnswers(page);
    await page.getByLabel('Workflow', { exact: true }).selectOption('b');
    await page.getByText('The list of runs could not be loaded.').waitFor();
    expect(await row(page, 'of-a').count()).toBe(0);

    await page.unrouteAll({ behavior: 'wait' });
    await page.goto(`${gateway.url}/workflows/a?tab=trends`);
    const trend = page.getByRole('group', { name: /^Runs over time/ });
    await trend.waitFor();
    const noFailures = page.getByText('No failures in this time');
    await noFailures.waitFor();
    await withoutAnswers(page);
    await page.getByRole('link', { name: '1 h', exact: true }).click();
    await page.getByText('The trend could not be loaded.').waitFor();
    await page.getByText('The failures could not be loaded.').waitFor();
    expect([await trend.count(), await noFailures.count()]).toEqual([0, 0]);
  });

  it('show the other workflows and the error of the one that is retried', async () => {
    gateway.upstream.script = failing(historyOf('a'), script);
    workflows.start('b', 'moves', { status: 'running' });
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    await page.goto(gateway.url);
    await isLive(page);
    const cards = page.getByRole('article');
    const sick = cards.filter({ hasText: 'Workflow a' });
    await sick.getByText('The runs could not be loaded.').waitFor();
    await sick.getByText(/UPSTREAM_UNAVAILABLE/).waitFor();
    await row(page, 'of-b').waitFor();
    await page.getByText('Without the runs of Workflow a').waitFor();
    expect(await page.getByRole('alert').count()).toBe(1);
    // The error stays while other runs change.
    workflows.change('moves', { status: 'completed' });
    const well = cards.filter({ hasText: 'Workflow b' });
    await well.getByText(/^Completed, .*: moves/).waitFor({ state: 'attached' });
    await sick.getByText(/UPSTREAM_UNAVAILABLE/).waitFor();

    gateway.upstream.script = script;
    const latest = page.getByRole('list', { name: 'Latest runs of Workflow a, oldest first' });
    await advanceUntil(page, latest);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('request the errors of all failed runs at once, and report missing ones', async () => {
    const withoutSteps = failing(({ endpoint }) => endpoint === 'steps', script);
    workflows.start('a', 'bad-1', { status: 'failed' });
    workflows.start('b', 'bad-2', { status: 'failed' });
    gateway.upstream.script = withoutSteps;
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    const asked: unknown[] = [];
    page.on('request', (request) => {
      const { variables } = (request.postDataJSON() ?? {}) as { variables?: { runs?: unknown } };
      if (operationOf(request) === 'FailedRuns') asked.push(variables?.runs);
    });
    await page.goto(gateway.url);
    await isLive(page);
    const unknown = page.getByText('Its error could not be loaded');
    await unknown.nth(1).waitFor();
    expect(asked).toEqual([
      [
        { __typename: 'Run', workflowId: 'b', id: 'bad-2' },
        { __typename: 'Run', workflowId: 'a', id: 'bad-1' },
      ],
    ]);
    expect(await page.getByText('No error message').count()).toBe(0);
    expect(await unknown.first().getAttribute('title')).toMatch(/^UPSTREAM_/);
    gateway.upstream.script = script;
    await advanceUntil(page, page.getByText('no host for bad-2'));
    await page.getByText('no host for bad-1').waitFor();
    expect(await unknown.count()).toBe(0);
    // The same for a run that fails while the page is open.
    gateway.upstream.script = withoutSteps;
    workflows.start('a', 'bad-later', { status: 'failed' });
    await unknown.waitFor();
    gateway.upstream.script = script;
    await advanceUntil(page, page.getByText('no host for bad-later'));
    await unknown.waitFor({ state: 'detached' });
  });
});

describeInBrowser('an outage', (open) => {
  it.each([
    ['/', 'Success rate'],
    ['/workflows/wf', 'Success rate'],
    ['/workflows/wf?tab=trends', 'Show as a table'],
    ['/workflows/wf/runs/live', 'Duration'],
    ['/workflows/wf/runs/live?tab=compare', 'Duration'],
    ['/cost', 'No runs in these 7 days'],
  ])('is one sentence under the masthead of %s until it ends', async (path, content) => {
    const workflows = createScriptedWorkflows(['wf']);
    workflows.start('wf', 'done');
    workflows.start('wf', 'live', { status: 'running' });
    const gateway = await startGateway({ script: workflows.script, env: { LIVE_TTL_MS: '50' } });
    const page = await open({ key: 'key-1' });
    await page.clock.install();
    const sentence = page.getByText(/^Stale since .*: the workflow API isn’t answering\.$/);
    await page.goto(gateway.url + path);
    await page.getByText(content).first().waitFor();
    gateway.upstream.script = down;
    await advanceUntil(page, sentence);
    const [banner, masthead] = await Promise.all([sentence.boundingBox(), page.locator('.masthead').boundingBox()]);
    expect((banner?.y ?? NaN) - (masthead?.height ?? NaN)).toBeLessThan(20);
    expect(await page.getByText(/isn’t answering|can’t be asked/).count()).toBe(1);
    await page.getByText(content).first().waitFor();
    gateway.upstream.script = workflows.script;
    while ((await sentence.count()) > 0) await page.clock.runFor(1000);
    await gateway.close();
  });

  it.each(['/', '/workflows/wf', '/workflows/wf?tab=trends', '/workflows/wf/runs/live', '/cost'])(
    'is one sentence on the first load of %s',
    async (path) => {
      const gateway = await startGateway({ script: down });
      const page = await open({ key: 'key-1' });
      await page.goto(gateway.url + path);
      await page.getByText('The workflow API isn’t answering.').waitFor();
      await page
        .getByText(/could not be loaded/)
        .first()
        .waitFor();
      expect(await page.getByRole('alert').count()).toBe(0);
      await gateway.close();
    },
  );
});

const embedded = await startGateway({ upstream: SAMPLE });
afterAll(() => embedded.close());

describeInBrowser('the page of a run after a deploy', (open) => {
  const RUN = '/workflows/support-triage/runs/run-4711';

  it('keeps its content when files are gone, and offers to reload in place', async () => {
    const page = await open({ mayComplain: true });
    await page.goto(embedded.url + RUN);
    const content = page.getByRole('region', { name: 'Why the run failed' });
    await content.waitFor();
    // Another build has other names for the files that were not loaded yet.
    await page.route(/\/assets\/.*\.(js|css)$/, (route) => route.fulfill({ status: 404, json: {} }));
    for (const [view, part] of [
      ['Inputs and outputs', 'the inputs and outputs'],
      ['Compare with…', 'the comparison'],
    ] as const) {
      await page.getByRole('link', { name: view }).click();
      await page.getByRole('heading', { name: `Could not load ${part}` }).waitFor();
      await content.waitFor();
    }
    await page.getByRole('link', { name: 'Timeline' }).click();
    await page.getByRole('listbox', { name: /8 steps/ }).waitFor();
    await page.getByRole('link', { name: /^The model accepts/ }).click();
    await page.getByRole('heading', { name: 'Could not load the step' }).waitFor();
    const { search } = new URL(page.url());

    // A reload would lose the page while the gateway is away.
    await page.route(`${embedded.url}/**`, (route) => route.abort());
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByText('The gateway can’t be reached right now.').waitFor();
    await content.waitFor();
    await page.unrouteAll({ behavior: 'wait' });
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByRole('dialog', { name: 'Step' }).waitFor();
    expect(new URL(page.url()).search).toBe(search);
  });

  it('shows a rendering error only in the failed part', async () => {
    const page = await open({ mayComplain: true });
    await page.route('**/graphql', async (route) => {
      const response = await route.fetch();
      const text = await response.text();
      await route.fulfill({ response, body: text.replace(/("criticalPath":\{[^[]*"steps":)\[[^\]]*\]/, '$1 7') });
    });
    await page.goto(embedded.url + RUN);
    await page.getByRole('heading', { name: 'Something went wrong in the timeline' }).waitFor();
    await page.getByRole('region', { name: 'Why the run failed' }).waitFor();
    await page.unrouteAll({ behavior: 'wait' });
    await page.getByRole('link', { name: 'Steps', exact: true }).click();
    await page.getByRole('table', { name: 'Steps' }).waitFor();
  });
});
