import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openPage, type Page } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { createScriptedWorkflows, type ScriptedWorkflows } from '../harness/scripted-workflows.ts';
import { wireStep } from '../harness/wire.ts';

const UNKNOWN = 'Its error could not be read';
const RUNS = 12;

/** Failed runs whose records say nothing of why: that is in their steps. */
await describeInBrowser('why runs failed', (browser) => {
  let workflows: ScriptedWorkflows;
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let isDown: boolean;

  beforeEach(async () => {
    workflows = createScriptedWorkflows(['wf']);
    isDown = false;
    upstream = await startFaultyUpstream((call) => {
      if (call.endpoint !== 'steps') return workflows.script(call);
      if (isDown) return { status: 500, json: {} };
      return { json: [wireStep({ id: `${call.runId}-step`, status: 'failed', error: `no host for ${call.runId}` })] };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '50' });
    for (let number = 1; number <= RUNS; number += 1) workflows.start('wf', `bad-${number}`, { status: 'failed' });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  /** The names of the operations that the page sends. */
  function operationsOf(page: Page): string[] {
    const names: string[] = [];
    page.on('request', (request) => {
      const name = /"operationName":"(\w+)"/.exec(request.postData() ?? '')?.[1];
      if (name !== undefined) names.push(name);
    });
    return names;
  }

  it('comes with their list: only of a run that fails while the page is open it is asked for', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    const operations = operationsOf(page);
    const askedOfOne = () => operations.filter((name) => name === 'RunFailure').length;
    for (const [address, count] of [
      ['/', 8],
      ['/?status=FAILED', RUNS],
    ] as const) {
      await page.goto(gateway.url + address);
      await page.getByText('Live', { exact: true }).waitFor();
      await page.getByText('no host for bad-12').waitFor();
      expect(await page.getByText(/no host for bad-/).count()).toBe(count);
      expect(askedOfOne()).toBe(0);
    }
    workflows.start('wf', 'bad-later', { status: 'failed' });
    await page.getByText('no host for bad-later').waitFor();
    expect(askedOfOne()).toBe(1);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('is asked for again where it can’t be read of a run that fails while the page is open', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.clock.install();
    await page.goto(gateway.url);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText('no host for bad-12').waitFor();
    isDown = true;
    workflows.start('wf', 'bad-later', { status: 'failed' });
    await page.getByText(UNKNOWN).waitFor();
    isDown = false;
    while ((await page.getByText('no host for bad-later').count()) === 0) await page.clock.runFor(1000);
    await page.getByText(UNKNOWN).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  });

  it.each([
    ['home page', '/', 8],
    ['page of a workflow', '/workflows/wf', RUNS],
  ])('is not known where the steps can’t be read: the %s says so and why, until it is', async (_name, path, count) => {
    isDown = true;
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.clock.install();
    await page.goto(gateway.url + path);
    await page.getByText('Live', { exact: true }).waitFor();
    const rows = page.getByText(UNKNOWN);
    await rows.first().waitFor();
    expect(await rows.count()).toBe(count);
    expect(await page.getByText('No error message').count()).toBe(0);
    expect(await rows.first().getAttribute('title')).toMatch(/^UPSTREAM_/);
    isDown = false;
    // The page asks again by its own clock.
    while ((await page.getByText('no host for bad-12').count()) === 0) await page.clock.runFor(1000);
    await rows.first().waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  });
});
