import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Route } from 'playwright-core';
import { openPage, type OpenPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream, type Script } from '../harness/faulty-upstream.ts';
import { until } from '../harness/fleet.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { createScriptedWorkflows } from '../harness/scripted-workflows.ts';

const REFUSAL = {
  contentType: 'application/graphql-response+json',
  body: JSON.stringify({ errors: [{ message: 'Too many', extensions: { code: 'RATE_LIMITED', retryable: true } }] }),
};

const OLD = { ticket: 'T-1', tags: ['a', 'b'] };

await describeInBrowser('the form that starts a run', (browser) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let opened: OpenPage;

  beforeEach(async () => {
    const workflows = createScriptedWorkflows(['wf']);
    workflows.start('wf', 'old', { inputs: OLD });
    workflows.start('wf', 'texts', { inputs: 'no object' });
    workflows.start('wf', 'large', { inputs: { text: 'x'.repeat(1_100_000) } });
    workflows.start('wf', 'latest', { inputs: { ticket: 'T-9' } });
    const script: Script = (call) => {
      if (call.endpoint !== 'execute') return workflows.script(call);
      const runId = `started-${upstream.count('execute')}`;
      workflows.start('wf', runId, { inputs: JSON.parse(call.body) as unknown });
      return { json: { message: 'started', run_id: runId } };
    };
    upstream = await startFaultyUpstream(script);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
    opened = await openPage(browser(), { key: 'key-1' });
  });
  afterEach(async () => {
    await opened.context.close();
    await gateway.close();
    await upstream.close();
  });

  const inputs = () => opened.page.getByRole('textbox', { name: /Inputs/ });
  const open = (query: string) => opened.page.goto(`${gateway.url}/workflows/wf?run=new${query}`);
  const sent = () => upstream.calls.filter(({ endpoint }) => endpoint === 'execute').map(({ body }) => body);

  it('begins with the inputs of the run that the link names, and starts by Ctrl+Enter, once', async () => {
    const { page, complaints } = opened;
    await open('&from=old');
    await page.getByText('The inputs of old').waitFor();
    expect(JSON.parse(await inputs().inputValue())).toEqual(OLD);
    // The cursor is in it already.
    await page.keyboard.press('Control+Enter');
    await page.keyboard.press('Control+Enter');
    await page.waitForURL(/\/runs\/started-1$/);
    expect(sent().map((body) => JSON.parse(body) as unknown)).toEqual([OLD]);
    await page.goBack();
    await inputs().waitFor();
    await open('');
    await page.getByText('The inputs of the latest run').waitFor();
    expect(complaints).toEqual([]);
  });

  it('asks for the same run again where the answer was lost, and for another one after an answer', async () => {
    const { page } = opened;
    await open('&from=old');
    const answers: ((route: Route) => Promise<void>)[] = [
      async (route) => {
        await route.fetch();
        await route.abort();
      },
      (route) => route.fulfill({ status: 429, ...REFUSAL }),
    ];
    await page.route('**/graphql', async (route) => {
      if (!(route.request().postData() ?? '').includes('executeWorkflow')) return route.fallback();
      return (answers.shift() ?? ((other: Route) => other.fallback()))(route);
    });
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText(/can.t be reached.*It may have started all the same/).waitFor();
    // One that is refused for the moment says nothing of the first one.
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText('RATE_LIMITED: Too many').waitFor();
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(/\/runs\/started-1$/);
    expect(sent()).toHaveLength(1);
    await open('&from=old');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(/\/runs\/started-2$/);
    expect(sent()).toHaveLength(2);
  });

  it('says why a run’s inputs are not there, and can be used all the same', async () => {
    const { page, complaints } = opened;
    await open('&from=gone');
    await page.getByText(/The inputs of gone could not be loaded\. NOT_FOUND/).waitFor();
    await inputs().fill('{ "ticket": "T-2" }');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(/\/runs\/started-1$/);
    expect(sent()).toEqual(['{"ticket":"T-2"}']);
    expect(complaints).toEqual([]);
  });

  it('keeps what was typed while the rest of the page is asked for again', async () => {
    const { page } = opened;
    await page.route('**/graphql', (route) =>
      (route.request().postData() ?? '').includes('"operationName":"Workflow"') ? route.abort() : route.fallback(),
    );
    await open('&from=old');
    await page.getByText('The workflow could not be loaded.').waitFor();
    await until(async () => (await inputs().inputValue()).includes('T-1'));
    await inputs().fill('{ "ticket": "T-3" }');
    const failed = page.waitForEvent('requestfailed');
    await page.getByRole('button', { name: 'Try again' }).click();
    await failed;
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Success rate').waitFor();
    expect(await inputs().inputValue()).toBe('{ "ticket": "T-3" }');
  });

  it('says what is wrong with inputs that can not be sent', async () => {
    const { page } = opened;
    const start = page.getByRole('button', { name: 'Start' });
    await open('&from=large');
    await page.getByText(/These inputs are too large: 1,100,011 bytes/).waitFor();
    expect(await start.isDisabled()).toBe(true);
    await open('&from=texts');
    await page.getByText('Inputs are a JSON object.').waitFor();
    await inputs().fill('{ "ticket": ');
    await page.getByText(/This is not JSON yet/).waitFor();
    expect(await start.isDisabled()).toBe(true);
    await inputs().fill('{ "ticket": 12345678901234567890 }');
    await page.getByText('A number would be lost or rounded: put 12345678901234567890 in quotes.').waitFor();
    expect(await start.isDisabled()).toBe(true);
    await inputs().fill('{}');
    expect(await start.isEnabled()).toBe(true);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await inputs().waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent.trim()')).toBe('Run');
    expect(new URL(page.url()).search).toBe('');
  });
});
