import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openPage } from '../harness/browser.ts';
import { describeInBrowser } from '../harness/describe-in-browser.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const UNTIMED = wireStep({ start_time: null, end_time: null });
const WAITING = wireStep({ ...UNTIMED, status: 'pending', elapsed_time: null });

await describeInBrowser('a timeline without bars', (browser) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startFaultyUpstream(({ endpoint, runId }) => {
      if (endpoint === 'steps') return { json: runId === 'empty' ? [] : [runId === 'waits' ? WAITING : UNTIMED] };
      const state = runId === 'waits' ? { status: 'running', end_time: null } : {};
      return endpoint === 'run' ? { json: [wireRun(runId, state)] } : { status: 404, json: {} };
    });
    gateway = await startGateway({ UPSTREAM_URL: upstream.url });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each([
    ['untimed', 'No step tells when it started'],
    ['empty', 'No step started'],
    ['waits', 'No step has started yet'],
  ])('says why: %s', async (runId, title) => {
    const { page, context, complaints } = await openPage(browser(), { key: 'key-1' });
    await page.goto(`${gateway.url}/workflows/wf/runs/${runId}`);
    await page.getByRole('heading', { name: title, exact: true }).waitFor();
    if (runId === 'empty') {
      await page.getByRole('link', { name: 'Steps', exact: true }).click();
      await page.getByRole('heading', { name: 'No steps', exact: true }).waitFor();
    }
    expect(complaints).toEqual([]);
    await context.close();
  });
});
