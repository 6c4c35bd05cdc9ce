import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream, type Script } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { createScriptedWorkflows } from '../harness/scripted-workflows.ts';
import { wireStep } from '../harness/wire.ts';

const LONG = `a${'ש'.repeat(150)}${'very-long-'.repeat(15)}`;

/** A run a minute from 00:01 on: six, of which three fail at `send`, each with a number of its own. */
await describeInBrowser('the trends of a workflow', (browser) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    const workflows = createScriptedWorkflows(['wf', 'many']);
    const script: Script = (call) => {
      if (call.endpoint !== 'steps') return workflows.script(call);
      const error = `no answer from ${call.runId.length} hosts ${LONG}`;
      const isFailed = call.runId.startsWith('bad');
      return {
        json: [
          wireStep({ id: `${call.runId}-a`, node_id: 'model_1' }),
          wireStep({ id: `${call.runId}-s`, node_id: 'send', ...(isFailed && { status: 'failed', error }) }),
        ],
      };
    };
    upstream = await startFaultyUpstream(script);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
    for (const id of ['old', 'bad', 'good', 'bad2', `bad34-${LONG}`, 'good2']) {
      workflows.start('wf', id, id.startsWith('bad') ? { status: 'failed', error: LONG } : {});
    }
    // A workflow with more runs than failures are looked for in: only its oldest one failed.
    workflows.start('many', 'bad-of-many', { status: 'failed' });
    for (let count = 0; count < 120; count += 1) workflows.start('many', `fine${count}`);
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('are drawn, told in words, and lead to the runs of a part of the time, whose time can be chosen', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.clock.setFixedTime(new Date('2026-01-01T00:10:00Z'));
    await page.goto(`${gateway.url}/workflows/wf`);
    await page.getByRole('link', { name: 'Trends and failures' }).click();
    const parts = page.getByRole('group', { name: /^Runs over time/ }).getByRole('link');
    await parts.first().waitFor();
    expect(await parts.count()).toBe(24);
    await page.getByText('Figures as a table').click();
    const table = page.getByRole('region', { name: 'Figures of the trend' });
    expect(await table.getByRole('row').count()).toBe(25);

    // Ten minutes are half of a part: all six are in the last one.
    await page.getByRole('link', { name: '24 h' }).click();
    await page.waitForURL(/since=24h/);
    await page.getByRole('link', { name: /: 6 runs, 3 failed, median 2.50 s, p95 2.50 s$/ }).waitFor();
    await page.reload();
    await page.getByRole('link', { name: /: 6 runs, 3 failed/ }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByRole('row', { name: /good2/ }).waitFor();
    expect(await page.getByRole('row').count()).toBe(7);
    expect(page.url()).toMatch(/start=/);

    await page.goto(`${gateway.url}/workflows/wf?start=2026-01-01T00:02:00Z&end=2026-01-01T00:05:00Z`);
    await page.getByRole('row', { name: /good/ }).waitFor();
    expect(await page.getByRole('row').count()).toBe(4);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('group what failed alike, with count, first and last time, and a link to each run; a node has its own', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1', width: 320, height: 700 });
    await page.clock.setFixedTime(new Date('2026-01-01T00:10:00Z'));
    await page.goto(`${gateway.url}/workflows/wf?tab=trends`);
    const group = page.getByRole('listitem').filter({ hasText: 'no answer from <number> hosts' }).first();
    await group.getByText('3×').waitFor();
    await group.getByText('8 minutes ago').first().waitFor();
    await group.getByText('5 minutes ago').first().waitFor();
    expect(await group.getByRole('link', { name: /^bad/ }).count()).toBe(3);
    const width = 'document.documentElement.scrollWidth';
    expect(await page.evaluate<number>(width)).toBe(320);

    await group.getByRole('link', { name: 'send' }).click();
    await page.waitForURL(/node=send/);
    const parts = page.getByRole('group', { name: /^Executions over time/ }).getByRole('link');
    await parts.first().waitFor();
    expect(await page.getByRole('link', { name: /: 1 execution, 1 failed/ }).count()).toBe(3);
    await page.getByRole('combobox', { name: 'Of' }).selectOption('model_1');
    await page.getByText('No failures in this time').waitFor();
    expect(await page.evaluate<number>(width)).toBe(320);
    await group.getByRole('link', { name: /^bad2$/ }).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('are no failures only where all runs of the time were looked at, and of a time further back its own', async () => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    const ofTime = (time: string) => page.goto(`${gateway.url}/workflows/many?tab=trends${time}`);
    await ofTime('');
    await page.getByText('No failures of the latest 100 runs in this time').waitFor();
    await ofTime('&start=2026-01-01T01:00:00Z&end=2026-01-01T02:00:00Z');
    await page.getByText('No failures in this time').waitFor();
    await ofTime('&start=2026-01-01T00:00:00Z&end=2026-01-01T00:10:00Z');
    await page.getByRole('link', { name: 'bad-of-many' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});
