/** What runs use and cost, and where else they can be seen. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from '@jest/globals';
import { advanceUntil, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import type { Script } from '../harness/upstream.ts';
import { wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';
import { pageOf } from '../harness/workflows.ts';

const START = '2026-01-01T10:00:';
const at = (second: number) => `${START}${String(second).padStart(2, '0')}.000Z`;

const outputsOf = (model: string, tokens: number, finish_reason: string) => ({
  model,
  choices: [{ message: { role: 'assistant', content: 'Yes' }, finish_reason }],
  usage: { prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens },
});
const stepOf = (node_id: string, from: number, to: number, model: string, tokens: number, finish = 'stop') =>
  wireStep({
    ...{ id: node_id, node_id, start_time: at(from), end_time: at(to), elapsed_time: to - from },
    outputs: outputsOf(model, tokens, finish),
  });

const STEPS = [
  stepOf('cheap', 0, 3, 'small', 3000),
  stepOf('dear', 3, 5, 'large', 1000, 'length'),
  stepOf('free', 5, 6, 'our-own', 2000),
];

const HOUR = 3_600_000;
const started = (id: string, hoursAgo: number, all_outputs: unknown) => {
  const time = new Date(Date.now() - hoursAgo * HOUR).toISOString();
  return wireRun(id, { start_time: time, end_time: time, all_outputs });
};
const HISTORY = [
  started('h1', 0.01, { cheap: outputsOf('small', 3000, 'stop'), free: outputsOf('our-own', 2000, 'stop') }),
  started('h2', 0.02, null),
  started('h3', 10 * 24, { dear: outputsOf('large', 1000, 'stop') }),
];

const usual: Script = ({ endpoint, runId, workflowId }) => {
  if (endpoint === 'workflows') return { json: ['wf', 'spending', 'broken'].map((id) => wireWorkflow(id)) };
  // A 503 would open the circuit breaker of all calls.
  if (workflowId === 'broken') return { status: 403, json: {} };
  if (endpoint === 'runs' && workflowId === 'spending') return { json: HISTORY };
  if (endpoint === 'steps' && runId === 'h2') return { json: [] };
  const run = wireRun(runId === '' ? 'r1' : runId, { start_time: at(0), end_time: at(40), elapsed_time: 6 });
  return { json: endpoint === 'steps' ? STEPS : [run] };
};

const folder = await mkdtemp(join(tmpdir(), 'prices-'));
const prices = join(folder, 'prices.json');
const priceOf = (price: number) => ({ input_cost_per_token: price, output_cost_per_token: price });
await writeFile(prices, JSON.stringify({ small: priceOf(1e-6), large: priceOf(1e-4) }));
const gateway = await startGateway({
  script: usual,
  env: {
    LIVE_TTL_MS: '50',
    TOKEN_PRICES: prices,
    RUN_URL_TEMPLATE: 'https://vendor.example/w/{workflowId}/r/{runId}',
    WORKFLOW_URL_TEMPLATE: 'https://vendor.example/w/{workflowId}',
  },
});
afterEach(() => {
  gateway.upstream.script = usual;
});
afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

const RUN = `${gateway.url}/workflows/wf/runs/r1`;

describeInBrowser('the page of a run', (open) => {
  const nodes = (page: Page) => page.getByRole('table', { name: 'Steps' }).locator('a[data-row]').allTextContents();

  it('sorts steps by duration, tokens and cost in the same order as the gateway', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${RUN}?tab=steps`);
    const header = (name: string) => page.getByRole('columnheader', { name });
    await page.getByRole('cell', { name: '$0.10' }).waitFor();
    expect(await nodes(page)).toEqual(['cheap', 'dear', 'free']);
    for (const [name, order] of [
      ['Tokens', ['cheap', 'free', 'dear']],
      ['Cost', ['dear', 'cheap', 'free']],
      ['Duration', ['cheap', 'dear', 'free']],
    ] as const) {
      await header(name).getByRole('button').click();
      await page.locator(`[aria-sort=descending]:has-text("${name}")`).waitFor();
      while ((await nodes(page)).join() !== order.join()) await page.waitForTimeout(20);
    }
    await page.reload();
    await page.locator('[aria-sort=descending]:has-text("Duration")').waitFor();
    await page.getByRole('cell', { name: 'not priced' }).waitFor();
  });

  it('marks truncated responses and more idle time than work in amber', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${RUN}?step=dear`);
    const amber = page.locator('.amber');
    await amber.filter({ hasText: 'length: the answer was cut off' }).waitFor();
    await amber.filter({ hasText: '34.0 s (85%)' }).waitFor();
    await page.goto(`${RUN}?step=cheap`);
    await page.getByText('stop', { exact: true }).waitFor();
    expect(await amber.count()).toBe(1);
  });

  it("links to the vendor's pages of the run and the workflow", async () => {
    const page = await open({ key: 'key-1' });
    const link = page.getByRole('link', { name: 'Open in vendor.example' });
    await page.goto(RUN);
    expect(await link.getAttribute('href')).toBe('https://vendor.example/w/wf/r/r1');
    await page.goto(`${gateway.url}/workflows/wf`);
    expect(await link.getAttribute('href')).toBe('https://vendor.example/w/wf');
  });

  it('explains that the workflow API is down or rejects the list of workflows', async () => {
    const page = await open({ key: 'key-2' });
    gateway.upstream.script = () => ({ status: 503, json: {} });
    await page.goto(RUN);
    await page.getByText('The workflow API isn’t answering.').waitFor();
    gateway.upstream.script = (call) => (call.endpoint === 'workflows' ? { status: 403, json: {} } : usual(call));
    await page.goto(gateway.url);
    await page.getByText('This key may not list workflows').waitFor();
  });
});

describeInBrowser('the cost', (open) => {
  const texts = (page: Page, by: string, row: string) =>
    page
      .getByRole('region', { name: `By ${by}` })
      .getByRole('row')
      .filter({ hasText: row })
      .getByRole('cell')
      .allTextContents();

  it('shows cost by workflow, day and model, with unpriced models and unreported runs', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/spending`);
    await page.getByRole('link', { name: 'Cost' }).click();
    await page.getByRole('heading', { level: 1, name: 'Cost of Workflow spending' }).waitFor();
    await page.getByRole('region', { name: 'By day' }).waitFor();
    expect(await texts(page, 'model', 'small')).toEqual(['small', '$0.003', '3,000', '3,000', '0']);
    expect(await texts(page, 'model', 'our-own')).toEqual(['our-own', 'not priced', '2,000', '2,000', '0']);
    await page.getByRole('button', { name: '30 d' }).click();
    await page.getByRole('region', { name: 'By model' }).getByText('large').waitFor();
    expect(await texts(page, 'model', 'large')).toEqual(['large', '$0.10', '1,000', '1,000', '0']);
    const models = page.getByRole('region', { name: 'By model' });
    const names = () => models.locator('td:first-child').allTextContents();
    expect(await names()).toEqual(['large', 'small', 'our-own']);
    for (const [direction, order] of [
      ['descending', ['small', 'our-own', 'large']],
      ['ascending', ['large', 'our-own', 'small']],
    ] as const) {
      await models.getByRole('button', { name: 'Tokens' }).click();
      await models.locator(`[aria-sort=${direction}]`).waitFor();
      expect(await names()).toEqual(order);
    }

    await page.getByRole('link', { name: 'All workflows' }).click();
    await page.getByRole('button', { name: '7 d' }).click();
    await page.getByText('Without Workflow broken: its runs could not be read.').waitFor();
    expect(await texts(page, 'workflow', 'Workflow')).toEqual([
      ...['Workflow spending', '$0.003 1 step not priced', 'none', '$0.10', '2 1 run not reported'],
      ...['5,000', '5,000', '0'],
    ]);
    // By keyboard too.
    for (const key of ['j', 'Enter']) await page.keyboard.press(key);
    await page.getByRole('heading', { level: 1, name: 'Cost of Workflow spending' }).waitFor();
    await page.goto(`${gateway.url}/cost?workflow=wf`);
    await page.getByRole('heading', { name: 'No runs in these 7 days' }).waitFor();
    await page.getByText('Choose a longer period above.').waitFor();
  });

  /** Three runs of two workflows in this week, two of them failed, and one in the week before. */
  const spending: Script = ({ endpoint, workflowId }) => {
    if (endpoint === 'workflows') return { json: ['one', 'two'].map((id) => wireWorkflow(id)) };
    if (endpoint !== 'runs') return { json: [] };
    const call = { call: outputsOf('large', 1000, 'stop') };
    const failed = (id: string, hoursAgo: number) => ({
      ...started(id, hoursAgo, call),
      status: 'failed',
      error: 'no',
    });
    return {
      json:
        workflowId === 'one'
          ? [failed('a1', 0.01), started('a2', 8 * 24, call)]
          : [failed('b1', 0.02), started('b2', 0.03, call)],
    };
  };
  const fact = (page: Page, name: string) =>
    page
      .locator('.facts > div')
      .filter({ has: page.getByText(name, { exact: true }) })
      .locator('dd');

  it.each([
    ['a mouse', 1280, (page: Page) => page.getByRole('link', { name: 'Cost' }).click()],
    [
      'a keyboard',
      1280,
      async (page: Page) => {
        while ((await page.evaluate('document.activeElement.textContent')) !== 'Cost') await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
      },
    ],
    ['a phone', 390, (page: Page) => page.getByRole('link', { name: 'Cost' }).click()],
  ] as const)(
    'What failures cost this week is read on the first screen, one step from home, with %s',
    async (_, width, toCost) => {
      gateway.upstream.script = spending;
      const page = await open({ key: 'key-4', width, height: 800 });
      await page.goto(gateway.url);
      await toCost(page);
      await fact(page, 'Cost of failed runs').getByText('$0.20').waitFor();
      expect(await fact(page, 'Cost').textContent()).toBe('$0.30 +200%');
      expect(await fact(page, '7 days before').textContent()).toBe('$0.10');
      expect(await fact(page, 'Failed runs').textContent()).toBe('2 of 3');
      const box = await fact(page, 'Cost of failed runs').boundingBox();
      expect(box?.y).toBeLessThan(400);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    },
  );

  it('marks a change of the model on its day, with the comparison', async () => {
    const runs = Array.from({ length: 6 }, (_, number) => started(`m${number}`, 0.01 + 0.01 * number, null));
    gateway.upstream.script = (call) => {
      if (call.endpoint === 'runs' && call.workflowId === 'spending') return { json: runs };
      if (call.endpoint !== 'steps' || call.workflowId !== 'spending') return usual(call);
      const model = Number(call.runId.slice(1)) < 3 ? 'large' : 'small';
      return { json: [{ ...stepOf('ask', 0, 1, model, 1000), id: call.runId, inputs: { model, messages: [] } }] };
    };
    const page = await open({ key: 'key-5' });
    await page.goto(`${gateway.url}/cost?workflow=spending`);
    const change = page
      .getByRole('region', { name: 'By day' })
      .getByRole('link', { name: /: model of ask small → large$/ });
    await change.waitFor();
    // The same model has the same color in the chart, in the table of models and in each bar.
    const looks = ['.trend-legend .key.status-running', 'tr:has(.swatch.status-running)'];
    for (const look of looks) await page.locator(look).filter({ hasText: 'large' }).waitFor();
    expect(await page.getByRole('region', { name: 'By day' }).locator('.model-bar').first().getAttribute('title')).toBe(
      'large: $0.30\nsmall: $0.003',
    );
    await change.click();
    await page.waitForURL(/runs\/m2\?tab=compare&node=ask&with=m3&diff=inputs$/);
  });

  it('shows thirty separate days in New York across the clock change', async () => {
    const days = Array.from({ length: 30 }, (_, index) => Date.parse('2025-11-19T12:00:00Z') - index * 24 * HOUR);
    const runs = days.map((day, index) => {
      const time = new Date(day).toISOString();
      return wireRun(`d${index}`, { start_time: time, end_time: time, all_outputs: {} });
    });
    gateway.upstream.script = (call) =>
      call.endpoint === 'runs' && call.workflowId === 'spending' ? { json: runs } : usual(call);
    const page = await open({ key: 'key-3', timeZone: 'America/New_York' });
    await page.clock.setFixedTime(new Date('2025-11-19T15:00:00Z'));
    await page.goto(`${gateway.url}/cost?workflow=spending&since=30d`);
    const table = page.getByRole('region', { name: 'By day' });
    await table.getByText('21 Oct').waitFor();
    const textsOf = (column: number) => table.locator(`td:nth-child(${column})`).allTextContents();
    const name = new Intl.DateTimeFormat('en-GB', {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      timeZone: 'UTC',
    });
    expect(await textsOf(1)).toEqual(days.map((day) => name.format(day)));
    expect(await textsOf(4)).toEqual(days.map(() => '1'));
  });
});

/** 730 runs of three workflows in seven days, whose cost is only in their steps: one to three cents each. */
const MANY = Array.from({ length: 730 }, (_, index) => ({
  ...{ id: `run-${index}`, workflow: ['a', 'b', 'c'][index % 3], cents: 1 + (index % 3) },
  time: new Date(Date.now() - (index / 730) * 6 * 24 * HOUR - 60_000).toISOString(),
}));
const CENTS = MANY.reduce((sum, { cents }) => sum + cents, 0);
const UNREADABLE = new Set(['run-1', 'run-50', 'run-51', 'run-52', 'run-300', 'run-500', 'run-700']);

const many =
  (isReadable: (id: string) => boolean): Script =>
  (call) => {
    if (call.endpoint === 'workflows') return { json: ['a', 'b', 'c'].map((id) => wireWorkflow(id)) };
    if (call.endpoint === 'runs') {
      const own = MANY.filter(({ workflow }) => workflow === call.workflowId);
      return pageOf(call, own, ({ id, time }) => wireRun(id, { start_time: time, end_time: time, all_outputs: null }));
    }
    const run = MANY.find(({ id }) => id === call.runId);
    if (!run || !isReadable(run.id)) return { status: 400, json: {} };
    return { json: [{ ...stepOf('ask', 0, 1, 'large', run.cents * 100), id: run.id }] };
  };

interface Shown {
  readonly isGrey: boolean;
  readonly cents: number;
  readonly ofWorkflows: readonly number[];
  readonly ofDays: readonly number[];
}

/** Everything that the page has shown of the cost, one entry for each change of it. */
const RECORDING = `
  window.shown = [];
  const centsOf = (text) => Math.round(100 * Number(/\\$([\\d.,]+)/.exec(text)?.[1].replace(',', '') ?? 0));
  const column = (name) => [...document.querySelectorAll('[aria-label="' + name + '"] tbody tr')].map((row) => centsOf(row.cells[1].textContent));
  new MutationObserver(() => {
    const total = document.querySelector('.facts dd');
    if (!total) return;
    window.shown.push({
      isGrey: getComputedStyle(total).color !== getComputedStyle(document.body).color,
      cents: centsOf(total.textContent),
      ofWorkflows: column('By workflow'),
      ofDays: column('By day'),
    });
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
`;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describeInBrowser('the cost of many runs', (open) => {
  const started: TestGateway[] = [];
  afterEach(() => Promise.all(started.splice(0).map((each) => each.close())));
  const startCold = async (isReadable: (id: string) => boolean) => {
    const cold = await startGateway({ script: many(isReadable), env: { TOKEN_PRICES: prices } });
    started.push(cold);
    return cold;
  };

  it('are gray and add up until every run is counted', async () => {
    const cold = await startCold(() => true);
    const { script } = cold.upstream;
    let [allowed, gate] = [150, Promise.withResolvers<undefined>()];
    cold.upstream.script = async (call) => {
      while (call.endpoint === 'steps' && allowed === 0) await gate.promise;
      if (call.endpoint === 'steps') allowed -= 1;
      return script(call);
    };
    const release = (calls: number) => {
      allowed += calls;
      gate.resolve(undefined);
      gate = Promise.withResolvers();
    };
    const page = await open({ key: 'key-1' });
    await page.addInitScript(RECORDING);
    await page.goto(`${cold.url}/cost`);
    release(150);
    const counting = page.getByText(/^Counting \d+ of 730 runs$/);
    const counted = async () => Number(/\d+/.exec((await counting.textContent()) ?? '')?.[0]);
    await counting.waitFor();
    const first = await counted();
    expect(first).toBeGreaterThan(0);
    release(250);
    while ((await counted()) === first) await page.waitForTimeout(20);
    release(1000);
    await counting.waitFor({ state: 'detached' });
    const shown = await page.evaluate<readonly Shown[]>('window.shown');
    for (const { cents, ofWorkflows, ofDays } of shown) {
      expect(sum(ofWorkflows)).toBe(cents);
      expect(sum(ofDays)).toBe(cents);
    }
    expect(new Set(shown.filter(({ isGrey }) => !isGrey).map(({ cents }) => cents))).toEqual(new Set([CENTS]));
    expect(new Set(shown.map(({ cents }) => cents)).size).toBeGreaterThan(2);
  });

  it('names unreadable runs and keeps marking the totals as incomplete', async () => {
    const cold = await startCold((id) => !UNREADABLE.has(id));
    const page = await open({ key: 'key-1' });
    await page.addInitScript(RECORDING);
    await page.clock.install();
    await page.goto(`${cold.url}/cost`);
    await page.getByText(/^Counting \d+ of 730 runs$/).waitFor();
    await advanceUntil(page, page.getByText('7 of 730 runs could not be read, so their cost is missing.'));
    const last = (await page.evaluate<readonly Shown[]>('window.shown')).at(-1);
    const missing = sum(MANY.filter(({ id }) => UNREADABLE.has(id)).map(({ cents }) => cents));
    expect(last).toMatchObject({ isGrey: true, cents: CENTS - missing });
  });
});
