/** A reader cancels a run, answers a step that waits for a person, and starts failed runs again. */
import { hash } from 'node:crypto';
import { afterAll, expect, it } from '@jest/globals';
import { violationsOf } from '../peers/axe.ts';
import type { Page } from '../harness/browser.ts';
import { operationOf } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { postTo, SAMPLE, startGateway } from '../harness/gateway.ts';
import { healthy, startUpstream } from '../harness/upstream.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const gateway = await startGateway({ upstream: SAMPLE });
afterAll(() => gateway.close());

const START = `mutation { executeWorkflow(workflowId: "invoice-extraction", inputs: { simulate: "wait" }) { run { id } } }`;

const CANCEL = `mutation ($id: ID!) { cancelRun(workflowId: "invoice-extraction", id: $id) { run { id } } }`;

const WAITING = wireStep({ id: 's1', status: 'paused', end_time: null, wait_request: { message: 'Which one?' } });

/** Opens a new run that will wait after about 5 s. Returns its id. */
async function openRun(page: Page): Promise<string> {
  const response = await postTo(gateway.url, { query: START }, { key: 'demo-key' });
  const { data } = (await response.json()) as { readonly data: { readonly executeWorkflow: { run: { id: string } } } };
  const { id } = data.executeWorkflow.run;
  await page.goto(`${gateway.url}/workflows/invoice-extraction/runs/${id}`);
  return id;
}

const badge = (page: Page, status: string) => page.locator('.run-header > .toolbar').getByText(status, { exact: true });

describeInBrowser('actions', (open) => {
  it('cancels a run once, after a confirmation', async () => {
    const page = await open();
    await openRun(page);
    const button = page.getByRole('button', { name: 'Cancel run' });
    await button.click();
    const dialog = page.getByRole('dialog', { name: 'Cancel this run?' });
    await dialog.getByRole('button', { name: 'Keep it running' }).click();
    await dialog.waitFor({ state: 'detached' });
    await button.click();
    expect(await violationsOf(page)).toEqual([]);
    // The answer is lost: the second try has the same key.
    const sent: (string | null)[] = [];
    await page.route('**/graphql', async (route) => {
      if (operationOf(route.request()) !== 'CancelRun') return route.continue();
      sent.push(route.request().postData());
      if (sent.length > 1) return route.continue();
      await route.fetch();
      return route.abort();
    });
    await dialog.getByRole('button', { name: 'Cancel run' }).click();
    await dialog.getByText(/It may be cancelled anyway/).waitFor();
    await dialog.getByRole('button', { name: 'Cancel run' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(sent[1]).toBe(sent[0]);
    await badge(page, 'Cancelled').waitFor();
    await button.waitFor({ state: 'detached' });
  });

  it('answers a waiting step after showing the errors of its fields', async () => {
    const page = await open();
    await openRun(page);
    await page.getByRole('button', { name: 'Answer', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: /^Answer / });
    await dialog.getByText('Approve this invoice?').waitFor();
    await dialog.getByRole('tree').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    const send = dialog.getByRole('button', { name: 'Send answer' });
    await send.click();
    await dialog.getByText('Approved is required').waitFor();
    await dialog.getByLabel('Approved').selectOption('Yes');
    // The engine gets a string instead of the boolean, until the route is removed. Other requests of the page pass unchanged.
    await page.route('**/graphql', (route) => {
      const body = route.request().postData() ?? '';
      return route.continue({ postData: body.replace('"approved":true', '"approved":"true"') });
    });
    await send.click();
    await dialog.getByText('Approved must be a boolean').waitFor();
    await page.unrouteAll();
    await dialog.getByLabel(/^Comment/).fill('fine');
    await send.click();
    await dialog.waitFor({ state: 'detached' });
    await badge(page, 'Completed').waitFor();
  });

  it('reports a run or step that somebody else handled first', async () => {
    const page = await open();
    const run = await openRun(page);
    await page.getByRole('button', { name: 'Answer', exact: true }).click();
    const answering = page.getByRole('dialog', { name: /^Answer / });
    await answering.getByLabel('Approved').selectOption('Yes');
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByRole('button', { name: 'Cancel run' }).click();
    const cancelling = other.getByRole('dialog', { name: 'Cancel this run?' });
    await cancelling.waitFor();
    await postTo(gateway.url, { query: CANCEL, variables: { id: run } }, { key: 'demo-key' });
    await badge(page, 'Cancelled').waitFor();
    await answering.getByRole('button', { name: 'Send answer' }).click();
    await answering.getByText('The step is no longer waiting.').waitFor();
    await cancelling.getByRole('button', { name: 'Cancel run' }).click();
    await cancelling.getByText('The run is already over.').waitFor();
  });

  it('sends JSON if the step describes no form', async () => {
    const answers: unknown[] = [];
    const engine = await startUpstream((call) => {
      if (call.endpoint === 'resume') {
        answers.push(JSON.parse(call.body));
        return { status: 204 };
      }
      if (call.endpoint === 'run') return { json: [wireRun('r1', { status: 'running', end_time: null })] };
      return call.endpoint === 'steps' ? { json: [WAITING] } : healthy(call);
    });
    const bare = await startGateway({ upstream: engine, env: { UPSTREAM_ENDPOINTS: 'steps,run,resume' } });
    try {
      const page = await open({ key: 'key' });
      await page.goto(`${bare.url}/workflows/wf/runs/r1?step=s1`);
      const drawer = page.getByRole('dialog', { name: /step/i });
      await drawer.getByRole('button', { name: 'Answer' }).click();
      const dialog = page.getByRole('dialog', { name: /^Answer / });
      await dialog.getByText('Which one?').waitFor();
      await dialog.getByLabel(/^Answer/).fill('{');
      await dialog.getByRole('button', { name: 'Send answer' }).click();
      await dialog.getByText(/^This is not JSON yet/).waitFor();
      await dialog.getByLabel(/^Answer/).fill('["second"]');
      await dialog.getByRole('button', { name: 'Send answer' }).click();
      await dialog.waitFor({ state: 'detached' });
      expect(answers).toEqual([{ answer: ['second'] }]);
    } finally {
      await bare.close();
      await engine.close();
    }
  });

  it('restarts each run of a failure once, even after a lost response', async () => {
    const page = await open();
    await page.goto(`${gateway.url}/workflows/document-ingest?tab=trends`);
    await page
      .getByRole('button', { name: /^Details of / })
      .first()
      .click();
    const button = page.getByRole('button', { name: /^Start (it|these \d+|the latest \d+) again$/ });
    await button.click();
    const dialog = page.getByRole('dialog', { name: /^Start .* again\?$/ });
    const rows = dialog.getByRole('list', { name: 'Failed runs' }).getByRole('listitem');
    await rows.nth(2).waitFor();
    const count = await rows.count();
    expect(await violationsOf(page)).toEqual([]);
    const sent: (string | null)[] = [];
    await page.route('**/graphql', async (route) => {
      if (operationOf(route.request()) !== 'ExecuteWorkflow') return route.continue();
      sent.push(route.request().postData());
      if (sent.length !== 2) return route.continue();
      await route.fetch();
      return route.abort();
    });
    await dialog.getByRole('button', { name: `Start ${count} runs` }).dblclick();
    await rows
      .nth(1)
      .getByText(/trying again leads to the same run/)
      .waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await button.click();
    await dialog.getByRole('button', { name: `Start the other ${count - 1}` }).click();
    await rows
      .last()
      .getByText(/started:/)
      .waitFor();
    expect(await dialog.getByText('started:').count()).toBe(count);
    expect(sent).toHaveLength(count + 1);
    expect(sent[2]).toBe(sent[1]);
    expect(new Set(sent).size).toBe(count);
    expect(await dialog.getByRole('button', { name: /^Start/ }).isDisabled()).toBe(true);
  });
});

describeInBrowser('actions for a key that may only read', (open) => {
  const reader = 'reader';

  it('hides buttons that would be rejected', async () => {
    const readOnly = await startGateway({
      upstream: SAMPLE,
      env: {
        UPSTREAM_AUTH: 'service',
        UPSTREAM_API_KEY: 'demo-key',
        AUTH_EXECUTE_SCOPE: 'runs/execute',
        GATEWAY_KEYS_SHA256: `${reader}+payloads/read:${hash('sha256', reader, 'hex')}`,
      },
    });
    try {
      const page = await open({ key: reader });
      await page.goto(`${readOnly.url}/?since=7d`);
      await page
        .getByRole('button', { name: /^Details of / })
        .first()
        .click();
      await page.getByText(/^(Runs:|The latest \d+ of )/).waitFor();
      await page.getByText(/ ago/).first().waitFor();
      expect(await page.getByRole('button', { name: / again$/ }).count()).toBe(0);
      await page.goto(`${readOnly.url}/workflows/support-triage`);
      await page.getByText('Success rate').first().waitFor();
      expect(await page.getByRole('button', { name: 'Run', exact: true }).count()).toBe(0);
      await page.goto(`${readOnly.url}/workflows/support-triage/runs/run-4711`);
      await page.getByRole('button', { name: 'Copy link' }).waitFor();
      expect(await page.getByText(/^(Run again|Cancel run|Answer)$/).count()).toBe(0);
    } finally {
      await readOnly.close();
    }
  });
});
