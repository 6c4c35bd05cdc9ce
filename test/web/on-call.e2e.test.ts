/** Facts that an on-call engineer sees at a glance. */
import { afterAll, afterEach, expect, it } from '@jest/globals';
import { advanceUntil, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import type { Script } from '../harness/upstream.ts';
import { type Wire, wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const HOUR = 3_600_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
const LONG = 'a'.repeat(300);

const runOf = (id: string, hours: number, status: string): Wire =>
  wireRun(id, { status, start_time: ago(hours * HOUR), end_time: ago(hours * HOUR - 60_000), elapsed_time: 60 });
const RECENT = [
  ...['failed', 'completed', 'failed', 'failed', 'completed'].map((status, index) =>
    runOf(`recent-${index}`, index + 1, status),
  ),
  ...Array.from({ length: 20 }, (_, index) => runOf(`old-${index}`, 48 + index, index === 0 ? 'failed' : 'completed')),
];

const live = { status: 'running', start_time: ago(60_000), end_time: null, elapsed_time: 0 };
const STEPS: Readonly<Record<string, readonly Wire[]>> = {
  live: [wireStep({ id: 's1', ...live })],
  retried: [
    wireStep({ id: 's1', status: 'failed', error: 'The answer is not JSON' }),
    wireStep({ id: 's2', start_time: '2025-03-13T02:42:15Z', end_time: '2025-03-13T02:42:17Z' }),
    wireStep({
      id: 's3',
      node_id: 'send',
      status: 'failed',
      error: 'no host',
      ...{ start_time: '2025-03-13T02:42:18Z' },
    }),
  ],
  twice: [
    wireStep({ id: 's1', status: 'failed', error: 'no host' }),
    wireStep({
      id: 's2',
      status: 'failed',
      error: 'no host',
      start_time: '2025-03-13T02:42:15Z',
      end_time: '2025-03-13T02:42:17Z',
    }),
  ],
  [LONG]: [wireStep({ id: LONG, node_id: LONG, status: 'failed', error: LONG })],
};

const usual: Script = ({ endpoint, runId, workflowId }) => {
  if (endpoint === 'workflows') return { json: [wireWorkflow('wf'), wireWorkflow(LONG)] };
  if (workflowId === 'none') return { status: 404, json: {} };
  if (endpoint === 'runs') return { json: workflowId === 'wf' ? RECENT : [runOf(LONG, 1, 'failed')] };
  if (endpoint === 'run') return { json: [wireRun(runId, runId === 'live' ? live : { status: 'failed' })] };
  return { json: STEPS[runId] ?? [wireStep({ id: `${runId}-1`, status: 'failed', error: 'no host' })] };
};
const gateway = await startGateway({ script: usual, env: { LIVE_TTL_MS: '50' } });
afterEach(() => {
  gateway.upstream.script = usual;
});
afterAll(() => gateway.close());

const runPath = (id: string, workflowId = 'wf') => `${gateway.url}/workflows/${workflowId}/runs/${id}`;
const rowsOf = (page: Page, list: string) => page.getByRole('list', { name: list, exact: true }).locator('a[data-row]');

describeInBrowser('an engineer on call', (open) => {
  it('sees the last 24 hours of failures first, and recent next to overall rates', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${gateway.url}/?workflow=wf`);
    const failures = page.getByRole('list', { name: 'Failures', exact: true });
    await failures.getByText('3×').waitFor();
    expect(await rowsOf(page, 'Failures').allTextContents()).toEqual(['no host']);
    await rowsOf(page, 'Latest runs').getByText('old-0', { exact: true }).waitFor();
    await page.getByRole('article').first().getByText('84% last 8: 50%').waitFor();
  });

  it('sees a pending run without dashes for missing values', async () => {
    const pending = { status: 'pending', start_time: ago(2 * HOUR), end_time: null, all_outputs: null };
    const finished = Array.from({ length: 12 }, (_, index) => runOf(`done-${index}`, 3 + index, 'completed'));
    gateway.upstream.script = (call) => {
      if (call.endpoint === 'workflows') return { json: [wireWorkflow('wf'), wireWorkflow('idle')] };
      if (call.endpoint === 'runs' && call.workflowId === 'idle')
        return { json: [wireRun('first', { ...pending, start_time: null })] };
      if (call.endpoint === 'runs') return { json: [wireRun('late', pending), ...finished] };
      if (call.endpoint === 'steps') return { json: [] };
      return { json: [wireRun(call.runId, { ...pending, ...(call.runId === 'first' && { start_time: null }) })] };
    };
    const page = await open({ key: 'key-pending' });
    await page.goto(gateway.url);
    await page.getByText(/^pending for 2 h 00 min, usually 1 min 00 s$/).waitFor();
    const card = page.getByRole('article').filter({ hasText: 'Workflow idle' });
    await card.getByText('none', { exact: true }).first().waitFor();
    await card.getByText('not started').waitFor();
    await page.goto(runPath('first', 'idle'));
    const tokens = page.locator('.facts > div').filter({ hasText: 'Tokens' });
    await tokens.getByText('not reported').waitFor();
    for (const path of ['/', '/workflows/idle', '/workflows/idle/runs/first']) {
      await page.goto(gateway.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByText('not started').first().waitFor();
      expect(await page.getByText('–', { exact: true }).count()).toBe(0);
    }
  });

  it('sees a run that failed to load at first, without a reload', async () => {
    gateway.upstream.script = () => ({ status: 503, json: {} });
    const page = await open({ key: 'key-2' });
    await page.clock.install();
    await page.goto(runPath('retried'));
    await page.getByText('The run could not be loaded.').waitFor();
    gateway.upstream.script = usual;
    // Other parts of the page load at their own next poll.
    await advanceUntil(page, page.locator('body:not(:has([role="alert"]))').getByText('no host').first());
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('gets no warning on a run when only the list of workflows is missing', async () => {
    gateway.upstream.script = (call) => (call.endpoint === 'workflows' ? { status: 404, json: {} } : usual(call));
    const page = await open({ key: 'key-3' });
    await page.goto(runPath('retried'));
    await page.getByRole('heading', { name: 'no host' }).waitFor();
    await page.getByText('Slowest steps').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('reads the same count of failed steps everywhere', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(runPath('retried'));
    await page.getByText('3, 2 failed').waitFor();
    await page.getByText('2 failed attempts in total').waitFor();
    await page.getByRole('button', { name: 'Next failed step 2' }).waitFor();
  });

  it('never reads that a step succeeded later if both attempts failed', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(runPath('twice'));
    await page.getByText('2 failed attempts in total').waitFor();
    expect(await page.getByRole('list', { name: 'More failed steps' }).count()).toBe(0);
  });

  it('reads local time and UTC in the title of a time', async () => {
    const page = await open({ key: 'key-1', timeZone: 'America/New_York' });
    await page.goto(runPath('retried'));
    const started = page.locator('.run-header time').first();
    await started.waitFor();
    expect(await started.getAttribute('title')).toBe(
      'Local: 12 Mar 2025, 22:41:15 GMT-4\nUTC: 2025-03-13T02:41:15.144470Z',
    );
  });

  it('sees each date once on the time axis of a trend', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf?tab=trends&start=${ago(60 * HOUR)}&end=${ago(0)}`);
    const axis = page.locator('.trend-chart').first().locator('.visx-axis-bottom .trend-tick');
    await axis.first().waitFor();
    const dates = (await axis.allTextContents()).filter((text) => /[A-Z]/.test(text));
    expect(dates.length).toBeGreaterThan(1);
    expect(new Set(dates).size).toBe(dates.length);
  });

  it('sees metrics of a live run that are at most two seconds old', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(runPath('live'));
    const slowest = page.locator('.run-insights li').first();
    await slowest.waitFor();
    const before = await slowest.textContent();
    await slowest.filter({ hasNotText: before ?? '' }).waitFor({ timeout: 5000 });
  });

  it('finds a page for a workflow that does not exist', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/none`);
    await page.getByRole('heading', { level: 1, name: 'Workflow not found' }).waitFor();
    expect(await page.getByRole('button', { name: 'Run', exact: true }).count()).toBe(0);
  });

  it('sees start and duration on a phone, without "Live" next to stale runs', async () => {
    const page = await open({ key: 'key-1', width: 390, height: 800 });
    await page.goto(`${gateway.url}/workflows/wf`);
    const row = page.getByRole('listitem').filter({ has: page.locator('a[data-row][title="recent-0"]') });
    await row.getByText(/^1 hour ago, .*\d\d:\d\d$/).waitFor();
    expect(await row.getByText('1 min 00 s').isVisible()).toBe(true);
    await page.getByText('Live', { exact: true }).waitFor();
    gateway.upstream.script = () => ({ status: 503, json: {} });
    await page.getByText(/^Stale since/).waitFor();
    await page.getByText('Live', { exact: true }).waitFor({ state: 'detached' });
  });

  it('reads names of 300 characters on a phone without scrolling sideways', async () => {
    const page = await open({ key: 'key-1', width: 390, height: 800 });
    const wide: string[] = [];
    for (const [path, text] of [
      ['/', 'Success rate'],
      [`/workflows/${LONG}`, 'Success rate'],
      [`/workflows/${LONG}?tab=trends&node=${LONG}`, 'Failures'],
      [`/workflows/${LONG}?tab=nodes`, 'Over the last'],
      [`/workflows/${LONG}/runs/${LONG}`, 'Copy summary'],
      [`/workflows/${LONG}/runs/${LONG}?tab=compare`, 'Compare with'],
    ] as const) {
      await page.goto(gateway.url + path);
      await page.getByText(text).first().waitFor();
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      if (width > 390) wide.push(`${path.slice(0, 20)}…${path.slice(-20)}: ${width} px`);
    }
    expect(wide).toEqual([]);
  });
});
