/** What the page says of failures in one scripted incident: which runs it counted, what it compares with, and which item failed. */
import { afterAll, expect, it } from '@jest/globals';
import type { Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startGateway } from '../harness/gateway.ts';
import { createIncident } from '../harness/incident.ts';
import type { Script } from '../harness/upstream.ts';
import { type Wire, wireRun, wireStep } from '../harness/wire.ts';

const MINUTE = 60_000;
const NOW = Date.now();

const ledger = { nodeId: 'enrich', error: '{"message":"no route to ledger.internal","code":"E_ROUTE"}' } as const;
const incident = createIncident(NOW, {
  // More runs in 24 hours than a list of failures examines.
  busy: {
    ...{ name: 'Invoices', runs: 2000, everyMinutes: 0.5, promptOf: () => 'Label it.' },
    failureOf: (number) => (number % 15 === 3 ? ledger : null),
  },
});

const ITEMS = 50;
const FAILED = 17;
const at = (second: number): string => new Date(NOW - 60 * MINUTE + 1000 * second).toISOString();
const itemStep = (item: number): Wire =>
  wireStep({
    ...{ id: `item-${item}`, node_id: 'send', inputs: { item }, item_key: `order-${item}`, attempt: 1 },
    ...{ start_time: at(item), end_time: at(item + 1), elapsed_time: 1 },
    ...(item === FAILED && { status: 'failed', error: 'HTTP 422: no address', outputs: null }),
  });
const loop: Script = ({ endpoint, runId }) => {
  if (endpoint === 'steps') return { json: Array.from({ length: ITEMS }, (_, index) => itemStep(index + 1)) };
  const record = wireRun(runId, {
    status: 'failed',
    start_time: at(0),
    end_time: at(ITEMS + 2),
    error: 'A step failed',
  });
  return endpoint === 'run' ? { json: [record] } : { status: 404, json: {} };
};

const gateway = await startGateway({
  script: (call) => (call.workflowId === 'loop' ? loop(call) : incident(call)),
  env: { LIVE_TTL_MS: '50' },
});
afterAll(() => gateway.close());

const failureOf = (page: Page) => page.getByRole('region', { name: 'Why the run failed' });

describeInBrowser('failures', (open) => {
  it('names the baseline with its date, and the last success', async () => {
    const page = await open({ key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/busy/runs/busy-18`);
    const before = failureOf(page).getByRole('link', {
      name: /^Compare with a run before the failures began, \d+ \w+$/,
    });
    await before.waitFor();
    await failureOf(page).getByRole('link', { name: 'Compare with the last success' }).click();
    await page.waitForURL(/with=busy-19/);
    await page.getByRole('option', { name: /^Last success ·.*busy-19$/ }).waitFor({ state: 'attached' });
    await page.goBack();
    await before.click();
    await page.getByRole('region', { name: 'Node by node' }).waitFor();
    const base = page.getByRole('option', { name: /^Before the failures began ·.*busy-\d+$/ });
    await base.waitFor({ state: 'attached' });
    expect(await page.getByLabel('Compare with').inputValue()).toBe(await base.getAttribute('value'));
  });

  it('says that a list of failures covers only the latest runs', async () => {
    const page = await open({ key: 'key-2' });
    await page.goto(gateway.url);
    await page.getByText(/^Of the latest 1,000 runs in the last 24 hours/).waitFor();
    await page.getByRole('link', { name: '1 h', exact: true }).click();
    await page.getByText(/^Of 1\d\d runs in the last hour$/).waitFor();
  });

  it('copies a summary with workflow, node, error code and the URL', async () => {
    const page = await open({ key: 'key-3' });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const url = `${gateway.url}/workflows/busy/runs/busy-18`;
    await page.goto(`${url}?tab=graph`);
    await failureOf(page).getByRole('button', { name: 'Copy summary' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const summary = await page.evaluate<string>('navigator.clipboard.readText()');
    for (const text of ['Invoices', 'enrich', 'E_ROUTE', `<${url}>`]) expect(summary).toContain(text);
  });

  it('shows one failed item of fifty in red, by its key', async () => {
    const page = await open({ key: 'key-4' });
    await page.goto(`${gateway.url}/workflows/loop/runs/run-1`);
    await failureOf(page).getByText('order-17').waitFor();
    const row = page.locator('.row-name').filter({ hasText: 'send' });
    await row.getByText('49 ✓ 1 ✗').waitFor();
    await row.locator('.status-failed').waitFor();
    await page.getByRole('button', { name: /^Next failed step/ }).click();
    await page.getByRole('dialog', { name: 'Step' }).getByText('order-17').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Steps', exact: true }).click();
    await page.getByRole('searchbox', { name: 'Search steps' }).fill('no address');
    await page.getByRole('row', { name: /order-17 Failed HTTP 422: no address/ }).waitFor();
    await page.getByRole('row', { name: /order-18/ }).waitFor({ state: 'detached' });
  });

  it('marks an old failure that is over as resolved, whatever the window', async () => {
    const page = await open({ key: 'key-5' });
    for (const since of ['', '&since=7d']) {
      await page.goto(`${gateway.url}/?workflow=busy${since}`);
      const row = page.getByRole('list', { name: 'Failures', exact: true }).getByRole('listitem').first();
      await row.getByText('Ongoing').waitFor();
      expect(await row.getByText('New').count()).toBe(0);
    }
  });

  it('shows why and when each found run failed, and where the match is', async () => {
    const page = await open({ key: 'key-6' });
    await page.goto(`${gateway.url}/?search=ledger`);
    const row = page.locator('.run-list li').first();
    for (const text of ['enrich', 'no route to ledger.internal', /ago$/, 'found in steps.error'])
      await row.getByText(text, { exact: true }).first().waitFor();
    await page.keyboard.press('/');
    await page.getByRole('dialog', { name: 'Search' }).getByRole('combobox').fill('ledger');
    const found = page.getByRole('option', { name: /^busy-3 Failed · Invoices · .* ago · found in steps\.error/ });
    await found.getByText('no route to ledger.internal').waitFor();
  });
});
