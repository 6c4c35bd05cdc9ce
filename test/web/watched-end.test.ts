import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const at = (agoMs: number): string => new Date(Date.now() - agoMs).toISOString();
const START = at(60_000);
const MIDDLE = at(30_000);
const END = at(10_000);

const inputs = { model: 'm', messages: [{ role: 'user', content: 'Refund?' }] };
const choices = [{ message: { role: 'assistant', content: 'The answer' }, finish_reason: 'stop' }];

/** Of the page: how often it asks for what grows with a run. */
const FIGURES_EVERY_MS = 10_000;

const REFUSAL = {
  contentType: 'application/graphql-response+json',
  body: JSON.stringify({ errors: [{ message: 'Too many', extensions: { code: 'RATE_LIMITED', retryable: true } }] }),
};

const operationOf = (request: { postDataJSON(): unknown }): unknown =>
  (request.postDataJSON() as { readonly operationName?: string } | null)?.operationName;

await describeInBrowser('a run that ends while it is watched', (browser) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  /** Runs that are over. */
  const over = new Set<string>();

  beforeAll(async () => {
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      const isOver = over.has(runId) || runId === 'base';
      const outcome = runId === 'failing' ? { status: 'failed', error: 'It broke' } : { status: 'completed' };
      const end = isOver ? { ...outcome, end_time: END } : { status: 'running', end_time: null };
      if (endpoint === 'run') {
        const outputs = isOver ? 'All of it' : null;
        return { json: [wireRun(runId, { start_time: START, all_outputs: null, outputs, ...end })] };
      }
      if (endpoint === 'workflows') return { json: [wireWorkflow('wf')] };
      if (endpoint !== 'steps') return { status: 404, json: {} };
      const parts = isOver ? { text: 'The whole output' } : { text: 'The' };
      return {
        json: [
          wireStep({ id: 's1', node_id: 'first', start_time: START, end_time: MIDDLE }),
          wireStep({ id: 's2', start_time: MIDDLE, inputs, outputs: isOver ? { choices } : null, ...end }),
          wireStep({ id: 's3', node_id: 'partial', start_time: MIDDLE, outputs: parts, ...end }),
        ],
      };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '50' });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const says = (page: Page, place: string, text: string | RegExp) => page.locator(place).getByText(text).first();

  it.each([
    ['the outputs of the run', '?tab=payload&runSide=outputs', '.run-payload', 'No outputs', 'All of it'],
    ['the answer of a model', '?step=s2', '.conversation', '–', 'The answer'],
    ['what a step has so far', '?step=s3&side=outputs', '.step-detail', '"The"', '"The whole output"'],
    ['a step that was over before', '?step=s1&side=inputs', '.step-detail', /^[345]\d%$/, '60%'],
    ['a comparison', '?tab=compare&with=base', '.comparison .facts', 'Running', /^Completed$/],
    [
      'the differences of a node',
      '?tab=compare&with=base&node=partial&diff=outputs',
      '.compared-nodes',
      '"text": "The"',
      'No difference',
    ],
  ])('shows %s as it is then', async (_, search, place, before, after) => {
    const runId = `run-${over.size}`;
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf/runs/${runId}${search}`);
    await page.getByText('Live', { exact: true }).waitFor();
    await says(page, place, before).waitFor();
    over.add(runId);
    await page.getByText('Final', { exact: true }).waitFor();
    await says(page, place, after).waitFor();
    await says(page, place, before).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('asks for what it failed of again, then says what went wrong, and gets it when asked', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.clock.install();
    await page.goto(`${gateway.url}/workflows/wf/runs/failing`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText('Slowest steps').waitFor();
    await page.route('**/graphql', (route) => route.fulfill({ status: 429, ...REFUSAL }));
    const names: unknown[] = [];
    page.on('request', (request) => names.push(operationOf(request)));
    const refused = () => page.waitForResponse((response) => operationOf(response.request()) === 'Run');

    const first = refused();
    over.add('failing');
    await page.getByText('Final', { exact: true }).waitFor();
    await first;
    for (let again = 1; again <= 2; again += 1) {
      const next = refused();
      await page.clock.runFor(FIGURES_EVERY_MS);
      await next;
    }
    await page.getByRole('alert').getByText('RATE_LIMITED: Too many').waitFor();
    await page.clock.runFor(10 * FIGURES_EVERY_MS);
    expect(names.filter((name) => name === 'Run')).toHaveLength(3);

    await page.unrouteAll();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('2 steps failed').waitFor();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  });
});
